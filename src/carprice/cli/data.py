"""Commands for files of listings: adding estimates, ranking deals, drawing a simulated market."""

from pathlib import Path
from typing import Annotated

import typer

from carprice.cli.context import AsJson, working
from carprice.cli.terminal import print_either, print_json

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


def deals(
    source: Annotated[
        Path | None,
        typer.Argument(help="Adverts with prices; without it, the newest file in data/raw."),
    ] = None,
    target: Annotated[
        Path | None, typer.Argument(help="CSV file for the ranked list, with reasons.")
    ] = None,
    make: Annotated[str, typer.Option(help="A make, or a part of its name.")] = "",
    least_saved: Annotated[
        float, typer.Option(min=0, help="Least difference to the estimate, in the currency.")
    ] = 0,
    rarest: Annotated[
        float, typer.Option(min=1, max=100, help="At most so many adverts in 100 are as low.")
    ] = 20,
    by_saving: Annotated[
        bool, typer.Option("--by-saving", help="What saves most comes first.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Rank adverts by how unusual their price is for such a car, and value them all together.

    What is suspicious is set apart with its reason.

    Example: `carprice deals listings.csv deals.csv --least-saved 10000`
    """
    from carprice.cli.deals import print_deals
    from carprice.files import replacing
    from carprice.serving.deals import Wish, describe_deals, write_deals
    from carprice.serving.production import rank_file

    wish = Wish(make, least_saved, rarest / 100, by_saving)
    with working() as (work, narrate):
        with narrate("deals") as say:
            found = rank_file(work, source)
            say(f"{len(found.deals.table):,} adverts of {found.source.name} by {found.model}")
        if target:
            with replacing(target) as copy:
                copy.write(write_deals(found.deals.choose(wish)))
        if as_json:
            told = {"source": found.source.name, "model": found.model}
            print_json(told | describe_deals(found.deals, wish, "en"))
        else:
            print_deals(found.deals, wish)


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
