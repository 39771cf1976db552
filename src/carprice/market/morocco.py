"""Morocco: its fields with labels, spellings, units and ranges, and its words for the unknown."""

from types import MappingProxyType

from carprice.market.fields import THIS_YEAR, Field, Kind, Role

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
        minimum=1980, maximum=THIS_YEAR + 1, needed=True,
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
