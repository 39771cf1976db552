"""From clean listings to numbers: what the model learns about names, and nothing else."""

from collections.abc import Iterable, Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from carprice.listing import BY_NAME, EQUIPMENT, fold

Floats = npt.NDArray[np.floating[Any]]
Places = npt.NDArray[np.intp]

CHOICES = ("fuel", "gearbox", "origin", "condition")
NUMBERS = ("model_year", "mileage_km", "doors", "fiscal_power_cv", "first_owner", *EQUIPMENT)
COLUMNS = ("make", "model", "make_count", "model_count", *CHOICES, *NUMBERS)
"""Columns of the encoded table, in order.

make, model: number of the make, and of the model within its make; 0 when missing or never seen.
make_count, model_count: how many listings of it were seen in training.
fuel, gearbox, origin, condition: place of the choice in `listing.py` from 1; 0 when missing.
The rest: as in the clean table, NaN when missing.
"""

AT: Mapping[str, int] = {name: at for at, name in enumerate(COLUMNS)}
CHOICE_NUMBERS: Mapping[str, Mapping[str, int]] = {
    name: {code: number for number, code in enumerate(BY_NAME[name].choices, 1)} for name in CHOICES
}


class ListingEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Encode clean listings (n rows, the fields of `listing.FEATURES`) as floats (n, COLUMNS).

    A model is known within its make only: some model names stand under two makes.
    """

    def fit(self, listings: pd.DataFrame, y: object = None) -> Self:  # noqa: ARG002
        makes, models = _NameColumn(listings["make"]), _NameColumn(listings["model"])
        self.make_numbers_, self.make_counts_ = _count(makes.keys[makes.places])
        self.model_numbers_, self.model_counts_ = _count(_join(makes, models))
        return self

    def transform(self, listings: pd.DataFrame) -> Floats:
        check_is_fitted(self)
        encoded = np.empty((len(listings), len(COLUMNS)), order="F")
        makes, models = _NameColumn(listings["make"]), _NameColumn(listings["model"])
        make = makes.number(self.make_numbers_)
        model = _number_pairs(makes, models, self.model_numbers_)
        encoded[:, AT["make"]], encoded[:, AT["make_count"]] = make, self.make_counts_[make]
        encoded[:, AT["model"]], encoded[:, AT["model_count"]] = model, self.model_counts_[model]
        for name in CHOICES:
            encoded[:, AT[name]] = _NameColumn(listings[name]).number(
                CHOICE_NUMBERS[name], raw=True
            )
        for name in NUMBERS:
            encoded[:, AT[name]] = listings[name].to_numpy()
        return encoded


class _NameColumn:
    """A column of texts as places into its few distinct ones; the last place is for missing."""

    def __init__(self, texts: pd.Series) -> None:
        if len(texts) == 1:  # factorizing one text costs more than the whole estimate
            text = texts.iloc[0]
            names = [text] if isinstance(text, str) else []
            self.places: Places = np.array([0])
        else:
            places, distinct = pd.factorize(texts)
            names = distinct.tolist()
            self.places = np.where(places < 0, len(names), places)
        self.names = [*names, ""]

    @property
    def keys(self) -> npt.NDArray[np.object_]:
        return np.array([fold(name) for name in self.names], dtype=object)

    def number(self, numbers: Mapping[str, int], *, raw: bool = False) -> Places:
        """Number of each text, spelling-proof unless `raw`; 0 for an unknown one."""
        keys: Iterable[str] = self.names if raw else self.keys
        return np.array([numbers.get(key, 0) for key in keys], dtype=np.intp)[self.places]


def _number_pairs(makes: _NameColumn, models: _NameColumn, numbers: Mapping[str, int]) -> Places:
    """Number of each make and model together; the texts of each distinct pair are joined once."""
    width = len(models.names)
    places, distinct = pd.factorize(makes.places * width + models.places)
    make_keys, model_keys = makes.keys, models.keys
    return np.array(
        [
            numbers.get(_pair_key(make_keys[pair // width], model_keys[pair % width]), 0)
            for pair in distinct
        ],
        dtype=np.intp,
    )[places]


def _join(makes: _NameColumn, models: _NameColumn) -> npt.NDArray[np.object_]:
    pairs = zip(makes.keys[makes.places], models.keys[models.places], strict=True)
    return np.array([_pair_key(make, model) for make, model in pairs], dtype=object)


def _pair_key(make: str, model: str) -> str:
    return f"{make}|{model}" if make and model else ""


def _count(keys: npt.NDArray[np.object_]) -> tuple[dict[str, int], Floats]:
    """Number each distinct key from 1 and count it; number 0, for the unknown, counts 0."""
    names, counts = np.unique(keys[keys != ""].astype(str), return_counts=True)
    numbers = {str(name): number for number, name in enumerate(names, 1)}
    return numbers, np.concatenate([[0.0], counts])
