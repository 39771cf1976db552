"""Why a car is priced as it is, and how its price moves with age and kilometres: pure.

Contributions are exact Shapley values (Shapley 1953; Lundberg and Lee 2017) of the model itself
between a typical car and this one: every order of changing one into the other counts alike, and
together they are the whole difference in price. With at most eleven groups of fields that is one
prediction of 2048 cars, a few milliseconds.
"""

from collections.abc import Iterable
from math import factorial
from typing import NamedTuple

import numpy as np
import pandas as pd

from carprice.arrays import Floats
from carprice.market.listing import EQUIPMENT, FEATURES
from carprice.pricing.completion import FIELD_AT
from carprice.pricing.encoder import AT, PLACES
from carprice.pricing.interval import blank, is_missing
from carprice.pricing.price_model import Clean, PriceModel, ToldCar

TOGETHER = (("make", "model"), tuple(EQUIPMENT))
"""Fields that are explained as one."""
GROUPS: tuple[tuple[str, ...], ...] = (
    TOGETHER[0],
    *((name,) for name in FEATURES if not any(name in group for group in TOGETHER)),
    TOGETHER[1],
)


class Contribution(NamedTuple):
    """Amount that fields add to the price of the typical car."""

    fields: tuple[str, ...]
    amount: float


class Explanation(NamedTuple):
    """The typical car's price and the contributions up to this car, largest first.

    Open fields of this car are open in the typical one as well, and contribute nothing.
    """

    typical: float
    contributions: list[Contribution]


class Curve(NamedTuple):
    """Estimates of one car at some values of one numeric field.

    estimates: (n, ESTIMATE_COLUMNS), one row a value.
    """

    name: str
    values: list[float]
    estimates: Floats


def find_typical(listings: pd.DataFrame) -> Clean:
    """Clean values of the most common model, each its usual one; NaN where most have none."""
    pairs = listings[["make", "model"]].dropna()
    make, model = pairs.value_counts().index[0]
    return sum_up(listings[(listings["make"] == make) & (listings["model"] == model)])


def sum_up(alike: pd.DataFrame) -> Clean:
    """The usual clean value of each field of some listings; NaN where most have none."""
    return {name: _typical_value(alike[name]) for name in FEATURES}


def explain(model: PriceModel, car: ToldCar, typical: ToldCar) -> Explanation:
    """Shapley contributions that lead from the typical car to this one."""
    target, start = car.encoded, typical.encoded
    known = {name for name in FEATURES if not is_missing(target, name)[0]}
    for name in set(FEATURES) - known:
        start = blank(start, name)
    groups = [
        fields
        for names in GROUPS
        if (fields := tuple(each for each in names if each in known))
        and (start[0, _places(fields)] != target[0, _places(fields)]).any()
    ]
    # Row n takes the groups whose bit is set in n.
    taken = (np.arange(2 ** len(groups))[:, None] >> np.arange(len(groups))) & 1
    mixed = np.repeat(start, len(taken), axis=0)
    for member, fields in enumerate(groups):
        mixed[np.ix_(taken[:, member] == 1, _places(fields))] = target[0, _places(fields)]
    prices = model.price(mixed, np.repeat(car.open_fields, len(mixed), axis=0))[:, 0]
    amounts = _shapley_values(prices, taken)
    contributions = [Contribution(*each) for each in zip(groups, amounts.tolist(), strict=True)]
    contributions.sort(key=lambda each: -abs(each.amount))
    return Explanation(float(prices[0]), contributions)


def vary(model: PriceModel, car: ToldCar, name: str, values: Iterable[float]) -> Curve:
    """Estimates of a car at given values of one numeric field."""
    grid = [float(each) for each in values]
    cars = np.repeat(car.encoded, len(grid), axis=0)
    open_fields = np.repeat(car.open_fields, len(grid), axis=0)
    cars[:, AT[name]] = grid
    open_fields[:, FIELD_AT[name]] = False
    return Curve(name, grid, model.price(cars, open_fields))


def _places(fields: tuple[str, ...]) -> list[int]:
    return [at for name in fields for at in PLACES[name]]


def _typical_value(column: pd.Series) -> float | str:
    """The most common value; of many numbers the middle one; NaN where most leave it open."""
    if column.isna().mean() > 0.5:
        return float("nan")
    many = column.nunique() > 7
    value = round(column.median()) if many and column.dtype != "str" else column.mode().iloc[0]
    return value if isinstance(value, str) else float(value)


def _shapley_values(worth: Floats, taken: np.ndarray) -> Floats:
    """(size,) shares of the members in the worth (2**size,) of all subsets, in bit order."""
    size = taken.shape[1]
    weights = np.array(
        [factorial(n) * factorial(size - n - 1) / factorial(size) for n in range(size)]
    )
    shares = np.empty(size)
    for member in range(size):
        without = np.flatnonzero(taken[:, member] == 0)
        gains = worth[without | (1 << member)] - worth[without]
        shares[member] = gains @ weights[taken[without].sum(axis=1)]
    return shares
