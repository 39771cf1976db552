"""Where an asking price falls against an estimate, and what left-open fields cost: pure."""

from enum import StrEnum
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from carprice.interval import MASKED
from carprice.listing import FEATURES

FAIR_PCT = 3.0
"""Closer to the estimate than this, nobody could tell the difference."""


class Standing(StrEnum):
    """Where an asking price stands; far: outside the interval."""

    FAR_BELOW = "far_below"
    BELOW = "below"
    FAIR = "fair"
    ABOVE = "above"
    FAR_ABOVE = "far_above"


class Verdict(NamedTuple):
    """How an asking price compares: where it stands and by how many percent, without sign."""

    standing: Standing
    percent: float


def judge(asked: float, price: float, low: float, high: float) -> Verdict:
    """Hold an asking price in DH against an estimate and its interval."""
    percent = 100 * (asked / price - 1)
    if asked < low:
        standing = Standing.FAR_BELOW
    elif asked > high:
        standing = Standing.FAR_ABOVE
    elif abs(percent) < FAIR_PCT:
        standing = Standing.FAIR
    else:
        standing = Standing.BELOW if percent < 0 else Standing.ABOVE
    return Verdict(standing, abs(percent))


class Widening(NamedTuple):
    """What fields that are left open cost: their names, and by how much the interval is wider."""

    fields: tuple[str, ...]
    percent: float


def measure_widening(pipeline: Pipeline, car: pd.DataFrame, complete: pd.DataFrame) -> Widening:
    """Against the same car (a row of FEATURES) whose open fields are as is usual.

    complete: one row of FEATURES that says what is usual; what it leaves open costs nothing.
    """
    car, complete = (each[list(FEATURES)].reset_index(drop=True) for each in (car, complete))
    names = [each for each in MASKED if car[each].isna()[0] and complete[each].notna()[0]]
    filled = car.assign(**{name: complete[name] for name in names})
    both = pipeline.predict(pd.concat([car, filled], ignore_index=True))
    # On the scale of the price, since what fills a field moves the price itself as well.
    width = np.log(both["high_mad"] / both["low_mad"])
    return Widening(tuple(names), float(100 * (width[0] / width[1] - 1)))
