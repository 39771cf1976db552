"""The report of a run, stored with it by the last step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from carprice.registry.records import Version, VersionFacts
from carprice.wording.remarks import SIMULATED_WARNING
from carprice.wording.runs import UNCHANGED

WORD = "`carprice promote {version} --force` lets it through; else it stays out"
NOTE_LENGTH = 7500
"""Characters of a note; MLflow cuts silently at 8000."""
UNCHANGED_SINCE = "unchanged_since"
"""Tag of a run: number of the version that has learnt the same already."""


@dataclass(frozen=True)
class RunReport:
    """Outcome, events and metrics of a run.

    production: name of the version in production after the run.
    source: name of the file of listings; empty where none was read.
    version: number of the version that it registered; empty where it registered none.
    items: name of each event to its text, in the order of the report.
    metrics: held-out figures by name.
    """

    outcome: str
    production: str
    items: Mapping[str, str]
    source: str = ""
    simulated: bool = False
    metrics: Mapping[str, float] = field(default_factory=dict)
    version: str = ""

    @property
    def run_name(self) -> str:
        """What tells the run from others in a list: version, outcome, error and file."""
        told = [f"v{self.version}" if self.version else "", self.outcome]
        if "median_error_pct" in self.metrics:
            told.append(f"{self.metrics['median_error_pct']:.1f} %")
        return " · ".join(filter(None, [*told, self.source]))

    @property
    def headline(self) -> str:
        """The outcome in one line, for the subject of a mail."""
        return f"carprice: {self.outcome}; in production: {self.production}"

    @property
    def gist(self) -> str:
        """The items as a Markdown list."""
        return "\n".join(f"- {name}: {told}" for name, told in self.items.items())

    @property
    def markdown(self) -> str:
        lines = ["# Pipeline report", "", self.gist]
        if self.simulated:
            lines += ["", f"> {SIMULATED_WARNING}"]
        if self.metrics:
            lines += ["", "| held-out figure | value |", "|---|---|"]
            lines += [f"| {name} | {value:,.2f} |" for name, value in sorted(self.metrics.items())]
        return "\n".join(lines) + "\n"

    @property
    def note(self) -> str:
        """The Markdown, cut after a whole line to NOTE_LENGTH."""
        text = self.markdown
        if len(text) <= NOTE_LENGTH:
            return text
        kept = text[: text.rindex("\n", 0, NOTE_LENGTH)]
        return f"{kept}\n\n… the rest is in `report.md`\n"


def describe_run(
    tags: Mapping[str, str], metrics: Mapping[str, float], production: Version | None
) -> RunReport:
    """The report of a run, from its tags and metrics."""
    facts = VersionFacts.from_tags(tags)
    source = f"`{facts.source or '?'}`"
    data = f"{facts.rows} clean listings from {source} (content {facts.data_hash})"
    outcome, in_production = tags.get("outcome", "unknown"), _name(production)
    items = {
        "Data": data if facts.data_hash else f"{source}, of which nothing could be used",
        "Version registered": tags.get("version", "none"),
        "Outcome": outcome,
        **({"Failed": tags["failed_steps"]} if "failed_steps" in tags else {}),
        **({"Reason": tags["reason"]} if "reason" in tags else {}),
        **({"Raison": _say_unchanged(tags)} if outcome == "unchanged" else {}),
        **({"For a person to say": WORD.format(**tags)} if outcome == "held" else {}),
        "In production now": in_production,
    }
    return RunReport(
        outcome, in_production, items, facts.source, facts.simulated, metrics,
        tags.get("version", ""),
    )  # fmt: skip


def describe_unread(failed: Sequence[str], production: Version | None) -> RunReport:
    """The report of a failure before there was an MLflow run."""
    outcome, in_production = "failed", _name(production)
    items = {
        "Data": "none; no file could be read as listings",
        "Outcome": outcome,
        "Failed": f"{', '.join(failed) or 'the first step'}; its log says why",
        "In production now": in_production,
    }
    return RunReport(outcome, in_production, items)


def _say_unchanged(tags: Mapping[str, str]) -> str:
    """Why nothing was trained, in French; the reason of the tags is in English."""
    return UNCHANGED.say("fr", version=tags.get(UNCHANGED_SINCE, "?"))


def _name(production: Version | None) -> str:
    return production.name if production else "no version"
