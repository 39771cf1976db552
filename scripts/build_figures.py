"""Write docs/figures.md, the table of what is scraped: `make monitoring-files`."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from carprice.api.metrics import Metrics
from carprice.files import replacing
from carprice.registry.model_facts import LastMonitoring, LastPipeline, ModelFacts
from carprice.serving.backups import Backups
from carprice.serving.figures import tell_standing
from carprice.serving.live_model import State
from carprice.settings import Settings

ROOT = Path(__file__).parents[1]
HEAD = """# Figures

What Prometheus asks for where [monitoring](operations.md#monitoring) is on; made from the code by
`make monitoring-files`. None of it is reached from outside the stack.

## Who is asked

| job | what it tells |
|---|---|
"""
OURS = """
## What page and API tell

Counters (`_total`) and histograms (`_bucket`, `_sum`, `_count`) count from the start of a process,
and those of the API all its processes together. A figure that is not known is not there.

| figure | labels | meaning | by |
|---|---|---|---|
"""
KINDS = {"counter": "_total", "histogram": "", "gauge": ""}
KNOWN = ModelFacts(
    last_pipeline=LastPipeline(at=0, outcome="", success_at=0),
    monitoring=LastMonitoring(
        at=0, verdict="none", run_id="", version=1, live_error=0, expected_error=0,
        estimated_error=0, coverage=0, coverage_asked=0, drift={"": 0}, drift_limit={"": 0},
    ),
)  # fmt: skip
"""All that may be known, so that each figure has its line."""


def list_jobs() -> Iterator[str]:
    text = (ROOT / "deploy" / "monitoring" / "prometheus.yml").read_text(encoding="utf-8")
    for meaning, job in re.findall(r"# (.+)\n  - job_name: (\w+)", text):
        yield f"| `{job}` | {meaning} |"


def list_counted(collected: CollectorRegistry, who: str) -> Iterator[tuple[str, str]]:
    # The library tells the labels of what was not counted yet nowhere else.
    for metric in collected._collector_to_names:
        counted: Any = metric
        for told in counted.describe():
            labels = ", ".join(f"`{each}`" for each in counted._labelnames)
            name = told.name + KINDS[told.type]
            yield name, f"| `{name}` | {labels} | {told.documentation} | {who} |"


def list_standing() -> Iterator[tuple[str, str]]:
    state = State(facts=KNOWN)
    for each in tell_standing(state, Backups()):
        label = f"`{each.label}`" if each.label else ""
        yield each.name, f"| `{each.name}` | {label} | {each.meaning} | page, API |"


def render() -> str:
    """The page."""
    sys.path.insert(0, str(ROOT / "streamlit_app"))
    from figures import COLLECTED  # noqa: PLC0415

    of_api = dict(list_counted(Metrics(State, Settings()).collected, "API"))
    of_page = dict(list_counted(COLLECTED, "page"))
    both = {
        name: row.replace("| API |", "| page, API |")
        for name, row in of_api.items()
        if name in of_page
    }
    rows = sorted((of_api | of_page | both | dict(list_standing())).items())
    return HEAD + "\n".join(list_jobs()) + "\n" + OURS + "\n".join(row for _, row in rows) + "\n"


if __name__ == "__main__":
    with replacing(ROOT / "docs" / "figures.md") as page:
        page.write(render().encode())
