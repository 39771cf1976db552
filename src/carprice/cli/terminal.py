"""Output of the command line: results on stdout, progress and messages on stderr."""

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from carprice.errors import CarPriceError, PromotionRefusedError, UnchangedError

if TYPE_CHECKING:
    from carprice.registry.records import Version
    from carprice.serving.production import ProductionFacts

results = Console(soft_wrap=True, highlight=False)
messages = Console(stderr=True, soft_wrap=True, highlight=False)

FIGURES = {
    "median_error_pct": "median\nerror",
    "within_20_pct": "within\n20 %",
    "coverage_pct": "inside\nrange",
}
"""Columns of figures, and the head of each."""
TOLD = ("median_error_pct", "within_10_pct", "within_20_pct", "coverage_pct")
"""Scores that are told at the end of a run, as on the page."""
EACH_ON_ITS_OWN = "Each was measured on the cars held out when it was trained."
LEGEND = (
    "Of cars held out: the median error, the share of estimates within 20 % of the price, the "
    "share of prices inside the range. Reasons of each decision: status --json"
)
NEXT_STEPS = "Next: make app · {carprice} status · {carprice} predict IN.csv OUT.csv"


class Narrator:
    """Progress of each step on stderr, then one line of its result."""

    def __init__(self) -> None:
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
        )
        self._progress = Progress(
            *columns, console=messages, transient=True, disable=not messages.is_terminal
        )
        self._task = self._progress.add_task("", visible=False)

    def show(self, what: str, done: int, total: int) -> None:
        """Show how far a step is; see `Workspace.progress`."""
        self._progress.update(self._task, description=what, completed=done, total=total or None)

    @contextmanager
    def __call__(self, step: str) -> Iterator[Callable[[str], None]]:
        self._progress.reset(self._task, description=step, total=None, visible=True)
        started = time.monotonic()
        said: list[str] = []
        with self._progress:
            try:
                yield said.append
            except BaseException:
                messages.print(f"[red]✗[/] {step}")
                raise
        elapsed = time.monotonic() - started
        messages.print(f"[green]✓[/] {step}: {' '.join(said)} [dim]({elapsed:.1f} s)[/]")


def print_json(content: object) -> None:
    typer.echo(json.dumps(content, ensure_ascii=False, indent=2))


def print_either(as_json: bool, content: object, text: str) -> None:
    """Print a result as JSON for scripts, or as text for people."""
    if as_json:
        print_json(content)
    else:
        typer.echo(text)


def print_words(text: str, style: str = "") -> None:
    """Print a sentence; a terminal breaks it between words, a file gets it whole."""
    results.print(Text(text, style), soft_wrap=not results.is_terminal)


def print_table(rows: Iterable[Sequence[str]], header: Sequence[str] = ()) -> None:
    """Print rows without markup, since cells come from users' files."""
    table = Table(*header, show_header=bool(header), box=None)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    results.print(table)


def print_versions(versions: "Iterable[Version]") -> None:
    """Print one row for each version, in 80 columns: only the name of a file is cut short."""
    table = Table("version", "alias", "made", box=None, pad_edge=False, collapse_padding=True)
    table.add_column("data", no_wrap=True, max_width=20)
    for head in FIGURES.values():
        table.add_column(head, justify="right")
    table.add_column("decision")
    for version in versions:
        facts, figures = version.facts, version.facts.figures
        cells = (
            str(version.number),
            "\n".join(version.aliases),
            f"{version.created:%Y-%m-%d}",
            "simulated" if facts.simulated else facts.source or "–",
            *(f"{figures[name]:.1f} %" if name in figures else "–" for name in FIGURES),
            facts.decision or "–",
        )
        table.add_row(*(Text(cell) for cell in cells))
    results.print(table)
    print_words(LEGEND, "dim")


def print_outcome(production: "ProductionFacts", stopped: CarPriceError | None) -> None:
    """Print the end of a run: what kept it from a promotion, version in production, next steps."""
    if stopped:
        print_words(f"{_head(stopped)}: {stopped}", "yellow")
    if production.version is None:
        results.print("No version is in production.")
        return
    results.print(f"[bold green]In production: CarPricePredictor version {production.version}[/]")
    _print_scores(production)
    if production.warning:
        print_words(production.warning, "yellow")
    print_words(f"Example: {production.example}")
    print_words(NEXT_STEPS.format(carprice=sys.argv[0]), "dim")


def _print_scores(production: "ProductionFacts") -> None:
    """Print the scores of the page, beside those of the version before."""
    # Its words are those of a market, which is chosen by then.
    from carprice.wording.card import LABELS  # noqa: PLC0415

    beside = [production.figures] + ([production.figures_before] if production.before else [])
    heads = [f"version {number}" for number in (production.version, production.before) if number]
    rows = [
        (LABELS[name].en, *(f"{each[name]:5.1f}" if name in each else "–" for each in beside))
        for name in TOLD
    ]
    print_table(rows, ("", *heads))
    if production.before:
        print_words(EACH_ON_ITS_OWN, "dim")


def _head(stopped: CarPriceError) -> str:
    if isinstance(stopped, UnchangedError):
        return "Unchanged"
    held = isinstance(stopped, PromotionRefusedError) and stopped.held
    return "Held" if held else "Refused"
