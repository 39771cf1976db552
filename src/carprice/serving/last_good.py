"""The copy that servers keep of the version that answered last, for when the registry has none.

Page and API, each of their processes, share one folder: all write the same, whole or not at all.
"""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Self

from pydantic import ValidationError

from carprice.errors import ModelIntegrityError
from carprice.files import replacing
from carprice.frozen import Frozen
from carprice.promotion.signatures import Promise
from carprice.registry.archive import ensure_sizes
from carprice.registry.records import Version
from carprice.registry.stored_model import MODEL_FILE, ensure_market

NOTE = "last-good.json"


class Note(Frozen):
    """What is kept of a version beside its model file."""

    number: int
    run_id: str
    tags: dict[str, str]
    created: datetime
    model_sha256: str
    promise: Promise | None = None
    """The signed one of the move that brought it into production, where the stack has a key."""

    @classmethod
    def of(cls, version: Version, promise: Promise | None) -> Self:
        return cls(
            number=version.number,
            run_id=version.run_id,
            tags=version.tags,
            created=version.created,
            model_sha256=version.file_hashes[MODEL_FILE],
            promise=promise,
        )

    @property
    def version(self) -> Version:
        return Version(self.number, self.run_id, self.tags, self.created)

    def is_signed(self, keys: Sequence[str]) -> bool:
        """Whether its promise, by one of some keys, is of this very model file."""
        promise = self.promise
        return (
            promise is not None
            and promise.is_signed(keys)
            and promise.target == self.version.identity
            and promise.file_hashes.get(MODEL_FILE) == self.model_sha256
        )


class Kept(NamedTuple):
    """A version, the bytes of its model file, and the signed promise that names it."""

    version: Version
    stored: bytes
    promise: Promise | None


class LastGood:
    """The copy in a folder; where there are keys, one that is signed with one of them."""

    def __init__(self, folder: Path, keys: Sequence[str] = ()) -> None:
        self.folder, self.keys = folder, keys

    def keep(self, version: Version, stored: bytes, promise: Promise | None = None) -> None:
        """Keep a version whose model file was checked; nothing is written where it is kept.

        Raises DatasetError when the disk refuses; what was kept before still is.
        """
        note, model = Note.of(version, promise), self._path(version.file_hashes[MODEL_FILE])
        if not self._is_whole(model, stored):
            with replacing(model) as file:
                file.write(stored)
        text = note.model_dump_json(indent=2, exclude_none=True).encode()
        if self._read_note() != text:
            with replacing(self.folder / NOTE) as file:
                file.write(text)
            self._tidy(model)

    def recall(self, *, unsigned: bool = False) -> Kept | None:
        """The copy; None where none was kept.

        unsigned: whether one that is not signed will do, whatever keys there are.

        Raises ModelIntegrityError for one that was altered or is of another market.
        """
        text = self._read_note()
        if text is None:
            return None
        try:
            note = Note.model_validate_json(text)
            model = self._path(note.model_sha256)
            ensure_sizes({MODEL_FILE: model.stat().st_size}, note.version.name)
            stored = model.read_bytes()
        except (ValidationError, OSError) as error:
            raise ModelIntegrityError(
                f"the copy in {self.folder} cannot be read: {type(error).__name__}"
            ) from error
        ensure_market(note.version)
        found = hashlib.sha256(stored).hexdigest()
        if not found == note.model_sha256 == note.version.file_hashes.get(MODEL_FILE):
            raise ModelIntegrityError(
                f"the copy in {self.folder} is not what was kept and is not opened "
                f"({MODEL_FILE}: found {found[:12]}, kept {note.model_sha256[:12]})."
            )
        if self.keys and not unsigned and not note.is_signed(self.keys):
            raise ModelIntegrityError(
                f"the copy in {self.folder} is not signed by this stack and is not opened."
            )
        return Kept(note.version, stored, note.promise)

    def _path(self, digest: str) -> Path:
        return self.folder / f"{Path(digest).name}.skops"

    def _is_whole(self, model: Path, stored: bytes) -> bool:
        with suppress(OSError):
            return model.read_bytes() == stored
        return False

    def _read_note(self) -> bytes | None:
        with suppress(OSError):
            return (self.folder / NOTE).read_bytes()
        return None

    def _tidy(self, kept: Path) -> None:
        """Remove the copies of earlier versions."""
        for each in self.folder.glob("*.skops"):
            if each != kept:
                with suppress(OSError):
                    each.unlink()
