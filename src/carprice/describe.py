"""A run in words: the report that the last step keeps with it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carprice.versions import Version

SIMULATED_WARNING = (
    "These listings are simulated: the figures compare models with each other "
    "and say nothing about accuracy on real adverts."
)


def describe_run(
    tags: Mapping[str, str], metrics: Mapping[str, float], production: "Version | None"
) -> str:
    """Markdown on what came in, what was learnt, what was decided, and what is in production."""
    lines = [
        "# Pipeline report",
        "",
        f"- Data: {tags.get('rows', '?')} clean listings from `{tags.get('source', '?')}`"
        f" (content {tags.get('data_hash', '?')})",
        f"- Version registered: {tags.get('version', 'none')}",
        f"- Outcome: {tags.get('outcome', 'unknown')}",
        *([f"- Reason: {tags['reason']}"] if "reason" in tags else []),
        f"- In production now: {production.name if production else 'no version'}",
    ]
    if tags.get("simulated") == "true":
        lines += ["", f"> {SIMULATED_WARNING}"]
    if metrics:
        lines += ["", "| held-out figure | value |", "|---|---|"]
        lines += [f"| {name} | {value:,.2f} |" for name, value in sorted(metrics.items())]
    return "\n".join(lines) + "\n"
