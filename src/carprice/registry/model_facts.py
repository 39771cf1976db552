"""What stands of the model as a whole, beside its versions: the last pipeline, the last monitoring.

Each is one tag of the registered model, a line of JSON, so it is written whole or not at all and
read with one request.
"""

from collections.abc import Mapping
from typing import Literal, Self, TypeVar

from pydantic import Field, ValidationError

from carprice.frozen import Frozen

LAST_PIPELINE = "last_pipeline"
MONITORING = "monitoring"

Fact = TypeVar("Fact", bound=Frozen)


class LastPipeline(Frozen):
    """The last run of the pipeline that was closed; times in seconds of the epoch.

    success_at: when one last ended without a failure. A refusal is none.
    """

    at: float
    outcome: str
    success_at: float | None = None


class LastMonitoring(Frozen):
    """The last look at what comes in, by the version that was measured; errors in percent.

    live_error, coverage: of late prices; None where there were too few. expected_error: of the
    version's own evaluation. estimated_error: of the batch, without its prices. drift: by column,
    beside the limit of each.
    """

    at: float
    verdict: Literal["none", "watch", "act"]
    run_id: str
    version: int
    late_prices: int = 0
    live_error: float | None = None
    expected_error: float | None = None
    estimated_error: float | None = None
    coverage: float | None = None
    coverage_asked: float | None = None
    drift: Mapping[str, float] = Field(default_factory=dict)
    drift_limit: Mapping[str, float] = Field(default_factory=dict)


class ModelFacts(Frozen):
    """Both; None for what never was, or does not read: anybody may write a tag in MLflow."""

    last_pipeline: LastPipeline | None = None
    monitoring: LastMonitoring | None = None

    @classmethod
    def from_tags(cls, tags: Mapping[str, str]) -> Self:
        return cls(
            last_pipeline=_read(LastPipeline, tags.get(LAST_PIPELINE)),
            monitoring=_read(LastMonitoring, tags.get(MONITORING)),
        )


def _read(kind: type[Fact], stored: str | None) -> Fact | None:
    try:
        return kind.model_validate_json(stored) if stored else None
    except ValidationError:
        return None
