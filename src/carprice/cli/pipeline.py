"""Commands that take listings towards production, step by step or all at once."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from carprice.cli.context import Again, AsJson, Data, Forced, Number, is_alive, working
from carprice.cli.terminal import (
    Narrator,
    messages,
    print_either,
    print_json,
    print_outcome,
    print_table,
)
from carprice.errors import PromotionRefusedError, UnchangedError
from carprice.pipeline import stories

if TYPE_CHECKING:
    from carprice.serving.production import ProductionFacts
    from carprice.workspace import Workspace

# Heavy modules are imported inside the commands: `--help` answers at once, and what they read
# from the environment is set before.
# ruff: noqa: PLC0415


def run(
    data: Data = None, force: Forced = False, again: Again = False, as_json: AsJson = False
) -> None:
    """Check, train, evaluate, promote, validate: listings in, a model in production out.

    Where nothing has changed since the version in production was trained, nothing is trained,
    unless `--again` or `--force` asks for it.

    Example: `carprice run --data listings.csv`
    """
    with working() as (work, narrate):
        run_id = begin(work, narrate, data)
        end = go_on(work, narrate, run_id, again=again, force=force)
        end.show(as_json=as_json)
    end.leave()


class End(NamedTuple):
    """How a run ended: what kept it from a promotion, and what is in production."""

    stopped: PromotionRefusedError | UnchangedError | None
    production: "ProductionFacts"

    def describe(self) -> dict[str, object]:
        """For programs."""
        refusal = self.stopped if isinstance(self.stopped, PromotionRefusedError) else None
        told = {
            "refused": bool(refusal),
            "held": bool(refusal and refusal.held),
            "reasons": refusal.reasons if refusal else [],
            "unchanged": isinstance(self.stopped, UnchangedError),
        }
        return {**told, **self.production._asdict()}

    def show(self, *, as_json: bool) -> None:
        if as_json:
            print_json(self.describe())
        else:
            print_outcome(self.production, self.stopped)

    def leave(self) -> None:
        """Exit with the code of what kept the run from a promotion."""
        if self.stopped:
            raise typer.Exit(self.stopped.exit_code)


def begin(
    work: "Workspace", narrate: Narrator, data: Path | None, search: str | None = None
) -> str:
    """The first step of a run, whose id is returned.

    search: id of the run of a search with whose result it is to train.
    """
    from carprice.pipeline import steps
    from carprice.pipeline.run_record import close_abandoned_runs

    if killed := close_abandoned_runs(work, is_alive):
        messages.print(f"closed {killed} run(s) whose process had died")
    with narrate("check_data_quality") as say:
        checked = steps.check_data_quality(work, data, search)
        say(stories.check_data_quality(checked))
    return checked.run_id


def go_on(
    work: "Workspace", narrate: Narrator, run_id: str, *, again: bool = False, force: bool = False
) -> End:
    """All steps of a run but the first."""
    from carprice.pipeline import steps
    from carprice.serving.production import describe_production

    stopped = _train_and_promote(work, narrate, run_id, again=again, force=force)
    with narrate("send_pipeline_report") as say:
        steps.send_pipeline_report(work, run_id)
        say(stories.REPORT_KEPT)
    return End(stopped, describe_production(work))


def check(data: Path, as_json: AsJson = False) -> None:
    """Read a file, clean it and report on its quality; nothing is trained or kept.

    Example: `carprice check listings.csv`
    """
    from carprice.listings.quality_report import summarize_report
    from carprice.pipeline import steps

    with working() as (work, narrate):
        with narrate("check_data_quality") as say:
            _, report = steps.inspect_listings(work, data)
            say(f"{report.summary.rows_kept:,} of {report.summary.rows_read:,} rows kept")
        if as_json:
            print_json(report.describe())
        else:
            print_table(summarize_report(report))
        steps.ensure_quality(report)


def train(data: Data = None, as_json: AsJson = False) -> None:
    """Check the data, train and register a version, copy it to `models/`; nothing is promoted.

    Example: `carprice train --data listings.csv`, then `carprice evaluate` and `carprice promote`
    """
    from carprice.pipeline import steps
    from carprice.promotion.release import export_trained

    with working() as (work, narrate):
        with narrate("check_data_quality") as say:
            checked = steps.check_data_quality(work, data)
            say(stories.check_data_quality(checked))
        with narrate("train_model") as say:
            version = steps.train_model(work, checked.run_id)
            say(f"{stories.train_model(version)}; {export_trained(work, version)}")
        steps.send_pipeline_report(work, checked.run_id)
        print_either(as_json, {"version": version.number, "run_id": version.run_id}, version.name)


def evaluate(version: Number = None, as_json: AsJson = False) -> None:
    """Score a version on held-out cars and let the gate compare it with the champion.

    Example: `carprice evaluate 3`
    """
    from carprice.pipeline import steps

    with working() as (work, narrate):
        chosen = work.registry.choose(version)
        with narrate("evaluate_model") as say:
            decision = steps.evaluate_model(work, chosen.run_id)
            say(decision.summary)
        steps.send_pipeline_report(work, chosen.run_id)
        told = json.loads(decision.model_dump_json())
        told["reasons"] = [each.text for each in decision.reasons]
        print_either(as_json, told, decision.text)
        if not decision.promote:
            raise typer.Exit(PromotionRefusedError.exit_code)


def promote(version: Number = None, force: Forced = False, as_json: AsJson = False) -> None:
    """Take an evaluated version to staging, validate it, and point production at it.

    Example: `carprice promote 3`
    """
    from carprice.pipeline import steps

    with working() as (work, narrate):
        chosen = work.registry.choose(version)
        _promote(work, narrate, chosen.run_id, force=force)
        steps.send_pipeline_report(work, chosen.run_id)
        text = f"{chosen.name} is in production; undo with `carprice rollback`"
        print_either(as_json, {"version": chosen.number}, text)


def _train_and_promote(
    work: "Workspace", narrate: Narrator, run_id: str, *, again: bool, force: bool
) -> PromotionRefusedError | UnchangedError | None:
    """What kept the run from a promotion; None where there was one."""
    from carprice.pipeline import steps

    try:
        with narrate("train_model") as say:
            try:
                version = steps.train_model(work, run_id, again=again or force)
            except UnchangedError as unchanged:
                say("not called for")
                return unchanged
            say(stories.train_model(version))
        with narrate("evaluate_model") as say:
            say(steps.evaluate_model(work, run_id).summary)
        _promote(work, narrate, run_id, force=force)
    except PromotionRefusedError as refusal:
        return refusal
    return None


def _promote(work: "Workspace", narrate: Narrator, run_id: str, *, force: bool) -> None:
    from carprice.pipeline import steps

    with narrate("promote_to_staging") as say:
        say(stories.promote_to_staging(steps.promote_to_staging(work, run_id, forced=force)))
    with narrate("validate_staging_model") as say:
        say(stories.validate_staging_model(steps.validate_staging_model(work, run_id)))
    with narrate("promote_to_production") as say:
        say(stories.promote_to_production(steps.promote_to_production(work, run_id)))
