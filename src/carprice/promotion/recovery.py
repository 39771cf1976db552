"""Versions to go back to, as the ledger promised them: from the registry, or from their copies."""

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Literal, NamedTuple

from carprice.errors import ModelIntegrityError, PromotionRefusedError, RegistryError
from carprice.market.chosen import MARKET
from carprice.market.listing import FEATURES, TARGET
from carprice.market.table import to_listings
from carprice.promotion.copies import Copy, read_copies
from carprice.promotion.marks import refuse
from carprice.promotion.receipt import Receipt, Rehearsal, hash_receipt, read_receipt, receipt_path
from carprice.promotion.standing import Standing
from carprice.promotion.tickets import RECEIPT_TAG, tickets
from carprice.registry.records import (
    EVALUATION,
    FILES_TAG,
    MODEL_NAME,
    PROFILE,
    QUALITY_PAGE,
    Identity,
    Ticket,
    Version,
    VersionFacts,
)
from carprice.registry.stored_model import open_pipeline
from carprice.wording.stored_reasons import store_reasons, write_reasons
from carprice.workspace import Workspace

if TYPE_CHECKING:
    # Slow to import, and many a command opens nothing.
    from sklearn.pipeline import Pipeline

log = logging.getLogger(__name__)


class Recovered(NamedTuple):
    """A version to go back to, as it was promised.

    receipt: the one that the ledger proves; of an empty ledger, the one of the copy.
    anew: whether it was registered from a copy. copied: number of the version that it stands for,
    where the ledger knows it.
    """

    version: Version
    receipt: Receipt | None
    anew: bool = False
    copied: int | None = None


def list_ways(
    work: Workspace, standing: Standing, to: str, *, withdrawn: bool = False
) -> list[Identity | Copy]:
    """What production can be taken back to, in the order in which it is tried.

    withdrawn: whether `to` may name a version that is withdrawn.
    Raises PromotionRefusedError for a version that is, or that never was in production.
    """
    if to:
        ways = _find_named(work, standing, to)
        return ways if withdrawn else _leave_out_withdrawn(standing, ways, to)
    if not standing.proven:
        return [each for each in read_copies(work.settings) if not each.withdrawal]
    current = standing.version
    # What is in production comes last: where its files are damaged, its copy may not be.
    return [*standing.trail, *([current.identity] if current and not standing.trouble else [])]


def recover(work: Workspace, standing: Standing, way: Identity | Copy) -> Recovered:
    """A version that is intact and opens: from the registry, else from its copy in `models/`.

    Raises ModelIntegrityError naming what is missing or differs.
    """
    ledger = _list_moves(work, standing)
    if isinstance(way, Copy):
        _ensure_signed(work, way)
        version = _register_copy(work, way, ledger)
        return Recovered(version, way.receipt, anew=True)
    receipt = _find_receipt(work, way, ledger)
    try:
        version, _ = _open_stored(work, way, _find_hashes(standing, way, receipt))
        return Recovered(version, receipt)
    except ModelIntegrityError as error:
        for copy in read_copies(work.settings):
            if copy.is_of(way, ledger):
                log.warning("%s", error)
                version = _register_copy(work, copy, ledger)
                return Recovered(version, copy.receipt, anew=True, copied=way.number)
        raise ModelIntegrityError(f"{error} No copy of it is in models/.") from error


def rehearse(work: Workspace, standing: Standing) -> Rehearsal | None:
    """How the way back from the next promotion went; None where nothing is in production.

    Nothing is registered or moved. Where nothing is intact, the rehearsal says so, and does not
    hinder: what is promoted is better than what is lost.
    """
    current = [standing.version.identity] if standing.version else []
    ledger, lost = _list_moves(work, standing), []
    for way in dict.fromkeys([*current, *standing.trail]):
        began = perf_counter()
        try:
            source, pipeline = _open_way(work, standing, way, ledger)
        except ModelIntegrityError as error:
            lost.append(str(error))
            continue
        golden = work.params.validation.golden_cars
        prices = pipeline.predict(to_listings([each.car for each in golden]))[TARGET]
        return Rehearsal(
            version=way.number,
            source=source,
            seconds=perf_counter() - began,
            prices=dict(zip((each.name for each in golden), prices.tolist(), strict=True)),
            trouble="\n".join(lost),
        )
    return Rehearsal(trouble="\n".join(lost)) if lost else None


def _open_way(
    work: Workspace, standing: Standing, way: Identity, ledger: Sequence[Ticket]
) -> tuple[Literal["registry", "copy"], "Pipeline"]:
    """Where a version was opened, and its pipeline.

    Raises ModelIntegrityError where neither registry nor copy is intact.
    """
    try:
        hashes = _find_hashes(standing, way, _find_receipt(work, way, ledger))
        return "registry", _open_stored(work, way, hashes)[1]
    except ModelIntegrityError:
        for copy in read_copies(work.settings):
            if copy.is_of(way, ledger):
                copy.ensure_whole()
                return "copy", open_pipeline(copy.model, f"the copy {copy.model.name}")
        raise


def _find_named(work: Workspace, standing: Standing, to: str) -> list[Identity | Copy]:
    """What a number, or the path of a receipt, names."""
    if not to.endswith(".json"):
        return _find_proven(work, standing, to)
    copy = Copy(Path(to), *read_receipt(Path(to)))
    ledger = _list_moves(work, standing)
    return [each for each in standing.proven if copy.is_of(each, ledger)] or [copy]


def _leave_out_withdrawn(
    standing: Standing, ways: Sequence[Identity | Copy], to: str
) -> list[Identity | Copy]:
    """The ways without those that the ledger, or what lies beside a copy, marks as withdrawn.

    Raises PromotionRefusedError where none is left.
    """
    marks = [
        each.withdrawal if isinstance(each, Copy) else standing.withdrawn.get(each) for each in ways
    ]
    if ways and all(marks):
        raise refuse(next(filter(None, marks)), to)
    return [each for each, mark in zip(ways, marks, strict=True) if mark is None]


def _list_moves(work: Workspace, standing: Standing) -> list[Ticket]:
    """Tickets of versions that were in production; where there is a key, signed ones."""
    found = tickets(work.registry)
    return [each for each in found if each.trusted and each.target in standing.proven]


def _ensure_signed(work: Workspace, copy: Copy) -> None:
    keys = work.registry.signing_keys
    if keys and not copy.is_signed(keys):
        raise ModelIntegrityError(
            f"{copy.path} is not signed with the key of this stack: no {copy.proof.name} beside it "
            "proves it."
        )


def _find_hashes(standing: Standing, target: Identity, receipt: Receipt | None) -> dict[str, str]:
    """Hashes of a version's files: those signed, else those of its receipt; empty without."""
    if target in standing.promises:
        return standing.promises[target].file_hashes
    return receipt.file_sha256 if receipt else {}


def _find_proven(work: Workspace, standing: Standing, number: str) -> list[Identity | Copy]:
    there = {each.identity for each in work.registry.versions()}
    found = [each for each in standing.proven if str(each.number) == number]
    if not found:
        others = sorted({each.number for each in standing.proven})
        raise PromotionRefusedError(
            f"{MODEL_NAME} version {number} was never in production",
            [f"these were: {', '.join(map(str, others)) or 'none'}"],
        )
    return [*sorted(found, key=lambda each: each not in there)]


def _find_receipt(work: Workspace, target: Identity, ledger: Sequence[Ticket]) -> Receipt | None:
    """The receipt of the last move to a version whose text the ledger proves; None without one."""
    for ticket in reversed(ledger):
        if ticket.target != target or RECEIPT_TAG not in ticket.tags:
            continue
        try:
            text = work.registry.read_text(target.run_id, receipt_path(ticket.number))
        except RegistryError:
            continue  # it may have been removed by hand
        if hash_receipt(text) == ticket.tags[RECEIPT_TAG]:
            return Receipt.model_validate_json(text)
    copies = read_copies(work.settings)
    return next((each.receipt for each in copies if each.is_of(target, ledger)), None)


def _open_stored(
    work: Workspace, target: Identity, hashes: dict[str, str]
) -> tuple[Version, "Pipeline"]:
    """A version of the registry with the file hashes that were promised, and its pipeline."""
    registry = work.registry
    version = {each.identity: each for each in registry.versions()}.get(target)
    if version is None:
        raise ModelIntegrityError(f"Version {target.number} is no longer in the registry.")
    if hashes and version.file_hashes != hashes:
        # Anybody may write the tag; the ledger proves the receipt.
        log.warning("the file hashes of %s were not those of its receipt", version.name)
        promised = {FILES_TAG: json.dumps(hashes)}
        version = replace(version, tags=version.tags | promised)
    try:
        return version, registry.open_model(version)
    except ModelIntegrityError:
        raise
    except RegistryError as error:
        registry.version(version.number)  # still answers: the files are what is missing
        raise ModelIntegrityError(f"{version.name} has lost its files: {error}") from error


def _register_copy(work: Workspace, copy: Copy, ledger: Sequence[Ticket]) -> Version:
    """A copy in `models/`, registered anew as a version of its own.

    Raises ModelIntegrityError for a file that is not the one of its receipt, or does not open.
    """
    copy.ensure_whole()
    pipeline = open_pipeline(copy.model, f"the copy {copy.model.name}")
    registry, tags = work.registry, _tell_facts(copy.receipt)
    run_id = registry.start_run(f"{copy.receipt.data.source} from {copy.model.name}", tags)
    for first in {each.run_id for each in ledger if copy.is_of_move(each)}:
        _copy_record(work, first, run_id)
    example = to_listings([work.params.validation.golden_cars[0].car])[list(FEATURES)]
    version = registry.register_model(run_id, pipeline, example, tags)
    registry.log(run_id, tags={"version": str(version.number)})
    registry.end_run(run_id, "FINISHED")
    log.warning("%s is made anew from %s", version.name, copy.model)
    return version


def _tell_facts(receipt: Receipt) -> dict[str, str]:
    """Tags of a version by its receipt alone."""
    gate, data = receipt.gate, receipt.data
    return VersionFacts(
        source=data.source,
        source_sha256=data.source_sha256,
        data_hash=data.content_hash,
        rows=data.rows,
        simulated=data.simulated,
        market=MARKET.code,
        code_sha256=receipt.code_sha256,
        decision=gate.outcome,
        decision_reasons=write_reasons(gate.reasons),
        decision_reasons_json=store_reasons(gate.reasons),
        validation="passed",
    ).to_tags()


def _copy_record(work: Workspace, first: str, run_id: str) -> None:
    """Store metrics and reports of one run with another, as far as they are still there."""
    registry = work.registry
    try:
        registry.log(run_id, metrics=registry.run(first).metrics)
        for path in (EVALUATION, PROFILE, QUALITY_PAGE):
            registry.log_text(run_id, registry.read_text(first, path), path)
    except RegistryError as error:
        log.warning("what was reported of the version is not all there any more: %s", error)
