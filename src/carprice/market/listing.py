"""Fields of a listing in the chosen market, by name, role and header."""

from collections.abc import Mapping
from types import MappingProxyType

from carprice.language import Language
from carprice.market.chosen import MARKET
from carprice.market.definition import NEEDED
from carprice.market.fields import Field, Kind, Role, fold

FIELDS = MARKET.fields
HOME: Language = MARKET.language
"""The language of headers, choices, and of whoever asks for no other."""

UNKNOWN_WORDS = frozenset({"", *map(fold, MARKET.wordings.unknown)})
"""Folded texts that stand for an unknown value; `--` and `-` fold to the empty one."""
UNPRICED_WORDS = frozenset(map(fold, MARKET.wordings.unpriced))
"""Folded texts of adverts without a price."""

BY_NAME: Mapping[str, Field] = MappingProxyType({each.name: each for each in FIELDS})
TARGET = next(each.name for each in FIELDS if each.role is Role.TARGET)


def in_currency(name: str) -> str:
    """Stored name of an amount: `low` is `low_mad` in dirhams."""
    return f"{name}_{MARKET.currency.code.lower()}"


LOW, HIGH = in_currency("low"), in_currency("high")
WIDE_LOW, WIDE_HIGH = in_currency("wide_low"), in_currency("wide_high")
ESTIMATE_COLUMNS = (TARGET, LOW, HIGH, WIDE_LOW, WIDE_HIGH)
"""Columns of an estimate: the price, the ends of its interval, and those of the wide one."""

FEATURES: tuple[str, ...] = tuple(each.name for each in FIELDS if each.role is Role.FEATURE)
EQUIPMENT: tuple[str, ...] = tuple(each.name for each in FIELDS if each.equipment)
VEHICLE = NEEDED
"""Fields by which two adverts are taken to show the same car."""
VERSIONS = MARKET.priors.versions
"""Choices that make a version of a model."""

TEXTUAL: frozenset[str] = frozenset(
    each.name for each in FIELDS if each.kind in (Kind.TEXT, Kind.CHOICE)
)
"""Columns of the clean table that hold texts; all others hold floats, unknown being NaN."""


def accepted_headers(field: Field) -> tuple[str, ...]:
    """Accepted headers of a field, its label first."""
    return tuple(dict.fromkeys((field.label.say(HOME), *field.headers, field.name)))


def read_codes(field: Field) -> dict[str, str]:
    """Folded wording of a choice to its clean code."""
    wordings = {code: code for code in field.choices} | {
        wording.say(HOME): code for code, wording in field.choices.items()
    }
    return {fold(raw): code for raw, code in (wordings | dict(field.spellings)).items()}


HEADERS: Mapping[str, str] = MappingProxyType(
    {fold(header): each.name for each in FIELDS for header in accepted_headers(each)}
)
"""Folded header to field name."""
