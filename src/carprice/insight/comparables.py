"""Comparable adverts of a car and the track record of its kind: pure."""

from collections.abc import Mapping
from enum import StrEnum
from itertools import islice
from typing import NamedTuple, Self

import numpy as np
import pandas as pd

from carprice.arrays import Floats, Places
from carprice.evaluation.metrics import relative_errors
from carprice.insight.catalog import Catalog
from carprice.insight.explanation import find_typical, sum_up
from carprice.market.chosen import MARKET
from carprice.market.listing import ESTIMATE_COLUMNS, FEATURES, HIGH, LOW, TARGET
from carprice.pricing.completion import FIELD_AT, find_missing
from carprice.pricing.encoder import AT
from carprice.pricing.interval import blank
from carprice.pricing.price_model import Clean, PriceModel, ToldCar
from carprice.pricing.split import Split, split

COMPARABLES = 8
LEAST_RECORD = 30
"""Held-out cars that a track record needs: with fewer, it would be luck."""
MOST_RECORD = 200
"""Held-out cars that it is measured on anew for each car; more would take their time."""
RECORDS_KEPT = 1_000
LEAST_BESIDE = 4
MOST_ON_ONE_SIDE = 7 / 8
"""From this share of comparable adverts on one side of an estimate, people are told of it."""
LEAST_TYPICAL = 10
"""Adverts of a model, or of a make, that say what is usual for it."""
MOST_ALIKE = 500
"""Adverts that it is told from; more say the same, and take their time."""
EXAMPLES = 3
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


class Side(StrEnum):
    """What most comparable adverts are, beside an estimate."""

    CHEAPER = "cheaper"
    DEARER = "dearer"


class TrackRecord(NamedTuple):
    """How well held-out cars of one kind were estimated, the same fields left open.

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
    """Both sides of the split, with the catalog of their market.

    typicals: usual cars by make and model, as they are asked for.
    examples: a usual car of each of the most common makes, of its most common model.
    records: by kind and open fields, as they are asked for.
    known: training listings. unseen: held-out listings, with the model's `estimate`, LOW, HIGH and
    `error_pct`.
    """

    catalog: Catalog
    known: pd.DataFrame
    unseen: pd.DataFrame
    known_names: _Names
    unseen_names: _Names
    examples: list[Clean]
    typicals: dict[tuple[int, int], ToldCar]
    records: dict[tuple[object, ...], TrackRecord]

    @classmethod
    def build(cls, model: PriceModel, listings: pd.DataFrame, by: Split) -> Self:
        """From the clean table that the model was trained on and how that was split."""
        known, held_out = (side.reset_index(drop=True) for side in split(listings, *by))
        encoded = model.encode(held_out)
        estimates = pd.DataFrame(model.price(encoded), columns=list(ESTIMATE_COLUMNS))
        unseen = held_out.join(estimates[[LOW, HIGH]]).assign(
            estimate=estimates[TARGET], error_pct=relative_errors(held_out[TARGET], estimates)
        )  # fmt: skip
        return cls(
            catalog=Catalog.from_listings(known),
            known=known,
            unseen=unseen,
            known_names=_Names.of(model.encode(known)),
            unseen_names=_Names.of(encoded),
            examples=_find_examples(known),
            typicals={},
            records={},
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

    def find_alike(self, car: ToldCar) -> pd.DataFrame:
        """Some training listings of the car's model, else of its make, else of the market."""
        alike = self._find_named(car)
        rows = np.arange(len(self.known)) if alike is NOWHERE else alike
        return self.known.iloc[rows[:: 1 + len(rows) // MOST_ALIKE]]

    def find_typical(self, model: PriceModel, car: ToldCar) -> ToldCar:
        """What is usual for the car's model, else for its make, else the most common model."""
        names = _number(car, "make"), _number(car, "model")
        if names not in self.typicals:
            unnamed = self._find_named(car) is NOWHERE
            typical = find_typical(self.known) if unnamed else sum_up(self.find_alike(car))
            self.typicals[names] = model.tell(typical)
        return self.typicals[names]

    def _find_named(self, car: ToldCar) -> Places:
        """Training listings of the car's model, else of its make, where there are enough."""
        of_make, of_model = self.known_names.makes, self.known_names.models
        kinds = (
            of_model.get(_number(car, "model"), NOWHERE),
            of_make.get(_number(car, "make"), NOWHERE),
        )
        return next((rows for rows in kinds if len(rows) >= LEAST_TYPICAL), NOWHERE)

    def find_record(self, model: PriceModel, car: ToldCar) -> TrackRecord | None:
        """Track record of the closest kind with LEAST_RECORD cars; None for an unknown make.

        Where every kind is smaller, the number of cars of the make, without figures.
        """
        make = _number(car, "make")
        if not make:
            return None
        of_make = self.unseen_names.makes.get(make, NOWHERE)
        of_model = self.unseen_names.models.get(_number(car, "model"), NOWHERE)
        kinds = {
            Likeness.MODEL_AND_AGE: self._of_age(of_model, car),
            Likeness.MODEL: of_model,
            Likeness.MAKE_AND_AGE: self._of_age(of_make, car),
            Likeness.MAKE: of_make,
        }
        for likeness, rows in kinds.items():
            if len(rows) >= LEAST_RECORD:
                return self._measure_record(model, likeness, rows, car)
        return TrackRecord(Likeness.MAKE, len(of_make), None, None)

    def _measure_record(
        self, model: PriceModel, likeness: Likeness, rows: Places, car: ToldCar
    ) -> TrackRecord:
        """The record of some held-out cars, asked as if they said as little as this one."""
        named = (_number(car, "make"), _number(car, "model"), car.values["model_year"])
        asked = (likeness, *named, car.open_fields.tobytes())
        if asked not in self.records:
            if len(self.records) >= RECORDS_KEPT:
                self.records.clear()
            listings = self.unseen.iloc[rows[:: 1 + len(rows) // MOST_RECORD]]
            encoded = model.encode(listings)
            for name in FEATURES:
                if car.open_fields[0, FIELD_AT[name]]:
                    encoded = blank(encoded, name)
            answers = model.price(encoded, find_missing(encoded))
            estimates = pd.DataFrame(answers, listings.index, list(ESTIMATE_COLUMNS))
            inside = listings[TARGET].between(estimates[LOW], estimates[HIGH])
            errors = relative_errors(listings[TARGET], estimates)
            self.records[asked] = TrackRecord(
                likeness, len(listings), 100 * float(inside.mean()), float(np.median(errors))
            )
        return self.records[asked]

    def _of_age(self, rows: Places, car: ToldCar) -> Places:
        years = self.unseen["model_year"].to_numpy()[rows]
        alike: Places = rows[np.abs(years - car.values["model_year"]) <= SAME_AGE_YEARS]
        return alike


def find_side(comparables: pd.DataFrame, price: float) -> tuple[Side, int] | None:
    """Where most comparable adverts lie beside an estimate, and how many; None if on both."""
    below = int((comparables[TARGET] < price).sum())
    counts = {Side.CHEAPER: below, Side.DEARER: len(comparables) - below}
    side = max(counts, key=counts.__getitem__)
    enough = len(comparables) >= LEAST_BESIDE
    return (
        (side, counts[side])
        if enough and counts[side] >= MOST_ON_ONE_SIDE * len(comparables)
        else None
    )


def _find_examples(known: pd.DataFrame) -> list[Clean]:
    models = known[["make", "model"]].value_counts().reset_index().drop_duplicates("make")
    names = zip(models["make"], models["model"], strict=True)
    alike = (known["make"].eq(make) & known["model"].eq(model) for make, model in names)
    return [sum_up(known[rows]) for rows in islice(alike, EXAMPLES)]


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
