"""What a field of a listing is, and how texts are made comparable."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache

THIS_YEAR = date.today().year
"""Cars of the next model year are sold already; a later one is a slip of the keyboard."""
LAST_YEAR_WRITTEN_DOWN = 2026
"""From which ages are counted in models stored before they kept a year of their own."""


class Kind(StrEnum):
    """How the raw text of a field is understood."""

    TEXT = "text"
    CHOICE = "choice"
    YES_NO = "yes_no"
    NUMBER = "number"
    MILEAGE = "mileage"
    PRICE = "price"


class Role(StrEnum):
    """What a field is for."""

    TARGET = "target"
    FEATURE = "feature"
    ADVERT = "advert"  # tells adverts apart or where they come from; never priced


@dataclass(frozen=True)
class Field:
    """One column of a listing.

    name: column of the clean table, English, with its unit.
    label: French name, as people read it; always accepted as a header.
    headers: further spellings of the header.
    minimum, maximum: plausible range in the unit of the field; outside it the value is unknown.
    choices: clean code to French wording; the wording, the code and `spellings` are accepted.
    needed: a file without this column is refused.
    """

    name: str
    label: str
    kind: Kind
    role: Role = Role.FEATURE
    headers: tuple[str, ...] = ()
    unit: str = ""
    minimum: float = float("-inf")
    maximum: float = float("inf")
    choices: Mapping[str, str] = field(default_factory=dict)
    spellings: Mapping[str, str] = field(default_factory=dict)
    needed: bool = False

    @property
    def accepted_headers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.label, *self.headers, self.name)))

    @property
    def codes(self) -> dict[str, str]:
        """Folded raw wording to clean code."""
        wordings = {code: code for code in self.choices} | {
            wording: code for code, wording in self.choices.items()
        }
        return {fold(raw): code for raw, code in (wordings | dict(self.spellings)).items()}


@lru_cache(maxsize=4_096)
def fold(text: str) -> str:
    """Spelling-proof form of a text: no case, accents, spaces or punctuation, in any script.

    >>> fold(" Citroën ") == fold("CITROEN"), fold("600 E") == fold("600e")
    (True, True)
    """
    # Twice: lower case can bring back accents to take apart, and taking apart can bring capitals.
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return re.sub(r"[\W_]+", "", "".join(c for c in plain if not unicodedata.combining(c)))
