"""Champion and challenger on the same rows, by paired bootstrap."""

from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import BeforeValidator, PlainSerializer
from scipy import stats

from carprice.arrays import Floats
from carprice.evaluation.metrics import relative_errors, slice_rows
from carprice.frozen import Frozen
from carprice.market.listing import TARGET
from carprice.market.slices import Slice

BOOTSTRAP_CELLS = 20_000_000
"""Resampled values held in memory at once (8 bytes each)."""


class Difference(Frozen):
    """Challenger minus champion, in points of median error; positive is worse.

    low, high: 90 % bootstrap interval; at a true difference of `detectable` points or more,
    a worse challenger is noticed at least 8 times in 10.
    """

    rows: int
    points: float
    low: float
    high: float
    detectable: float


StoredSlice = Annotated[
    Slice,
    BeforeValidator(lambda given: Slice.read_title(given) if isinstance(given, str) else given),
    PlainSerializer(lambda part: part.title, return_type=str),
]


class Comparison(Frozen):
    overall: Difference
    slices: dict[StoredSlice, Difference]
    identical: bool
    """Whether both gave the same price and interval for every row."""


def compare(
    listings: pd.DataFrame,
    champion: pd.DataFrame,
    challenger: pd.DataFrame,
    *,
    min_rows: int,
    rounds: int,
) -> Comparison:
    """Paired bootstrap of two models' estimates for the same listings."""
    before = pd.Series(relative_errors(listings[TARGET], champion), listings.index)
    after = pd.Series(relative_errors(listings[TARGET], challenger), listings.index)
    return Comparison(
        overall=_differ(before.to_numpy(), after.to_numpy(), rounds),
        slices={
            part: _differ(before[rows].to_numpy(), after[rows].to_numpy(), rounds)
            for groups in slice_rows(listings, min_rows).values()
            for part, rows in groups.items()
        },
        identical=bool(np.array_equal(champion, challenger[champion.columns], equal_nan=True)),
    )


def find_least_median(errors: Floats) -> float:
    """The least that chance leaves of a median: low end of its 90 % interval, by ranks."""
    return float(np.quantile(errors, stats.binom.ppf(0.05, len(errors), 0.5) / len(errors)))


def _differ(before: Floats, after: Floats, rounds: int) -> Difference:
    result = stats.bootstrap(
        (before, after),
        lambda old, new, axis: np.median(new, axis=axis) - np.median(old, axis=axis),
        paired=True,
        vectorized=True,
        n_resamples=rounds,
        batch=max(1, BOOTSTRAP_CELLS // len(before)),
        confidence_level=0.9,
        method="percentile",
        rng=0,  # the same two models on the same rows always get the same answer
    )
    return Difference(
        rows=len(before),
        points=float(np.median(after) - np.median(before)),
        low=float(result.confidence_interval.low),
        high=float(result.confidence_interval.high),
        detectable=float((stats.norm.ppf(0.95) + stats.norm.ppf(0.8)) * result.standard_error),
    )
