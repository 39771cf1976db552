"""Raw texts to typed values: numbers, kilometres, choices, yes or no."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from carprice.arrays import Places
from carprice.market.chosen import MARKET
from carprice.market.fields import Field, Kind, fold
from carprice.market.listing import (
    BY_NAME,
    FIELDS,
    UNKNOWN_WORDS,
    UNPRICED_WORDS,
    read_codes,
)
from carprice.market.problems import Problem

WORDINGS, CURRENCY = MARKET.wordings, MARKET.currency
YES_NO = dict.fromkeys(("yes", "true", "1", *map(fold, WORDINGS.yes)), 1.0) | dict.fromkeys(
    ("no", "false", "0", *map(fold, WORDINGS.no)), 0.0
)
BAND = re.compile(rf"(?<=[\dm])\s*[{re.escape(WORDINGS.between)}]\s*(?=\d)")
GROUP_MARK, DECIMAL_MARK = (
    f"[{re.escape(marks)}]" for marks in (WORDINGS.group_marks, WORDINGS.decimal_marks)
)
SIGNS = re.escape(re.sub(r"\w", "", CURRENCY.symbol))
AROUND = rf"(?:[^\W\d_]|[ '{SIGNS}])*"
NUMBER = re.compile(
    rf"(?P<before>{AROUND}?)"
    r"(?P<sign>-? ?)"
    rf"(?P<whole>[1-9]\d{{0,2}}(?P<mark>{GROUP_MARK})\d{{3}}(?:(?P=mark)\d{{3}})*|\d+)"
    rf"(?:(?!(?P=mark)){DECIMAL_MARK}(?P<fraction>\d+))?"
    rf"(?P<after>{AROUND}\.?)"
)
"""One number and words around it: its groups of three share one mark, which is not the decimal
one. Dates, sums, two numbers, other currencies and formulas do not match."""

LONGEST_NUMBER = 60
SIGNS_FOR_NOTHING = re.compile(r"[\s./_–—-]*")
UNITS = frozenset({"", *(fold(each.unit) for each in FIELDS if each.kind is not Kind.PRICE)})
MONEY = (CURRENCY.symbol, CURRENCY.code, *CURRENCY.words)
WORDS_AROUND_NUMBERS = UNITS | frozenset(map(fold, (*MONEY, *WORDINGS.or_older)))
AT_LEAST = frozenset(f"{fold(word)}{unit}" for word in WORDINGS.at_least for unit in UNITS)
Flags = npt.NDArray[np.bool_]


class Column(NamedTuple):
    """Values of a column, each held once: a text is understood once, in however many rows it is.

    places: of each row, the place of its value in `distinct` (n,); -1 for a missing one.
    """

    places: Places
    distinct: list[Any]

    @classmethod
    def of_texts(cls, texts: Iterable[str | None]) -> Self:
        """Without pandas, for which a single car is as much work as a thousand."""
        numbers: dict[str, int] = {}
        places = [-1 if text is None else numbers.setdefault(text, len(numbers)) for text in texts]
        return cls(np.array(places, dtype=np.intp), list(numbers))

    @classmethod
    def of_series(cls, column: pd.Series) -> Self:
        if isinstance(column.dtype, pd.CategoricalDtype):
            # As narrow as they can be, they are too narrow to count with.
            return cls(np.asarray(column.cat.codes, np.intp), list(column.cat.categories))
        places, texts = pd.factorize(column)
        return cls(places, list(texts))

    def spread(self, distinct: list[Any], dtype: type) -> npt.NDArray[Any]:
        """One value a row, given what each distinct one becomes, and at last a missing one."""
        return np.array(distinct, dtype=dtype)[self.places]


@dataclass(frozen=True)
class Parsed:
    """Typed values of raw listings, and the problems found in their texts.

    values: the clean table; texts are `str`, the rest floats, unknown is NaN.
    problems: the rows that have each problem (boolean, aligned with `values`); one that no row
        has is left out.
    told: fields that have a cell in some row, even an empty one.
    """

    values: pd.DataFrame
    problems: dict[Problem, pd.Series]
    told: frozenset[str] = frozenset(BY_NAME)


def parse_number(text: str) -> float:
    """The number in `173 000 DH`, `6 CV`, `1.200,50`, `Plus de 41 CV` (42); else NaN."""
    found = NUMBER.fullmatch(" ".join(text.split())) if len(text) <= LONGEST_NUMBER else None
    around = fold(found["before"] + found["after"]) if found else ""
    if not found or around not in WORDS_AROUND_NUMBERS | AT_LEAST:
        return float("nan")
    whole = re.sub(GROUP_MARK, "", found["whole"])
    number = float(f"{found['sign'].strip()}{whole}.{found['fraction'] or 0}")
    return number + (around in AT_LEAST)


def parse_mileage(text: str) -> float:
    """A number of km, or the middle of a band as `200 000 - 249 999`; else NaN."""
    ends = [parse_number(end) for end in BAND.split(text)]
    return float(np.mean(ends)) if len(ends) <= 2 and ends[0] <= ends[-1] else float("nan")


def parse_text(text: str) -> str | None:
    """The text with single spaces and no control signs; None when nothing is left."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(shown.split()) or None


def parse_lettered(text: str) -> str | None:
    """The text as by `parse_text`; None where it has no letter."""
    return parse_text(text) if any(map(str.isalpha, text)) else None


def parse_yes_no(text: str) -> float:
    """1 or 0 for `Oui`, `non`, `True`, `1` or `1.0`; else NaN."""
    return YES_NO.get(fold(text.strip().removesuffix(".0")), float("nan"))


def parse_column(raw: Column, each: Field) -> tuple[list[Any], Flags]:
    """Clean value of each distinct text, None at last, and the rows whose text cannot be used."""
    parse = PARSERS[each.name]
    silent = UNKNOWN_WORDS | UNPRICED_WORDS if each.kind is Kind.PRICE else UNKNOWN_WORDS
    given = [_says(text, each, silent) for text in raw.distinct]
    values = [parse(text) if says else None for text, says in zip(raw.distinct, given, strict=True)]
    unreadable = [
        says and (value is None or value != value)  # noqa: PLR0124 - NaN
        for value, says in zip(values, given, strict=True)
    ]
    return [*values, None], raw.spread([*unreadable, False], bool)


def _says(text: str, each: Field, silent: frozenset[str]) -> bool:
    """Whether a text says something, be it unreadable."""
    if each.lettered and not fold(text):
        return not SIGNS_FOR_NOTHING.fullmatch(text)
    return fold(text) not in silent


def find_bands(mileage: Column) -> Flags:
    """Which rows name a band of kilometres."""
    return mileage.spread([*(bool(BAND.search(text)) for text in mileage.distinct), False], bool)


def _choose_parser(each: Field) -> Callable[[str], object]:
    if each.lettered:
        return parse_lettered
    codes = read_codes(each)
    parsers: dict[Kind, Callable[[str], object]] = {
        Kind.TEXT: parse_text,
        Kind.CHOICE: lambda text: codes.get(fold(text)),
        Kind.YES_NO: parse_yes_no,
        Kind.MILEAGE: parse_mileage,
    }
    return parsers.get(each.kind, parse_number)


PARSERS = {each.name: _choose_parser(each) for each in FIELDS}
