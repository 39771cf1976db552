"""The command that looks at what comes in."""

import json
from pathlib import Path
from typing import Annotated

import typer

from carprice.cli.context import AsJson, working
from carprice.cli.terminal import print_either
from carprice.errors import EstimatesWorseError

# Heavy modules are imported inside the commands: `--help` answers at once, and what they read
# from the environment is set before.
# ruff: noqa: PLC0415


def monitor(
    data: Annotated[
        Path | None,
        typer.Option(
            help="CSV file of listings; without it, the newest of data/raw.", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare a file with what the version in production learnt from: cars, prices, error.

    Example: `carprice monitor --data listings.csv`
    """
    from carprice.monitoring.consequences import find_calm
    from carprice.monitoring.watch import NotLooked, watch
    from carprice.wording.reasons import list_reasons

    with working() as (work, narrate):
        with narrate("monitor") as say:
            result = watch(work, data)
            if isinstance(result, NotLooked):
                say("nothing was compared")
            else:
                say(f"{result.report.source} by version {result.report.version}")
        if isinstance(result, NotLooked):
            print_either(as_json, {"verdict": None, "why": result.say("en")}, result.say("en"))
            return
        report = result.report
        told = {"run_id": result.run_id, **json.loads(report.model_dump_json())}
        print_either(as_json, told, list_reasons(report.heading, report.reasons))
        if not find_calm(work, report):
            raise EstimatesWorseError(
                "estimates got worse: train on newer listings, `carprice run`"
            )
