"""Where an asking price falls against an estimate: pure."""

from enum import StrEnum
from math import sqrt
from typing import NamedTuple, Self


class Standing(StrEnum):
    """The zone of an asking price; far: outside the interval."""

    FAR_BELOW = "far_below"
    BELOW = "below"
    FAIR = "fair"
    ABOVE = "above"
    FAR_ABOVE = "far_above"


class Zones(NamedTuple):
    """Ends of the zones of a price: a good deal, the market's price, dear."""

    low: float
    fair_low: float
    fair_high: float
    high: float

    @classmethod
    def of(cls, price: float, low: float, high: float) -> Self:
        """The market's price reaches half of the way to each end of an interval, in percent.

        Of 80 % intervals that is about the middle half of all adverts.
        """
        return cls(low, sqrt(low * price), sqrt(price * high), high)


class Verdict(NamedTuple):
    """How an asking price compares: where it stands and by how many percent, without sign."""

    standing: Standing
    percent: float


def judge(asked: float, price: float, low: float, high: float) -> Verdict:
    """The verdict on an asking price, given an estimate and its interval."""
    zones = Zones.of(price, low, high)
    place = sum(asked > end for end in (zones.fair_low, zones.fair_high, zones.high))
    standing = Standing.FAR_BELOW if asked < low else list(Standing)[1 + place]
    return Verdict(standing, abs(100 * (asked / price - 1)))
