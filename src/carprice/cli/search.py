"""The command that searches for better hyperparameters."""

from typing import TYPE_CHECKING, Annotated

import typer

from carprice.cli.context import AsJson, Data, working
from carprice.cli.pipeline import begin, go_on
from carprice.cli.terminal import messages, print_json
from carprice.pipeline import stories

if TYPE_CHECKING:
    from carprice.pipeline.searching import Found, Search
    from carprice.workspace import Workspace

# Heavy modules are imported inside the commands: `--help` answers at once, and what they read
# from the environment is set before.
# ruff: noqa: PLC0415


def search(
    data: Data = None,
    trials: Annotated[
        int, typer.Option(min=1, help="Trials of the search, those of earlier calls included.")
    ] = 60,
    challenge: Annotated[
        bool, typer.Option("--challenge", help="Train with the result, and let the gate decide.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Search for better hyperparameters, by cross-validation on the training listings.

    Stopped at any moment, the same command goes on. The result is a section for params.yaml.

    Example: `carprice search --data listings.csv --trials 30`
    """
    from carprice.pipeline import searching

    with working() as (work, narrate):
        with narrate("open_search") as say:
            opened = searching.open_search(work, data)
            say(stories.open_search(opened))
        with narrate("search") as say:
            _run_trials(work, opened, trials)
            found = searching.close_search(work, opened.run_id)
            say(stories.close_search(found))
        if not as_json:
            typer.echo(f"# for params.yaml: {stories.close_search(found)}\n{found.section}")
        end = None
        if challenge:
            end = go_on(work, narrate, begin(work, narrate, data, found.run_id))
        if as_json:
            print_json(_describe(found) | ({"challenge": end.describe()} if end else {}))
        elif end:
            end.show(as_json=False)
    if end:
        end.leave()


def _run_trials(work: "Workspace", opened: "Search", trials: int) -> None:
    """Run what is left of the trials; a line for each, with the best one so far."""
    from carprice.pipeline import searching

    folds, whole = opened.load_folds(work), []
    for number in range(trials):
        work.progress(f"trial {number}", number, trials)
        tried = searching.run_trial(work, opened.run_id, number, folds)
        whole += [tried] if tried.is_whole else []
        best = min(whole, key=lambda each: each.error)
        told = f"{stories.run_trial(tried)} · best {best.error:.2f} % by trial {best.number}"
        messages.print(f"  {number + 1}/{trials} {told}", markup=False)


def _describe(found: "Found") -> dict[str, object]:
    """For programs."""
    return {
        "run_id": found.run_id,
        "trials": found.trials,
        "pruned": found.pruned,
        "median_error_pct": found.best.error,
        "median_error_pct_in_force": found.in_force.error,
        "params": found.best.params,
    }
