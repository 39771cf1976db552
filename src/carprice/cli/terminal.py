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

FIGURES = {"median_error_pct": ".2f", "within_20_pct": ".1f", "coverage_pct": ".1f"}
"""Columns of figures, and how each is written."""
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


def print_table(rows: Iterable[Sequence[str]], header: Sequence[str] = ()) -> None:
    """Print rows without markup, since cells come from users' files."""
    table = Table(*header, show_header=bool(header), box=None)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    results.print(table)


def print_versions(versions: "Iterable[Version]") -> None:
    """Print one row for each version; figures are percentages on held-out cars."""
    table = Table("version", "alias", "made (UTC)", "data", "error", "≤ 20 %", "cover", "decision")
    for version in versions:
        facts, figures = version.facts, version.facts.figures
        cells = (
            str(version.number),
            " ".join(version.aliases),
            f"{version.created:%Y-%m-%d %H:%M}",
            "simulated" if facts.simulated else facts.source or "–",
            *(
                f"{figures[name]:{form}}" if name in figures else "–"
                for name, form in FIGURES.items()
            ),
            facts.decision or "–",
        )
        table.add_row(*(Text(cell) for cell in cells))
    results.print(table)
    results.print(Text("error: median, in %. Reasons of each decision: status --json", "dim"))


def print_outcome(production: "ProductionFacts", stopped: CarPriceError | None) -> None:
    """Print the end of a run: what kept it from a promotion, version in production, next steps."""
    if stopped:
        results.print(Text(f"{_head(stopped)}: {stopped}", style="yellow"))
    if production.version is None:
        results.print("No version is in production.")
        return
    results.print(f"[bold green]In production: CarPricePredictor version {production.version}[/]")
    print_table([(name, f"{value:,.2f}") for name, value in production.figures.items()])
    if production.warning:
        results.print(Text(production.warning, style="yellow"))
    results.print(Text(f"Example: {production.example}"))
    results.print(Text(NEXT_STEPS.format(carprice=sys.argv[0]), style="dim"))


def _head(stopped: CarPriceError) -> str:
    if isinstance(stopped, UnchangedError):
        return "Unchanged"
    held = isinstance(stopped, PromotionRefusedError) and stopped.held
    return "Held" if held else "Refused"
