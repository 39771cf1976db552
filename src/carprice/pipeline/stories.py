"""What each step came to, in a line or two: for the terminal and for the log of a task."""

from collections.abc import Callable
from typing import Any

STORIES: dict[str, Callable[[Any], str]] = {
    "check_data_quality": lambda checked: (
        f"{checked.report.summary.rows_read:,} rows read from {checked.report.summary.source}, "
        f"{checked.report.summary.rows_kept:,} kept"
    ),
    "train_model": lambda version: f"{version.name} registered",
    "evaluate_model": lambda decision: decision.text,
    "promote_to_staging": lambda version: f"{version.name} is in staging",
    "validate_staging_model": lambda report: (
        f"{len(report.golden_estimates)} golden cars right, {report.latency_ms:.1f} ms"
    ),
    "promote_to_production": lambda receipt: (
        f"version {receipt.version} replaces {receipt.replaces or 'nothing'}"
    ),
    "send_pipeline_report": lambda report: f"{report.gist}\nreport.md is with the run",
}


def tell(step: str, result: Any) -> str:
    """result: what the step of that name returned."""
    return STORIES[step](result)
