"""Commands for files of listings: adding estimates, drawing a simulated market."""

from pathlib import Path
from typing import Annotated

import typer

from carprice.cli.context import AsJson, working
from carprice.cli.terminal import print_either

# Heavy modules are imported inside the commands: `--help` answers at once, and what they read
# from the environment is set before.
# ruff: noqa: PLC0415


def predict(
    source: Path,
    target: Path,
    unchanged: Annotated[
        bool,
        typer.Option(
            "--unchanged-cells",
            help="Leave cells that a spreadsheet would run (such as =1+1) as they are.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Add estimates to a CSV file: the price, both ranges and a remark, row by row.

    Example: `carprice predict listings.csv estimates.csv`
    """
    from carprice.serving.production import estimate_file

    with working() as (work, narrate):
        with narrate("predict") as say:
            counts = estimate_file(work, source, target, unchanged=unchanged)
            say(f"{counts.estimated:,} of {counts.rows:,} rows estimated by {counts.model}")
        print_either(as_json, counts._asdict(), str(target))


def sample(
    target: Path,
    rows: Annotated[int, typer.Option(min=1, help="Listings to draw.")] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed draws the same listings.")] = 0,
    form: Annotated[int, typer.Option(min=1, max=2, help="Raw form of the file.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Draw simulated listings, dirt included, in one of the two raw forms of the market.

    Example: `carprice sample --rows 5000 --seed 7 sample.csv`
    """
    from carprice.simulation.dirt import RawForm, write_sample

    with working() as (_, narrate):
        with narrate("sample") as say:
            write_sample(target, rows, seed, RawForm(form))
            say(f"{rows:,} simulated listings")
        print_either(as_json, {"file": str(target), "rows": rows, "seed": seed}, str(target))
