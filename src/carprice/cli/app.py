"""The command line: `carprice …`. A door: it shows, asks the steps, and never decides."""

import atexit
import gc
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import psutil
import typer
from rich.logging import RichHandler

from carprice.cli.terminal import (
    Narrator,
    messages,
    print_either,
    print_json,
    print_outcome,
    print_table,
    print_versions,
    results,
)
from carprice.errors import CarPriceError, PromotionRefusedError
from carprice.pipeline.stories import tell
from carprice.settings import prepare_process, read_settings

if TYPE_CHECKING:
    from carprice.workspace import Workspace

# Heavy modules are imported inside the commands: `--help` answers at once, and what they read
# from the environment is set before.
# ruff: noqa: PLC0415

INTERRUPTED = 130
EXIT_CODES = """Exit codes: 0 done · 1 unexpected · 2 wrong use or configuration · 3 refused by the
gate · 4 file not usable · 5 quality rule broken · 6 validation failed · 7 registry not usable ·
8 stored model or receipt not intact · 9 report not sent · 130 interrupted."""

app = typer.Typer(
    help="Car listings in, a trustworthy price out.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
Data = Annotated[
    Path | None,
    typer.Option(help="CSV file of listings; without it, a simulated sample.", show_default=False),
]
Forced = Annotated[
    bool, typer.Option("--force", help="Override a refusal of the gate; the receipt says so.")
]


@app.callback()
def _prepare() -> None:
    prepare_process()


@app.command()
def run(data: Data = None, force: Forced = False, as_json: AsJson = False) -> None:
    """Check, train, evaluate, promote, validate: listings in, a model in production out.

    Example: `carprice run --data listings.csv`
    """
    from carprice.pipeline import steps
    from carprice.pipeline.run_record import close_abandoned_runs
    from carprice.serving.production import describe_production

    with _working() as (work, narrate):
        if killed := close_abandoned_runs(work, _is_alive):
            messages.print(f"closed {killed} run(s) whose process had died")
        with narrate("check_data_quality") as say:
            checked = steps.check_data_quality(work, data)
            say(tell("check_data_quality", checked))
        refusal = _train_and_promote(work, narrate, checked.run_id, force=force)
        with narrate("send_pipeline_report") as say:
            steps.send_pipeline_report(work, checked.run_id)
            say("report.md is with the run")
        production = describe_production(work)
        if as_json:
            reasons = refusal.reasons if refusal else []
            print_json({"refused": bool(refusal), "reasons": reasons, **production._asdict()})
        else:
            print_outcome(production, str(refusal) if refusal else None)
    if refusal:
        raise typer.Exit(refusal.exit_code)


@app.command()
def check(data: Path, as_json: AsJson = False) -> None:
    """Read a file, clean it and report on its quality; nothing is trained or kept.

    Example: `carprice check listings.csv`
    """
    from carprice.errors import QualityError
    from carprice.listings.quality_report import summarize_report
    from carprice.pipeline import steps

    with _working() as (work, narrate):
        with narrate("check_data_quality") as say:
            report = steps.inspect_listings(work, data)
            say(f"{report.summary.rows_kept:,} of {report.summary.rows_read:,} rows kept")
        if as_json:
            print_json(json.loads(report.summary.model_dump_json()))
        else:
            print_table(summarize_report(report))
        if report.failures:
            raise QualityError(
                "\n  - ".join(["the listings break quality rules:", *report.failures])
            )


@app.command()
def train(data: Data = None, as_json: AsJson = False) -> None:
    """Check the data, train and register a version, copy it to `models/`; nothing is promoted.

    Example: `carprice train --data listings.csv`, then `carprice evaluate` and `carprice promote`
    """
    from carprice.pipeline import steps
    from carprice.promotion.release import export_trained

    with _working() as (work, narrate):
        with narrate("check_data_quality") as say:
            checked = steps.check_data_quality(work, data)
            say(tell("check_data_quality", checked))
        with narrate("train_model") as say:
            version = steps.train_model(work, checked.run_id)
            say(f"{tell('train_model', version)}; {export_trained(work, version)}")
        steps.send_pipeline_report(work, checked.run_id)
        print_either(as_json, {"version": version.number, "run_id": version.run_id}, version.name)


Number = Annotated[
    int | None, typer.Argument(help="Version; the newest one when left out.", show_default=False)
]


@app.command()
def evaluate(version: Number = None, as_json: AsJson = False) -> None:
    """Score a version on held-out cars and let the gate compare it with the champion.

    Example: `carprice evaluate 3`
    """
    from carprice.pipeline import steps

    with _working() as (work, narrate):
        chosen = work.registry.choose(version)
        with narrate("evaluate_model") as say:
            decision = steps.evaluate_model(work, chosen.run_id)
            say(decision.summary)
        steps.send_pipeline_report(work, chosen.run_id)
        text = "\n  - ".join([decision.summary, *decision.reasons])
        print_either(as_json, json.loads(decision.model_dump_json()), text)
        if not decision.promote:
            raise typer.Exit(PromotionRefusedError.exit_code)


@app.command()
def promote(version: Number = None, force: Forced = False, as_json: AsJson = False) -> None:
    """Take an evaluated version to staging, validate it, and point production at it.

    Example: `carprice promote 3`
    """
    from carprice.pipeline import steps

    with _working() as (work, narrate):
        chosen = work.registry.choose(version)
        _promote(work, narrate, chosen.run_id, force=force)
        steps.send_pipeline_report(work, chosen.run_id)
        text = f"{chosen.name} is in production; undo with `carprice rollback`"
        print_either(as_json, {"version": chosen.number}, text)


@app.command()
def validate(version: Number = None, as_json: AsJson = False) -> None:
    """Load a version from the registry and check how it behaves: golden cars, direction, speed.

    Example: `carprice validate 3`
    """
    from carprice.errors import ValidationFailedError
    from carprice.pipeline.child import validate_version

    with _working() as (work, _):
        chosen = work.registry.choose(version)
        report = validate_version(work, chosen)
        lines = [f"{car}: {price:,.0f} DH" for car, price in report.golden_estimates.items()]
        print_either(as_json, json.loads(report.model_dump_json()), "\n".join(lines))
        if report.failures:
            raise ValidationFailedError("\n  - ".join([f"{chosen.name}:", *report.failures]))


@app.command()
def rollback(as_json: AsJson = False) -> None:
    """Point production back at the version that the current one replaced.

    Example: `carprice rollback`
    """
    from carprice.promotion.release import roll_back

    with _working() as (work, narrate):
        with narrate("rollback") as say:
            left, back = roll_back(work)
            say(f"version {left.number} left production, version {back.number} is back")
        print_either(
            as_json, {"from": left.number, "to": back.number}, f"{back.name} is in production"
        )


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show versions, aliases, figures and decisions.

    Example: `carprice status --json`
    """
    with _working() as (work, _):
        versions = work.registry.versions()
        if as_json:
            print_json([each.describe() for each in versions])
        elif versions:
            print_versions(versions)
        else:
            results.print("no version yet: type `carprice run`", markup=False)


@app.command()
def predict(source: Path, target: Path, as_json: AsJson = False) -> None:
    """Add estimates to a CSV file: prix_estime, prix_bas, prix_haut and remarque, row by row.

    Example: `carprice predict listings.csv estimates.csv`
    """
    from carprice.serving.production import estimate_file

    with _working() as (work, narrate):
        with narrate("predict") as say:
            counts = estimate_file(work, source, target)
            say(f"{counts.estimated:,} of {counts.rows:,} rows estimated by {counts.model}")
        print_either(as_json, counts._asdict(), str(target))


@app.command()
def sample(
    target: Path,
    rows: Annotated[int, typer.Option(min=1, help="Listings to draw.")] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed draws the same listings.")] = 0,
    form: Annotated[int, typer.Option(min=1, max=2, help="Raw form of the file.")] = 1,
) -> None:
    """Draw simulated listings, dirt included, in one of the two raw forms of the market.

    Example: `carprice sample --rows 5000 --seed 7 sample.csv`
    """
    from carprice.simulation.dirt import write_sample

    with _working() as (_, narrate), narrate("sample") as say:
        write_sample(target, rows, seed, form)
        say(f"{target}: {rows:,} simulated listings")


@app.command()
def verify(receipt: Path, as_json: AsJson = False) -> None:
    """Hold the receipt of a promotion against the registry.

    Example: `carprice verify models/CarPricePredictor-v1.json`
    """
    from carprice.errors import ModelIntegrityError
    from carprice.promotion.receipt import read_receipt
    from carprice.promotion.receipt import verify as hold_against

    with _working() as (work, _):
        checks = hold_against(work.registry, *read_receipt(receipt))
        if as_json:
            print_json([each._asdict() for each in checks])
        else:
            for each in checks:
                results.print(f"{'✓' if each.holds else '✗'} {each.statement}", markup=False)
        if broken := [
            f"{each.statement} (found {each.found})" for each in checks if not each.holds
        ]:
            raise ModelIntegrityError("\n  - ".join(["the receipt does not hold:", *broken]))


def main() -> None:
    """Run a command; say in one message what went wrong, and end with the code that tells it."""
    signal.signal(signal.SIGTERM, _interrupt)
    # Before it ends, the interpreter would look through all that was imported for what may be
    # freed: a second and more, of a process whose memory goes back to the system as it is.
    atexit.register(gc.freeze)
    try:
        app()
    except CarPriceError as error:
        messages.print(f"carprice: {error}", style="red", markup=False)
        sys.exit(error.exit_code)
    except SystemExit as done:
        if done.code == INTERRUPTED:
            messages.print("carprice: interrupted; `carprice status` says what is in production")
        raise


def _train_and_promote(
    work: "Workspace", narrate: Narrator, run_id: str, *, force: bool
) -> PromotionRefusedError | None:
    from carprice.pipeline import steps

    with narrate("train_model") as say:
        version = steps.train_model(work, run_id)
        say(tell("train_model", version))
    with narrate("evaluate_model") as say:
        say(steps.evaluate_model(work, run_id).summary)
    try:
        _promote(work, narrate, run_id, force=force)
    except PromotionRefusedError as refusal:
        return refusal
    return None


def _promote(work: "Workspace", narrate: Narrator, run_id: str, *, force: bool) -> None:
    from carprice.pipeline import steps

    with narrate("promote_to_staging") as say:
        say(tell("promote_to_staging", steps.promote_to_staging(work, run_id, forced=force)))
    with narrate("validate_staging_model") as say:
        say(tell("validate_staging_model", steps.validate_staging_model(work, run_id)))
    with narrate("promote_to_production") as say:
        say(tell("promote_to_production", steps.promote_to_production(work, run_id)))


@contextmanager
def _working() -> Iterator[tuple["Workspace", Narrator]]:
    """Settings, logs on stderr, and the workspace that steps work in."""
    from carprice.workspace import Workspace

    logging.basicConfig(
        level=logging.WARNING, format="%(message)s", handlers=[RichHandler(console=messages)]
    )
    narrate = Narrator()
    process = f"{socket.gethostname()}:{os.getpid()}"
    yield Workspace(read_settings(), narrate.show, process), narrate


def _is_alive(process: str) -> bool:
    """Whether a process named by host and number may still be at work."""
    host, _, number = process.rpartition(":")
    return host != socket.gethostname() or psutil.pid_exists(int(number))


def _interrupt(_signal: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt
