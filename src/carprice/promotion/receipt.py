"""The receipt of a promotion: version, grounds, person, and the way back."""

import hashlib
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import Field, ValidationError

from carprice.errors import DatasetError
from carprice.evaluation.behaviour import ValidationReport
from carprice.evaluation.decision import Decision
from carprice.frozen import Frozen
from carprice.market.listing import in_currency
from carprice.promotion.marks import Withdrawal, find_withdrawn
from carprice.promotion.tickets import RECEIPT_TAG, has_moved, tickets
from carprice.registry.client import PRODUCTION, Registry
from carprice.registry.records import MODEL_NAME
from carprice.registry.stored_model import digest_files

UNDO = "carprice rollback"


class DataFacts(Frozen):
    """The clean listings of a model, held-out ones included."""

    source: str
    source_sha256: str
    content_hash: str
    rows: int
    simulated: bool


class Rehearsal(Frozen, extra="forbid"):
    """The way back from a promotion as it was tried before: opened, asked and timed.

    version: what a rollback would bring back, and source where it was opened; None where nothing of
    it is intact, and trouble says what is wrong. seconds: from the first byte to the last answer.
    prices: its estimates of the golden cars, by their names.
    """

    version: int | None = None
    source: Literal["registry", "copy"] | None = None
    seconds: float = 0
    prices: dict[str, float] = Field(default_factory=dict, alias=in_currency("prices"))
    trouble: str = ""


class Receipt(Frozen, extra="forbid"):
    """One promotion; the ledger holds the hash of its text, as proof."""

    model: str = MODEL_NAME
    version: int
    replaces: int | None
    ticket: int
    promoted_by: str
    promoted_at: str
    data: DataFacts
    code_sha256: str
    file_sha256: dict[str, str]
    """Hash of each file of the stored model."""
    gate: Decision
    validation: ValidationReport
    way_back: Rehearsal | None = None
    """None where there was nothing to go back to, and in receipts of a way back."""
    withdraws: Withdrawal | None = None
    """The mark of the version that was gone back from, where it was found to be wrong."""
    undo: str = UNDO


class Check(NamedTuple):
    """One statement of a receipt, compared with the registry."""

    statement: str
    holds: bool
    found: str


def write_receipt(receipt: Receipt) -> str:
    return receipt.model_dump_json(indent=2) + "\n"


def hash_receipt(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def receipt_path(ticket: int) -> str:
    """Path of a receipt among the artifacts of the version's run."""
    return f"receipts/promotion-{ticket}.json"


def hash_code() -> str:
    """SHA-256 of this package's files, names and contents."""
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def read_receipt(path: Path) -> tuple[Receipt, str]:
    """A receipt and its exact text. Raises DatasetError when the file is not a receipt."""
    try:
        text = path.read_text(encoding="utf-8")
        return Receipt.model_validate_json(text), text
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"cannot read the receipt {path}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise DatasetError(
            f"{path} is not a receipt of a promotion ({error.error_count()} entries are wrong, "
            f"the first: {'.'.join(map(str, first['loc']))}: {first['msg']}). "
            "Receipts lie in models/ and with the version's run, under receipts/."
        ) from error


def verify(registry: Registry, receipt: Receipt, text: str) -> list[Check]:
    """A check of each statement of a receipt against the registry."""
    ledger = tickets(registry)
    ticket = {each.number: each for each in ledger}.get(receipt.ticket)
    entry = ticket.tags if ticket else {}
    production = registry.find_alias(PRODUCTION)
    state = "done" if ticket and has_moved(ticket, production) else entry.get("state")
    of_ledger: dict[str, tuple[str | None, str | None]] = {
        "the ledger has this very text": (entry.get(RECEIPT_TAG), hash_receipt(text)),
        "the promotion went through": (state, "done"),
        "it promoted this version": (entry.get("to"), str(receipt.version)),
        "it replaced that version": (entry.get("from"), str(receipt.replaces)),
    }
    if registry.signing_keys:
        signed = "signed" if ticket and ticket.trusted else "not signed"
        of_ledger["the stack signed the promotion"] = (signed, "signed")
    facts = of_ledger | _compare_version(registry, receipt)
    checks = [Check(name, found == said, str(found)) for name, (found, said) in facts.items()]
    now = f"version {production.number}" if production else "no version"
    marks = find_withdrawn(ledger, production).values()
    told = [f"production is {now} today"]
    told += [each.text for each in marks if ticket and each.identity == ticket.target]
    return [*checks, *(Check(f"for information: {each}", True, each) for each in told)]


def _compare_version(
    registry: Registry, receipt: Receipt
) -> dict[str, tuple[str | None, str | None]]:
    """What the registry holds of the version beside what the receipt says, by statement."""
    version = next((each for each in registry.versions() if each.number == receipt.version), None)
    if version is None:
        return {"the registry has the version": ("none: it was pruned or deleted", "the version")}
    learnt = version.facts
    with registry.files(version) as folder:
        stored = digest_files(folder)
    return {
        "the version learnt from these data": (learnt.data_hash or None, receipt.data.content_hash),
        "the version was made by this code": (learnt.code_sha256 or None, receipt.code_sha256),
        **{
            f"the stored file {name} is unchanged": (stored.get(name), digest)
            for name, digest in receipt.file_sha256.items()
        },
        "no file was added": (str(sorted(stored)), str(sorted(receipt.file_sha256))),
    }
