"""What a model file may unpack to, checked before anything of it is unpacked.

A file of 400 KB can hold an array that takes gigabytes: it would end whatever opens it.
"""

import math
from io import BytesIO
from zipfile import BadZipFile, ZipFile, ZipInfo

import numpy as np

from carprice.errors import ModelIntegrityError

LARGEST_FOLDER = 64 * 2**20
"""Bytes of all files of a version. 13,000 adverts make 2 MB, 164,000 make 5.5."""
MOST_FILES = 100
"""A version has eight."""
LARGEST_UNPACKED = 64 * 2**20
LARGEST_RATIO = 4
"""Unpacked to packed: model files of every release are stored unpacked, at 1."""
LARGEST_SCHEMA = 4 * 2**20
"""Of 13,000 adverts: 0.5 MB."""
MOST_MEMBERS = 2_000
"""A model has some 180."""
SCHEMA = "schema.json"
"""Entry of a skops file with the names of the stored types; all others are arrays."""
ARRAY = ".npy"


class RefusedModelError(ModelIntegrityError):
    """Raised for a model that asks for more than a model needs, intact or not."""


def ensure_sizes(sizes: dict[str, int], name: str) -> None:
    """Raise ModelIntegrityError where there is no file, or more than are fetched."""
    if not sizes:
        raise ModelIntegrityError(
            f"{name} has no files any more where they were registered. "
            "Roll back to an intact version, or train again."
        )
    _ensure_within(name, "files", len(sizes), MOST_FILES)
    _ensure_within(name, "bytes of files", sum(sizes.values()), LARGEST_FOLDER)


def ensure_unpackable(stored: bytes, name: str) -> None:
    """Raise RefusedModelError for a skops file that would unpack to more than a model needs.

    What the archive says of its sizes is binding: no more is unpacked than it says. Raises
    BadZipFile, or an error of numpy, where it is none.
    """
    with ZipFile(BytesIO(stored)) as archive:
        members = archive.infolist()
        _ensure_within(name, "members", len(members), MOST_MEMBERS)
        if len({each.filename for each in members}) < len(members):
            raise RefusedModelError(f"{name} is not opened: it has two members of one name.")
        unpacked = sum(each.file_size for each in members)
        _ensure_within(name, "unpacked bytes", unpacked, LARGEST_UNPACKED)
        _ensure_within(name, "bytes of schema", archive.getinfo(SCHEMA).file_size, LARGEST_SCHEMA)
        packed = max(1, sum(each.compress_size for each in members))
        _ensure_within(name, "unpacked bytes for a packed one", unpacked // packed, LARGEST_RATIO)
        for each in members:
            if each.filename != SCHEMA:
                _ensure_array(archive, each, name)


def _ensure_array(archive: ZipFile, member: ZipInfo, name: str) -> None:
    """The header of an array must speak of as many bytes as there are: all is reserved at once."""
    if not member.filename.endswith(ARRAY) or {"/", "\\"} & set(member.filename):
        raise RefusedModelError(
            f"{name} is not opened: it holds {member.filename[:80]!a}, which is no array."
        )
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        if version == (1, 0):
            shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        elif version == (2, 0):
            shape, _, dtype = np.lib.format.read_array_header_2_0(file)
        else:
            raise BadZipFile(f"{member.filename} is an array of format {version}")
        told = file.tell() + math.prod(shape) * dtype.itemsize
    if told != member.file_size:
        raise RefusedModelError(
            f"{name} is not opened: it holds an array of {told:,} bytes in {member.file_size:,}."
        )


def _ensure_within(name: str, what: str, found: int, most: int) -> None:
    if found > most:
        raise RefusedModelError(
            f"{name} is not opened: it has {found:,} {what}, and at most {most:,} are admitted. "
            "Roll back to an intact version, or train again."
        )
