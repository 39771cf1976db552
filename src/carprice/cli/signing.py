"""The command that signs what stands."""

from typing import Annotated

import typer

from carprice.cli.context import AsJson, working
from carprice.cli.terminal import print_json, results

# Heavy modules are imported inside the commands: `--help` answers at once, and what they read
# from the environment is set before.
# ruff: noqa: PLC0415

Agreed = Annotated[
    bool, typer.Option("--yes", help="Sign; without it, what would be signed is shown.")
]
Unproved = Annotated[
    bool,
    typer.Option("--unproved", help="The first time: sign as well what only MLflow tells of."),
]


def sign(yes: Agreed = False, unproved: Unproved = False, as_json: AsJson = False) -> None:
    """Sign the promotions that stand, with the key of the stack: once it has one, or a new one.

    Example: `carprice sign`, then `carprice sign --yes`
    """
    from carprice.promotion.signing import list_moves
    from carprice.promotion.signing import sign as sign_moves

    with working() as (work, narrate):
        with narrate("sign") as say:
            moves = list_moves(work, unproved=unproved)
            signing = sum(each.told is not None for each in moves)
            if yes:
                sign_moves(work, moves)
            say(f"{signing} of {len(moves)} {'signed' if yes else 'would be signed'}")
        if as_json:
            print_json({"signed": yes, "moves": [each.text for each in moves]})
            return
        for each in moves:
            results.print(f"{'–' if each.told is None else '✓'} {each.text}", markup=False)
        if signing and not yes:
            results.print("Nothing was signed yet: say --yes to sign what has a ✓.", markup=False)
