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

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from carprice.listings.parsing import Flags, Parsed, find_bands, parse_column
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
"""Corrected together in one array: column by column, pandas would take long even for one car."""

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


def parse_listings(raw: pd.DataFrame) -> Parsed:
    """Corrected values of raw texts, and the problems found in them.

    raw: one `str` column for each field; a field without a column is unknown.
    """
    given = set(raw.columns)
    told: set[str] = set()
    silent = pd.array([None] * len(raw), dtype="str")
    values: dict[str, Any] = {
        each.name: silent if each.name in TEXTUAL else np.nan for each in FIELDS
    }
    problems: dict[Problem, pd.Series] = {}
    for each in FIELDS:
        if each.name not in given:
            continue
        values[each.name], unreadable = parse_column(raw[each.name], each)
        if raw[each.name].notna().any():
            told.add(each.name)
        if unreadable.any():
            problem = Problem(each.name, ProblemKind.UNREADABLE)
            problems[problem] = pd.Series(unreadable, index=raw.index)
    numbers = np.empty((len(raw), len(NUMBERS)), order="F")
    for at, name in enumerate(NUMBERS):
        numbers[:, at] = values[name]
    banded = find_bands(raw["mileage_km"]) if "mileage_km" in given else np.False_
    changed = _correct(numbers, banded)
    values |= zip(NUMBERS, numbers.T, strict=True)
    problems |= {
        problem: pd.Series(rows, index=raw.index) for problem, rows in changed.items() if rows.any()
    }
    return Parsed(pd.DataFrame(values, index=raw.index), problems, frozenset(told))


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
    for at, each in enumerate(NUMERIC, 1):
        outside = (numbers[:, at] < each.minimum) | (numbers[:, at] > each.maximum)
        changed[Problem(each.name, ProblemKind.OUT_OF_RANGE)] = outside
        numbers[outside, at] = np.nan
    return changed


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
    reason[sound] = _find_repeats(frame[sound])
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
    return pd.Series(np.select(list(rules.values()), list(rules), ""), index=index, dtype="str")


def _find_repeats(frame: pd.DataFrame) -> pd.Series:
    content = frame.drop(columns=LINK, errors="ignore").dropna(axis="columns", how="all")
    texts = {name: _fold_column(content[name]) for name in SPELT if name in content}
    content = content.assign(**texts)
    repeats = {"same_content": content.duplicated()}
    if LINK in frame:
        link = frame[LINK].str.replace(r"^https?://(?:www\.)?|/*(?:#.*)?$", "", regex=True)
        repeats = {"same_link": link.notna() & link.duplicated(), **repeats}
    return _first_reason(repeats)
