"""Results of the steps in a line or two, for the terminal and for the log of a task.

Each function has the name of the step whose result it takes.
"""

from typing import TYPE_CHECKING

# What steps import is heavy, and the command line answers `--help` without it.
if TYPE_CHECKING:
    from carprice.evaluation.behaviour import ValidationReport
    from carprice.evaluation.decision import Decision
    from carprice.pipeline.report import RunReport
    from carprice.pipeline.searching import Found, Search
    from carprice.pipeline.steps import Checked
    from carprice.pricing.space import Tried
    from carprice.promotion.receipt import Receipt
    from carprice.registry.records import Version

REPORT_KEPT = "report.md is with the run"


def check_data_quality(checked: "Checked") -> str:
    found = checked.report.summary
    return f"{found.rows_read:,} rows read from {found.source}, {found.rows_kept:,} kept"


def train_model(version: "Version") -> str:
    return f"{version.name} registered"


def evaluate_model(decision: "Decision") -> str:
    return decision.text


def promote_to_staging(version: "Version") -> str:
    return f"{version.name} is in staging"


def validate_staging_model(report: "ValidationReport") -> str:
    return f"{len(report.golden_estimates)} golden cars right, {report.latency_ms:.1f} ms"


def promote_to_production(receipt: "Receipt") -> str:
    told = f"version {receipt.version} replaces {receipt.replaces or 'nothing'}"
    back = receipt.way_back
    if back is None:
        return told
    if back.version is None:
        return f"{told}; no way back: {back.trouble}"
    return f"{told}; the way back to version {back.version} was tried ({back.seconds:.1f} s)"


def send_pipeline_report(report: "RunReport") -> str:
    return f"{report.gist}\n{REPORT_KEPT}"


def open_search(search: "Search") -> str:
    return f"{search.source} is searched in run {search.run_id}"


def run_trial(tried: "Tried") -> str:
    params = ", ".join(f"{name} {value:g}" for name, value in tried.params.items())
    pruned = f", pruned after {len(tried.errors)} folds" if tried.is_pruned else ""
    return f"trial {tried.number}: {tried.error:.2f} % ({params}){pruned}"


def close_search(found: "Found") -> str:
    best, told = found.best, f"{found.trials} trials, {found.pruned} of them pruned"
    if not best.number:
        return f"{told}: none is better than the parameters in force, {best.error:.2f} %"
    gain = f"{best.error:.2f} % in place of {found.in_force.error:.2f} %"
    return f"{told}: {gain} by the parameters in force"
