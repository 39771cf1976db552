"""What a listing is: every field once, with its label, raw spellings, unit, range and choices."""

from collections.abc import Mapping
from types import MappingProxyType

from carprice.market.fields import Field, Kind, Role, fold
from carprice.market.morocco import EQUIPMENT, FIELDS, UNKNOWN_WORDS, UNPRICED_WORDS

__all__ = ["EQUIPMENT", "FIELDS", "UNKNOWN_WORDS", "UNPRICED_WORDS"]

BY_NAME: Mapping[str, Field] = MappingProxyType({each.name: each for each in FIELDS})
TARGET = next(each.name for each in FIELDS if each.role is Role.TARGET)


def in_currency(name: str) -> str:
    """An amount's name as files, registry and API have it: `low` is `low_mad` in dirhams."""
    return f"{name}_mad"


LOW, HIGH = in_currency("low"), in_currency("high")
ESTIMATE_COLUMNS = (TARGET, LOW, HIGH)
"""What a model answers for a listing: a price and the ends of its interval, in DH."""

FEATURES: tuple[str, ...] = tuple(each.name for each in FIELDS if each.role is Role.FEATURE)
VEHICLE: tuple[str, ...] = ("make", "model", "model_year", "mileage_km")
"""Fields by which two adverts are taken to show the same car."""

TEXTUAL: frozenset[str] = frozenset(
    each.name for each in FIELDS if each.kind in (Kind.TEXT, Kind.CHOICE)
)
"""Columns of the clean table that hold texts; all others hold floats, unknown being NaN."""

HEADERS: Mapping[str, str] = MappingProxyType(
    {fold(header): each.name for each in FIELDS for header in each.accepted_headers}
)
"""Folded header to field name."""
