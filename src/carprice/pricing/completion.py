"""What the open fields of a car could be: what adverts of cars like it say of them.

A field that nobody told of is neither absent as from an advert nor any one value. Training adverts
of the same make lend theirs, each counting by how near it is in model, year and more (lent_by): a
car becomes COMPLETIONS whole ones, whose prices together are its answer.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from carprice.arrays import Floats, Places
from carprice.market.listing import BY_NAME, FEATURES
from carprice.pricing.encoder import AT, PLACES
from carprice.pricing.interval import MASKED, is_missing

COMPLETIONS = 32
"""Ways in which the open fields of a car are filled."""
MOST_LENDERS = 200
"""Adverts kept of one model: more of them say nothing new."""
APART = {"model_year": 1.0, "mileage_km": 20_000.0, "fiscal_power_cv": 1.0}
"""Distance in a number at which an advert counts e times less."""
MISMATCHES = {"model": 6.0, "fuel": 4.0, "gearbox": 4.0}
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
    """Which fields of encoded listings are missing; a name never seen counts as missing."""
    return np.column_stack([is_missing(X, name) > 0 for name in FEATURES])


def lent_by(name: str) -> tuple[str, ...]:
    """Fields by which an advert is near enough to lend another one.

    Kilometres count for name and year alone: what else is lent would change with them, and more of
    them could make a car dearer. Details are lent whatever fuel and gearbox are: so a car without
    its gearbox is never priced outside what it costs with either, whichever details are open too.
    """
    if name in ("make", "model", "model_year"):
        return (*MISMATCHES, *APART)
    if BY_NAME[name].needed:
        return (*MISMATCHES, "model_year", "fiscal_power_cv")
    return ("model", "model_year")


def count_fields(flags: FieldFlags) -> Places:
    """How many fields are flagged, equipment spared: (n,)."""
    count: Places = np.sum(flags & COUNTED, axis=1)
    return count


def open_models(open_fields: FieldFlags) -> FieldFlags:
    """Open fields with the model where the make is: it is known within its make only."""
    opened = open_fields.copy()
    opened[:, FIELD_AT["model"]] |= opened[:, FIELD_AT["make"]]
    return opened


class Completer(BaseEstimator):  # type: ignore[misc]
    """Fills the open fields of encoded listings from training adverts of cars like them.

    lenders_: the adverts, encoded, in the order of price.
    """

    def fit(self, X: Floats, y: Floats) -> Self:  # noqa: N803
        """Keep the adverts that lend: encoded listings (n, COLUMNS), log prices (n,)."""
        shuffled = np.random.default_rng(0).permutation(len(X))
        kept = shuffled[_count_earlier(X[shuffled, AT["model"]]) < MOST_LENDERS]
        # In the order of price: drawn at even steps, they stand for all prices in between.
        self.lenders_ = X[kept[np.argsort(y[kept], kind="stable")]].astype(np.float32)
        return self

    @cached_property
    def lent(self) -> npt.NDArray[np.bool_]:
        """Fields that some lender says: (FEATURES,)."""
        return np.logical_not(find_missing(self.lenders_).all(axis=0))

    def complete(self, X: Floats, open_fields: FieldFlags) -> Floats:  # noqa: N803
        """Each car filled in COMPLETIONS ways: (n, COMPLETIONS, COLUMNS).

        What no lender says stays missing.
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
            said = [name for name in left_open if not is_missing(of_make, name).all()]
            unsaid = [name for name in left_open if name not in said]
            for names, lenders in ((said, of_make), (unsaid, self.lenders_)):
                size = max(1, MOST_WEIGHTS // max(1, len(lenders)))
                for start in range(0, len(rows) if names else 0, size):
                    block = rows[start : start + size]
                    completed[block] = _fill(completed[block], lenders, names, left_open)
        return completed


def _fill(cars: Floats, lenders: Floats, names: Sequence[str], left_open: Sequence[str]) -> Floats:
    """Cars (n, COMPLETIONS, COLUMNS) with some of their open fields as lenders say."""
    lent_together: dict[tuple[str, ...], dict[bytes, list[int]]] = {}
    for name in names:
        if name == "model" and "make" in left_open:
            continue  # known within its make only: both are lent together
        said = is_missing(lenders, name) == 0
        places = [at for each in (name, *(["model"] * (name == "make"))) for at in PLACES[each]]
        near = tuple(each for each in lent_by(name) if each not in left_open)
        lent_together.setdefault(near, {}).setdefault(said.tobytes(), []).extend(places)
    for near, parts in lent_together.items():
        # Cars that are told alike in these fields are lent the same.
        keys, alike = find_distinct(cars[:, 0, [AT[each] for each in near]])
        weights = _weigh(keys, near, lenders)
        for said, places in parts.items():
            drawn = _draw(weights * np.frombuffer(said, dtype=bool))
            cars[:, :, places] = lenders[:, places][drawn][alike]
    return cars


def _weigh(cars: Floats, fields: Sequence[str], lenders: Floats) -> Floats:
    """How much each lender counts for cars told in some fields (n, fields): (n, lenders)."""
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
    """Lenders drawn at even steps of their weights: places (n, COMPLETIONS)."""
    heights = np.cumsum(weights, axis=1)
    steps = (np.arange(COMPLETIONS) + 0.5) / COMPLETIONS
    return np.array([np.searchsorted(each, steps * each[-1]) for each in heights])


def find_distinct(rows: Floats) -> tuple[Floats, Places]:
    """The distinct rows of a table, and which of them each row is (n,)."""
    if len(rows) == 1:  # where there is nothing to find, looking takes as long as the rest
        return rows, np.zeros(1, dtype=np.intp)
    numbers = np.zeros(len(rows), dtype=np.intp)
    for column in rows.T:
        places, values = pd.factorize(column, use_na_sentinel=False)
        if len(values) > 1:
            numbers = pd.factorize(numbers * len(values) + places)[0]
    first = np.unique(numbers, return_index=True)[1]
    return rows[first], numbers


def _count_earlier(numbers: Floats) -> Places:
    """For each number how often it stands before."""
    order = np.argsort(numbers, kind="stable")
    _, starts, counts = np.unique(numbers[order], return_index=True, return_counts=True)
    earlier = np.empty(len(numbers), dtype=np.intp)
    earlier[order] = np.arange(len(numbers)) - np.repeat(starts, counts)
    return earlier
