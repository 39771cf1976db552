"""What a listing is: every field once, with its label, raw spellings, unit, range and choices."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType


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


UNKNOWN_WORDS = frozenset({"", "na", "nan", "nc", "none", "null", "inconnu", "nonrenseigne"})
"""Folded texts that stand for an unknown value; `--` and `-` fold to the empty one."""

UNPRICED_WORDS = frozenset({"demanderleprix", "prixnonspecifie", "prixademander"})
"""Folded texts by which an advert says that it names no price."""

EQUIPMENT = MappingProxyType(
    {
        "alloy_wheels": "Jantes aluminium",
        "airbags": "Airbags",
        "air_conditioning": "Climatisation",
        "navigation": "Système de navigation/GPS",
        "sunroof": "Toit ouvrant",
        "leather_seats": "Sièges cuir",
        "parking_sensors": "Radar de recul",
        "reversing_camera": "Caméra de recul",
        "electric_windows": "Vitres électriques",
        "abs": "ABS",
        "esp": "ESP",
        "cruise_control": "Régulateur de vitesse",
        "speed_limiter": "Limiteur de vitesse",
        "audio_bluetooth": "CD/MP3/Bluetooth",
        "trip_computer": "Ordinateur de bord",
        "remote_locking": "Verrouillage centralisé à distance",
    }
)

FIELDS: tuple[Field, ...] = (
    Field(
        "price_mad", "Prix", Kind.PRICE, Role.TARGET, ("Price_Raw", "Price", "Prix (DH)"),
        unit="DH", minimum=10_000, maximum=5_000_000, needed=True,
    ),
    Field("make", "Marque", Kind.TEXT, needed=True),
    Field("model", "Modèle", Kind.TEXT, needed=True),
    Field(
        "model_year", "Année-Modèle", Kind.NUMBER, headers=("Année", "Année modèle"),
        # Raised by hand once a year: ages are counted from it, in what a model has learnt as well.
        minimum=1980, maximum=2026, needed=True,
    ),
    Field(
        "mileage_km", "Kilométrage", Kind.MILEAGE,
        unit="km", minimum=0, maximum=899_999, needed=True,
    ),
    Field(
        "fuel", "Type de carburant", Kind.CHOICE, headers=("Carburant",), needed=True,
        choices={
            "diesel": "Diesel", "petrol": "Essence", "hybrid": "Hybride",
            "electric": "Electrique", "lpg": "LPG",
        },
        spellings={"GPL": "lpg", "Hybride rechargeable": "hybrid"},
    ),
    Field(
        "gearbox", "Boite de vitesses", Kind.CHOICE, headers=("Boîte",), needed=True,
        choices={"manual": "Manuelle", "automatic": "Automatique"},
    ),
    Field("doors", "Nombre de portes", Kind.NUMBER, headers=("Portes",), minimum=2, maximum=6),
    Field(
        "origin", "Origine", Kind.CHOICE,
        choices={
            "local_new": "WW au Maroc", "customs_cleared": "Dédouanée",
            "imported_new": "Importée neuve", "uncleared": "Pas encore dédouanée",
        },
    ),
    Field("first_owner", "Première main", Kind.YES_NO),
    Field(
        "fiscal_power_cv", "Puissance fiscale", Kind.NUMBER, unit="CV", minimum=1, maximum=60
    ),
    Field(
        "condition", "État", Kind.CHOICE,
        choices={
            "new": "Neuf", "excellent": "Excellent", "very_good": "Très bon", "good": "Bon",
            "fair": "Correct", "damaged": "Endommagé", "for_parts": "Pour Pièces",
        },
    ),
    *(Field(name, label, Kind.YES_NO) for name, label in EQUIPMENT.items()),
    Field("city", "Ville", Kind.TEXT, Role.ADVERT),
    Field("link", "Lien", Kind.TEXT, Role.ADVERT, ("URL", "Link")),
    Field("simulated", "Annonce simulée", Kind.YES_NO, Role.ADVERT),
)  # fmt: skip

BY_NAME: Mapping[str, Field] = MappingProxyType({each.name: each for each in FIELDS})
TARGET = "price_mad"
ESTIMATE_COLUMNS = (TARGET, "low_mad", "high_mad")
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
