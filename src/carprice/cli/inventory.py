"""The command that says what a backup must bring back, and whether it did."""

from pathlib import Path
from typing import Annotated

import typer

from carprice.cli.context import AsJson, working
from carprice.cli.terminal import print_either, results
from carprice.errors import ModelIntegrityError

# Heavy modules are imported inside the commands: `--help` answers at once, and what they read
# from the environment is set before.
# ruff: noqa: PLC0415

Against = Annotated[
    Path | None,
    typer.Option("--against", help="An earlier inventory, to be held against.", show_default=False),
]
Entries = Annotated[
    bool, typer.Option("--entries", help="Compare entries alone; no file is read, no car priced.")
]


def inventory(against: Against = None, entries: Entries = False, as_json: AsJson = False) -> None:
    """List versions, hashes, runs and estimates of production, or what is lost of an earlier list.

    The list itself is JSON in any case.

    Example: `carprice inventory > inventory.json`, `carprice inventory --against inventory.json`
    """
    from carprice.promotion.inventory import (
        list_damages,
        list_losses,
        read_inventory,
        take_inventory,
    )

    with working() as (work, _):
        if against is None:
            results.print(take_inventory(work).model_dump_json(indent=2), markup=False)
            return
        promised = read_inventory(against)
        lost = list_losses(work, promised) + ([] if entries else list_damages(work, promised))
        if lost:
            raise ModelIntegrityError("\n  - ".join(["not all is as it was:", *lost]))
        versions, cars = len(promised.versions), len(promised.estimates)
        told = f"all is as it was: {versions} versions" + (
            "" if entries else f" with the promised files, {cars} cars at the same price"
        )
        print_either(as_json, {"versions": versions, "cars": 0 if entries else cars}, told)
