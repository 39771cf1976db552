"""Estimates of cars, with their intervals and remarks: pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from carprice.arrays import Floats
from carprice.language import Language
from carprice.listings.cleaning import NUMBERS, parse_columns, parse_listings
from carprice.listings.given import spell_table
from carprice.listings.parsing import Column, Parsed
from carprice.market.listing import BY_NAME, ESTIMATE_COLUMNS, FEATURES, HOME, TARGET
from carprice.market.problems import Problem, ProblemKind
from carprice.pricing.completion import FIELD_AT, FieldFlags
from carprice.pricing.encoder import AT, Columns
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
NUMERIC_AT = {name: at for at, name in enumerate(NUMBERS) if name in FIELD_AT}
"""Where the numbers of a car stand among those that cleaning corrects."""
LEAST_GIVEN = 3
"""Core fields that must be known for an estimate."""
RARE_BELOW = 5
SEPARATORS: Mapping[Language, str] = {"fr": " ; ", "en": "; "}
UNUSABLE = (ProblemKind.UNREADABLE, ProblemKind.OUT_OF_RANGE, ProblemKind.PLACEHOLDER)
"""Problems by which a given value became unknown."""

Rows = npt.NDArray[np.bool_]
Problems = Mapping[Problem, Rows]
"""The rows that have each problem."""


class CarEstimate(NamedTuple):
    """The answer for one car: prices, None where there is none, and a remark.

    low, high: the interval; wide_low, wide_high: the wide one, None as well where the model was
    stored before there was one.

    seen: training adverts of its model, or of its make where no model is named; None for a car
    without a name. Below RARE_BELOW of them there is a range and no price: it would be a guess.
    """

    price: float | None
    low: float | None
    high: float | None
    wide_low: float | None
    wide_high: float | None
    remark: str
    seen: int | None


@dataclass(frozen=True)
class Cars:
    """Cars, read and encoded once.

    columns: their clean values. encoded: (n, COLUMNS). missing: fields without a value
    (n, FEATURES).
    """

    columns: Columns
    encoded: Floats
    missing: FieldFlags
    problems: Problems

    @classmethod
    def of_columns(cls, model: PriceModel, columns: Columns, problems: Problems) -> Self:
        return cls(columns, model.encode_columns(columns), columns.find_missing(), problems)

    def tell(self, at: int) -> ToldCar:
        """The car in row `at`; its missing fields are open."""
        row = slice(at, at + 1)
        return ToldCar(self.columns.tell(at), self.encoded[row], self.missing[row])


def read_cars(model: PriceModel, answers: Iterable[Mapping[str, str]]) -> Cars:
    """Cars from raw texts by field name; an absent or empty text is unknown."""
    cars = list(answers)
    given = {name for car in cars for name, text in car.items() if text and name in BY_NAME}
    columns = {name: Column.of_texts(car.get(name) for car in cars) for name in given}
    typed = parse_columns(columns, len(cars))
    texts = {name: column for name, column in typed.texts.items() if name in FIELD_AT}
    numbers = {name: typed.numbers[:, at] for name, at in NUMERIC_AT.items()}
    return Cars.of_columns(model, Columns(texts, numbers), typed.problems)


def estimate_car(
    model: PriceModel, answers: Mapping[str, str], language: Language = HOME
) -> CarEstimate:
    """The estimate of one car from raw texts by field name."""
    return estimate_told(model, read_cars(model, [answers]), language)[0]


def estimate_told(
    model: PriceModel, cars: Cars, language: Language = HOME, *, name_missing: bool = True
) -> list[CarEstimate]:
    """One CarEstimate a car, in their order; all missing fields are open.

    name_missing: whether remarks name them.
    """
    prices, remarks, seen = _estimate(
        model, cars, cars.missing, language, name_missing=name_missing
    )
    amounts = prices.astype(object)
    amounts[np.isnan(prices)] = None
    counts = [None if np.isnan(count) else int(count) for count in seen.tolist()]
    return [
        CarEstimate(None if is_guess(count) else price, low, high, wide_low, wide_high, told, count)
        for (price, low, high, wide_low, wide_high), told, count in zip(
            amounts.tolist(), remarks, counts, strict=True
        )
    ]


def estimate_adverts(model: PriceModel, parsed: Parsed, language: Language = HOME) -> pd.DataFrame:
    """One row an advert: ESTIMATE_COLUMNS, `remark` and `seen`.

    Prices are NaN where too little is known; a remark is empty where there is nothing to say.
    seen: training adverts of the car's model, or of its make where no model is named; NaN without
    a name. A missing field that adverts often leave out counts as left out where its column holds
    a cell in any row; where the file has no such column, it is open.
    """
    problems = {code: rows.to_numpy() for code, rows in parsed.problems.items()}
    cars = Cars.of_columns(model, Columns.of_table(parsed.values), problems)
    told = np.isin(FEATURES, list(parsed.told))
    absent = model.lacking & told & ~_find_unusable(cars)
    prices, remarks, seen = _estimate(
        model, cars, cars.missing & ~absent, language, name_missing=True
    )
    answer = pd.DataFrame(prices, parsed.values.index, list(ESTIMATE_COLUMNS))
    return answer.assign(remark=remarks, seen=seen)


def estimate_table(
    model: PriceModel, table: pd.DataFrame, language: Language = HOME
) -> pd.DataFrame:
    """ESTIMATE_COLUMNS and `remark` of a table of cars as people write it, its index kept."""
    parsed = parse_listings(spell_table(table))
    return estimate_adverts(model, parsed, language).drop(columns="seen")


def is_guess(seen: int | None) -> bool:
    """Whether too few adverts like a car were seen to name a price."""
    return seen is not None and seen < RARE_BELOW


def _estimate(
    model: PriceModel,
    cars: Cars,
    open_fields: FieldFlags,
    language: Language,
    *,
    name_missing: bool,
) -> tuple[Floats, npt.NDArray[np.object_], Floats]:
    """Prices (n, ESTIMATE_COLUMNS), remarks (n,) and adverts seen (n,): see estimate_adverts."""
    prices = model.price(cars.encoded, open_fields)
    given = np.sum(~cars.missing[:, IS_CORE], axis=1)
    hopeless = given < LEAST_GIVEN
    prices[hopeless] = np.nan
    parts = chain(_remark(cars, language), _name_missing(cars, language) if name_missing else ())
    remarks = _join(len(prices), parts, SEPARATORS[language])
    remarks[hopeless] = [
        NOT_ESTIMATED.say(language, given=known, needed=len(CORE), least=LEAST_GIVEN)
        for known in given[hopeless]
    ]
    return prices, remarks, _count_seen(cars)


def _find_unusable(cars: Cars) -> FieldFlags:
    """Fields with a text that could not be used (n, FEATURES)."""
    unusable = np.zeros_like(cars.missing)
    for problem, rows in cars.problems.items():
        if problem.kind in UNUSABLE and problem.field in FIELD_AT:
            unusable[:, FIELD_AT[problem.field]] |= rows
    return unusable


def _count_seen(cars: Cars) -> Floats:
    of_make, of_model = _count_adverts(cars)
    no_make, no_model = (cars.missing[:, FIELD_AT[name]] for name in ("make", "model"))
    return np.where(no_make, np.nan, np.where(no_model, of_make, of_model))


def _count_adverts(cars: Cars) -> tuple[Floats, Floats]:
    """Training adverts of each car's make and model: two arrays (n,)."""
    return cars.encoded[:, AT["make_count"]], cars.encoded[:, AT["model_count"]]


def find_unknown_names(cars: Cars) -> dict[str, Rows]:
    """The rows whose make, or whose model of a known make, no training advert had."""
    makes, models = _count_adverts(cars)
    named = ~cars.missing
    return {
        "make": named[:, FIELD_AT["make"]] & (makes == 0),
        "model": named[:, FIELD_AT["model"]] & (models == 0) & (makes > 0),
    }


def _remark(cars: Cars, language: Language) -> Iterator[tuple[Rows, str]]:
    """Each sentence of a remark, with the rows that it holds for."""
    _, models = _count_adverts(cars)
    unknown = find_unknown_names(cars)
    yield unknown["make"], UNKNOWN_MAKE.say(language)
    yield unknown["model"], UNKNOWN_MODEL.say(language)
    yield (models > 0) & (models < RARE_BELOW), RARE_MODEL.say(language, least=RARE_BELOW)
    for problem, rows in cars.problems.items():
        if problem.field != TARGET:
            yield rows, describe_problem(problem, language)


def _name_missing(cars: Cars, language: Language) -> Iterator[tuple[Rows, str]]:
    """The sentences that name missing fields, with the rows that they hold for."""
    # A text that could not be used has a sentence of its own.
    left_out = cars.missing & ~_find_unusable(cars)
    names = ((left_out[:, FIELD_AT[name]], spell.label(name, language)) for name in MASKED)
    absent = _join(len(left_out), names, ", ")
    for labels in set(absent) - {""}:
        yield absent == labels, MISSING.say(language, labels=labels)


def _join(rows: int, parts: Iterable[tuple[Rows, str]], separator: str) -> npt.NDArray[np.object_]:
    """The parts that hold for each row, joined in their order (n,)."""
    joined = np.full(rows, "", dtype=object)
    for holds, part in parts:
        at = np.flatnonzero(holds)
        joined[at] = [f"{said}{separator}{part}" if said else part for said in joined[at]]
    return joined


def spell_estimates(answer: pd.DataFrame) -> list[list[str]]:
    """Cells of `texts.COLUMNS` for each row: whole dirhams, empty where there is no estimate."""
    prices = answer[list(ESTIMATE_COLUMNS)].round().astype("Int64").astype("str").fillna("")
    columns = (prices[name].tolist() for name in prices)  # cell by cell, Arrow is slow
    return [*map(list, zip(*columns, answer["remark"].tolist(), strict=True))]
