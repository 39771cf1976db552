"""Promotion to production and rollback, with receipt and exported copy."""

import hashlib
from contextlib import suppress
from pathlib import Path

from carprice.errors import DatasetError, PromotionRefusedError
from carprice.evaluation.behaviour import ValidationReport
from carprice.evaluation.gate import Decision
from carprice.files import replacing
from carprice.promotion.ledger import (
    Move,
    has_moved,
    move_production,
    tag_ticket,
    tickets,
    timestamp,
)
from carprice.promotion.receipt import (
    DataFacts,
    Receipt,
    hash_receipt,
    read_receipt,
    receipt_path,
    write_receipt,
)
from carprice.registry.client import PRODUCTION
from carprice.registry.records import MODEL_NAME, Ticket, Version
from carprice.registry.stored_model import MODEL_FILE
from carprice.wording.reasons import write_reasons
from carprice.workspace import Workspace


def release(
    work: Workspace, version: Version, decision: Decision, validation: ValidationReport
) -> Receipt:
    """Promote a version to production; return the receipt.

    Receipt and copy in `models/` are written before the alias moves. Where an earlier attempt of
    the same pipeline run died after the move, what it left to do is finished.

    Raises PromotionRefusedError when production is no longer what the decision compared with;
    receipt file and copy are then as they were before.
    """
    move = Move(version, decision.champion, "promote", work.who, work.pipeline_run)
    if receipt := _finish(work, move):
        return receipt
    model = work.registry.read_model(version)
    earlier: dict[Path, bytes | None] = {}
    written: list[Receipt] = []

    def prepare(ticket: Ticket) -> dict[str, str]:
        receipt = _build_receipt(work, version, decision, validation, ticket)
        text = write_receipt(receipt)
        work.registry.log_text(version.run_id, text, receipt_path(ticket.number))
        _set_aside(work, version)
        earlier.update(_read_export(work, version))
        _export(work, version, model, text)
        work.registry.tag_version(version.number, _promotion_tags(receipt))
        written.append(receipt)
        return {"receipt_sha256": hash_receipt(text)}

    move_production(work.registry, move, prepare, lambda: _put_back(earlier))
    return written[0]


def export_trained(work: Workspace, version: Version) -> Path:
    """Path of a new copy in `models/` of a version not promoted yet."""
    _set_aside(work, version)
    path, _ = _export_paths(work, version)
    with replacing(path) as file:
        file.write(work.registry.read_model(version))
    return path


def withdraw(work: Workspace, version: Version) -> None:
    """Remove the copy in `models/` of a promotion that did not succeed."""
    _put_back(_read_export(work, version))


def find_copies(work: Workspace, version: Version) -> list[Path]:
    """Files in `models/` that are of this very version, not of another registry's."""
    model, receipt = _export_paths(work, version)
    found = []
    if model.exists():
        digest = hashlib.sha256(model.read_bytes()).hexdigest()
        if digest == version.file_hashes.get(MODEL_FILE):
            found.append(model)
    with suppress(DatasetError):
        if read_receipt(receipt)[0].file_sha256 == version.file_hashes:
            found.append(receipt)
    return found


def roll_back(work: Workspace) -> tuple[Version, Version]:
    """Move production back to the replaced version; return (from, to)."""
    registry = work.registry
    current = registry.find_alias(PRODUCTION)
    if current is None:
        raise PromotionRefusedError("there is no model in production to roll back", [])
    previous = current.facts.replaced_version
    if previous is None:
        raise PromotionRefusedError(
            f"{current.name} replaced no earlier version: there is nothing to go back to", []
        )
    target = registry.version(previous)
    registry.open_model(target)  # a version that cannot be opened must not go to production
    move_production(registry, Move(target, current.number, "rollback", work.who))
    note = {"at": timestamp(), "by": work.who}
    registry.tag_version(
        current.number,
        {f"rolled_back_{key}": value for key, value in note.items()}
        | {"rolled_back_to": str(previous)},
    )
    registry.tag_version(
        target.number,
        {f"restored_{key}": value for key, value in note.items()}
        | {"restored_from": str(current.number)},
    )
    return current, target


def _finish(work: Workspace, move: Move) -> Receipt | None:
    """The receipt of an earlier attempt that died after the move, or None."""
    if not move.pipeline_run:
        return None
    registry, version = work.registry, move.target
    production = registry.find_alias(PRODUCTION)
    attempts = [each for each in tickets(registry) if move.is_attempted_by(each)]
    if production and production.number == version.number:
        drawn = {receipt_path(each.number): each for each in attempts}
        path = production.facts.receipt
        return _finish_move(work, version, path, drawn[path]) if path in drawn else None
    if done := [each for each in attempts if each.tags["state"] == "done"]:
        raise PromotionRefusedError(
            f"{version.name} was promoted with ticket {done[-1].number}; production has changed "
            "since",
            [f"production is now {production.name if production else 'no version'}"],
        )
    return None


def _finish_move(work: Workspace, version: Version, path: str, ticket: Ticket) -> Receipt:
    text = work.registry.read_text(version.run_id, path)
    _export(work, version, work.registry.read_model(version), text)
    tag_ticket(work.registry, ticket, {"state": "done"})
    return Receipt.model_validate_json(text)


def _build_receipt(
    work: Workspace,
    version: Version,
    decision: Decision,
    validation: ValidationReport,
    ticket: Ticket,
) -> Receipt:
    facts = version.facts
    return Receipt(
        version=version.number,
        replaces=decision.champion,
        ticket=ticket.number,
        promoted_by=work.who,
        promoted_at=timestamp(),
        data=DataFacts(
            source=facts.source,
            source_sha256=facts.source_sha256,
            content_hash=facts.data_hash,
            rows=facts.rows,
            simulated=facts.simulated,
        ),
        code_sha256=facts.code_sha256,
        file_sha256=version.file_hashes,
        gate=decision,
        validation=validation,
    )


def _promotion_tags(receipt: Receipt) -> dict[str, str]:
    return {
        "promoted_by": receipt.promoted_by,
        "promoted_at": receipt.promoted_at,
        "promotion_reason": write_reasons(receipt.gate.reasons),
        "replaced_version": str(receipt.replaces or "none"),
        "receipt": receipt_path(receipt.ticket),
    }


def _export_paths(work: Workspace, version: Version) -> tuple[Path, Path]:
    """Paths in `models/` of a version's copy and of its receipt."""
    stem = work.settings.exported_models / f"{MODEL_NAME}-v{version.number}"
    return stem.with_name(f"{stem.name}.skops"), stem.with_name(f"{stem.name}.json")


def _set_aside(work: Workspace, version: Version) -> None:
    """Rename copies of another registry's version of the same number, by their hash.

    The embedded registry and that of the stack both begin at version 1, and share `models/`.
    """
    model, receipt = _export_paths(work, version)
    if not model.exists():
        return
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    if digest == version.file_hashes.get(MODEL_FILE):
        return
    for path in (receipt, model):  # the model last: without it, nothing is left to set aside
        if path.exists():
            path.replace(path.with_name(f"{path.stem}-{digest[:8]}{path.suffix}"))


def _export(work: Workspace, version: Version, model: bytes, receipt: str) -> None:
    model_copy, receipt_copy = _export_paths(work, version)
    for path, content in ((model_copy, model), (receipt_copy, receipt.encode())):
        with replacing(path) as file:
            file.write(content)


def _read_export(work: Workspace, version: Version) -> dict[Path, bytes | None]:
    """Contents by path of an earlier promotion's files; None where there is none."""
    model, receipt = paths = _export_paths(work, version)
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


def _put_back(earlier: dict[Path, bytes | None]) -> None:
    """Restore files to earlier contents; None removes one."""
    for path, content in earlier.items():
        if content is None:
            path.unlink(missing_ok=True)
        elif path.read_bytes() != content:
            with replacing(path) as file:
                file.write(content)
