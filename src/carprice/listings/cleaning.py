"""Raw text to clean fields: plain functions that learn nothing and never look at an error.

The rules, each with its reason, all in this module:

- A price outside 10,000..5,000,000 DH or a model year outside the range of `listing.py` is a
  slip of the keyboard or a placeholder: the row is not trained on. A price of 0 names no price.
- 10 to 999 km on a car that is not new is typed in thousands: such cars are otherwise priced as
  if they had 150 km, not 150,000.
- 0 to 9 km on a car that is not new, and 900,000 km or more, are placeholders: unknown.
- Any other number outside its range, any text around a number that is not its unit, and any
  wording that is no known choice: unknown. A guess would be silently wrong.
- The same advert is kept once: by its link, and by equal content of all its other fields,
  however they are spelt.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from carprice.arrays import Floats
from carprice.listings.parsing import Column, Flags, Parsed, find_bands, parse_column
from carprice.market.fields import THIS_YEAR, Kind, fold
from carprice.market.listing import BY_NAME, FIELDS, TARGET, TEXTUAL, VEHICLE

NEW_FROM_YEAR = THIS_YEAR - 1
"""Cars of this model year or later may truly have next to no kilometres."""

THOUSANDS = (10, 999)
NUMERIC = tuple(each for each in FIELDS if each.name not in TEXTUAL and each.name != TARGET)
NUMBERS = (TARGET, *(each.name for each in NUMERIC))
"""Columns of the one array in which all numbers are corrected."""
LEAST = np.array([each.minimum for each in NUMERIC])
MOST = np.array([each.maximum for each in NUMERIC])

SPELT = tuple(each.name for each in FIELDS if each.kind is Kind.TEXT and each.name != "link")
ENDINGS = ("_placeholder", "_in_thousands", "_out_of_range")


class Typed(NamedTuple):
    """Corrected clean values of raw texts, as arrays: Parsed without a table.

    texts: columns of textual fields that were given. numbers: (n, NUMBERS), unknown is NaN.
    problems, told: as in Parsed.
    """

    texts: dict[str, Column]
    numbers: Floats
    problems: dict[str, Flags]
    told: frozenset[str]


def parse_columns(raw: Mapping[str, Column], rows: int) -> Typed:
    """Turn columns of raw texts into corrected clean values; a field without one is unknown."""
    numbers = np.full((rows, len(NUMBERS)), np.nan, order="F")
    texts: dict[str, Column] = {}
    problems: dict[str, Flags] = {}
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
            problems[f"{each.name}_unreadable"] = unreadable
    banded = find_bands(raw["mileage_km"]) if "mileage_km" in raw else np.False_
    problems |= _correct(numbers, ~banded)
    told = frozenset(name for name, column in raw.items() if (column.places >= 0).any())
    return Typed(texts, numbers, problems, told)


def parse_listings(raw: pd.DataFrame) -> Parsed:
    """Turn raw texts, one `str` column a field, into corrected clean values.

    A field without a column is unknown.
    """
    columns = {name: Column.of_series(raw[name]) for name in raw.columns if name in BY_NAME}
    typed = parse_columns(columns, len(raw))
    silent = pd.array([None] * len(raw), dtype="str")
    values: dict[str, Any] = {each.name: silent for each in FIELDS}
    for name, column in typed.texts.items():
        values[name] = pd.array(column.distinct, dtype="str").take(column.places)
    values |= zip(NUMBERS, typed.numbers.T, strict=True)
    frame = pd.DataFrame(values, index=raw.index)
    return Parsed(frame, _name_rows(typed.problems, raw.index), typed.told)


def correct_listings(frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, pd.Series]]:
    """Apply the rules on kilometres and ranges to typed values; say which rows each one changed.

    A price outside its range keeps what it says: rows are selected by it, it is not corrected.
    """
    numbers = frame[list(NUMBERS)].to_numpy(dtype="float64", na_value=np.nan, copy=True)
    problems = _name_rows(_correct(numbers, np.True_), frame.index)
    touched = {code.removesuffix(ending) for code in problems for ending in ENDINGS}
    columns = {name: numbers[:, at] for at, name in enumerate(NUMBERS) if name in touched}
    return frame.assign(**columns), problems


def _correct(numbers: npt.NDArray[np.float64], exact_mileage: Flags | np.bool_) -> dict[str, Flags]:
    """Correct an array (n, NUMBERS) in place; rows by the code of the rule that changed them."""
    price, year, mileage = (
        numbers[:, NUMBERS.index(name)] for name in (TARGET, "model_year", "mileage_km")
    )
    aged = (year < NEW_FROM_YEAR) & exact_mileage
    changed: dict[str, Flags] = {
        f"{TARGET}_placeholder": price == 0,
        "mileage_km_in_thousands": aged & (mileage >= THOUSANDS[0]) & (mileage <= THOUSANDS[1]),
        "mileage_km_placeholder": aged & (mileage >= 0) & (mileage < THOUSANDS[0]),
    }
    price[changed[f"{TARGET}_placeholder"]] = np.nan
    mileage[changed["mileage_km_in_thousands"]] *= 1000
    mileage[changed["mileage_km_placeholder"]] = np.nan
    outside = (numbers[:, 1:] < LEAST) | (numbers[:, 1:] > MOST)
    numbers[:, 1:][outside] = np.nan
    for at in np.flatnonzero(outside.any(axis=0)):
        changed[f"{NUMERIC[at].name}_out_of_range"] = outside[:, at]
    return {code: rows for code, rows in changed.items() if rows.any()}


def _name_rows(changed: dict[str, Flags], index: pd.Index) -> dict[str, pd.Series]:
    return {code: pd.Series(rows, index=index) for code, rows in changed.items()}


DROP_REASONS = {
    "unpriced": "no price given (« Demander le prix »)",
    "price_unreadable": "a price that is no number",
    "price_out_of_range": "a price outside 10,000 to 5,000,000 DH",
    "no_year": "no usable model year",
    "same_link": "the same advert again (same link)",
    "same_content": "the same advert again (same content)",
}


def select_rows(parsed: Parsed) -> tuple[pd.DataFrame, pd.Series]:
    """Rows to train and measure on, and for every dropped row the code of its first reason."""
    frame = parsed.values
    price = frame[TARGET]
    target = BY_NAME[TARGET]
    unreadable = parsed.problems.get(f"{TARGET}_unreadable", pd.Series(False, index=frame.index))
    reason = _first_reason(
        {
            "price_unreadable": unreadable,
            "unpriced": price.isna(),
            "price_out_of_range": ~price.between(target.minimum, target.maximum),
            "no_year": frame["model_year"].isna(),
        }
    )
    sound = reason.eq("").to_numpy()
    reason[sound] = _find_repeats(frame[sound])
    kept = reason.eq("")
    return frame[kept], reason[~kept]


def name_vehicles(frame: pd.DataFrame) -> pd.Series:
    """One text for each row that is equal for adverts of the same car, however they are spelt."""
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
    """For each row the code of the first rule that holds, else the empty text."""
    index = next(iter(rules.values())).index
    return pd.Series(np.select(list(rules.values()), list(rules), ""), index=index, dtype="str")


def _find_repeats(frame: pd.DataFrame) -> pd.Series:
    link = frame["link"].str.replace(r"^https?://(?:www\.)?|/*(?:#.*)?$", "", regex=True)
    content = frame.drop(columns="link").dropna(axis="columns", how="all")
    texts = {name: _fold_column(content[name]) for name in SPELT if name in content}
    content = content.assign(**texts)
    return _first_reason(
        {"same_link": link.notna() & link.duplicated(), "same_content": content.duplicated()}
    )
