"""From clean listings to numbers: what the model learns about names, and nothing else."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from carprice.arrays import Floats, Places
from carprice.market.fields import Kind, fold
from carprice.market.listing import BY_NAME, EQUIPMENT, FEATURES


def _features(*kinds: Kind) -> tuple[str, ...]:
    return tuple(name for name in FEATURES if BY_NAME[name].kind in kinds)


CHOICES = _features(Kind.CHOICE)
YES_NO = _features(Kind.YES_NO)
NUMBERS = (*_features(Kind.NUMBER, Kind.MILEAGE), *YES_NO)
COLUMNS = ("make", "model", "make_count", "model_count", *CHOICES, *NUMBERS)
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


class ListingEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Encode clean listings (n rows, the fields of `listing.FEATURES`) as floats (n, COLUMNS).

    A model is known within its make only: some model names stand under two makes.
    """

    def fit(self, listings: pd.DataFrame, y: object = None) -> Self:  # noqa: ARG002
        makes, models = _read_names(listings["make"]), _read_names(listings["model"])
        self.make_numbers_, self.make_counts_ = makes.count()
        self.model_numbers_, self.model_counts_ = _pair(makes, models).count()
        return self

    def transform(self, listings: pd.DataFrame) -> Floats:
        check_is_fitted(self)
        encoded = np.empty((len(listings), len(COLUMNS)), order="F")
        makes, models = _read_names(listings["make"]), _read_names(listings["model"])
        make = makes.number(self.make_numbers_)
        model = _pair(makes, models).number(self.model_numbers_)
        encoded[:, AT["make"]], encoded[:, AT["make_count"]] = make, self.make_counts_[make]
        encoded[:, AT["model"]], encoded[:, AT["model_count"]] = model, self.model_counts_[model]
        for name in CHOICES:
            encoded[:, AT[name]] = _read_texts(listings[name]).number(CHOICE_NUMBERS[name])
        for name in NUMBERS:
            encoded[:, AT[name]] = listings[name].to_numpy()
        return encoded


@dataclass(frozen=True)
class _Texts:
    """A column of texts: the few it holds, some perhaps twice, and which of them each row has.

    The empty text stands for a missing one.
    """

    known: list[str]
    places: Places

    def number(self, numbers: Mapping[str, int]) -> Places:
        """Number of each row's text; 0 for an unknown one."""
        return np.array([numbers.get(text, 0) for text in self.known], dtype=np.intp)[self.places]

    def count(self) -> tuple[dict[str, int], Floats]:
        """Number each text from 1 and count its rows; number 0, for the unknown, counts 0."""
        totals: Counter[str] = Counter()
        rows = np.bincount(self.places, minlength=len(self.known))
        for text, count in zip(self.known, rows.tolist(), strict=True):
            totals[text] += count
        del totals[""]
        names = sorted(totals)
        numbers = {name: number for number, name in enumerate(names, 1)}
        return numbers, np.array([0.0, *(totals[name] for name in names)])


def _read_texts(column: pd.Series) -> _Texts:
    if len(column) == 1:  # factorizing one text costs more than the whole estimate
        text = column.iloc[0]
        return _Texts([text if isinstance(text, str) else "", ""], np.array([0]))
    places, distinct = pd.factorize(column)
    return _Texts([*distinct, ""], places % (len(distinct) + 1))  # -1, missing, becomes the last


def _read_names(column: pd.Series) -> _Texts:
    """Texts in their spelling-proof form."""
    texts = _read_texts(column)
    return _Texts([fold(text) for text in texts.known], texts.places)


def _pair(makes: _Texts, models: _Texts) -> _Texts:
    """Make and model together; each distinct pair is joined once."""
    width = len(models.known)
    places, distinct = pd.factorize(makes.places * width + models.places)
    pairs = [(makes.known[pair // width], models.known[pair % width]) for pair in distinct]
    return _Texts([f"{make}|{model}" if make and model else "" for make, model in pairs], places)


def known_equipment(places: Places) -> list[str]:
    """Equipment among the columns that a model learnt from, given their places in COLUMNS."""
    return [name for name in EQUIPMENT if AT[name] in places]
