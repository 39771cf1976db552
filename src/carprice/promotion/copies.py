"""Copies in `models/` of what went into production: model file and receipt."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from carprice.errors import DatasetError, ModelIntegrityError
from carprice.files import replacing
from carprice.promotion.marks import Withdrawal
from carprice.promotion.receipt import Receipt, hash_receipt, read_receipt
from carprice.promotion.signatures import Promise
from carprice.promotion.tickets import RECEIPT_TAG, has_moved, tickets
from carprice.registry.client import PRODUCTION
from carprice.registry.records import MODEL_NAME, Identity, Ticket, Version
from carprice.registry.stored_model import MODEL_FILE
from carprice.settings import Settings
from carprice.workspace import Workspace


class Copy(NamedTuple):
    """A receipt in `models/`; the model file lies beside it, under the same name."""

    path: Path
    receipt: Receipt
    text: str

    @property
    def model(self) -> Path:
        return self.path.with_suffix(Path(MODEL_FILE).suffix)

    @property
    def proof(self) -> Path:
        return _proof_path(self.path)

    @property
    def withdrawal(self) -> Withdrawal | None:
        """The mark beside it, of a version that was found to be wrong."""
        try:
            return Withdrawal.model_validate_json(_mark_path(self.path).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def is_signed(self, keys: Sequence[str]) -> bool:
        """Whether the promise beside it proves this very receipt, by one of some keys."""
        promise = read_proof(self.proof)
        return promise is not None and self.is_promised(promise) and promise.is_signed(keys)

    def is_promised(self, promise: Promise) -> bool:
        return promise.tags.get(RECEIPT_TAG) == hash_receipt(self.text)

    def is_of_move(self, ticket: Ticket) -> bool:
        """Whether a ticket proves this very receipt."""
        return ticket.tags.get(RECEIPT_TAG) == hash_receipt(self.text)

    def is_of(self, target: Identity, ledger: Sequence[Ticket]) -> bool:
        """Whether the ledger proves this very receipt, of a move to a version."""
        return any(each.target == target and self.is_of_move(each) for each in ledger)

    def ensure_whole(self) -> None:
        """Raise ModelIntegrityError unless the model file is the one of the receipt."""
        try:
            found = hashlib.sha256(self.model.read_bytes()).hexdigest()
        except OSError as error:
            raise ModelIntegrityError(f"there is no copy {self.model}: {error.strerror}") from error
        if found != self.receipt.file_sha256.get(MODEL_FILE):
            raise ModelIntegrityError(f"the copy {self.model} is not what its receipt says")


def read_copies(settings: Settings) -> list[Copy]:
    """All copies with a receipt that can be read, what was in production last first."""
    copies = []
    for path in settings.exported_models.glob(f"{MODEL_NAME}-v*.json"):
        try:
            copies.append(Copy(path, *read_receipt(path)))
        except DatasetError:
            continue  # no receipt of a promotion: nothing can be proved of the file beside it
    return sorted(copies, key=lambda each: each.receipt.promoted_at, reverse=True)


def export_paths(work: Workspace, version: Version) -> tuple[Path, Path]:
    """Paths in `models/` of a version's copy and of its receipt."""
    stem = work.settings.exported_models / f"{MODEL_NAME}-v{version.number}"
    return stem.with_name(f"{stem.name}.skops"), stem.with_name(f"{stem.name}.json")


def _proof_path(receipt: Path) -> Path:
    """Path of the signed promise of a receipt: all that proves it from an emptied database."""
    return receipt.with_suffix(".ticket")


def read_proof(path: Path) -> Promise | None:
    """A signed promise beside a receipt; None without one that can be read."""
    try:
        return Promise.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def keep_proof(receipt: Path, promise: Promise) -> None:
    with replacing(_proof_path(receipt)) as file:
        file.write(promise.model_dump_json(indent=2).encode())


def _mark_path(receipt: Path) -> Path:
    """Path of the mark of a version that is withdrawn: all that tells of it without a ledger."""
    return receipt.with_suffix(".withdrawn")


def keep_mark(receipt: Path, mark: Withdrawal) -> None:
    with replacing(_mark_path(receipt)) as file:
        file.write(mark.model_dump_json(indent=2).encode())


def take_mark_away(receipt: Path) -> None:
    """Remove the mark of a version that was brought back all the same; harmless without one."""
    _mark_path(receipt).unlink(missing_ok=True)


def _list_beside(receipt: Path) -> tuple[Path, Path]:
    """Paths of what may lie beside a receipt, but for the model."""
    return _proof_path(receipt), _mark_path(receipt)


def find_copies(work: Workspace, version: Version) -> list[Path]:
    """Files in `models/` that are of this very version, not of another registry's."""
    model, receipt = export_paths(work, version)
    found = []
    if model.exists():
        digest = hashlib.sha256(model.read_bytes()).hexdigest()
        if digest == version.file_hashes.get(MODEL_FILE):
            found.append(model)
    with suppress(DatasetError):
        if read_receipt(receipt)[0].file_sha256 == version.file_hashes:
            found += [each for each in (receipt, *_list_beside(receipt)) if each.exists()]
    return found


def set_aside(work: Workspace, version: Version) -> None:
    """Rename copies of another registry's version of the same number, by their hash.

    The embedded registry and that of the stack both begin at version 1, and share `models/`.
    """
    model, receipt = export_paths(work, version)
    if not model.exists():
        return
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    if digest == version.file_hashes.get(MODEL_FILE):
        return
    # The model last: without it, nothing is left to set aside.
    for path in (*_list_beside(receipt), receipt, model):
        if path.exists():
            path.replace(path.with_name(f"{path.stem}-{digest[:8]}{path.suffix}"))


def export(work: Workspace, version: Version, model: bytes, receipt: str) -> None:
    model_copy, receipt_copy = export_paths(work, version)
    for path, content in ((model_copy, model), (receipt_copy, receipt.encode())):
        with replacing(path) as file:
            file.write(content)


def read_export(work: Workspace, version: Version) -> dict[Path, bytes | None]:
    """Contents by path of an earlier promotion's files; None where there is none."""
    model, receipt = paths = export_paths(work, version)
    promoted = model.exists() and receipt.exists() and _is_of_promotion(work, receipt)
    return {path: path.read_bytes() if promoted else None for path in paths}


def _is_of_promotion(work: Workspace, path: Path) -> bool:
    """Whether a receipt is of a successful promotion; True for an unreadable one."""
    try:
        drawn = read_receipt(path)[0].ticket
    except DatasetError:
        return True
    production = work.registry.find_alias(PRODUCTION)
    return any(
        has_moved(each, production) for each in tickets(work.registry) if each.number == drawn
    )


def put_back(earlier: dict[Path, bytes | None]) -> None:
    """Restore files to earlier contents; None removes one."""
    for path, content in earlier.items():
        if content is None:
            path.unlink(missing_ok=True)
        elif path.read_bytes() != content:
            with replacing(path) as file:
                file.write(content)
