"""One function for each task of the DAG and each command.

Steps pass on the id of the run and nothing else; their results are stored in the run.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pandas as pd

from carprice.errors import (
    PromotionRefusedError,
    QualityError,
    RegistryError,
    UnchangedError,
    ValidationFailedError,
)
from carprice.evaluation import plots
from carprice.evaluation.behaviour import ValidationReport
from carprice.evaluation.decision import Decision
from carprice.evaluation.gate import Listed, force
from carprice.evaluation.importance import measure_importance
from carprice.listings.cleaning import clean
from carprice.listings.quality import check
from carprice.listings.quality_report import DataProfile, QualityReport, render_html
from carprice.listings.reading import read_listings
from carprice.listings.table_store import read_table, write_table
from carprice.market.chosen import MARKET
from carprice.notices import send_notices
from carprice.pipeline.carding import publish_card
from carprice.pipeline.child import validate_in_fresh_process
from carprice.pipeline.evaluating import (
    Opened,
    compare_with_champion,
    contend,
    log_decision,
    log_evaluation,
    score_beside,
)
from carprice.pipeline.recipe import OF_SEARCH, choose_params, hash_recipe
from carprice.pipeline.report import UNCHANGED_SINCE, RunReport
from carprice.pipeline.run_record import close_run, open_run, working_on
from carprice.pricing.split import SplitRule, split
from carprice.pricing.training import fit_prepared, prepare
from carprice.promotion.ledger import timestamp
from carprice.promotion.receipt import Receipt, hash_code
from carprice.promotion.release import release
from carprice.promotion.standing import ensure_not_withdrawn, ensure_signed, read_standing
from carprice.registry.client import STAGING
from carprice.registry.records import DECISION, PROFILE, QUALITY_PAGE, Run, Version, VersionFacts
from carprice.registry.stored_model import ensure_market
from carprice.simulation.dirt import write_sample
from carprice.wording.runs import UNCHANGED
from carprice.wording.stored_reasons import store_reasons
from carprice.workspace import Workspace

SAMPLE = Path("data", "sample", "simulated_listings.csv")
SAMPLE_ROWS = 20_000
VALIDATION = "validation.json"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Checked:
    """A run whose listings passed the quality check, with the report."""

    run_id: str
    report: QualityReport


def check_data_quality(work: Workspace, data: Path | None, search: str | None = None) -> Checked:
    """Check a file (by default the simulated sample) and store its clean table.

    Opens the run of all later steps before the file is read, so that a refusal is recorded there.
    Raises DatasetError when the file cannot be read as listings, QualityError
    naming every broken rule when it can.

    search: id of the run of a search with whose result the later steps train.
    """
    path = data or work.settings.home / SAMPLE
    run_id = open_run(work, path.name)
    with working_on(work, run_id):
        if search:
            work.registry.log(run_id, tags={OF_SEARCH: search})
        if data is None:
            ensure_sample(work, path)
        kept, report = inspect_listings(work, path)
        changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        summary = report.summary
        facts = VersionFacts(
            source=summary.source,
            source_sha256=summary.source_sha256,
            source_changed=changed.replace(microsecond=0),
            data_hash=summary.profile.data_hash,
            rows=len(kept),
            simulated=summary.simulated,
            market=MARKET.code,
        )
        work.registry.log(run_id, tags=facts.to_tags())
        work.registry.log_data(run_id, facts)
        work.registry.log_text(run_id, render_html(report), QUALITY_PAGE)
        work.registry.log_text(run_id, summary.profile.model_dump_json(indent=2), PROFILE)
        ensure_quality(report)
        write_table(kept, work.settings.processed_data)
    return Checked(run_id, report)


def inspect_listings(work: Workspace, path: Path) -> tuple[pd.DataFrame, QualityReport]:
    """Clean rows of a file, and its quality report against production's data."""
    raw = read_listings(path, partial(work.progress, f"reading {path.name}"))
    accepted = _accepted_profile(work) if work.settings.has_registry else None
    cleaned = clean(raw)
    return cleaned.kept, check(cleaned, work.params.quality, accepted)


def ensure_quality(report: QualityReport) -> None:
    """Raise QualityError, naming every broken rule."""
    if report.failures:
        raise QualityError("\n  - ".join(["the listings break quality rules:", *report.failures]))


def ensure_sample(work: Workspace, path: Path) -> None:
    """Draw the simulated sample where it is not there yet."""
    if not path.exists():
        work.progress("drawing simulated listings", 0, 0)
        write_sample(path, rows=SAMPLE_ROWS, seed=0)


def train_model(work: Workspace, run_id: str, *, again: bool = True) -> Version:
    """Fit on the training rows; return the newly registered version.

    A second call for the same run returns the version of the first.

    again: whether to train also where the version in production has learnt the same in the same
        way. Without it, UnchangedError ends the run there, as one that has nothing to do.
    """
    with working_on(work, run_id) as run:
        registry = work.registry
        version = registry.version_of_run(run_id)
        if version is None:
            if not again:
                _ensure_changed(work, run)
            version = _fit_and_register(work, run)
        registry.log(run_id, tags={"version": str(version.number)})
        return version


def evaluate_model(work: Workspace, run_id: str) -> Decision:
    """Evaluate the stored version on held-out cars; return the gate's decision.

    Raises PromotionRefusedError when the version is the champion.
    """
    registry = work.registry
    champion = _find_champion(work)
    if champion and champion.run_id == run_id:
        raise PromotionRefusedError(f"{champion.name} is in production already", [])
    with working_on(work, run_id) as run:
        version = _version_of(work, run)
        table = _read_clean(work, version.facts.data_hash)
        listed = Listed.of(table)
        holdout = _hold_out(table, version, champion)
        plain = score_beside(table, version, holdout)
        del table
        opened = Opened(version, registry.open_model(version))
        challenger = contend(opened, holdout, work.params.gate, listed)
        log_evaluation(work, run_id, challenger, plain, holdout)
        work.progress("measuring importance", 0, 0)
        importance = measure_importance(opened.pipeline, holdout)
        registry.log_figure(run_id, plots.draw_importance(importance), "evaluation/importance.png")
        decision = compare_with_champion(work, opened, challenger, champion, holdout)
        log_decision(work, run_id, decision)
        publish_card(registry, version)
        return decision


def promote_to_staging(work: Workspace, run_id: str, *, forced: bool = False) -> Version:
    """Move the staging alias to the run's accepted version, and return it.

    Raises PromotionRefusedError with the gate's reasons; `forced` overrides them, on record.
    """
    with working_on(work, run_id) as run:
        registry = work.registry
        version, decision = _read_evaluated(work, run)
        ensure_not_withdrawn(read_standing(registry), version.identity)
        if forced:
            decision = force(decision)
            log_decision(work, run_id, decision)
        _ensure_accepted(decision)
        registry.tag_version(version.number, {"staged_by": work.who, "staged_at": timestamp()})
        registry.set_alias(STAGING, version.number)
        return version


def validate_staging_model(work: Workspace, run_id: str) -> ValidationReport:
    """The behaviour report of a fresh process on the staged version.

    On failure the staging alias is cleared, production stays as it is, and
    ValidationFailedError names every broken rule.
    """
    with working_on(work, run_id) as run:
        registry = work.registry
        version, _ = _read_accepted(work, run)
        staged = registry.find_alias(STAGING)
        if staged is None or staged.number != version.number:
            registry.set_alias(STAGING, version.number)  # an attempt that failed has cleared it
        try:
            report = validate_in_fresh_process(work, version)
        except BaseException as error:
            registry.clear_alias(STAGING)
            reasons = error.reasons if isinstance(error, ValidationFailedError) else []
            failed = VersionFacts(
                validation=f"failed: {error}"[:500], validation_reasons_json=store_reasons(reasons)
            )
            registry.tag_version(version.number, failed.to_tags())
            raise
        registry.log_text(run_id, report.model_dump_json(indent=2), VALIDATION)
        registry.log(run_id, metrics={"latency_ms": report.latency_ms})
        registry.tag_version(version.number, {"validation": "passed"})
        return report


def promote_to_production(work: Workspace, run_id: str) -> Receipt:
    """Move the production alias to the run's version; return the receipt.

    A copy of the model and the receipt are written to `models/`.

    Raises PromotionRefusedError when production has changed since the gate compared.
    """
    with working_on(work, run_id) as run:
        registry = work.registry
        version, decision = _read_accepted(work, run)
        validation = ValidationReport.model_validate_json(registry.read_text(run_id, VALIDATION))
        receipt = release(work, version, decision, validation)
        registry.log(run_id, tags={"outcome": "promoted"})
        registry.untag_run(run_id, "reason")
        registry.clear_alias(STAGING)
        return receipt


def send_pipeline_report(
    work: Workspace, run_id: str | None, failed: Sequence[str] = ()
) -> RunReport:
    """Close the run with its report, send it and return it.

    run_id: None where `check_data_quality` failed and returned none.
    failed: names of failed steps, those killed without a trace included.

    Raises NoticeError when the report is stored in the registry but could not be sent.
    """
    report = close_run(work, run_id, failed)
    send_notices(work.settings, report.headline, report.markdown)
    return report


def _find_champion(work: Workspace) -> Version | None:
    """What is in production by the ledger, whatever people did to its alias."""
    standing = read_standing(work.registry)
    ensure_signed(standing)
    if standing.trouble:
        log.warning("%s", standing.trouble.say("en"))
    return standing.champion


def _ensure_changed(work: Workspace, run: Run) -> None:
    """Raise UnchangedError where training would come to the version in production once more, and
    PromotionRefusedError where it would come to one that was withdrawn.

    Where something is wrong with production, a version is trained to get out of it.
    """
    standing = read_standing(work.registry)
    if standing.version is None or standing.trouble:
        return
    wanted = VersionFacts.from_tags(run.tags).data_hash, hash_recipe(choose_params(work, run))
    twins = {
        each.identity
        for each in work.registry.versions()
        if (each.facts.data_hash, each.facts.recipe_sha256) == wanted
    }
    number = standing.version.number
    if standing.version.identity in twins:
        work.registry.log(run.run_id, tags={UNCHANGED_SINCE: str(number)})
        raise UnchangedError(UNCHANGED.say("en", version=number))
    if known := twins & standing.withdrawn.keys():
        mark = standing.withdrawn[max(known)]
        raise PromotionRefusedError(
            f"nothing is trained: it would come to version {mark.version} once more",
            [mark.text, "bring other listings, or train all the same with --again"],
        )


def _accepted_profile(work: Workspace) -> DataProfile | None:
    """Profile of the production version's training data; None where there is none any more."""
    champion = _find_champion(work)
    if champion is None:
        return None
    ensure_market(champion)
    try:
        profile = work.registry.read_text(champion.run_id, PROFILE)
    except RegistryError as error:
        work.registry.version(champion.number)  # still answers: only the report is gone
        log.warning("the listings are not held against those of %s: %s", champion.name, error)
        return None
    return DataProfile.model_validate_json(profile)


def _version_of(work: Workspace, run: Run) -> Version:
    number = run.tags.get("version")
    if number is None:
        raise RegistryError(f"run {run.run_id} has registered no version yet: train first")
    return work.registry.version(int(number))


def _read_evaluated(work: Workspace, run: Run) -> tuple[Version, Decision]:
    """A run's version and decision; raises PromotionRefusedError before the evaluation."""
    version = _version_of(work, run)
    if not version.facts.decision:
        raise PromotionRefusedError(
            f"{version.name} has not been evaluated", [f"type `carprice evaluate {version.number}`"]
        )
    stored = work.registry.read_text(run.run_id, DECISION)
    return version, Decision.model_validate_json(stored)


def _read_accepted(work: Workspace, run: Run) -> tuple[Version, Decision]:
    """A run's version and decision; raises PromotionRefusedError unless accepted."""
    version, decision = _read_evaluated(work, run)
    _ensure_accepted(decision)
    return version, decision


def _ensure_accepted(decision: Decision) -> None:
    if not decision.promote:
        reasons = [each.text for each in decision.reasons]
        raise PromotionRefusedError(decision.summary, reasons, held=decision.held)


def _read_clean(work: Workspace, data_hash: str) -> pd.DataFrame:
    return read_table(work.settings.processed_data, data_hash)


def _hold_out(listings: pd.DataFrame, version: Version, champion: Version | None) -> pd.DataFrame:
    """Cars of a version's listings that are held out by its own split and by the champion's."""
    holdout = listings
    for each in (version, champion):
        if each and (by := each.facts.split):
            holdout = split(holdout, *by)[1]
    return holdout


def _fit_and_register(work: Workspace, run: Run) -> Version:
    registry, params = work.registry, choose_params(work, run)
    of_data = VersionFacts.from_tags(run.tags)
    # No name is given to the table: it is gone before the fit, which needs the memory.
    prepared = prepare(
        split(_read_clean(work, of_data.data_hash), params.split.holdout_share)[0], params.model
    )
    pipeline = fit_prepared(prepared, partial(work.progress, "training"))
    rows = len(prepared.prices)
    decided = {**params.model.model_dump(), **params.split.model_dump()}
    registry.log(run.run_id, params=decided, metrics={"trained_rows": rows})
    work.progress("registering the model", 0, 0)
    of_training = VersionFacts(
        rows_trained=rows,
        holdout_share=params.split.holdout_share,
        split_rule=SplitRule.BANDS,
        code_sha256=hash_code(),
        recipe_sha256=hash_recipe(params),
    )
    return registry.register_model(
        run.run_id,
        pipeline,
        example=prepared.example,
        tags=of_data.to_tags() | of_training.to_tags(),
    )
