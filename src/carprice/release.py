"""Bringing a version into production and taking it back, with a receipt and a copy on disk."""

from pathlib import Path

from carprice.errors import PromotionRefusedError
from carprice.ledger import Move, move_production, timestamp
from carprice.promotion import Decision
from carprice.receipts import DataFacts, Receipt, hash_receipt, receipt_path, write_receipt
from carprice.registry import PRODUCTION
from carprice.stored_model import MODEL_FILE
from carprice.validation import ValidationReport
from carprice.versions import MODEL_NAME, Ticket, Version
from carprice.whole_files import replacing
from carprice.workspace import Workspace


def release(
    work: Workspace, version: Version, decision: Decision, validation: ValidationReport
) -> Receipt:
    """Point production at a version; its receipt and its copy in `models/` stand before it moves.

    Raises PromotionRefusedError when production is no longer what the decision compared with;
    receipt file and copy are then as they were before.
    """
    files = work.registry.fetch_files(version)
    earlier: dict[Path, bytes | None] = {}
    written: list[Receipt] = []

    def prepare(ticket: Ticket) -> dict[str, str]:
        receipt = _build_receipt(work, version, decision, validation, ticket)
        text = write_receipt(receipt)
        work.registry.log_text(version.run_id, text, receipt_path(ticket.number))
        earlier.update(_read_export(work, version))
        _export(work, version, files / MODEL_FILE, text)
        work.registry.tag_version(version.number, _promotion_tags(receipt))
        written.append(receipt)
        return {"receipt_sha256": hash_receipt(text)}

    move = Move(version, decision.champion, "promote", work.who)
    move_production(work.registry, move, prepare, lambda: _put_back(earlier))
    return written[0]


def roll_back(work: Workspace) -> tuple[Version, Version]:
    """Point production at the version that the current one replaced; returns (from, to)."""
    registry = work.registry
    current = registry.find_alias(PRODUCTION)
    if current is None:
        raise PromotionRefusedError("there is no model in production to roll back", [])
    previous = current.tags.get("replaced_version", "none")
    if not previous.isdigit():
        raise PromotionRefusedError(
            f"{current.name} replaced no earlier version: there is nothing to go back to", []
        )
    target = registry.version(int(previous))
    registry.open_model(target)  # a version that cannot be opened must not go to production
    move_production(registry, Move(target, current.number, "rollback", work.who))
    note = {"at": timestamp(), "by": work.who}
    registry.tag_version(
        current.number,
        {f"rolled_back_{key}": value for key, value in note.items()} | {"rolled_back_to": previous},
    )
    registry.tag_version(
        target.number,
        {f"restored_{key}": value for key, value in note.items()}
        | {"restored_from": str(current.number)},
    )
    return current, target


def _build_receipt(
    work: Workspace,
    version: Version,
    decision: Decision,
    validation: ValidationReport,
    ticket: Ticket,
) -> Receipt:
    tags = version.tags
    return Receipt(
        version=version.number,
        replaces=decision.champion,
        ticket=ticket.number,
        promoted_by=work.who,
        promoted_at=timestamp(),
        data=DataFacts(
            source=tags["source"],
            source_sha256=tags["source_sha256"],
            content_hash=tags["data_hash"],
            rows=int(tags["rows"]),
            simulated=tags["simulated"] == "true",
        ),
        code_sha256=tags["code_sha256"],
        file_sha256=version.file_hashes,
        gate=decision,
        validation=validation,
    )


def _promotion_tags(receipt: Receipt) -> dict[str, str]:
    return {
        "promoted_by": receipt.promoted_by,
        "promoted_at": receipt.promoted_at,
        "promotion_reason": "; ".join(receipt.gate.reasons)[:4000],
        "replaced_version": str(receipt.replaces or "none"),
        "receipt": receipt_path(receipt.ticket),
    }


def _export_paths(work: Workspace, version: Version) -> tuple[Path, Path]:
    """The copy of a promoted model outside the registry, and the receipt beside it."""
    stem = work.settings.exported_models / f"{MODEL_NAME}-v{version.number}"
    return stem.with_name(f"{stem.name}.skops"), stem.with_name(f"{stem.name}.json")


def _export(work: Workspace, version: Version, model: Path, receipt: str) -> None:
    model_copy, receipt_copy = _export_paths(work, version)
    for path, content in ((model_copy, model.read_bytes()), (receipt_copy, receipt.encode())):
        with replacing(path) as file:
            file.write(content)


def _read_export(work: Workspace, version: Version) -> dict[Path, bytes | None]:
    """What an earlier promotion of the version left, None for a file that is not there."""
    return {
        path: path.read_bytes() if path.exists() else None for path in _export_paths(work, version)
    }


def _put_back(earlier: dict[Path, bytes | None]) -> None:
    """Files as they were: those of an earlier promotion of the version, or none."""
    for path, content in earlier.items():
        if content is None:
            if path.exists():
                path.unlink()
        elif path.read_bytes() != content:
            with replacing(path) as file:
                file.write(content)
