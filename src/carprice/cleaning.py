"""Raw text to clean fields: plain functions that learn nothing and never look at an error.

The rules, each with its reason, all in this module:

- A price outside 10,000..5,000,000 DH or a model year outside the range of `listing.py` is a
  slip of the keyboard or a placeholder: the row is not trained on.
- 10 to 999 km on a car that is not new is typed in thousands: such cars are otherwise priced as
  if they had 150,000 km, not 150.
- 0 to 9 km on a car that is not new, and 900,000 km or more, are placeholders: unknown.
- Any other number outside its range, and any wording that is no known choice: unknown.
- The same advert is kept once: by its link, and by equal content of all its other fields.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
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
YES_NO = {"oui": 1.0, "yes": 1.0, "true": 1.0, "1": 1.0, "non": 0.0, "no": 0.0, "false": 0.0,
          "0": 0.0}  # fmt: skip
BAND = re.compile(r"(?<=\d)\s*-\s*(?=\d)")
NUMBER = re.compile(r"-?\d+(?:[.,]\d+)*")
WORDS_AROUND_NUMBERS = frozenset({"", "dh", "dhs", "mad", "km", "cv", "ouplusancien"})
AT_LEAST = frozenset({"plusde", "plusdekm", "plusdecv"})


@dataclass(frozen=True)
class Parsed:
    """Typed values of raw listings, and where a text was there but could not be used.

    values: the clean table; texts are `str`, the rest floats, unknown is NaN.
    problems: remark code to the rows it holds for (boolean, aligned with `values`).
    """

    values: pd.DataFrame
    problems: dict[str, pd.Series]


def parse_listings(raw: pd.DataFrame) -> Parsed:
    """Turn raw texts, one `str` column a field, into corrected clean values."""
    values: dict[str, pd.Series] = {}
    problems: dict[str, pd.Series] = {}
    for each in FIELDS:
        values[each.name] = _parse_column(raw[each.name], each)
        silent = UNKNOWN_WORDS | UNPRICED_WORDS if each.kind is Kind.PRICE else UNKNOWN_WORDS
        given = ~_is_among(raw[each.name], silent)
        problems[f"{each.name}_unreadable"] = given & values[each.name].isna()
    banded = _map_unique(raw["mileage_km"], lambda text: bool(BAND.search(text))).eq(True)
    frame, corrections = correct_listings(pd.DataFrame(values), exact_mileage=~banded)
    problems |= corrections
    return Parsed(frame, {code: rows for code, rows in problems.items() if rows.any()})


def correct_listings(
    frame: pd.DataFrame, *, exact_mileage: pd.Series | bool = True
) -> tuple[pd.DataFrame, dict[str, pd.Series]]:
    """Apply the rules on kilometres and ranges to typed values; say which rows each one changed.

    The price and the year keep what they say: rows are selected by them, not corrected.
    """
    frame = frame.copy()
    mileage = frame["mileage_km"]
    aged = (frame["model_year"] < NEW_FROM_YEAR) & exact_mileage
    in_thousands = aged & mileage.between(*THOUSANDS)
    none_given = aged & mileage.between(0, THOUSANDS[0] - 1)
    frame["mileage_km"] = mileage.mask(in_thousands, mileage * 1000).mask(none_given)
    problems = {"mileage_km_in_thousands": in_thousands, "mileage_km_placeholder": none_given}
    for each in FIELDS:
        if each.name in TEXTUAL or each.name == TARGET:
            continue
        column = frame[each.name]
        outside = column.notna() & ~column.between(each.minimum, each.maximum)
        problems[f"{each.name}_out_of_range"] = outside
        frame[each.name] = column.mask(outside)
    return frame, problems


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
    rules = {
        "price_unreadable": unreadable,
        "unpriced": price.isna(),
        "price_out_of_range": ~price.between(target.minimum, target.maximum),
        "no_year": frame["model_year"].isna(),
    }
    reason = _first_reason(rules, frame.index)
    kept = frame[reason.isna()]
    reason.update(_find_repeats(kept))
    return frame[reason.isna()], reason.dropna()


def name_vehicles(frame: pd.DataFrame) -> pd.Series:
    """One text for each row that is equal for adverts of the same car, however they are spelt."""
    parts = [
        _map_unique(frame[name], fold)
        if name in TEXTUAL
        else frame[name].round().astype("Int64").astype("str")
        for name in VEHICLE
    ]
    return (
        parts[0].astype("str").str.cat([part.astype("str") for part in parts[1:]], "|", na_rep="?")
    )


def parse_number(text: str) -> float:
    """Read `173 000 DH`, `6 CV`, `1.200,50` or `Plus de 41 CV` (one more than 41); else NaN."""
    compact = re.sub(r"\s", "", text)
    found = NUMBER.findall(compact)
    around = fold(NUMBER.sub("", compact))
    if len(found) != 1 or around not in WORDS_AROUND_NUMBERS | AT_LEAST:
        return float("nan")
    return _to_float(found[0]) + (around in AT_LEAST)


def parse_mileage(text: str) -> float:
    """Read a number of kilometres, or the middle of a band such as `200 000 - 249 999`; else NaN."""
    ends = [parse_number(end) for end in BAND.split(text.strip())]
    return float(np.mean(ends)) if len(ends) <= 2 else float("nan")


def _to_float(number: str) -> float:
    """A number whose commas and points group thousands or mark decimals, as the digits tell."""
    decimal = max(number.rfind(","), number.rfind("."))
    whole, fraction = (number[:decimal], number[decimal + 1 :]) if decimal >= 0 else (number, "")
    marks = {mark for mark in number if mark in ",."}
    if len(fraction) == 3 and len(marks) == 1:
        whole, fraction = whole + fraction, ""
    return float(f"{re.sub('[.,]', '', whole)}.{fraction or 0}")


def _parse_column(raw: pd.Series, each: Field) -> pd.Series:
    if each.kind is Kind.TEXT:
        tidy = _map_unique(raw, lambda text: " ".join(text.split()))
        return tidy.mask(_is_among(raw, UNKNOWN_WORDS)).astype("str")
    if each.kind is Kind.CHOICE:
        codes = each.codes
        return _map_unique(raw, lambda text: codes.get(fold(text))).astype("str")
    parsers: dict[Kind, Callable[[str], float | None]] = {
        Kind.YES_NO: lambda text: YES_NO.get(fold(text)),
        Kind.MILEAGE: parse_mileage,
    }
    return _map_unique(raw, parsers.get(each.kind, parse_number)).astype("float64")


def _is_among(raw: pd.Series, words: frozenset[str]) -> pd.Series:
    """Whether each text, folded, is one of the words; a missing text is."""
    return _map_unique(raw, lambda text: fold(text) in words).ne(False)


def _map_unique(raw: pd.Series, function: Callable[[str], object]) -> pd.Series:
    """Apply a function to each distinct text once; missing stays missing."""
    codes, texts = pd.factorize(raw)
    mapped = np.empty(len(texts) + 1, dtype=object)
    mapped[:-1] = [function(text) for text in texts]
    mapped[-1] = None
    return pd.Series(mapped[codes], index=raw.index)


def _first_reason(rules: dict[str, pd.Series], index: pd.Index) -> pd.Series:
    reason = pd.Series(np.nan, index=index, dtype="str")
    for code, holds in rules.items():
        reason = reason.mask(reason.isna() & holds, code)
    return reason


def _find_repeats(frame: pd.DataFrame) -> pd.Series:
    content = frame.drop(columns=["link"])
    rules = {
        "same_link": frame["link"].notna() & frame["link"].duplicated(),
        "same_content": content.duplicated(),
    }
    return _first_reason(rules, frame.index)
