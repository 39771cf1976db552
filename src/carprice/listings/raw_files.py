"""Files as they lie in `data/raw`, and which of them can be read at all.

Imports nothing heavy, for a process that only watches.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple

from carprice.errors import DatasetError

ENDINGS = frozenset({".csv", ".tsv", ".txt"})
"""Of files of listings; programs that copy and edit give their temporary files others."""
SEPARATORS = (",", ";", "\t", "|")
SHOWN = 20
KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFLNK: "a link to itself",
}


class Look(NamedTuple):
    """What tells a file from the same file changed. Its owner can set all but the last."""

    size: int
    mtime_ns: int
    ctime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> "Look":
        return cls(status.st_size, status.st_mtime_ns, status.st_ctime_ns)


class Found(NamedTuple):
    """A file of listings as one look found it."""

    look: Look
    refusal: str = ""
    """Why it is never read; empty: it can be."""


def list_names(raw: Path) -> list[str]:
    """Names in a folder, but of folders, hidden and temporary files; none where it is not there."""
    with suppress(FileNotFoundError):
        return sorted(
            each.name
            for each in raw.iterdir()
            if not each.name.startswith((".", "~")) and (each.is_symlink() or not each.is_dir())
        )
    return []


def enumerate_names(names: Iterable[str]) -> str:
    """Names for a message: not more than people read."""
    listed = sorted(names)
    more = f" … and {len(listed) - SHOWN} more" if len(listed) > SHOWN else ""
    return f"{', '.join(listed[:SHOWN])}{more}"


def look_around(raw: Path) -> dict[str, Found]:
    """What has the ending of a file of listings."""
    found = {}
    for name in list_names(raw):
        with suppress(FileNotFoundError):  # gone meanwhile, or a link to nothing
            if Path(name).suffix.lower() in ENDINGS:
                found[name] = _find(raw, name)
    return found


def locate(raw: Path, name: str) -> Path:
    """Path of a file that lies in a folder itself, behind links that stay in it.

    Raises DatasetError for anything else, without a word of where a link leads;
    FileNotFoundError when there is nothing.
    """
    path = Path(os.path.realpath(raw / name))
    if path.parent != Path(os.path.realpath(raw)):
        raise _refuse(raw, name, "it is a link that leads out of the folder. Copy the file")
    kind = stat.S_IFMT(path.lstat().st_mode)
    if kind != stat.S_IFREG:
        raise _refuse(raw, name, f"it is {KINDS.get(kind, 'something else')}, not a file")
    if not name.isprintable():
        raise _refuse(raw, name, "its name cannot be printed. Rename it")
    return path


@contextmanager
def open_file(raw: Path, name: str) -> Iterator[BufferedReader]:
    """A file of a folder, opened; raises as `locate` does, whatever took its place meanwhile."""
    path = locate(raw, name)
    # Not blocking: a pipe that has just taken the name would wait for a writer.
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(file, "rb") as opened:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise _refuse(raw, name, "it is no longer a file")
        yield opened


def _find(raw: Path, name: str) -> Found:
    try:
        return Found(Look.of(locate(raw, name).lstat()))
    except DatasetError as refusal:
        return Found(Look.of((raw / name).lstat()), str(refusal))


def _refuse(raw: Path, name: str, reason: str) -> DatasetError:
    return DatasetError(f"{name!r} in {raw} is refused: {reason}.")
