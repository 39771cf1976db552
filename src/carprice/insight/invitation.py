"""What naming a field that is left open would bring: pure."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from carprice.market.listing import EQUIPMENT, FEATURES
from carprice.market.table import to_listings
from carprice.pricing.completion import FIELD_AT
from carprice.pricing.encoder import Columns
from carprice.pricing.price_model import PriceModel, ToldCar

LEAST_SHARE = 0.05
"""Share of adverts that have a choice, for it to be one that a car could well be."""
USUAL = (0.1, 0.9)
"""Shares of adverts between which numbers are usual."""
ASKED_FOR = [name for name in FEATURES if name not in EQUIPMENT]


class Gain(NamedTuple):
    """What a price and its interval would be, were a field named.

    least, most: the price, by what such cars usually are. narrower_pct: the interval, at the
    median; zero where it would be as wide.
    """

    field: str
    least: float
    most: float
    narrower_pct: float


def measure_gains(model: PriceModel, car: ToldCar, alike: pd.DataFrame) -> list[Gain]:
    """One Gain for each open field, what moves the price most first.

    alike: adverts of such cars, which say what the field could be.
    """
    could_be = {
        name: usual
        for name in ASKED_FOR
        if car.open_fields[0, FIELD_AT[name]] and len(usual := _find_usual(alike[name])) > 1
    }
    named = [{**car.values, name: each} for name, usual in could_be.items() for each in usual]
    columns = Columns.of_table(to_listings([car.values, *named]))
    prices, low, high, *_ = model.price(model.encode_columns(columns), columns.find_missing()).T
    widths = np.log(high / low)
    ends = np.cumsum([1, *map(len, could_be.values())])
    gains = []
    for name, at, end in zip(could_be, ends, ends[1:], strict=False):
        narrower = 100 * (1 - float(np.median(widths[at:end])) / widths[0])
        found = prices[at:end]
        gains.append(Gain(name, found.min(), found.max(), max(0.0, narrower)))
    return sorted(gains, key=lambda each: each.least / each.most)


def _find_usual(column: pd.Series) -> list[float | str]:
    """What many cars have in a field: the ends of the usual numbers, or the frequent choices."""
    if column.dtype != "str" and column.nunique() > 2:
        return sorted({float(round(each)) for each in column.quantile(USUAL)})
    shares = column.value_counts(normalize=True)
    return shares.index[shares >= LEAST_SHARE].tolist()
