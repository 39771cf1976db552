"""A car to an estimate with its interval and what must be said about it: pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from carprice.arrays import Floats
from carprice.language import Language
from carprice.listings.cleaning import NUMBERS, parse_columns
from carprice.listings.parsing import Column, Parsed
from carprice.market.listing import BY_NAME, ESTIMATE_COLUMNS, FEATURES, TARGET
from carprice.pricing.completion import FIELD_AT, FieldFlags
from carprice.pricing.encoder import AT
from carprice.pricing.interval import MASKED
from carprice.pricing.price_model import PriceModel, ToldCar
from carprice.wording import spell
from carprice.wording.remarks import (
    MISSING,
    NOT_ESTIMATED,
    RARE_MODEL,
    UNKNOWN_MAKE,
    UNKNOWN_MODEL,
    describe_problem,
)

CORE = tuple(each for each in FEATURES if BY_NAME[each].needed)
IS_CORE = np.isin(FEATURES, CORE)
FEATURE_NAMES = pd.Index(FEATURES)
NUMERIC_AT = [at for at, name in enumerate(FEATURES) if name in NUMBERS]
LEAST_GIVEN = 3
"""Of the core fields; with fewer, the only honest answer is none."""
RARE_BELOW = 5
SEPARATORS: Mapping[Language, str] = {"fr": " ; ", "en": "; "}
UNUSABLE = ("unreadable", "out_of_range", "placeholder")
"""Endings of the problem codes by which a given value became unknown."""

Rows = npt.NDArray[np.bool_]
Problems = Mapping[str, Rows]
"""By problem code, as in Parsed: the rows that it holds for."""


class CarEstimate(NamedTuple):
    """The answer for one car: prices in DH, None where there is none, and a remark.

    seen: training adverts of its model, or of its make where no model is named; None for a car
    without a name. Below RARE_BELOW of them there is a range and no price: it would be a guess.
    """

    price: float | None
    low: float | None
    high: float | None
    remark: str
    seen: int | None


@dataclass(frozen=True)
class Cars:
    """Cars that were read and encoded once.

    listings: FEATURES, one row a car. encoded: (n, COLUMNS). missing: (n, FEATURES).
    """

    listings: pd.DataFrame
    encoded: Floats
    missing: FieldFlags
    problems: Problems

    def tell(self, at: int) -> ToldCar:
        """One of the cars; what it leaves out is open."""
        row = slice(at, at + 1)
        values = dict(zip(FEATURES, self.listings.iloc[at].tolist(), strict=True))
        return ToldCar(values, self.encoded[row], self.missing[row])


def read_cars(model: PriceModel, answers: Iterable[Mapping[str, str]]) -> Cars:
    """Cars from raw texts by field name; absent or empty ones are unknown."""
    cars = list(answers)
    given = {name for car in cars for name, text in car.items() if text and name in BY_NAME}
    columns = {name: Column.of_texts(car.get(name) for car in cars) for name in given}
    typed = parse_columns(columns, len(cars))
    values = np.full((len(cars), len(FEATURES)), None, dtype=object)
    values[:, NUMERIC_AT] = typed.numbers[:, [NUMBERS.index(FEATURES[at]) for at in NUMERIC_AT]]
    for name in typed.texts.keys() & FIELD_AT:
        values[:, FIELD_AT[name]] = typed.texts[name].spread(typed.texts[name].distinct, object)
    # All in one block: of one column a field, a table takes longer to build than the price.
    listings = pd.DataFrame(values, columns=FEATURE_NAMES, dtype=object, copy=False)
    return Cars(listings, model.encode(listings), pd.isna(values), typed.problems)


def estimate_car(
    model: PriceModel, answers: Mapping[str, str], language: Language = "fr"
) -> CarEstimate:
    """The estimate of one car from raw texts by field name."""
    return estimate_told(model, read_cars(model, [answers]), language)[0]


def estimate_told(model: PriceModel, cars: Cars, language: Language = "fr") -> list[CarEstimate]:
    """One CarEstimate a car; what a person leaves open is answered as open."""
    prices, remarks, seen = _estimate(model, cars, cars.missing, language)
    counts = [None if np.isnan(count) else int(count) for count in seen.tolist()]
    return [
        CarEstimate(None if is_guess(count) else price, low, high, remark, count)
        for (price, low, high), remark, count in zip(
            (map(_or_none, row) for row in prices.tolist()), remarks, counts, strict=True
        )
    ]


def estimate_adverts(model: PriceModel, parsed: Parsed, language: Language = "fr") -> pd.DataFrame:
    """Estimates of adverts in DH (ESTIMATE_COLUMNS, NaN where there is none), and remarks, by row.

    What adverts lack by themselves is absent here too where a file says so by an empty cell; a
    file without the column says nothing.
    remark: what must be said, empty where nothing. seen: training adverts of a car's model, or of
    its make where no model is named; NaN without a name.
    """
    listings = parsed.values[list(FEATURES)]
    problems = {code: rows.to_numpy() for code, rows in parsed.problems.items()}
    cars = Cars(listings, model.encode(listings), listings.isna().to_numpy(), problems)
    told = np.isin(FEATURES, list(parsed.told))
    absent = model.lacking & told & ~_find_unusable(cars)
    prices, remarks, seen = _estimate(model, cars, cars.missing & ~absent, language)
    answer = pd.DataFrame(prices, listings.index, list(ESTIMATE_COLUMNS))
    return answer.assign(remark=remarks, seen=seen)


def is_guess(seen: int | None) -> bool:
    """Whether too few adverts like a car were seen to name a price."""
    return seen is not None and seen < RARE_BELOW


def _or_none(amount: float) -> float | None:
    return None if np.isnan(amount) else amount


def _estimate(
    model: PriceModel, cars: Cars, open_fields: FieldFlags, language: Language
) -> tuple[Floats, npt.NDArray[np.object_], Floats]:
    """Prices (n, ESTIMATE_COLUMNS), remarks (n,) and adverts seen (n,): see estimate_adverts."""
    prices = model.price(cars.encoded, open_fields)
    given = np.sum(~cars.missing[:, IS_CORE], axis=1)
    hopeless = given < LEAST_GIVEN
    prices[hopeless] = np.nan
    remarks = _join(len(prices), _remark(cars, language), SEPARATORS[language])
    remarks[hopeless] = [
        NOT_ESTIMATED.say(language, given=known, needed=len(CORE), least=LEAST_GIVEN)
        for known in given[hopeless]
    ]
    return prices, remarks, _count_seen(cars)


def _find_unusable(cars: Cars) -> FieldFlags:
    """Fields that hold something of which nothing could be used."""
    unusable = np.zeros_like(cars.missing)
    for at, name in enumerate(FEATURES):
        for code in (f"{name}_{trouble}" for trouble in UNUSABLE):
            if code in cars.problems:
                unusable[:, at] |= cars.problems[code]
    return unusable


def _count_seen(cars: Cars) -> Floats:
    of_make, of_model = _count_adverts(cars)
    no_make, no_model = (cars.missing[:, FIELD_AT[name]] for name in ("make", "model"))
    return np.where(no_make, np.nan, np.where(no_model, of_make, of_model))


def _count_adverts(cars: Cars) -> tuple[Floats, Floats]:
    """Training adverts of each car's make and model: two arrays (n,)."""
    return cars.encoded[:, AT["make_count"]], cars.encoded[:, AT["model_count"]]


def _remark(cars: Cars, language: Language) -> Iterator[tuple[Rows, str]]:
    """Each sentence with the rows that it is said of."""
    makes, models = _count_adverts(cars)
    named = ~cars.missing
    yield named[:, FIELD_AT["make"]] & (makes == 0), UNKNOWN_MAKE.say(language)
    yield named[:, FIELD_AT["model"]] & (models == 0) & (makes > 0), UNKNOWN_MODEL.say(language)
    yield (models > 0) & (models < RARE_BELOW), RARE_MODEL.say(language, least=RARE_BELOW)
    for code, rows in cars.problems.items():
        if not code.startswith(TARGET):
            yield rows, describe_problem(code, language)
    # What was given but could not be used is said by itself.
    left_out = cars.missing & ~_find_unusable(cars)
    names = ((left_out[:, FIELD_AT[name]], spell.label(name, language)) for name in MASKED)
    absent = _join(len(left_out), names, ", ")
    for labels in set(absent) - {""}:
        yield absent == labels, MISSING.say(language, labels=labels)


def _join(rows: int, parts: Iterator[tuple[Rows, str]], separator: str) -> npt.NDArray[np.object_]:
    """One text a row: the parts that hold for it, in order."""
    joined = np.full(rows, "", dtype=object)
    for holds, part in parts:
        joined[holds & (joined != "")] += separator
        joined[holds] += part
    return joined


def spell_estimates(answer: pd.DataFrame) -> list[list[str]]:
    """Cells of `texts.COLUMNS` for each row: whole dirhams, empty where there is no estimate."""
    prices = answer[list(ESTIMATE_COLUMNS)].round().astype("Int64").astype("str").fillna("")
    columns = (prices[name].tolist() for name in prices)  # cell by cell, Arrow is slow
    return [*map(list, zip(*columns, answer["remark"].tolist(), strict=True))]
