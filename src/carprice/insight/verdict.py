"""Where an asking price falls against an estimate, and what left-open fields cost: pure."""

from enum import StrEnum
from typing import NamedTuple

import numpy as np
from sklearn.pipeline import Pipeline

from carprice.arrays import Floats
from carprice.market.listing import HIGH, LOW
from carprice.pricing.completion import FIELD_AT, FieldFlags
from carprice.pricing.encoder import PLACES
from carprice.pricing.interval import MASKED, is_missing

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


def measure_widening(
    pipeline: Pipeline, car: Floats, open_fields: FieldFlags, complete: Floats
) -> Widening:
    """Against the same car whose open fields are as is usual; both encoded, one row each.

    open_fields: what nobody told of the car (1, FEATURES). complete: says what is usual; what it
    leaves open costs nothing.
    """
    left_open = [each for each in MASKED if open_fields[0, FIELD_AT[each]]]
    names = [each for each in left_open if not is_missing(complete, each)[0]]
    both, open_in_both = np.repeat(car, 2, axis=0), np.repeat(open_fields, 2, axis=0)
    for name in names:
        both[1, PLACES[name]] = complete[0, PLACES[name]]
        open_in_both[1, FIELD_AT[name]] = False
    estimates = pipeline["price"].predict(both, open_in_both)
    low, high = estimates[[LOW, HIGH]].to_numpy().T
    # On the scale of the price, since what fills a field moves the price itself as well.
    width = np.log(high / low)
    return Widening(tuple(names), float(100 * (width[0] / width[1] - 1)))
