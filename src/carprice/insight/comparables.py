"""What the model learnt from and was measured on, arranged to answer for one car: pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple, Self

import numpy as np
import pandas as pd

from carprice.arrays import Floats, Places
from carprice.evaluation.metrics import relative_errors
from carprice.insight.catalog import Catalog
from carprice.insight.explanation import complete, find_typical
from carprice.market.listing import ESTIMATE_COLUMNS, HIGH, LOW, TARGET
from carprice.pricing.encoder import AT
from carprice.pricing.price_model import PriceModel, ToldCar
from carprice.pricing.split import split

COMPARABLES = 8
LEAST_RECORD = 30
"""Held-out cars below which a track record would be luck."""
SAME_AGE_YEARS = 3
YEARS_APART = 1.0
KM_APART = 20_000.0
"""How far two adverts of a model are apart: a year counts as much as this many kilometres, or as
another fuel, gearbox or condition."""
NOWHERE = np.array([], dtype=np.intp)


class Likeness(StrEnum):
    """How like a car the held-out ones of a track record are, the closest first."""

    MODEL_AND_AGE = "model_and_age"
    MODEL = "model"
    MAKE_AND_AGE = "make_and_age"
    MAKE = "make"


class TrackRecord(NamedTuple):
    """How estimates of held-out cars like one did.

    rows: how many were like it. coverage_pct, median_error_pct: share of them inside their
    interval, and median error; None where rows are too few to tell.
    """

    likeness: Likeness
    rows: int
    coverage_pct: float | None
    median_error_pct: float | None


class _Names(NamedTuple):
    """Which rows of a table are of each make and model, by the encoder's numbers."""

    makes: Mapping[int, Places]
    models: Mapping[int, Places]

    @classmethod
    def of(cls, encoded: Floats) -> Self:
        return cls(*(_group(encoded[:, AT[name]]) for name in ("make", "model")))


class Reference(NamedTuple):
    """The two sides of the split, the catalog of names, and the typical car of a market.

    complete: the typical car, its open fields filled as is usual. known: training listings.
    unseen: held-out ones, with the estimates of this model beside their price: `estimate`, LOW,
    HIGH, `error_pct`, and `inside`, whether the interval holds the price.
    """

    catalog: Catalog
    typical: ToldCar
    complete: ToldCar
    known: pd.DataFrame
    unseen: pd.DataFrame
    known_names: _Names
    unseen_names: _Names

    @classmethod
    def build(cls, model: PriceModel, listings: pd.DataFrame, holdout_share: float) -> Self:
        """From the clean table that the model was trained on and its held-out share."""
        known, held_out = (side.reset_index(drop=True) for side in split(listings, holdout_share))
        encoded = model.encode(held_out)
        estimates = pd.DataFrame(model.price(encoded), columns=list(ESTIMATE_COLUMNS))
        price = held_out[TARGET]
        unseen = held_out.join(estimates[[LOW, HIGH]]).assign(
            estimate=estimates[TARGET], error_pct=relative_errors(price, estimates),
            inside=price.between(estimates[LOW], estimates[HIGH]),
        )  # fmt: skip
        typical = find_typical(known)
        return cls(
            catalog=Catalog.from_listings(known),
            typical=model.tell(typical),
            complete=model.tell(complete(typical, known)),
            known=known,
            unseen=unseen,
            known_names=_Names.of(model.encode(known)),
            unseen_names=_Names.of(encoded),
        )

    @property
    def sides(self) -> tuple[int, int]:
        """How many listings were learnt from, and how many held out."""
        return len(self.known), len(self.unseen)

    def find_comparables(self, car: ToldCar) -> pd.DataFrame:
        """Training listings of the same model, the most alike first; none of an unknown one."""
        rows = self.known_names.models.get(_number(car, "model"), NOWHERE)
        alike = self.known.iloc[rows]
        return alike.iloc[np.argsort(_distance(alike, car), kind="stable")[:COMPARABLES]]

    def find_record(self, car: ToldCar) -> TrackRecord | None:
        """Record of the closest kind of cars that is large enough; None for a nameless car.

        Where none is, that of the largest kind without figures.
        """
        make, model = _number(car, "make"), _number(car, "model")
        if not make:
            return None
        of_make = self.unseen_names.makes.get(make, NOWHERE)
        of_model = self.unseen_names.models.get(model, NOWHERE)
        kinds = {
            Likeness.MODEL_AND_AGE: self._of_age(of_model, car),
            Likeness.MODEL: of_model,
            Likeness.MAKE_AND_AGE: self._of_age(of_make, car),
            Likeness.MAKE: of_make,
        }
        for likeness, rows in kinds.items():
            if len(rows) >= LEAST_RECORD:
                return self._measure(likeness, rows)
        return TrackRecord(Likeness.MAKE, len(of_make), None, None)

    def _of_age(self, rows: Places, car: ToldCar) -> Places:
        years = self.unseen["model_year"].to_numpy()[rows]
        alike: Places = rows[np.abs(years - car.values["model_year"]) <= SAME_AGE_YEARS]
        return alike

    def _measure(self, likeness: Likeness, rows: Places) -> TrackRecord:
        inside, errors = (self.unseen[name].to_numpy()[rows] for name in ("inside", "error_pct"))
        return TrackRecord(
            likeness, len(rows), 100 * float(inside.mean()), float(np.median(errors))
        )


def _number(car: ToldCar, name: str) -> int:
    """The encoder's number of a make or model; 0 for one never seen."""
    return int(car.encoded[0, AT[name]])


def _group(numbers: Floats) -> dict[int, Places]:
    """Positions of each number but 0, the unknown."""
    order = np.argsort(numbers, kind="stable")
    values, starts = np.unique(numbers[order], return_index=True)
    groups = zip(values.tolist(), np.split(order, starts[1:]), strict=True)
    return {int(number): rows for number, rows in groups if number}


def _distance(listings: pd.DataFrame, car: ToldCar) -> Floats:
    """How far each listing is from the car; what either leaves open does not count."""
    row = car.values
    apart = np.zeros(len(listings))
    for name, unit in (("model_year", YEARS_APART), ("mileage_km", KM_APART)):
        apart += np.nan_to_num(np.abs(listings[name].to_numpy() - row[name]) / unit)
    for name in ("fuel", "gearbox", "condition"):
        if not pd.isna(row[name]):
            other = listings[name].notna() & (listings[name] != row[name])
            apart += other.to_numpy(dtype=float)
    return apart
