"""A fitted pipeline as all other rooms ask it: it encodes cars and prices them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd
from sklearn.pipeline import Pipeline

from carprice.arrays import Floats
from carprice.market.table import to_listings
from carprice.pricing.completion import FieldFlags
from carprice.pricing.encoder import Columns
from carprice.pricing.interval import widen
from carprice.pricing.rank import PriceErrors

Clean = Mapping[str, float | str]
"""Clean values of a car by field name; an unknown one is NaN, None or left out."""


class ToldCar(NamedTuple):
    """One car as a person described it, ready to be priced.

    values: clean value of each feature, None or NaN where unknown. encoded: (1, COLUMNS).
    open_fields: features without a value (1, FEATURES).
    """

    values: Clean
    encoded: Floats
    open_fields: FieldFlags


@dataclass(frozen=True)
class PriceModel:
    """A fitted pipeline and what other rooms need of it: the only one to know its steps."""

    pipeline: Pipeline

    @property
    def coverage(self) -> float:
        """The share of prices that intervals are to hold."""
        return float(self.pipeline["price"].coverage)

    @property
    def wide_coverage(self) -> float:
        """The share of prices that wide intervals are to hold, where the model has them."""
        return widen(self.coverage)

    @property
    def equipment(self) -> list[str]:
        """Equipment that the model uses."""
        return [*self.pipeline["price"].equipment]

    @property
    def lacking(self) -> FieldFlags:
        """Fields that adverts leave out often enough to learn from it (FEATURES,)."""
        flags: FieldFlags = self.pipeline["price"].lacking_
        return flags

    @property
    def errors(self) -> PriceErrors | None:
        """Errors of cars that it had not seen; None of models stored before they were kept."""
        errors: PriceErrors | None = getattr(self.pipeline["price"], "errors", None)
        return errors

    def encode(self, listings: pd.DataFrame) -> Floats:
        """Clean listings (one column a feature) encoded as floats (n, COLUMNS)."""
        return self.encode_columns(Columns.of_table(listings))

    def encode_columns(self, cars: Columns) -> Floats:
        """The same as `encode`, of cars that stand in no table."""
        encoded: Floats = self.pipeline["encode"].encode(cars)
        return encoded

    def price(self, encoded: Floats, open_fields: FieldFlags | None = None) -> Floats:
        """Estimates (n, ESTIMATE_COLUMNS); see OpenFieldsMixin.estimate."""
        estimates: Floats = self.pipeline["price"].estimate(encoded, open_fields)
        return estimates

    def tell(self, car: Clean) -> ToldCar:
        """A car from its clean values, open where there are none."""
        columns = Columns.of_table(to_listings([car]))
        return ToldCar(columns.tell(0), self.encode_columns(columns), columns.find_missing())
