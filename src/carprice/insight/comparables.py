"""Comparable adverts of a car and the track record of its kind: pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple, Self

import numpy as np
import pandas as pd

from carprice.arrays import Floats, Places
from carprice.evaluation.metrics import relative_errors
from carprice.insight.catalog import Catalog
from carprice.insight.explanation import complete, find_typical, sum_up
from carprice.market.chosen import MARKET
from carprice.market.listing import ESTIMATE_COLUMNS, HIGH, LOW, TARGET
from carprice.pricing.encoder import AT
from carprice.pricing.price_model import PriceModel, ToldCar
from carprice.pricing.split import Split, split

COMPARABLES = 8
LEAST_RECORD = 30
"""Held-out cars that a track record needs: with fewer, it would be luck."""
LEAST_TYPICAL = 10
"""Adverts of a model, or of a make, that say what is usual for it."""
MOST_TYPICAL = 500
"""Adverts that it is told from; more say the same, and take their time."""
SAME_AGE_YEARS = 3
YEARS_APART = 1.0
KM_APART = 20_000.0
"""Differences in year and kilometres that count as much as another fuel, gearbox or condition."""
NOWHERE = np.array([], dtype=np.intp)


class Likeness(StrEnum):
    """What the held-out cars of a track record share with a car, the closest first."""

    MODEL_AND_AGE = "model_and_age"
    MODEL = "model"
    MAKE_AND_AGE = "make_and_age"
    MAKE = "make"


class TrackRecord(NamedTuple):
    """How well held-out cars of one kind were estimated.

    rows: number of these cars. coverage_pct: share of their prices inside the interval.
    median_error_pct: of their estimates. Both are None where rows are fewer than LEAST_RECORD.
    """

    likeness: Likeness
    rows: int
    coverage_pct: float | None
    median_error_pct: float | None


class _Names(NamedTuple):
    """Rows of a table by make and by model, as the encoder numbers them."""

    makes: Mapping[int, Places]
    models: Mapping[int, Places]

    @classmethod
    def of(cls, encoded: Floats) -> Self:
        return cls(*(_group(encoded[:, AT[name]]) for name in ("make", "model")))


class Reference(NamedTuple):
    """Both sides of the split, with the catalog and the typical car of their market.

    typical: the most common model. complete: the same, its open fields filled as is usual.
    typicals: by make and model, as they are asked for.
    known: training listings. unseen: held-out listings, with the model's `estimate`, LOW, HIGH,
    `error_pct`, and `inside` (whether the interval holds the price).
    """

    catalog: Catalog
    typical: ToldCar
    complete: ToldCar
    known: pd.DataFrame
    unseen: pd.DataFrame
    known_names: _Names
    unseen_names: _Names
    typicals: dict[tuple[int, int], ToldCar]

    @classmethod
    def build(cls, model: PriceModel, listings: pd.DataFrame, by: Split) -> Self:
        """From the clean table that the model was trained on and how that was split."""
        known, held_out = (side.reset_index(drop=True) for side in split(listings, *by))
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
            typicals={},
        )

    @property
    def sides(self) -> tuple[int, int]:
        """Number of training listings and of held-out ones."""
        return len(self.known), len(self.unseen)

    def find_comparables(self, car: ToldCar) -> pd.DataFrame:
        """Training listings of the same model, nearest first; none for an unknown model."""
        rows = self.known_names.models.get(_number(car, "model"), NOWHERE)
        order = np.argsort(_distance(self.known, rows, car), kind="stable")
        return self.known.iloc[rows[order[:COMPARABLES]]]

    def find_typical(self, model: PriceModel, car: ToldCar) -> ToldCar:
        """What is usual for the car's model, else for its make, else for the market."""
        names = _number(car, "make"), _number(car, "model")
        if names not in self.typicals:
            of_make, of_model = self.known_names.makes, self.known_names.models
            found = (of_model.get(names[1], NOWHERE), of_make.get(names[0], NOWHERE))
            rows = next((each for each in found if len(each) >= LEAST_TYPICAL), NOWHERE)
            some = self.known.iloc[rows[:: 1 + len(rows) // MOST_TYPICAL]]
            self.typicals[names] = model.tell(sum_up(some)) if len(rows) else self.typical
        return self.typicals[names]

    def find_record(self, car: ToldCar) -> TrackRecord | None:
        """Track record of the closest kind with LEAST_RECORD cars; None for an unknown make.

        Where every kind is smaller, the number of cars of the make, without figures.
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
                inside = self.unseen["inside"].to_numpy()[rows]
                errors = self.unseen["error_pct"].to_numpy()[rows]
                coverage, error = 100 * float(inside.mean()), float(np.median(errors))
                return TrackRecord(likeness, len(rows), coverage, error)
        return TrackRecord(Likeness.MAKE, len(of_make), None, None)

    def _of_age(self, rows: Places, car: ToldCar) -> Places:
        years = self.unseen["model_year"].to_numpy()[rows]
        alike: Places = rows[np.abs(years - car.values["model_year"]) <= SAME_AGE_YEARS]
        return alike


def _number(car: ToldCar, name: str) -> int:
    """The encoder's number of a make or model; 0 for one never seen."""
    return int(car.encoded[0, AT[name]])


def _group(numbers: Floats) -> dict[int, Places]:
    """Rows of each number; 0, the unknown, is left out."""
    order = np.argsort(numbers, kind="stable")
    values, starts = np.unique(numbers[order], return_index=True)
    groups = zip(values.tolist(), np.split(order, starts[1:]), strict=True)
    return {int(number): rows for number, rows in groups if number}


def _distance(listings: pd.DataFrame, rows: Places, car: ToldCar) -> Floats:
    """Distance of some listings from the car (n,); a field unknown in either does not count.

    A year apart, KM_APART, another fuel, gearbox or condition: each counts as one.
    """
    row = car.values
    apart = np.zeros(len(rows))
    for name, unit in (("model_year", YEARS_APART), ("mileage_km", KM_APART)):
        apart += np.nan_to_num(np.abs(listings[name].to_numpy()[rows] - row[name]) / unit)
    for name in MARKET.priors.alike:
        if not pd.isna(row[name]):
            told = listings[name].take(rows)
            apart += (told.notna() & (told != row[name])).to_numpy(dtype=float)
    return apart
