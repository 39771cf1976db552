"""A run in words: the report that the last step keeps with it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from carprice.wording.remarks import SIMULATED_WARNING

if TYPE_CHECKING:
    from carprice.registry.records import Version

NOTE_LENGTH = 7500
"""Letters of a report that MLflow keeps as a note; it cuts at 8000 without a word."""


def describe_run(
    tags: Mapping[str, str], metrics: Mapping[str, float], production: "Version | None"
) -> str:
    """Markdown on what came in, what was learnt, what was decided, and what is in production."""
    lines = [
        "# Pipeline report",
        "",
        _describe_data(tags),
        f"- Version registered: {tags.get('version', 'none')}",
        f"- Outcome: {tags.get('outcome', 'unknown')}",
        *([f"- Failed: {tags['failed_steps']}"] if "failed_steps" in tags else []),
        *([f"- Reason: {tags['reason']}"] if "reason" in tags else []),
        _describe_production(production),
    ]
    if tags.get("simulated") == "true":
        lines += ["", f"> {SIMULATED_WARNING}"]
    if metrics:
        lines += ["", "| held-out figure | value |", "|---|---|"]
        lines += [f"| {name} | {value:,.2f} |" for name, value in sorted(metrics.items())]
    return "\n".join(lines) + "\n"


def describe_unread(failed: Sequence[str], production: "Version | None") -> str:
    """Markdown on a run that ended before there was anything to keep a report with."""
    lines = [
        "# Pipeline report",
        "",
        "- Data: none; no file could be read as listings",
        "- Outcome: failed",
        f"- Failed: {', '.join(failed) or 'the first step'}; its log says why",
        _describe_production(production),
    ]
    return "\n".join(lines) + "\n"


def gist(report: str) -> str:
    """What happened, without the figures: a few lines of a report."""
    return report.split("\n\n")[1].strip()


def headline(report: str) -> str:
    """What a report comes to, for the subject of a mail."""
    told: dict[str, str] = {}
    for line in report.splitlines():
        name, _, content = line.removeprefix("- ").partition(": ")
        told.setdefault(name, content)
    return f"carprice: {told['Outcome']}; in production: {told['In production now']}"


def shorten(text: str) -> str:
    """As many whole lines of a report as a note holds."""
    if len(text) <= NOTE_LENGTH:
        return text
    kept = text[: text.rindex("\n", 0, NOTE_LENGTH)]
    return f"{kept}\n\n… the rest is in `report.md`\n"


def _describe_data(tags: Mapping[str, str]) -> str:
    source = f"`{tags.get('source', '?')}`"
    if "rows" not in tags:
        return f"- Data: {source}, of which nothing could be used"
    return f"- Data: {tags['rows']} clean listings from {source} (content {tags['data_hash']})"


def _describe_production(production: "Version | None") -> str:
    return f"- In production now: {production.name if production else 'no version'}"
