"""A car to an estimate with its interval and what must be said about it: pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.pipeline import Pipeline

from carprice.arrays import Floats
from carprice.language import Language
from carprice.listings.cleaning import parse_listings
from carprice.listings.parsing import Parsed
from carprice.market.listing import BY_NAME, ESTIMATE_COLUMNS, FEATURES, FIELDS, TARGET
from carprice.market.problems import Problem, ProblemKind
from carprice.pricing.completion import FieldFlags
from carprice.pricing.encoder import AT
from carprice.pricing.interval import MASKED
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
LEAST_GIVEN = 3
"""Of the core fields; with fewer, the only honest answer is none."""
RARE_BELOW = 5
SEPARATORS: Mapping[Language, str] = {"fr": " ; ", "en": "; "}
UNUSABLE = (ProblemKind.UNREADABLE, ProblemKind.OUT_OF_RANGE, ProblemKind.PLACEHOLDER)
"""Problems by which a given value became unknown."""

Rows = npt.NDArray[np.bool_]
Missing = Mapping[str, Rows]
"""By feature: the rows of which it is not known."""


def estimate(pipeline: Pipeline, parsed: Parsed, language: Language = "fr") -> pd.DataFrame:
    """Estimates of adverts in DH (ESTIMATE_COLUMNS, NaN where there is none), and remarks, by row.

    What adverts lack by themselves is absent here too where a file says so by an empty cell; a
    file without the column says nothing.
    remark: what must be said, empty where nothing. seen: training adverts of a car's model, or of
    its make where no model is named; NaN without a name.
    """
    missing = _find_missing(parsed)
    told = np.isin(FEATURES, list(parsed.told))
    absent = pipeline["price"].lacking_ & told & ~_find_unusable(parsed)
    prices, remarks, seen = _estimate(pipeline, parsed, missing & ~absent, language)
    answer = pd.DataFrame(prices, parsed.values.index, list(ESTIMATE_COLUMNS))
    answer["remark"] = remarks
    answer["seen"] = seen
    return answer


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


def read_cars(answers: Iterable[Mapping[str, str]]) -> Parsed:
    """Cars from raw texts by field name; absent or empty ones are unknown."""
    cars = list(answers)
    given = {name for car in cars for name, text in car.items() if text}
    columns = {
        each.name: [car.get(each.name) for car in cars] for each in FIELDS if each.name in given
    }
    return parse_listings(pd.DataFrame(columns, range(len(cars)), dtype="str"))


def estimate_cars(
    pipeline: Pipeline, parsed: Parsed, language: Language = "fr"
) -> list[CarEstimate]:
    """One CarEstimate per row of `parsed`; what a person leaves open is answered as open."""
    prices, remarks, seen = _estimate(pipeline, parsed, _find_missing(parsed), language)
    counts = [None if np.isnan(count) else int(count) for count in seen.tolist()]
    return [
        CarEstimate(None if is_guess(count) else price, low, high, remark, count)
        for (price, low, high), remark, count in zip(
            (map(_or_none, row) for row in prices.tolist()), remarks, counts, strict=True
        )
    ]


def _or_none(amount: float) -> float | None:
    return None if np.isnan(amount) else amount


def is_guess(seen: int | None) -> bool:
    """Whether too few adverts like a car were seen to name a price."""
    return seen is not None and seen < RARE_BELOW


def estimate_car(
    pipeline: Pipeline, answers: Mapping[str, str], language: Language = "fr"
) -> CarEstimate:
    """Estimate one car from raw texts by field name."""
    return estimate_cars(pipeline, read_cars([answers]), language)[0]


def _estimate(
    pipeline: Pipeline, parsed: Parsed, open_fields: FieldFlags, language: Language
) -> tuple[Floats, npt.NDArray[np.object_], Floats]:
    """Prices (rows, ESTIMATE_COLUMNS), remarks and adverts seen: see `estimate`.

    As arrays: to put them into a table and take them out again takes as long as the model.
    """
    listings = parsed.values[list(FEATURES)]
    encoded = pipeline["encode"].transform(listings)
    prices = pipeline["price"].predict(encoded, open_fields).to_numpy(copy=True)
    missing = dict(zip(FEATURES, _find_missing(parsed).T, strict=True))
    given = np.sum([~missing[name] for name in CORE], axis=0)
    hopeless = given < LEAST_GIVEN
    prices[hopeless] = np.nan
    said = _remark(encoded, missing, parsed, language)
    remarks = _join(len(listings), said, SEPARATORS[language])
    remarks[hopeless] = [
        NOT_ESTIMATED.say(language, given=known, needed=len(CORE), least=LEAST_GIVEN)
        for known in given[hopeless]
    ]
    return prices, remarks, _count_seen(encoded, missing)


def _find_missing(parsed: Parsed) -> FieldFlags:
    missing: FieldFlags = parsed.values[list(FEATURES)].isna().to_numpy()
    return missing


def _find_unusable(parsed: Parsed) -> FieldFlags:
    """Fields that hold something of which nothing could be used."""
    unusable = np.zeros((len(parsed.values), len(FEATURES)), dtype=bool)
    for at, name in enumerate(FEATURES):
        for problem in (Problem(name, kind) for kind in UNUSABLE):
            if problem in parsed.problems:
                unusable[:, at] |= parsed.problems[problem].to_numpy()
    return unusable


def _count_seen(encoded: Floats, missing: Missing) -> Floats:
    of_make, of_model = encoded[:, AT["make_count"]], encoded[:, AT["model_count"]]
    return np.where(missing["make"], np.nan, np.where(missing["model"], of_make, of_model))


def _remark(
    encoded: Floats, missing: Missing, parsed: Parsed, language: Language
) -> Iterator[tuple[Rows, str]]:
    """Each sentence with the rows that it is said of."""
    makes, models = encoded[:, AT["make_count"]], encoded[:, AT["model_count"]]
    yield ~missing["make"] & (makes == 0), UNKNOWN_MAKE.say(language)
    yield ~missing["model"] & (models == 0) & (makes > 0), UNKNOWN_MODEL.say(language)
    yield (models > 0) & (models < RARE_BELOW), RARE_MODEL.say(language, least=RARE_BELOW)
    for problem, rows in parsed.problems.items():
        if problem.field != TARGET:
            yield rows.to_numpy(), describe_problem(problem, language)
    absent = _join(len(encoded), _name_absent(missing, parsed, language), ", ")
    for labels in set(absent) - {""}:
        yield absent == labels, MISSING.say(language, labels=labels)


def _name_absent(
    missing: Missing, parsed: Parsed, language: Language
) -> Iterator[tuple[Rows, str]]:
    """Fields that were left out; what was given but could not be used is said by itself."""
    unusable = dict(zip(FEATURES, _find_unusable(parsed).T, strict=True))
    for name in MASKED:
        yield missing[name] & ~unusable[name], spell.label(name, language)


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
