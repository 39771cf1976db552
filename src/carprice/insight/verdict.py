"""Where an asking price falls against an estimate, and what left-open fields cost: pure."""

from enum import StrEnum
from typing import NamedTuple

import numpy as np

from carprice.pricing.completion import FIELD_AT
from carprice.pricing.encoder import PLACES
from carprice.pricing.interval import MASKED, is_missing
from carprice.pricing.price_model import PriceModel, ToldCar

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
    """The verdict on an asking price, given an estimate and its interval."""
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
    """Open fields, and by how many percent they widen the interval."""

    fields: tuple[str, ...]
    percent: float


def measure_widening(model: PriceModel, car: ToldCar, complete: ToldCar) -> Widening:
    """How much wider the interval is than with the open fields filled from `complete`.

    Fields that `complete` leaves open as well do not count.
    """
    left_open = [each for each in MASKED if car.open_fields[0, FIELD_AT[each]]]
    names = [each for each in left_open if not is_missing(complete.encoded, each)[0]]
    both = np.repeat(car.encoded, 2, axis=0)
    open_fields = np.repeat(car.open_fields, 2, axis=0)
    for name in names:
        both[1, PLACES[name]] = complete.encoded[0, PLACES[name]]
        open_fields[1, FIELD_AT[name]] = False
    _, low, high, *_ = model.price(both, open_fields).T
    # On the scale of the price, since what fills a field moves the price itself as well.
    width = np.log(high / low)
    return Widening(tuple(names), float(100 * (width[0] / width[1] - 1)))
