"""A car to an estimate with its interval and what must be said about it: pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.pipeline import Pipeline

from carprice import texts, wording
from carprice.cleaning import Parsed, parse_listings
from carprice.features import AT
from carprice.interval import MASKED
from carprice.listing import BY_NAME, ESTIMATE_COLUMNS, FEATURES, FIELDS, TARGET
from carprice.texts import Language

CORE = tuple(each for each in FEATURES if BY_NAME[each].needed)
LEAST_GIVEN = 3
"""Of the core fields; with fewer, the only honest answer is none."""
RARE_BELOW = 5
SEPARATORS: Mapping[Language, str] = {"fr": " ; ", "en": "; "}
UNUSABLE = ("unreadable", "out_of_range", "placeholder")
"""Endings of the problem codes by which a given value became unknown."""

Rows = npt.NDArray[np.bool_]


def estimate(pipeline: Pipeline, parsed: Parsed, language: Language = "fr") -> pd.DataFrame:
    """Estimates in DH (ESTIMATE_COLUMNS, NaN where there is none) and a `remark`, by row."""
    listings = parsed.values[list(FEATURES)]
    answer: pd.DataFrame = pipeline.predict(listings).set_axis(listings.index)
    given = listings[list(CORE)].notna().sum(axis=1)
    hopeless = (given < LEAST_GIVEN).to_numpy()
    answer.loc[hopeless, list(ESTIMATE_COLUMNS)] = np.nan
    refusals = given[hopeless].map(
        lambda known: texts.NOT_ESTIMATED.say(
            language, given=known, needed=len(CORE), least=LEAST_GIVEN
        )
    )
    remarks = _join(len(listings), _remark(pipeline, parsed, language), SEPARATORS[language])
    remarks[hopeless] = refusals.to_numpy(dtype=object)
    answer["remark"] = remarks
    return answer


class CarEstimate(NamedTuple):
    """The answer for one car: prices in DH, None where there is none, and a remark.

    seen: training adverts of its model, or of its make where no model is named; None for a car
    without a name. Below RARE_BELOW of them there is a range and no price: it would be a guess.
    """

    price_mad: float | None
    low_mad: float | None
    high_mad: float | None
    remark: str
    seen: int | None


def read_cars(answers: Iterable[Mapping[str, str]]) -> Parsed:
    """Cars from raw texts by field name; absent or empty ones are unknown."""
    cars = list(answers)
    return parse_listings(
        pd.DataFrame(
            {each.name: [car.get(each.name) for car in cars] for each in FIELDS}, dtype="str"
        )
    )


def estimate_cars(
    pipeline: Pipeline, parsed: Parsed, language: Language = "fr"
) -> list[CarEstimate]:
    """Estimate cars one by one told of; see CarEstimate."""
    answer = estimate(pipeline, parsed, language)
    columns = answer[list(ESTIMATE_COLUMNS)].astype(object)
    prices = columns.where(columns.notna(), None).to_numpy().tolist()
    rows = zip(prices, answer["remark"], count_seen(pipeline, parsed), strict=True)
    return [
        CarEstimate(None if is_guess(seen) else price, low, high, remark, seen)
        for (price, low, high), remark, seen in rows
    ]


def is_guess(seen: int | None) -> bool:
    """Whether too few adverts like a car were seen to name a price."""
    return seen is not None and seen < RARE_BELOW


def estimate_car(
    pipeline: Pipeline, answers: Mapping[str, str], language: Language = "fr"
) -> CarEstimate:
    """Estimate one car from raw texts by field name."""
    return estimate_cars(pipeline, read_cars([answers]), language)[0]


def count_seen(pipeline: Pipeline, parsed: Parsed) -> list[int | None]:
    """How many training adverts are of each car's model, or of its make; None without a name."""
    listings = parsed.values[list(FEATURES)]
    encoded = pipeline["encode"].transform(listings)
    make, model = (listings[name].notna().to_numpy() for name in ("make", "model"))
    counts = np.where(make & model, encoded[:, AT["model_count"]], encoded[:, AT["make_count"]])
    return [int(count) if named else None for count, named in zip(counts, make, strict=True)]


def _remark(pipeline: Pipeline, parsed: Parsed, language: Language) -> Iterator[tuple[Rows, str]]:
    """Each sentence with the rows that it is said of."""
    listings = parsed.values[list(FEATURES)]
    encoded = pipeline["encode"].transform(listings)
    makes, models = encoded[:, AT["make_count"]], encoded[:, AT["model_count"]]
    named_make, named_model = (listings[name].notna().to_numpy() for name in ("make", "model"))
    yield named_make & (makes == 0), texts.UNKNOWN_MAKE.say(language)
    yield named_model & (models == 0) & (makes > 0), texts.UNKNOWN_MODEL.say(language)
    yield (models > 0) & (models < RARE_BELOW), texts.RARE_MODEL.say(language, least=RARE_BELOW)
    for code, rows in parsed.problems.items():
        if not code.startswith(TARGET):
            yield rows.to_numpy(), wording.describe_problem(code, language)
    absent = _join(len(listings), _name_absent(parsed, language), ", ")
    for labels in set(absent) - {""}:
        yield absent == labels, texts.MISSING.say(language, labels=labels)


def _name_absent(parsed: Parsed, language: Language) -> Iterator[tuple[Rows, str]]:
    """Fields that were left out; what was given but could not be used is said by itself."""
    for name in MASKED:
        absent = parsed.values[name].isna()
        for trouble in UNUSABLE:
            if (rows := parsed.problems.get(f"{name}_{trouble}")) is not None:
                absent &= ~rows
        yield absent.to_numpy(), wording.label(name, language)


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
