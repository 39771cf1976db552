"""Raw texts to clean rows, by fixed rules: nothing here learns from the data.

The rules, each with its reason; ranges are those of the fields in `market`:

- A price or model year outside its range is a slip of the keyboard or a placeholder: the row is
  not trained on. A price of 0 names no price.
- 10 to 999 km on a car that is not new were typed in thousands: such cars would otherwise be
  priced as if they had 150 km, not 150,000.
- 0 to 9 km on a car that is not new are a placeholder: unknown.
- Any other number outside its range, any text around a number that is not its unit, and any
  wording that is no known choice: unknown. A guess would be silently wrong.
- The same advert is kept once: by its link, and by equal content of all its other fields,
  however they are spelt.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from carprice.arrays import Floats, Places
from carprice.listings.parsing import Column, Flags, Parsed, find_bands, parse_column
from carprice.listings.reading import RawListings
from carprice.market.chosen import MARKET
from carprice.market.fields import THIS_YEAR, Kind, fold
from carprice.market.listing import BY_NAME, FIELDS, TARGET, TEXTUAL, VEHICLE
from carprice.market.problems import Problem, ProblemKind

LINK = "link"
NEW_FROM_YEAR = THIS_YEAR - 1
"""Cars of this model year or later may truly have next to no kilometres."""

THOUSANDS = (10, 999)
NUMERIC = tuple(each for each in FIELDS if each.name not in TEXTUAL and each.name != TARGET)
NUMBERS = (TARGET, *(each.name for each in NUMERIC))
"""Columns of the one array in which all numbers are corrected."""
LEAST = np.array([each.minimum for each in NUMERIC])
MOST = np.array([each.maximum for each in NUMERIC])

SPELT = tuple(each.name for each in FIELDS if each.kind is Kind.TEXT and each.name != LINK)
PRICE = BY_NAME[TARGET]
EXAMPLE = "".join(f" (« {said} »)" for said in MARKET.wordings.unpriced[:1])
DROP_REASONS = {
    "unpriced": f"no price given{EXAMPLE}",
    "price_unreadable": "a price that is no number",
    "price_out_of_range": "a price outside "
    f"{PRICE.minimum:,.0f} to {PRICE.maximum:,.0f} {PRICE.unit}",
    "no_year": "no usable model year",
    "same_link": "the same advert again (same link)",
    "same_content": "the same advert again (same content)",
}
"""Why a row is not trained on, by its code in reports."""


@dataclass(frozen=True)
class Cleaned:
    """The listings of a file: raw, parsed, and sorted into kept and dropped rows.

    kept: the rows to train and measure on.
    dropped: for every other well-formed row the code of its reason, a key of DROP_REASONS.
    """

    raw: RawListings
    parsed: Parsed
    kept: pd.DataFrame
    dropped: pd.Series


def clean(raw: RawListings) -> Cleaned:
    """Parse the listings of a file and select the rows to train on."""
    parsed = parse_listings(raw.frame)
    return Cleaned(raw, parsed, *select_rows(parsed))


class Typed(NamedTuple):
    """Corrected clean values of raw texts, as arrays: Parsed without a table.

    texts: columns of textual fields that were given. numbers: (n, NUMBERS), unknown is NaN.
    problems, told: as in Parsed.
    """

    texts: dict[str, Column]
    numbers: Floats
    problems: dict[Problem, Flags]
    told: frozenset[str]


def parse_columns(raw: Mapping[str, Column], rows: int) -> Typed:
    """Turn columns of raw texts into corrected clean values; a field without one is unknown."""
    numbers = np.full((rows, len(NUMBERS)), np.nan, order="F")
    texts: dict[str, Column] = {}
    problems: dict[Problem, Flags] = {}
    for each in FIELDS:
        if each.name not in raw:
            continue
        column = raw[each.name]
        values, unreadable = parse_column(column, each)
        if each.name in TEXTUAL:
            texts[each.name] = column._replace(distinct=values)
        else:
            numbers[:, NUMBERS.index(each.name)] = column.spread(values, float)
        if unreadable.any():
            problems[Problem(each.name, ProblemKind.UNREADABLE)] = unreadable
    banded = find_bands(raw["mileage_km"]) if "mileage_km" in raw else np.False_
    problems |= _correct(numbers, banded)
    told = frozenset(name for name, column in raw.items() if (column.places >= 0).any())
    return Typed(texts, numbers, problems, told)


def parse_listings(raw: pd.DataFrame) -> Parsed:
    """Corrected values of raw texts, and the problems found in them.

    raw: one `str` column for each field; a field without a column is unknown.
    """
    columns = {name: Column.of_series(raw[name]) for name in raw.columns if name in BY_NAME}
    typed = parse_columns(columns, len(raw))
    silent = pd.array([None] * len(raw), dtype="str")
    values: dict[str, Any] = {each.name: silent for each in FIELDS}
    for name, column in typed.texts.items():
        values[name] = pd.array(column.distinct, dtype="str").take(column.places)
    values |= zip(NUMBERS, typed.numbers.T, strict=True)
    frame = pd.DataFrame(values, index=raw.index, copy=False)
    problems = {each: pd.Series(rows, raw.index) for each, rows in typed.problems.items()}
    return Parsed(frame, problems, typed.told)


def _correct(numbers: npt.NDArray[np.float64], banded: Flags | np.bool_) -> dict[Problem, Flags]:
    """Correct an array (rows, NUMBERS) in place; returns the rows that each rule changed.

    banded: rows whose kilometres are the middle of a band, which nobody typed.
    """
    price, year, mileage = (
        numbers[:, NUMBERS.index(name)] for name in (TARGET, "model_year", "mileage_km")
    )
    unpriced = price == 0
    aged = (year < NEW_FROM_YEAR) & ~banded
    short = aged & (mileage >= THOUSANDS[0]) & (mileage <= THOUSANDS[1])
    fillers = aged & (mileage >= 0) & (mileage < THOUSANDS[0])
    price[unpriced] = np.nan
    mileage[short] *= 1000
    mileage[fillers] = np.nan
    changed: dict[Problem, Flags] = {
        Problem(TARGET, ProblemKind.PLACEHOLDER): unpriced,
        Problem("mileage_km", ProblemKind.IN_THOUSANDS): short,
        Problem("mileage_km", ProblemKind.PLACEHOLDER): fillers,
    }
    outside = (numbers[:, 1:] < LEAST) | (numbers[:, 1:] > MOST)
    numbers[:, 1:][outside] = np.nan
    for at in np.flatnonzero(outside.any(axis=0)):
        changed[Problem(NUMERIC[at].name, ProblemKind.OUT_OF_RANGE)] = outside[:, at]
    return {problem: rows for problem, rows in changed.items() if rows.any()}


def select_rows(parsed: Parsed) -> tuple[pd.DataFrame, pd.Series]:
    """Rows to train on, and the code of the first reason against each other row."""
    frame = parsed.values
    price = frame[TARGET]
    unreadable = Problem(TARGET, ProblemKind.UNREADABLE)
    reason = _first_reason(
        {
            "price_unreadable": parsed.problems.get(unreadable, pd.Series(False, frame.index)),
            "unpriced": price.isna(),
            "price_out_of_range": ~price.between(PRICE.minimum, PRICE.maximum),
            "no_year": frame["model_year"].isna(),
        }
    )
    sound = reason.eq("").to_numpy()
    reason[sound] = _find_repeats(frame, sound)
    kept = reason.eq("")
    return frame[kept], reason[~kept]


def name_vehicles(frame: pd.DataFrame) -> pd.Series:
    """One text for each row, equal for adverts of the same car however they are spelt."""
    parts = [
        _fold_column(frame[name])
        if name in TEXTUAL
        else frame[name].round().astype("Int64").astype("str")
        for name in VEHICLE
    ]
    names = parts[0]
    for part in parts[1:]:
        names = names.str.cat(part, "|", na_rep="?")
    return names


def _fold_column(column: pd.Series) -> pd.Series:
    places, texts = pd.factorize(column)
    folded = pd.array([*map(fold, texts), None], dtype="str")
    return pd.Series(folded.take(places), index=column.index)


def _first_reason(rules: dict[str, pd.Series]) -> pd.Series:
    """The code of the first rule that holds for each row, or an empty text."""
    index = next(iter(rules.values())).index
    # By number: texts as wide as the longest code would take 70 bytes a row.
    first = np.select(list(rules.values()), range(1, 1 + len(rules)), 0)
    return pd.Series(pd.array(["", *rules], dtype="str").take(first), index=index)


def _find_repeats(frame: pd.DataFrame, rows: Flags) -> pd.Series:
    """Why each of some rows repeats an earlier one of them, or an empty text."""
    repeats = {"same_content": pd.Series(number_contents(frame, rows)).duplicated()}
    if LINK in frame:
        link = frame[LINK][rows].str.replace(r"^https?://(?:www\.)?|/*(?:#.*)?$", "", regex=True)
        same = link.notna() & link.duplicated()
        repeats = {"same_link": same.reset_index(drop=True), **repeats}
    return _first_reason(repeats).set_axis(frame.index[rows])


def number_contents(frame: pd.DataFrame, rows: Flags) -> Places:
    """A number for each of some rows, the same for equal fields, however spelt; links aside.

    Column by column: a table of all of them at once would take as much memory as the listings.
    """
    numbers = np.zeros(np.count_nonzero(rows), dtype=np.intp)
    for name in frame.columns.drop(LINK, errors="ignore"):
        column = frame[name][rows]
        places, values = pd.factorize(_fold_column(column) if name in SPELT else column)
        if len(values):
            numbers = pd.factorize(numbers * (len(values) + 1) + places)[0]
    return numbers
