"""From clean listings to numbers: what the model learns about names, and nothing else."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from carprice.arrays import Floats, Places
from carprice.listings.parsing import Column, Flags
from carprice.market.fields import Kind, fold
from carprice.market.listing import BY_NAME, FEATURES


def _features(*kinds: Kind) -> tuple[str, ...]:
    return tuple(name for name in FEATURES if BY_NAME[name].kind in kinds)


NAMES = ("make", "model")
CHOICES = _features(Kind.CHOICE)
YES_NO = _features(Kind.YES_NO)
NUMBERS = (*_features(Kind.NUMBER, Kind.MILEAGE), *YES_NO)
COLUMNS = (*NAMES, "make_count", "model_count", *CHOICES, *NUMBERS)
"""Columns of the encoded table, in order.

make, model: number of the make, and of the model within its make; 0 when missing or never seen.
make_count, model_count: how many listings of it were seen in training.
Choices: place among those of the market from 1; 0 when missing.
The rest: as in the clean table, NaN when missing.
"""

AT: Mapping[str, int] = {name: at for at, name in enumerate(COLUMNS)}
PLACES: Mapping[str, list[int]] = {
    name: [AT[each] for each in (name, f"{name}_count") if each in AT] for name in FEATURES
}
"""Which columns a field is encoded in."""
CHOICE_NUMBERS: Mapping[str, Mapping[str, int]] = {
    name: {code: number for number, code in enumerate(BY_NAME[name].choices, 1)} for name in CHOICES
}


@dataclass(frozen=True)
class Columns:
    """Clean values of cars, column by column: for one car a table is slower than its price.

    texts: names and choices; a field without a column is unknown.
    numbers: a column (n,) for each of NUMBERS, NaN where unknown.
    """

    texts: Mapping[str, Column]
    numbers: Mapping[str, Floats]

    @classmethod
    def of_table(cls, listings: pd.DataFrame) -> Self:
        """Columns of a clean table, whatever pandas holds its texts in."""
        texts = {name: Column.of_series(listings[name]) for name in (*NAMES, *CHOICES)}
        return cls(texts, {name: listings[name].to_numpy() for name in NUMBERS})

    @property
    def rows(self) -> int:
        return len(self.numbers[NUMBERS[0]])

    def find_missing(self) -> Flags:
        """Fields without a value (n, FEATURES)."""
        missing = np.ones((self.rows, len(FEATURES)), dtype=bool)
        for at, name in enumerate(FEATURES):
            if name in self.numbers:
                missing[:, at] = np.isnan(self.numbers[name])
            elif name in self.texts:
                column = self.texts[name]
                unknown = [text is None for text in column.distinct]
                missing[:, at] = column.spread([*unknown, True], bool)
        return missing

    def tell(self, at: int) -> dict[str, Any]:
        """Clean value of each feature of the car in row `at`, None or NaN where unknown."""
        values: dict[str, Any] = dict.fromkeys(FEATURES)
        values |= {name: column.item(at) for name, column in self.numbers.items()}
        for name, (places, distinct) in self.texts.items():
            values[name] = distinct[places[at]] if places[at] >= 0 else None
        return values


class ListingEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Encode clean listings (n rows, the fields of `listing.FEATURES`) as floats (n, COLUMNS).

    A model is known within its make only: some model names stand under two makes.
    """

    def fit(self, listings: pd.DataFrame, y: object = None) -> Self:  # noqa: ARG002
        makes, models = (_fold(Column.of_series(listings[name])) for name in NAMES)
        self.make_numbers_, self.make_counts_ = _count(makes)
        self.model_numbers_, self.model_counts_ = _count(_pair(makes, models))
        return self

    def transform(self, listings: pd.DataFrame) -> Floats:
        return self.encode(Columns.of_table(listings))

    def encode(self, cars: Columns) -> Floats:
        """The same cars as floats (n, COLUMNS)."""
        check_is_fitted(self)
        encoded = np.empty((cars.rows, len(COLUMNS)), order="F")
        unknown = Column(np.full(cars.rows, -1), [])
        makes, models = (_fold(cars.texts.get(name, unknown)) for name in NAMES)
        make = _number(makes, self.make_numbers_)
        model = _number(_pair(makes, models), self.model_numbers_)
        encoded[:, AT["make"]], encoded[:, AT["make_count"]] = make, self.make_counts_[make]
        encoded[:, AT["model"]], encoded[:, AT["model_count"]] = model, self.model_counts_[model]
        for name in CHOICES:
            encoded[:, AT[name]] = _number(cars.texts.get(name, unknown), CHOICE_NUMBERS[name])
        for name in NUMBERS:
            encoded[:, AT[name]] = cars.numbers[name]
        return encoded


def _fold(names: Column) -> Column:
    """Names in their spelling-proof form, some perhaps twice; a missing one is empty."""
    folded = [fold(text) if text else "" for text in names.distinct]
    return Column(names.places % (len(folded) + 1), [*folded, ""])  # -1, missing, becomes the last


def _pair(makes: Column, models: Column) -> Column:
    """Make and model together, both folded; empty where either is."""
    width = len(models.distinct)
    pairs = makes.places * width + models.places
    if len(pairs) > 1:  # each distinct pair is joined once
        places, distinct = pd.factorize(pairs)
    else:  # factorizing a single one takes longer than encoding it
        places, distinct = np.zeros_like(pairs), pairs
    named = [(makes.distinct[pair // width], models.distinct[pair % width]) for pair in distinct]
    return Column(places, [f"{make}|{model}" if make and model else "" for make, model in named])


def _number(texts: Column, numbers: Mapping[str, int]) -> Places:
    """Number of each row's text (n,); 0 for an unknown one."""
    return texts.spread([*(numbers.get(text, 0) for text in texts.distinct), 0], np.intp)


def _count(names: Column) -> tuple[dict[str, int], Floats]:
    """Number each name from 1 and count its rows; number 0, for the unknown, counts 0."""
    totals: Counter[str] = Counter()
    rows = np.bincount(names.places, minlength=len(names.distinct))
    for name, count in zip(names.distinct, rows.tolist(), strict=True):
        totals[name] += count
    del totals[""]
    known = sorted(totals)
    numbers = {name: number for number, name in enumerate(known, 1)}
    return numbers, np.array([0.0, *(totals[name] for name in known)])
