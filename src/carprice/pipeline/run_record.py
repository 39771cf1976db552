"""Runs of the pipeline in MLflow: opening, resuming and closing.

A step may be called again for the same run after anything: an error, a lost connection, a process
killed in the middle. Remains of an earlier attempt are resumed or closed, never doubled.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from carprice.errors import PromotionRefusedError, RegistryError, UnchangedError
from carprice.files import ensure_room
from carprice.logs import knowing
from carprice.pipeline.attempts import giving_memory_once
from carprice.pipeline.carding import publish_card
from carprice.pipeline.report import RunReport, describe_run, describe_unread
from carprice.promotion.ledger import settle_attempts, timestamp
from carprice.promotion.release import take_copy_away
from carprice.promotion.standing import read_standing
from carprice.registry.client import STAGING
from carprice.registry.model_facts import LAST_PIPELINE, LastPipeline
from carprice.registry.records import Run, Version
from carprice.workspace import Workspace

NOTE = "mlflow.note.content"
"""The tag that MLflow shows as text on the page of a run."""

UNDONE = frozenset({"failed", "killed", "unchanged"})
"""Outcomes that a retry clears; a refusal stands until a promotion."""

log = logging.getLogger(__name__)


def open_run(work: Workspace, source: str) -> str:
    """Id of a new run for all steps; earlier attempts are closed as killed.

    source: name of the file of listings that the run is about.
    """
    _close_attempts(work)
    tags = {"source": source, "process": work.process}
    if work.pipeline_run:
        tags["pipeline_run"] = work.pipeline_run
    return work.registry.start_run(f"{source} {timestamp()}", tags)


@contextmanager
def working_on(work: Workspace, run_id: str) -> Iterator[Run]:
    """Resume a run for one step; undo what a failed attempt left on it.

    Yields the run as it was found. An error of the step is recorded with the run and raised on.
    """
    try:
        run = work.registry.run(run_id)
        _take_up(work, run)
        if work.logs:
            ensure_room(work.logs)
        with giving_memory_once(work.pipeline_run), knowing(run=run_id):
            yield run
    except BaseException as error:
        outcome, status = _judge(error)
        note = {"reason": str(error)[:4000] or type(error).__name__}
        with trying_to_close(run_id):
            if outcome in {"held", "refused"}:
                _unstage(work, run_id)
            if work.registry.run(run_id).tags.get("outcome") != "promoted":
                note["outcome"] = outcome
            work.registry.log(run_id, tags=note)
            work.registry.end_run(run_id, status)
        raise


def close_run(work: Workspace, run_id: str | None, failed: Sequence[str]) -> RunReport:
    """Close a run; return its report, which becomes an artifact and its note.

    run_id: None where no step returned it; the run is then found by `work.pipeline_run`.
    failed: steps that failed, those killed without a trace in the run among them.
    """
    registry = work.registry
    production = read_standing(registry).version
    run_id = run_id or _find_run(work)
    if run_id is None:
        _note_end(work, "failed")
        return describe_unread(failed, production)
    try:
        run = registry.run(run_id)
        failure = _describe_failure(run, failed, production) if failed else {}
        if failure:
            registry.log(run_id, tags=failure)
        tags = run.tags | failure
        report = describe_run(tags, run.metrics, production)
        registry.log(run_id, tags={NOTE: report.note})
        registry.rename_run(run_id, report.run_name)
        with _trying_to_store():
            registry.log_text(run_id, report.markdown, "report.md")
            if "version" in tags:
                publish_card(registry, registry.version(int(tags["version"])))
        _tidy(work, run_id, tags)
        bad = bool(failed) or tags.get("outcome") == "failed"
        registry.end_run(run_id, "FAILED" if bad else "FINISHED")
        _note_end(work, "failed" if bad else tags.get("outcome", ""))
        _close_attempts(work)
    except BaseException as error:
        with trying_to_close(run_id):
            registry.end_run(run_id, _judge(error)[1])
        raise
    return report


def close_abandoned_runs(work: Workspace, is_alive: Callable[[str], bool]) -> int:
    """Close runs of dead processes as killed; return their number."""
    abandoned = [
        run
        for run in work.registry.runs(status="RUNNING")
        if run.tags.get("process") and not is_alive(run.tags["process"])
    ]
    for run in abandoned:
        _close_as_killed(work, run)
    return len(abandoned)


@contextmanager
def trying_to_close(run_id: str) -> Iterator[None]:
    """Log a RegistryError of the block: the error before it matters more."""
    try:
        yield
    except RegistryError as lost:
        log.warning("run %s could not be closed: %s", run_id, lost)


@contextmanager
def _trying_to_store() -> Iterator[None]:
    """Log a want of room in the block: the run is closed and its report sent all the same."""
    try:
        yield
    except RegistryError as error:
        if error.retryable:
            raise
        log.warning("the report stands in the note of the run alone: %s", error)


def _take_up(work: Workspace, run: Run) -> None:
    """Reopen a run closed as failed or killed."""
    if run.status not in {"FAILED", "KILLED"} and run.tags.get("outcome") not in UNDONE:
        return
    work.registry.set_status(run.run_id, "RUNNING")
    stale = {"reason", "failed_steps"} & run.tags.keys()
    if run.tags.get("outcome") in UNDONE:
        stale.add("outcome")
    work.registry.untag_run(run.run_id, *stale)


def _judge(error: BaseException) -> tuple[str, str]:
    """Outcome and MLflow status of a run that ended with an error."""
    if isinstance(error, PromotionRefusedError):
        return "held" if error.held else "refused", "FINISHED"
    if isinstance(error, UnchangedError):
        return "unchanged", "FINISHED"
    if isinstance(error, Exception):
        return "failed", "FAILED"
    return "killed", "KILLED"


def _describe_failure(
    run: Run, failed: Sequence[str], production: Version | None
) -> dict[str, str]:
    promoted = run.tags.get("outcome") == "promoted" or (
        production is not None and production.run_id == run.run_id
    )
    names = ", ".join(failed)
    return {
        "outcome": "promoted" if promoted else "failed",
        "reason": run.tags.get("reason", f"{names} ended without a word; its log may say more"),
        "failed_steps": names,
    }


def _note_end(work: Workspace, outcome: str) -> None:
    """Note on the model when a pipeline last ended, and when one last did without a failure."""
    now, before = datetime.now(UTC).timestamp(), work.registry.read_facts().last_pipeline
    success = (before.success_at if before else None) if outcome == "failed" else now
    told = LastPipeline(at=now, outcome=outcome, success_at=success)
    work.registry.tag_model({LAST_PIPELINE: told.model_dump_json()})


def _tidy(work: Workspace, run_id: str, tags: Mapping[str, str]) -> None:
    """Remove alias, tickets, models and copies that an ended run left behind."""
    registry = work.registry
    _unstage(work, run_id)
    if work.pipeline_run:
        settle_attempts(registry, work.pipeline_run)
    if tags.get("outcome") == "failed":
        registry.give_up_models(run_id)
        if "version" in tags:
            take_copy_away(work, registry.version(int(tags["version"])))


def _unstage(work: Workspace, run_id: str) -> None:
    """Clear the staging alias of a run that has ended, or of a version that was refused."""
    staged = work.registry.find_alias(STAGING)
    if staged is None:
        return
    facts = staged.facts
    if staged.run_id == run_id or facts.decision in {"held", "refused"} or facts.failure:
        work.registry.clear_alias(STAGING)


def _find_run(work: Workspace) -> str | None:
    """Id of the newest run of this pipeline run, or None."""
    if not work.pipeline_run:
        return None
    runs = work.registry.runs(pipeline_run=work.pipeline_run)
    return runs[0].run_id if runs else None


def _close_attempts(work: Workspace) -> None:
    """Close runs that earlier attempts of this pipeline run left open."""
    if work.pipeline_run:
        for run in work.registry.runs(status="RUNNING", pipeline_run=work.pipeline_run):
            _close_as_killed(work, run)


def _close_as_killed(work: Workspace, run: Run) -> None:
    # What it had come to before its process died stays: its version may be in production.
    work.registry.log(run.run_id, tags={"outcome": run.tags.get("outcome", "killed")})
    work.registry.end_run(run.run_id, "KILLED")
