"""What a check of listings found, as plain data, as table rows and as a page."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import BaseModel, field_serializer

from carprice.listings.parsing import parse_text
from carprice.market.problems import Problem
from carprice.wording import spell

EXAMPLES = 3
EXAMPLE_LENGTH = 40


class DataProfile(BaseModel, frozen=True):
    """Summary of accepted data, kept as JSON to compare later data with."""

    data_hash: str
    """`hash_content` of the clean rows."""
    rows: int
    median_price_by_make: dict[str, float]
    """Folded make to median price, before the price range applies, so that a file that is
    off by ten is noticed; makes with few priced rows are left out."""
    models_by_make: dict[str, list[str]]
    """Folded make to its folded models, of the clean rows."""
    missing: dict[str, float]
    """Field name to the share of rows read where it is unknown."""
    simulated: bool
    problems: dict[str, float] = {}
    """Code of a problem to the share of rows read with it; empty in earlier releases."""
    newest_year: float | None = None
    """See `find_newest_year`; None in what earlier releases stored."""


class Example(BaseModel, frozen=True):
    row: int
    """Number of the listing in its file: 1 is the row under the header."""
    text: str


class Finding(BaseModel, frozen=True):
    """Rows that have something in common."""

    label: str
    rows: int
    share: float
    """Of all rows read."""
    examples: tuple[Example, ...]


class Unseen(BaseModel, frozen=True):
    """Names that are not in the accepted data."""

    names: int
    rows: int
    shown: dict[str, int]
    """The most frequent ones, with their number of rows."""


class Histogram(BaseModel, frozen=True):
    title: str
    unit: str
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    ticks: dict[str, float]
    """Label to its place on the axis, 0 to 1."""


class QualitySummary(BaseModel, frozen=True):
    """Counts of a file; rows_kept + dropped + rows_malformed = rows_read."""

    source: str
    source_sha256: str
    encoding: str
    separator: str
    damaged_letters: int
    ignored_columns: list[str]
    absent_fields: list[str]
    rows_read: int
    rows_malformed: int
    malformed_examples: tuple[int, ...]
    rows_priced: int
    rows_kept: int
    dropped: dict[str, Finding]
    duplicates: int
    problems: dict[Problem, Finding]
    missing: dict[str, float]
    unknown_wordings: dict[str, dict[str, int]]
    unseen_makes: Unseen
    unseen_models: Unseen
    price_shift: float | None
    """Typical price now over the one of the accepted data; None when there is none to compare."""
    simulated: bool
    histograms: tuple[Histogram, ...]
    profile: DataProfile

    @field_serializer("problems")
    def _by_code(self, problems: dict[Problem, Finding]) -> dict[str, Finding]:
        return {problem.code: found for problem, found in problems.items()}


@dataclass(frozen=True)
class QualityReport:
    """What was found in a file of listings, and which rules it breaks."""

    summary: QualitySummary
    failures: list[str]
    """One sentence for each broken rule: what, found against expected, what to do."""

    def describe(self) -> dict[str, Any]:
        """The report as JSON has it."""
        return {**self.summary.model_dump(mode="json"), "failures": self.failures}


class Line(NamedTuple):
    """One row of the table on a terminal; plain text without markup."""

    label: str
    value: str
    note: str


def summarize_report(report: QualityReport) -> list[Line]:
    """The report as table rows: read, dropped and why, kept, noticed."""
    found = report.summary
    simulated = "simulated listings" if found.simulated else ""
    malformed = f"more or fewer cells than the header: {name_rows(found)}"
    lines = [
        Line("file", found.source, f"{found.encoding}, separator {found.separator!r}"),
        Line("rows read", f"{found.rows_read:,}", simulated),
        Line("malformed", f"{found.rows_malformed:,}", malformed if found.rows_malformed else ""),
        Line("priced", f"{found.rows_priced:,}", ""),
        *(Line(f"dropped: {code}", f"{each.rows:,}", each.label)
          for code, each in found.dropped.items()),
        Line("kept", f"{found.rows_kept:,}", f"content {found.profile.data_hash}"),
        *(Line(f"noticed: {problem.code}", f"{each.rows:,}", name_examples(each))
          for problem, each in found.problems.items()),
    ]  # fmt: skip
    if found.damaged_letters:
        lines.append(Line("damaged letters", f"{found.damaged_letters:,}", "not in its encoding"))
    for what, unseen in (("makes", found.unseen_makes), ("models", found.unseen_models)):
        if unseen.names:
            names = ", ".join(list(unseen.shown)[:EXAMPLES])
            lines.append(Line(f"new {what}", f"{unseen.names:,}", f"{unseen.rows:,} rows: {names}"))
    if found.price_shift:
        lines.append(Line("price level", f"×{found.price_shift:.2f}", "against the accepted data"))
    return lines


def render_html(report: QualityReport) -> str:
    """The report as one page without links, its pictures as inline SVG."""
    # Cells come from whoever wrote the adverts: everything is escaped.
    pages = Environment(
        loader=PackageLoader("carprice.listings"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return pages.get_template("quality.html").render(
        found=report.summary,
        failures=report.failures,
        title=spell.title,
        lines=summarize_report(report),
    )


def title_field(name: str) -> str:
    return f"“{spell.title(name)}” ({name})"


def shorten(text: str) -> str:
    """The text without control signs, cut at EXAMPLE_LENGTH letters."""
    tidy = parse_text(text[: 4 * EXAMPLE_LENGTH]) or "(empty)"
    return tidy if len(tidy) <= EXAMPLE_LENGTH else tidy[: EXAMPLE_LENGTH - 1] + "…"


def name_rows(found: QualitySummary) -> str:
    more = ", …" if found.rows_malformed > len(found.malformed_examples) else ""
    return f"row {', '.join(map(str, found.malformed_examples))}{more}"


def name_examples(finding: Finding) -> str:
    return ", ".join(f"row {each.row}: {each.text}" for each in finding.examples)
