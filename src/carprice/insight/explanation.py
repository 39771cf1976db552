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
from sklearn.pipeline import Pipeline

from carprice.arrays import Floats
from carprice.market.listing import EQUIPMENT, FEATURES, TARGET
from carprice.pricing.completion import FIELD_AT, FieldFlags
from carprice.pricing.encoder import PLACES
from carprice.pricing.interval import blank, is_missing

TOGETHER = (("make", "model"), tuple(EQUIPMENT))
"""Fields that only make sense, or are only worth a line, as one."""
GROUPS: tuple[tuple[str, ...], ...] = (
    TOGETHER[0],
    *((name,) for name in FEATURES if not any(name in group for group in TOGETHER)),
    TOGETHER[1],
)


class Contribution(NamedTuple):
    """What fields that differ from the typical car add to the price, in DH."""

    fields: tuple[str, ...]
    amount: float


class Explanation(NamedTuple):
    """The price of the typical car in DH, and what leads from it to this one, largest first.

    Fields that this car leaves open are left open in the typical one, and explain nothing.
    """

    typical: float
    contributions: list[Contribution]


def find_typical(listings: pd.DataFrame) -> pd.DataFrame:
    """One row of FEATURES: the most common model, at its median age and distance.

    A field that most adverts of it leave open stays open.
    """
    pairs = listings[["make", "model"]].dropna()
    make, model = pairs.value_counts().index[0]
    alike = listings[(listings["make"] == make) & (listings["model"] == model)]
    typical = {name: _typical_value(alike[name]) for name in FEATURES}
    return pd.DataFrame([typical]).astype(listings[list(FEATURES)].dtypes)


def complete(car: pd.DataFrame, listings: pd.DataFrame) -> pd.DataFrame:
    """A car (one row of FEATURES) whose open fields are as most listings that name them say."""
    usual = {name: column.mode() for name, column in listings[list(FEATURES)].items()}
    return car.fillna({name: mode.iloc[0] for name, mode in usual.items() if len(mode)})


def explain(
    pipeline: Pipeline, car: Floats, open_fields: FieldFlags, typical: Floats
) -> Explanation:
    """What leads from the typical car to this one; both encoded, one row each.

    open_fields: what nobody told of this car (1, FEATURES).
    """
    known = {name for name in FEATURES if not is_missing(car, name)[0]}
    start = typical.copy()
    for name in set(FEATURES) - known:
        start = blank(start, name)
    groups = [
        fields
        for names in GROUPS
        if (fields := tuple(each for each in names if each in known))
        and (start[0, _places(fields)] != car[0, _places(fields)]).any()
    ]
    taken = _all_subsets(len(groups))
    mixed = np.repeat(start, len(taken), axis=0)
    for member, fields in enumerate(groups):
        mixed[np.ix_(taken[:, member] == 1, _places(fields))] = car[0, _places(fields)]
    left_open = np.repeat(open_fields, len(mixed), axis=0)
    prices = pipeline["price"].predict(mixed, left_open)[TARGET].to_numpy()
    amounts = _shapley_values(prices, taken)
    contributions = [Contribution(*each) for each in zip(groups, amounts.tolist(), strict=True)]
    contributions.sort(key=lambda each: -abs(each.amount))
    return Explanation(float(prices[0]), contributions)


def vary(
    pipeline: Pipeline, car: Floats, open_fields: FieldFlags, name: str, values: Iterable[float]
) -> pd.DataFrame:
    """Estimates of one car (an encoded row) at other values of one numeric field.

    Columns: the field, then ESTIMATE_COLUMNS; one row a value.
    """
    grid = np.array(list(values), dtype=float)
    cars = np.repeat(car, len(grid), axis=0)
    cars[:, PLACES[name]] = grid[:, None]
    left_open = np.repeat(open_fields, len(grid), axis=0)
    left_open[:, FIELD_AT[name]] = False
    estimates: pd.DataFrame = pipeline["price"].predict(cars, left_open)
    return estimates.assign(**{name: grid})


def _places(fields: tuple[str, ...]) -> list[int]:
    return [at for name in fields for at in PLACES[name]]


def _typical_value(column: pd.Series) -> object:
    if column.isna().mean() > 0.5:
        return None if column.dtype == "str" else np.nan
    many = column.nunique() > 7
    return round(column.median()) if many and column.dtype != "str" else column.mode().iloc[0]


def _all_subsets(size: int) -> np.ndarray:
    """(2**size, size) of 0 and 1: row n takes the members whose bit is set in n."""
    return (np.arange(2**size)[:, None] >> np.arange(size)) & 1


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
