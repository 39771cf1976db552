"""Types of a listing's fields, and the folding of texts."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache

from carprice.language import Text

THIS_YEAR = date.today().year
"""Cars of the next model year are sold already; a later one is a slip of the keyboard."""
LAST_YEAR_WRITTEN_DOWN = 2026
"""Reference year of ages in models stored without a year of their own."""


class Kind(StrEnum):
    """Kind of a field's raw text, which decides its parsing."""

    TEXT = "text"
    CHOICE = "choice"
    YES_NO = "yes_no"
    NUMBER = "number"
    MILEAGE = "mileage"
    PRICE = "price"


class Role(StrEnum):
    """Use of a field."""

    TARGET = "target"
    FEATURE = "feature"
    ADVERT = "advert"  # tells adverts apart or where they come from; never priced


@dataclass(frozen=True)
class Knots:
    """Effect of a number on the price, linear between knots.

    term: name of its effect in what a model stores. typical: stands for an unknown value.
    apart: distance at which an advert says e times less of a car.
    """

    term: str
    at: tuple[float, ...]
    typical: float
    apart: float


@dataclass(frozen=True)
class Below:
    """Effect of a number on the price: one step below a limit.

    term: name of its effect in what a model stores.
    """

    term: str
    limit: float


@dataclass(frozen=True)
class Field:
    """One column of a listing.

    name: column of the clean table, English, with its unit.
    label: its name in each language; the one of the market is always accepted as a header.
    headers: further spellings of the header.
    minimum, maximum: plausible range in the unit of the field; outside it the value is unknown.
    choices: clean code to its wording; the code, the wording in the language of the market and
        `spellings` are accepted.
    needed: a file without this column is refused.
    lettered: a text without a letter cannot be read.
    equipment: a thing that a car has or not; all of these are told and explained as one.
    effect: how a number moves the price, beside model year and kilometres.
    """

    name: str
    label: Text
    kind: Kind
    role: Role = Role.FEATURE
    headers: tuple[str, ...] = ()
    unit: str = ""
    minimum: float = float("-inf")
    maximum: float = float("inf")
    choices: Mapping[str, Text] = field(default_factory=dict)
    spellings: Mapping[str, str] = field(default_factory=dict)
    needed: bool = False
    lettered: bool = False
    equipment: bool = False
    effect: Knots | Below | None = None


@lru_cache(maxsize=4_096)
def fold(text: str) -> str:
    """Spelling-proof form of a text: no case, accents, spaces or punctuation, in any script.

    >>> fold(" Citroën ") == fold("CITROEN"), fold("600 E") == fold("600e")
    (True, True)
    """
    # Twice: lower case can bring back accents to take apart, and taking apart can bring capitals.
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return re.sub(r"[\W_]+", "", "".join(c for c in plain if not unicodedata.combining(c)))
