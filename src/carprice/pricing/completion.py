"""Multiple imputation: open fields of a car take their values from adverts of similar cars.

An open field is not left out as in an advert, and no single value is right for it. Training adverts
of the same make lend their values, weighted by how near they are in model, year and more (lent_by):
each car is completed in COMPLETIONS ways, and its estimate comes from the prices of all of them.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from carprice.arrays import Floats, Places
from carprice.market.fields import Knots
from carprice.market.listing import BY_NAME, FEATURES, VERSIONS
from carprice.pricing.encoder import AT, PLACES
from carprice.pricing.interval import MASKED, is_missing

COMPLETIONS = 32
"""Ways in which a car with open fields is completed."""
MOST_LENDERS = 200
"""Adverts kept of one model; more of them change nothing that can be measured."""
NUMBERS_APART = {
    name: each.apart for name in FEATURES if isinstance(each := BY_NAME[name].effect, Knots)
}
APART = {"model_year": 1.0, "mileage_km": 20_000.0, **NUMBERS_APART}
"""Distance in a number at which an advert counts e times less."""
MISMATCHES = {"model": 6.0, **dict.fromkeys(VERSIONS, 4.0)}
"""Log weight that an advert loses by another value. Chosen, with APART, on held-out real adverts,
so that open fields move the median estimate least; the optimum is flat."""
MOST_WEIGHTS = 2_000_000
"""Weights held in memory at once (8 bytes each)."""

FieldFlags = npt.NDArray[np.bool_]
"""(n, len(FEATURES)): a flag for each field of each car."""
FIELD_AT = {name: at for at, name in enumerate(FEATURES)}
COUNTED = np.isin(FEATURES, MASKED)
"""All fields but equipment (FEATURES,)."""


def find_missing(X: Floats) -> FieldFlags:  # noqa: N803
    """Missing fields of encoded listings, names never seen among them: (n, FEATURES)."""
    return np.column_stack([is_missing(X, name) > 0 for name in FEATURES])


def lent_by(name: str) -> tuple[str, ...]:
    """Fields that decide how near an advert is when it lends field `name`.

    Kilometres count for name and year only: otherwise other values would change with them, and
    more kilometres could make a car dearer. Fuel and gearbox do not count for details: otherwise a
    car with its gearbox and details open could be priced outside what it costs with either gearbox.
    """
    if name in ("make", "model", "model_year"):
        return (*MISMATCHES, *APART)
    if BY_NAME[name].needed:
        return (*MISMATCHES, "model_year", *NUMBERS_APART)
    return ("model", "model_year")


def count_fields(flags: FieldFlags) -> Places:
    """Number of flagged fields of each car, equipment not counted (n,)."""
    count: Places = np.sum(flags & COUNTED, axis=1)
    return count


def open_models(open_fields: FieldFlags) -> FieldFlags:
    """Open fields, the model among them wherever the make is: it belongs to its make."""
    opened = open_fields.copy()
    opened[:, FIELD_AT["model"]] |= opened[:, FIELD_AT["make"]]
    return opened


class Completer(BaseEstimator):  # type: ignore[misc]
    """Completes the open fields of encoded listings from training adverts of similar cars.

    lenders_: these adverts, encoded, in the order of price.
    """

    def fit(self, X: Floats, y: Floats) -> Self:  # noqa: N803
        """Choose the lenders among encoded listings (n, COLUMNS) with log prices (n,)."""
        shuffled = np.random.default_rng(0).permutation(len(X))
        kept = shuffled[_count_earlier(X[shuffled, AT["model"]]) < MOST_LENDERS]
        # In the order of price: drawn at even steps, they stand for all prices in between.
        self.lenders_ = X[kept[np.argsort(y[kept], kind="stable")]].astype(np.float32)
        return self

    @cached_property
    def lent(self) -> npt.NDArray[np.bool_]:
        """Fields that at least one lender has (FEATURES,)."""
        return np.logical_not(find_missing(self.lenders_).all(axis=0))

    def complete(self, X: Floats, open_fields: FieldFlags) -> Floats:  # noqa: N803
        """Each car completed in COMPLETIONS ways (n, COMPLETIONS, COLUMNS).

        A field that no lender has stays missing.
        """
        check_is_fitted(self)
        completed = np.repeat(X[:, None], COMPLETIONS, axis=1)
        makes = np.where(open_fields[:, FIELD_AT["make"]], 0, X[:, AT["make"]])
        keys, groups = find_distinct(np.column_stack([makes, open_fields]))
        for at, group in enumerate(keys):
            rows = np.flatnonzero(groups == at)
            of_make = self.lenders_
            if group[0]:
                of_make = of_make[of_make[:, AT["make"]] == group[0]]
            left_open = [name for name, at in FIELD_AT.items() if group[1 + at]]
            said = {name: has for name in left_open if (has := _say(of_make, name)).any()}
            unsaid = {name: _say(self.lenders_, name) for name in left_open if name not in said}
            for says, lenders in ((said, of_make), (unsaid, self.lenders_)):
                size = max(1, MOST_WEIGHTS // max(1, len(lenders)))
                for start in range(0, len(rows) if says else 0, size):
                    block = rows[start : start + size]
                    completed[block] = _fill(completed[block], lenders, says, left_open)
        return completed


def _say(lenders: Floats, name: str) -> npt.NDArray[np.bool_]:
    """Which adverts say a field (n,)."""
    return np.logical_not(is_missing(lenders, name))


def _fill(
    cars: Floats,
    lenders: Floats,
    says: Mapping[str, npt.NDArray[np.bool_]],
    left_open: Sequence[str],
) -> Floats:
    """Cars (n, COMPLETIONS, COLUMNS) with some open fields taken from lenders.

    says: for each of these fields, which lenders have it.
    """
    lent_together: dict[tuple[str, ...], dict[bytes, list[int]]] = {}
    for name, said in says.items():
        if name == "model" and "make" in left_open:
            continue  # known within its make only: both are lent together
        places = [at for each in (name, *(["model"] * (name == "make"))) for at in PLACES[each]]
        near = tuple(each for each in lent_by(name) if each not in left_open)
        lent_together.setdefault(near, {}).setdefault(said.tobytes(), []).extend(places)
    for near, parts in lent_together.items():
        # Cars with the same values in these fields share their weights.
        keys, alike = find_distinct(cars[:, 0, [AT[each] for each in near]])
        weights = _weigh(keys, near, lenders)
        for flags, places in parts.items():
            drawn = _draw(weights * np.frombuffer(flags, dtype=bool))
            cars[:, :, places] = lenders[:, places][drawn][alike]
    return cars


def _weigh(cars: Floats, fields: Sequence[str], lenders: Floats) -> Floats:
    """Weight of each lender for each car (n, lenders), by values of some fields (n, fields)."""
    distance = np.zeros((len(cars), len(lenders)))
    for values, name in zip(cars.T, fields, strict=True):
        if name in APART:
            said = ~np.isnan(values)
            apart = np.abs(values[said, None] - lenders[:, AT[name]]) / APART[name]
            distance[said] += np.where(np.isnan(apart), 1.0, apart)
        else:
            said = values > 0
            distance[said] += MISMATCHES[name] * (values[said, None] != lenders[:, AT[name]])
    nearest: Floats = np.exp(distance.min(axis=1, keepdims=True) - distance)
    return nearest


def _draw(weights: Floats) -> Places:
    """Places of lenders drawn at even steps of their weights (n, COMPLETIONS)."""
    heights = np.cumsum(weights, axis=1)
    steps = (np.arange(COMPLETIONS) + 0.5) / COMPLETIONS
    return np.array([np.searchsorted(each, steps * each[-1]) for each in heights])


def find_distinct(rows: Floats) -> tuple[Floats, Places]:
    """The distinct rows of a table, and the place of each row among them (n,)."""
    if len(rows) == 1:  # for one row, searching takes as long as all the rest
        return rows, np.zeros(1, dtype=np.intp)
    numbers = np.zeros(len(rows), dtype=np.intp)
    for column in rows.T:
        places, values = pd.factorize(column, use_na_sentinel=False)
        if len(values) > 1:
            numbers = pd.factorize(numbers * len(values) + places)[0]
    first = np.unique(numbers, return_index=True)[1]
    return rows[first], numbers


def _count_earlier(numbers: Floats) -> Places:
    """For each number, how many equal ones stand before it (n,)."""
    order = np.argsort(numbers, kind="stable")
    _, starts, counts = np.unique(numbers[order], return_index=True, return_counts=True)
    earlier = np.empty(len(numbers), dtype=np.intp)
    earlier[order] = np.arange(len(numbers)) - np.repeat(starts, counts)
    return earlier
