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

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from carprice.listing import (
    BY_NAME,
    FIELDS,
    TARGET,
    TEXTUAL,
    UNKNOWN_WORDS,
    UNPRICED_WORDS,
    VEHICLE,
    Field,
    Kind,
    fold,
)

NEW_FROM_YEAR = BY_NAME["model_year"].maximum - 1
"""Cars of this model year or later may truly have next to no kilometres."""

THOUSANDS = (10, 999)
YES_NO = {"oui": 1.0, "yes": 1.0, "true": 1.0, "vrai": 1.0, "1": 1.0,
          "non": 0.0, "no": 0.0, "false": 0.0, "faux": 0.0, "0": 0.0}  # fmt: skip
BAND = re.compile(r"(?<=[\dm])\s*[-–—à]\s*(?=\d)")
NUMBER = re.compile(
    r"(?P<before>(?:[^\W\d_]|[ '])*?)"
    r"(?P<sign>-? ?)"
    r"(?P<whole>[1-9]\d{0,2}(?P<mark>[ .,])\d{3}(?:(?P=mark)\d{3})*|\d+)"
    r"(?:(?!(?P=mark))[.,](?P<fraction>\d+))?"
    r"(?P<after>(?:[^\W\d_]|[ '])*\.?)"
)
"""One number and words around it: its groups of three share one mark, which is not the decimal
one. Dates, sums, two numbers, other currencies and formulas do not match."""

LONGEST_NUMBER = 60
WORDS_AROUND_NUMBERS = frozenset({"", "dh", "dhs", "mad", "km", "cv", "ouplusancien"})
AT_LEAST = frozenset({"plusde", "plusdekm", "plusdecv"})
NUMERIC = tuple(each for each in FIELDS if each.name not in TEXTUAL and each.name != TARGET)
NUMBERS = (TARGET, *(each.name for each in NUMERIC))
"""In one array for all: a single car goes this way too, and pandas takes its time per column."""

SPELT = tuple(each.name for each in FIELDS if each.kind is Kind.TEXT and each.name != "link")
ENDINGS = ("_placeholder", "_in_thousands", "_out_of_range")
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Parsed:
    """Typed values of raw listings, and where a text was there but could not be used.

    values: the clean table; texts are `str`, the rest floats, unknown is NaN.
    problems: remark code to the rows it holds for (boolean, aligned with `values`); a code that
        holds for no row is left out. Codes are a field name and `_unreadable`, `_out_of_range`,
        `_placeholder` or `_in_thousands`.
    """

    values: pd.DataFrame
    problems: dict[str, pd.Series]


def parse_listings(raw: pd.DataFrame) -> Parsed:
    """Turn raw texts, one `str` column a field, into corrected clean values.

    A field without a column is unknown.
    """
    given = set(raw.columns)
    silent = pd.array([None] * len(raw), dtype="str")
    values: dict[str, Any] = {
        each.name: silent if each.name in TEXTUAL else np.nan for each in FIELDS
    }
    problems: dict[str, pd.Series] = {}
    for each in FIELDS:
        if each.name not in given:
            continue
        values[each.name], unreadable = _parse_column(raw[each.name], each)
        if unreadable.any():
            problems[f"{each.name}_unreadable"] = pd.Series(unreadable, index=raw.index)
    numbers = np.empty((len(raw), len(NUMBERS)), order="F")
    for at, name in enumerate(NUMBERS):
        numbers[:, at] = values[name]
    banded = _find_bands(raw["mileage_km"]) if "mileage_km" in given else np.False_
    changed = _correct(numbers, ~banded)
    values |= zip(NUMBERS, numbers.T, strict=True)
    return Parsed(pd.DataFrame(values, index=raw.index), problems | _name_rows(changed, raw.index))


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
    """Correct an array (rows, NUMBERS) in place; the rows that each rule changed, by its code."""
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
    for at, each in enumerate(NUMERIC, 1):
        outside = (numbers[:, at] < each.minimum) | (numbers[:, at] > each.maximum)
        changed[f"{each.name}_out_of_range"] = outside
        numbers[outside, at] = np.nan
    return changed


def _name_rows(changed: dict[str, Flags], index: pd.Index) -> dict[str, pd.Series]:
    return {code: pd.Series(rows, index=index) for code, rows in changed.items() if rows.any()}


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


def parse_number(text: str) -> float:
    """Read `173 000 DH`, `6 CV`, `1.200,50` or `Plus de 41 CV` (one more than 41); else NaN."""
    found = NUMBER.fullmatch(" ".join(text.split())) if len(text) <= LONGEST_NUMBER else None
    around = fold(found["before"] + found["after"]) if found else ""
    if not found or around not in WORDS_AROUND_NUMBERS | AT_LEAST:
        return float("nan")
    whole = re.sub("[ .,]", "", found["whole"])
    number = float(f"{found['sign'].strip()}{whole}.{found['fraction'] or 0}")
    return number + (around in AT_LEAST)


def parse_mileage(text: str) -> float:
    """Read a number of km, or the middle of a band such as `200 000 - 249 999`; else NaN."""
    ends = [parse_number(end) for end in BAND.split(text)]
    return float(np.mean(ends)) if len(ends) <= 2 and ends[0] <= ends[-1] else float("nan")


def parse_text(text: str) -> str | None:
    """Tidy a text: single spaces, and none of the invisible signs that could act on a terminal."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(shown.split()) or None


def parse_yes_no(text: str) -> float:
    """Read `Oui`, `non`, `True`, `1` or the `1.0` of a table written as numbers; else NaN."""
    return YES_NO.get(fold(text.strip().removesuffix(".0")), float("nan"))


def _parse_column(raw: pd.Series, each: Field) -> tuple[Any, Flags]:
    """Clean values of a column, and the rows that say something which could not be used."""
    parse = _choose_parser(each)
    silent = UNKNOWN_WORDS | UNPRICED_WORDS if each.kind is Kind.PRICE else UNKNOWN_WORDS
    places, texts = _find_distinct(raw)
    given = [fold(text) not in silent for text in texts]
    values: list[Any] = [
        parse(text) if says else None for text, says in zip(texts, given, strict=True)
    ]
    # The missing ones have place -1, hence the last of each list.
    distinct: Any = (
        pd.array([*values, None], dtype="str")
        if each.name in TEXTUAL
        else np.array([*values, None], dtype="float64")
    )
    unreadable = np.array([*given, False]) & pd.isna(distinct)
    return distinct.take(places), unreadable[places]


def _find_bands(mileage: pd.Series) -> Flags:
    """Which rows name a band of kilometres."""
    places, texts = _find_distinct(mileage)
    return np.array([*(bool(BAND.search(text)) for text in texts), False])[places]


def _find_distinct(column: pd.Series) -> tuple[npt.NDArray[np.intp], Sequence[str]]:
    """For each row the place of its text among the distinct ones; -1 for a missing text."""
    if len(column) == 1:  # by way of pandas, a single car takes twice the time
        text = column.iloc[0]
        return (np.array([0]), [text]) if isinstance(text, str) else (np.array([-1]), [])
    places, texts = pd.factorize(column)
    return places, list(texts)


def _choose_parser(each: Field) -> Callable[[str], object]:
    codes = each.codes
    parsers: dict[Kind, Callable[[str], object]] = {
        Kind.TEXT: parse_text,
        Kind.CHOICE: lambda text: codes.get(fold(text)),
        Kind.YES_NO: parse_yes_no,
        Kind.MILEAGE: parse_mileage,
    }
    return parsers.get(each.kind, parse_number)


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
