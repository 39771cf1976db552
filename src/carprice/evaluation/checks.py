"""What a look at new cars finds: checks with effect and significance, and the verdict on them.

A finding is both significant and large enough to matter. Significance is corrected over all checks
of a look; over looks, a check that stands out twice in a row counts more than one that does once.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Literal, get_args

import numpy as np
from pydantic import Field
from scipy import stats

from carprice.frozen import Frozen

Verdict = Literal["none", "watch", "act"]
GRAVITY: Sequence[Verdict] = get_args(Verdict)
"""Verdicts, the gravest last."""
LEVEL = 0.01
"""Chance that a look without any change finds one, by its cars, and by their prices."""
LEAST_P = 1e-12
"""A test that says less says nothing more, and a zero could not be combined."""


class MonitoringPolicy(Frozen, extra="forbid"):
    """Decisions on what comes in; the defaults hold where params.yaml has no such section."""

    min_rows: int = Field(default=200, ge=50)
    """Fewer cars, or late prices, are not judged."""
    max_worse_pct: float = Field(default=15, gt=0)
    """By how much the error may grow, against what the version promises for such cars."""
    max_level_pct: float = Field(default=3, gt=0)
    """How far prices may lie off their estimates, in the median."""
    max_lost_coverage_points: float = Field(default=5, gt=0)
    retrain: bool = True
    """Whether a look that calls to act starts the pipeline on a file that no run has decided on."""
    cool_down_days: int = Field(default=7, ge=0)
    """For how long no second look does so."""


class Kind(StrEnum):
    """What a check looks at."""

    COLUMN = "column"
    JOINT = "joint"
    NAMES = "names"
    PROBLEM = "problem"
    ESTIMATED = "estimated"
    """Error by the version's own expectation, without prices."""
    LEVEL = "level"
    MAKE = "make"
    """The level of one make."""
    ERROR = "error"
    COVERAGE = "coverage"


OF_PRICES = frozenset({Kind.LEVEL, Kind.MAKE, Kind.ERROR, Kind.COVERAGE})
CALL_TO_ACT = frozenset({Kind.ERROR, Kind.COVERAGE})
"""Only what users feel: another mix of cars, estimated as well as before, needs nobody."""


class Check(Frozen):
    """One comparison of a batch with its reference.

    name: column, problem or make; empty where there is one check of the kind. effect: in the
    unit of `limit`, which it has to reach in size. p: chance of the like without any change.
    found: whether the look counts it as a finding.
    """

    kind: Kind
    name: str = ""
    effect: float
    limit: float
    p: float
    found: bool = False

    @property
    def is_large(self) -> bool:
        return abs(self.effect) >= self.limit


def judge(checks: Sequence[Check], before: Sequence[Check] = ()) -> list[Check]:
    """The same checks with what is found.

    before: the checks of the last look by the same version, which strengthen what they saw too.
    """
    return [
        each
        for of_prices in (False, True)
        for each in _judge_family(
            [it for it in checks if (it.kind in OF_PRICES) is of_prices], before
        )
    ]


def decide_verdict(checks: Sequence[Check]) -> Verdict:
    found = {each.kind for each in checks if each.found}
    if found & CALL_TO_ACT:
        return "act"
    return "watch" if found else "none"


def _judge_family(checks: Sequence[Check], before: Sequence[Check]) -> list[Check]:
    if not checks:
        return []
    last = {(each.kind, each.name): each for each in before}
    now = [max(each.p, LEAST_P) for each in checks]
    both = [
        _combine(each, last.get((each.kind, each.name)), p)
        for each, p in zip(checks, now, strict=True)
    ]
    # Each way has half of the level.
    corrected = np.minimum(stats.false_discovery_control(now), stats.false_discovery_control(both))
    return [
        each.model_copy(update={"found": bool(p <= LEVEL / 2 and each.is_large)})
        for each, p in zip(checks, corrected, strict=True)
    ]


def _combine(check: Check, last: Check | None, p: float) -> float:
    """Chance of two looks in a row that point the same way; 1 where they do not."""
    if last is None or check.effect * last.effect < 0:
        return 1.0
    return float(stats.combine_pvalues([p, max(last.p, LEAST_P)], method="stouffer").pvalue)
