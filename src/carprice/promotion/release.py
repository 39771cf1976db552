"""Promotion to production and rollback, with receipt and exported copy."""

import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from carprice.errors import DatasetError, ModelIntegrityError, PromotionRefusedError
from carprice.evaluation.behaviour import ValidationReport
from carprice.evaluation.decision import Decision
from carprice.files import replacing
from carprice.promotion.copies import (
    Copy,
    export,
    export_paths,
    keep_proof,
    put_back,
    read_export,
    set_aside,
    take_mark_away,
)
from carprice.promotion.ledger import Move, move_production, timestamp
from carprice.promotion.marks import Withdrawal
from carprice.promotion.receipt import (
    DataFacts,
    Receipt,
    hash_receipt,
    receipt_path,
    write_receipt,
)
from carprice.promotion.recovery import Recovered, list_ways, recover, rehearse
from carprice.promotion.signatures import Promise
from carprice.promotion.standing import Standing, ensure_signed, read_standing
from carprice.promotion.tickets import RECEIPT_TAG, tag_ticket, tickets
from carprice.registry.client import PRODUCTION
from carprice.registry.records import FILES_TAG, Identity, Ticket, Version
from carprice.wording.stored_reasons import write_reasons
from carprice.workspace import Workspace

log = logging.getLogger(__name__)


def release(
    work: Workspace, version: Version, decision: Decision, validation: ValidationReport
) -> Receipt:
    """Promote a version to production; return the receipt.

    The way back is tried, and receipt and copy in `models/` are written, before the alias moves.
    Where an earlier attempt of the same pipeline run died after the move, what it left to do is
    finished.

    Raises PromotionRefusedError when production is no longer what the decision compared with;
    receipt file and copy are then as they were before.
    """
    move = Move(version, decision.champion, "promote", work.who, work.pipeline_run)
    if receipt := _finish(work, move):
        return receipt
    way_back = rehearse(work, read_standing(work.registry))
    if way_back and way_back.trouble:
        log.warning("the way back was tried: %s", way_back.trouble)

    def build_receipt(ticket: Ticket) -> Receipt:
        return _build_receipt(work, move, decision, validation, ticket).model_copy(
            update={"way_back": way_back}
        )

    return _move_with_receipt(work, move, build_receipt)


def export_trained(work: Workspace, version: Version) -> Path:
    """Path of a new copy in `models/` of a version not promoted yet."""
    set_aside(work, version)
    path, _ = export_paths(work, version)
    with replacing(path) as file:
        file.write(work.registry.read_model(version))
    return path


def take_copy_away(work: Workspace, version: Version) -> None:
    """Remove the copy in `models/` of a promotion that did not succeed."""
    put_back(read_export(work, version))


def roll_back(
    work: Workspace, to: str = "", *, withdrawn: bool = False
) -> tuple[Version | None, Version]:
    """Move production back by the ledger; return (from, to).

    to: number of a version that was in production before, or path of a receipt in `models/`;
        empty: the version before, or what was in production where the alias is not on it.
    withdrawn: whether `to` may name a version that is withdrawn, which it is no more then.

    What the registry has lost is registered anew from its copy in `models/`. Raises
    PromotionRefusedError where there is nothing to go back to, ModelIntegrityError where nothing
    of it is intact; production is then untouched.
    """
    standing = read_standing(work.registry)
    ensure_signed(standing)
    if standing.trouble:
        log.warning("%s", standing.trouble.say("en"))
    found = find_back(work, standing, list_ways(work, standing, to, withdrawn=withdrawn))
    if found is None:
        raise PromotionRefusedError(*_explain_standstill(standing, to))
    return go_back(work, standing, found, lifts=withdrawn)


def find_back(
    work: Workspace, standing: Standing, ways: Iterable[Identity | Copy]
) -> Recovered | None:
    """The first way that is intact and leads elsewhere than to what is in production already.

    Raises ModelIntegrityError where there are ways and all are lost.
    """
    lost = []
    for way in ways:
        try:
            found = recover(work, standing, way)
        except ModelIntegrityError as error:
            lost.append(str(error))
            continue
        if standing.trouble or found.version != standing.version:
            return found
    if lost:
        raise ModelIntegrityError("\n  - ".join(["what could be gone back to is lost:", *lost]))
    return None


def go_back(
    work: Workspace,
    standing: Standing,
    found: Recovered,
    *,
    withdraws: Withdrawal | None = None,
    lifts: bool = False,
) -> tuple[Version | None, Version]:
    """Move production to what was found; return (from, to).

    withdraws: the mark of the version in production, which the same ticket makes.
    """
    registry, target = work.registry, found.version
    left = registry.version(standing.alias) if standing.alias else None
    champion = standing.champion.number if standing.champion else None
    action = "restore" if found.anew else "rollback"
    move = Move(target, champion, action, work.who, lifts=lifts)
    told = {
        **({"trouble": standing.trouble.code} if standing.trouble else {}),
        **({"restores": str(found.copied)} if found.copied else {}),
        **(withdraws.of_ticket if withdraws else {}),
    }
    if receipt := found.receipt:
        grounds = receipt.model_copy(update={"withdraws": withdraws})
        _move_with_receipt(work, move, lambda ticket: _renew(grounds, move, ticket), told)
    else:
        move_production(registry, move, lambda _: told)
    note = {"at": timestamp(), "by": work.who}
    if standing.version and standing.version.number != target.number:
        registry.tag_version(
            standing.version.number,
            {f"rolled_back_{key}": value for key, value in note.items()}
            | {"rolled_back_to": str(target.number)},
        )
    registry.tag_version(
        target.number,
        {f"restored_{key}": value for key, value in note.items()}
        | {"restored_from": str(left.number if left else "none")}
        | {FILES_TAG: target.tags[FILES_TAG]},
    )
    return left, target


def _explain_standstill(standing: Standing, to: str) -> tuple[str, list[str]]:
    current = standing.version
    if current is None:
        return "there is no model in production to roll back", []
    proven = standing.proven - standing.withdrawn.keys()
    others = sorted({each.number for each in proven} - {current.number})
    reasons = [f"`carprice rollback --to N` can bring back: {', '.join(map(str, others))}"]
    said = "is in production already" if to else "replaced no earlier version"
    return f"{current.name} {said}: there is nothing to go back to", reasons if others else []


def _move_with_receipt(
    work: Workspace,
    move: Move,
    build_receipt: Callable[[Ticket], Receipt],
    told: Mapping[str, str] = MappingProxyType({}),
) -> Receipt:
    """Move production once receipt and copy are written; return the receipt.

    told: tags of the ticket beside the hash of the receipt.
    """
    registry, version = work.registry, move.target
    earlier: dict[Path, bytes | None] = {}
    written: list[Receipt] = []

    def prepare(ticket: Ticket) -> dict[str, str]:
        receipt = build_receipt(ticket)
        text = write_receipt(receipt)
        registry.log_text(version.run_id, text, receipt_path(ticket.number))
        set_aside(work, version)
        earlier.update(read_export(work, version))
        export(work, version, model, text)
        if move.action != "rollback":
            registry.tag_version(version.number, _promotion_tags(receipt))
        written.append(receipt)
        return {RECEIPT_TAG: hash_receipt(text), **told}

    model = registry.read_model(version)
    ticket = move_production(registry, move, prepare, lambda: put_back(earlier))
    take_mark_away(export_paths(work, version)[1])
    _keep_proof(work, version, ticket)
    return written[0]


def _keep_proof(work: Workspace, version: Version, ticket: Ticket) -> None:
    """Keep the signed promise of a move beside the receipt; what hinders it is no more than told.

    The move is done; `carprice sign` writes what is missing.
    """
    if not work.registry.signing_keys:
        return
    try:
        keep_proof(export_paths(work, version)[1], Promise.of(ticket))
    except DatasetError as error:
        log.warning("%s", error)


def _renew(receipt: Receipt, move: Move, ticket: Ticket) -> Receipt:
    """The receipt of a way back: who, when, and on the grounds of the promotion."""
    return receipt.model_copy(
        update={
            "version": move.target.number,
            "replaces": move.expected,
            "ticket": ticket.number,
            "promoted_by": move.by,
            "promoted_at": timestamp(),
            "file_sha256": move.target.file_hashes,
            "way_back": None,
        }
    )


def _finish(work: Workspace, move: Move) -> Receipt | None:
    """The receipt of an earlier attempt that died after the move, or None."""
    if not move.pipeline_run:
        return None
    registry, version = work.registry, move.target
    production = registry.find_alias(PRODUCTION)
    attempts = [each for each in tickets(registry) if each.trusted and move.is_attempted_by(each)]
    if production and production.number == version.number:
        drawn = {receipt_path(each.number): each for each in attempts}
        path = production.facts.receipt
        return _finish_move(work, version, path, drawn[path]) if path in drawn else None
    if done := [each for each in attempts if each.state == "done"]:
        raise PromotionRefusedError(
            f"{version.name} was promoted with ticket {done[-1].number}; production has changed "
            "since",
            [f"production is now {production.name if production else 'no version'}"],
        )
    return None


def _finish_move(work: Workspace, version: Version, path: str, ticket: Ticket) -> Receipt:
    text = work.registry.read_text(version.run_id, path)
    export(work, version, work.registry.read_model(version), text)
    _keep_proof(work, version, ticket)
    tag_ticket(work.registry, ticket, {"state": "done"})
    return Receipt.model_validate_json(text)


def _build_receipt(
    work: Workspace,
    move: Move,
    decision: Decision,
    validation: ValidationReport,
    ticket: Ticket,
) -> Receipt:
    version, facts = move.target, move.target.facts
    return Receipt(
        version=version.number,
        replaces=move.expected,
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
