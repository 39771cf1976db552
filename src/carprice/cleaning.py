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
from collections.abc import Callable
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
    silent = pd.array([None] * len(raw), dtype="str")
    values: dict[str, Any] = {
        each.name: silent if each.name in TEXTUAL else np.nan for each in FIELDS
    }
    problems: dict[str, pd.Series] = {}
    for each in FIELDS:
        if each.name not in raw:
            continue
        values[each.name], unreadable = _parse_column(raw[each.name], each)
        if unreadable.any():
            problems[f"{each.name}_unreadable"] = pd.Series(unreadable, index=raw.index)
    banded = _find_bands(raw["mileage_km"]) if "mileage_km" in raw else np.False_
    frame, corrections = correct_listings(
        pd.DataFrame(values, index=raw.index), exact_mileage=~banded
    )
    return Parsed(frame, problems | corrections)


def correct_listings(
    frame: pd.DataFrame, *, exact_mileage: pd.Series | np.bool_ | bool = True
) -> tuple[pd.DataFrame, dict[str, pd.Series]]:
    """Apply the rules on kilometres and ranges to typed values; say which rows each one changed.

    A price outside its range keeps what it says: rows are selected by it, it is not corrected.
    """
    # One array for all: a single car goes this way too, and pandas takes its time per column.
    names = [TARGET, *(each.name for each in NUMERIC)]
    numbers = frame[names].to_numpy(dtype="float64", na_value=np.nan, copy=True)
    price, year, mileage = (
        numbers[:, names.index(name)] for name in (TARGET, "model_year", "mileage_km")
    )
    aged = (year < NEW_FROM_YEAR) & np.asarray(exact_mileage, dtype=bool)
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
    problems = {
        code: pd.Series(rows, index=frame.index) for code, rows in changed.items() if rows.any()
    }
    touched = {code.removesuffix(ending) for code in problems for ending in ENDINGS}
    columns = {name: numbers[:, at] for at, name in enumerate(names) if name in touched}
    return frame.assign(**columns), problems


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
    unknown = None if each.name in TEXTUAL else float("nan")
    places, texts = pd.factorize(raw)
    given = [fold(text) not in silent for text in texts]
    values = [parse(text) if says else unknown for text, says in zip(texts, given, strict=True)]
    # The missing ones have place -1, hence the last of each list.
    distinct = pd.Series([*values, unknown], dtype="str" if each.name in TEXTUAL else "float64")
    unreadable = np.array([*given, False]) & distinct.isna().to_numpy()
    return distinct.array.take(places), unreadable[places]


def _find_bands(mileage: pd.Series) -> pd.Series:
    """Which rows name a band of kilometres."""
    places, texts = pd.factorize(mileage)
    banded = np.array([*(bool(BAND.search(text)) for text in texts), False])
    return pd.Series(banded[places], index=mileage.index)


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
