"""A car to an estimate with its interval and what must be said about it: pure."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.pipeline import Pipeline

from carprice import texts
from carprice.cleaning import Parsed, parse_listings
from carprice.features import AT
from carprice.interval import MASKED
from carprice.listing import BY_NAME, ESTIMATE_COLUMNS, FEATURES, FIELDS, TARGET

CORE = tuple(each for each in FEATURES if BY_NAME[each].needed)
LEAST_GIVEN = 3
"""Of the core fields; with fewer, the only honest answer is none."""
RARE_BELOW = 5
UNUSABLE = ("unreadable", "out_of_range", "placeholder")
"""Endings of the problem codes by which a given value became unknown."""

Rows = npt.NDArray[np.bool_]


def estimate(pipeline: Pipeline, parsed: Parsed) -> pd.DataFrame:
    """Estimates in DH (ESTIMATE_COLUMNS, NaN where there is none) and a French `remark`, by row."""
    listings = parsed.values[list(FEATURES)]
    answer: pd.DataFrame = pipeline.predict(listings).set_axis(listings.index)
    given = listings[list(CORE)].notna().sum(axis=1)
    hopeless = (given < LEAST_GIVEN).to_numpy()
    answer.loc[hopeless, list(ESTIMATE_COLUMNS)] = np.nan
    refusals = given[hopeless].map(
        lambda known: texts.NOT_ESTIMATED.format(given=known, needed=len(CORE), least=LEAST_GIVEN)
    )
    remarks = _join(len(listings), _remark(pipeline, parsed), " ; ")
    remarks[hopeless] = refusals.to_numpy(dtype=object)
    answer["remark"] = remarks
    return answer


class CarEstimate(NamedTuple):
    """The answer for one car: prices in DH, None where there is none, and a French remark."""

    price_mad: float | None
    low_mad: float | None
    high_mad: float | None
    remark: str


def estimate_car(pipeline: Pipeline, answers: Mapping[str, str]) -> CarEstimate:
    """Estimate one car from raw texts by field name; absent or empty ones are unknown."""
    raw = pd.DataFrame({each.name: [answers.get(each.name)] for each in FIELDS}, dtype="str")
    row = estimate(pipeline, parse_listings(raw)).iloc[0]
    price, low, high = (
        None if np.isnan(row[name]) else float(row[name]) for name in ESTIMATE_COLUMNS
    )
    return CarEstimate(price, low, high, row["remark"])


def _remark(pipeline: Pipeline, parsed: Parsed) -> Iterator[tuple[Rows, str]]:
    """Each sentence with the rows that it is said of."""
    listings = parsed.values[list(FEATURES)]
    encoded = pipeline["encode"].transform(listings)
    makes, models = encoded[:, AT["make_count"]], encoded[:, AT["model_count"]]
    named_make, named_model = (listings[name].notna().to_numpy() for name in ("make", "model"))
    yield named_make & (makes == 0), texts.UNKNOWN_MAKE
    yield named_model & (models == 0) & (makes > 0), texts.UNKNOWN_MODEL
    yield (models > 0) & (models < RARE_BELOW), texts.RARE_MODEL.format(least=RARE_BELOW)
    for code, rows in parsed.problems.items():
        if not code.startswith(TARGET):
            yield rows.to_numpy(), texts.describe_problem(code)
    absent = _join(len(listings), _name_absent(parsed), ", ")
    for labels in set(absent) - {""}:
        yield absent == labels, texts.MISSING.format(labels=labels)


def _name_absent(parsed: Parsed) -> Iterator[tuple[Rows, str]]:
    """Fields that were left out; what was given but could not be used is said by itself."""
    for name in MASKED:
        absent = parsed.values[name].isna()
        for trouble in UNUSABLE:
            if (rows := parsed.problems.get(f"{name}_{trouble}")) is not None:
                absent &= ~rows
        yield absent.to_numpy(), texts.label(name)


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
    return [*map(list, zip(*(prices[name] for name in prices), answer["remark"], strict=True))]
