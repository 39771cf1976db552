"""The command that shows what past candidates would have met under other thresholds."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carprice.cli.context import AsJson, working
from carprice.cli.terminal import print_json, print_table, results
from carprice.errors import ConfigurationError

if TYPE_CHECKING:
    from carprice.evaluation.judging import GatePolicy
    from carprice.pipeline.replay import Replayed

# Heavy modules are imported inside the commands: `--help` answers at once, and what they read
# from the environment is set before.
# ruff: noqa: PLC0415

HEADER = ("version", "against", "then", "now", "reasons that changed")
NOT_WHOLE = "* an earlier release stored fewer figures; judged by those there are"


def gate_replay(
    others: typer.Context,
    params: Annotated[
        Path | None,
        typer.Option(help="Another params.yaml to judge by.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what each past candidate would have met under other thresholds; nothing changes.

    Any threshold of the section `gate` in params.yaml can be given another value, under its own
    name. Slices and intervals are judged as they were measured then.

    Example: `carprice gate-replay --max-median-error-pct 8 --max-level-shift-pct 5`
    """
    from carprice.params import read_params_file
    from carprice.pipeline.replay import replay

    with working() as (work, _):
        policy = (read_params_file(params) if params else work.params).gate
        found = replay(work.registry, _change(policy, others.args))
        if as_json:
            print_json([each.describe() for each in found])
            return
        if not found:
            results.print("no decision is on record yet", markup=False)
            return
        print_table(map(_tell, found), HEADER)
        if not all(each.is_whole for each in found):
            results.print(NOT_WHOLE, markup=False)


def _change(policy: "GatePolicy", arguments: Iterable[str]) -> "GatePolicy":
    """The policy with the thresholds that options give another value."""
    from pydantic import ValidationError

    from carprice.settings import explain

    words = [word for argument in arguments for word in argument.split("=", 1)]
    options, values = words[::2], words[1::2]
    if len(options) > len(values) or not all(each.startswith("--") for each in options):
        raise ConfigurationError(
            f"cannot read {' '.join(words)}: thresholds are given as --name-of-threshold VALUE"
        )
    changes = {
        name.removeprefix("--").replace("-", "_"): value
        for name, value in zip(options, values, strict=True)
    }
    try:
        return type(policy).model_validate(policy.model_dump() | changes)
    except ValidationError as error:
        raise ConfigurationError(explain(error, "a threshold of the gate")) from error


def _tell(each: "Replayed") -> Sequence[str]:
    then, mark = each.then, "" if each.is_whole else "*"
    changed = [*(f"- {text}" for text in each.gone), *(f"+ {text}" for text in each.added)]
    return (
        f"{then.challenger}{mark}",
        str(then.champion or "–"),
        then.outcome,
        each.now.outcome,
        "\n".join(changed),
    )
