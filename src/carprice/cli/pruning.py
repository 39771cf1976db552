"""The command that makes room: old runs and versions go."""

from typing import Annotated

import typer

from carprice.cli.context import AsJson, working
from carprice.cli.terminal import print_json, results
from carprice.errors import ConfigurationError

# Heavy modules are imported inside the commands: `--help` answers at once, and what they read
# from the environment is set before.
# ruff: noqa: PLC0415

Newest = Annotated[
    int | None,
    typer.Option("--keep", min=0, help="Keep that many of the newest.", show_default=False),
]
Days = Annotated[
    int | None,
    typer.Option("--older-than", min=0, help="Keep what is no older, in days.", show_default=False),
]
Agreed = Annotated[
    bool, typer.Option("--yes", help="Delete; without it, what would go is shown and stays.")
]


def prune(
    keep: Newest = None, older_than: Days = None, yes: Agreed = False, as_json: AsJson = False
) -> None:
    """Delete old versions and runs for good: models, artifacts, clean tables, copies in `models/`.

    With both options, only what neither keeps. Never what is in production, staged, on the way
    back of a receipt, or under way.

    Example: `carprice prune --keep 10`, then `carprice prune --keep 10 --yes`
    """
    from carprice.promotion.pruning import Rule, find_relics
    from carprice.promotion.pruning import prune as delete

    if keep is None and older_than is None:
        raise ConfigurationError("say what stays: --keep NUMBER, --older-than DAYS, or both")
    with working() as (work, narrate):
        with narrate("prune") as say:
            relics = find_relics(work, Rule(keep, older_than))
            lines = [*delete(work, relics)] if yes else relics.lines
            megabytes = round(relics.size / 1e6, 1)
            say(f"{megabytes} MB {'freed' if yes else 'would be freed'}")
        if as_json:
            print_json({"deleted": yes, "megabytes": megabytes, "items": lines})
            return
        for line in lines or ["nothing is old enough to go"]:
            results.print(line, markup=False)
        if lines and not yes:
            results.print("Nothing was deleted yet: say --yes to delete all of it.", markup=False)
