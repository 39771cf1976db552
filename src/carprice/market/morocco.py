"""The market of Morocco."""

from types import MappingProxyType

from carprice.language import Text
from carprice.market.definition import Currency, Market, Priors, Simulation, Wordings
from carprice.market.fields import THIS_YEAR, Below, Field, Kind, Knots, Role

EQUIPMENT = MappingProxyType(
    {
        "alloy_wheels": Text("Jantes aluminium", "Alloy wheels"),
        "airbags": Text("Airbags", "Airbags"),
        "air_conditioning": Text("Climatisation", "Air conditioning"),
        "navigation": Text("Système de navigation/GPS", "Navigation"),
        "sunroof": Text("Toit ouvrant", "Sunroof"),
        "leather_seats": Text("Sièges cuir", "Leather seats"),
        "parking_sensors": Text("Radar de recul", "Parking sensors"),
        "reversing_camera": Text("Caméra de recul", "Reversing camera"),
        "electric_windows": Text("Vitres électriques", "Electric windows"),
        "abs": Text("ABS", "ABS"),
        "esp": Text("ESP", "ESP"),
        "cruise_control": Text("Régulateur de vitesse", "Cruise control"),
        "speed_limiter": Text("Limiteur de vitesse", "Speed limiter"),
        "audio_bluetooth": Text("CD/MP3/Bluetooth", "CD/MP3/Bluetooth"),
        "trip_computer": Text("Ordinateur de bord", "Trip computer"),
        "remote_locking": Text("Verrouillage centralisé à distance", "Remote central locking"),
    }
)

FIELDS = (
    Field(
        "price_mad", Text("Prix", "Price"), Kind.PRICE, Role.TARGET,
        headers=("Price_Raw", "Price", "Prix (DH)"), unit="DH",
        minimum=10_000, maximum=5_000_000, needed=True,
    ),
    Field("make", Text("Marque", "Make"), Kind.TEXT, needed=True, lettered=True),
    Field("model", Text("Modèle", "Model"), Kind.TEXT, needed=True),
    Field(
        "model_year", Text("Année-Modèle", "Model year"), Kind.NUMBER,
        headers=("Année", "Année modèle"), minimum=1980, maximum=THIS_YEAR + 1, needed=True,
    ),
    Field(
        "mileage_km", Text("Kilométrage", "Kilometres"), Kind.MILEAGE,
        unit="km", minimum=0, maximum=899_999, needed=True,
    ),
    Field(
        "fuel", Text("Type de carburant", "Fuel"), Kind.CHOICE,
        headers=("Carburant",), needed=True,
        choices={
            "diesel": Text("Diesel", "Diesel"),
            "petrol": Text("Essence", "Petrol"),
            "hybrid": Text("Hybride", "Hybrid"),
            "electric": Text("Électrique", "Electric"),
            "lpg": Text("GPL", "LPG"),
        },
        spellings={"LPG": "lpg", "Hybride rechargeable": "hybrid"},
    ),
    Field(
        "gearbox", Text("Boîte de vitesses", "Gearbox"), Kind.CHOICE,
        headers=("Boîte",), needed=True,
        choices={
            "manual": Text("Manuelle", "Manual"),
            "automatic": Text("Automatique", "Automatic"),
        },
    ),
    Field(
        "doors", Text("Nombre de portes", "Doors"), Kind.NUMBER, headers=("Portes",),
        minimum=2, maximum=6, effect=Below("few doors", 4),
    ),
    Field(
        "origin", Text("Origine", "Origin"), Kind.CHOICE,
        choices={
            "local_new": Text("WW au Maroc", "Bought new in Morocco"),
            "customs_cleared": Text("Dédouanée", "Customs cleared"),
            "imported_new": Text("Importée neuve", "Imported new"),
            "uncleared": Text("Pas encore dédouanée", "Not cleared by customs yet"),
        },
    ),
    Field("first_owner", Text("Première main", "First owner"), Kind.YES_NO),
    Field(
        "fiscal_power_cv", Text("Puissance fiscale", "Fiscal power"), Kind.NUMBER,
        unit="CV", minimum=1, maximum=60,
        effect=Knots("power", (4, 6, 7, 8, 9, 10, 12, 15, 20, 42), typical=8, apart=1),
    ),
    Field(
        "condition", Text("État", "Condition"), Kind.CHOICE,
        choices={
            "new": Text("Neuf", "New"),
            "excellent": Text("Excellent", "Excellent"),
            "very_good": Text("Très bon", "Very good"),
            "good": Text("Bon", "Good"),
            "fair": Text("Correct", "Fair"),
            "damaged": Text("Endommagé", "Damaged"),
            "for_parts": Text("Pour pièces", "For parts"),
        },
    ),
    *(Field(name, label, Kind.YES_NO, equipment=True) for name, label in EQUIPMENT.items()),
    Field("city", Text("Ville", "City"), Kind.TEXT, Role.ADVERT),
    Field("link", Text("Lien", "Link"), Kind.TEXT, Role.ADVERT, ("URL", "Link")),
    Field("simulated", Text("Annonce simulée", "Simulated advert"), Kind.YES_NO, Role.ADVERT),
)  # fmt: skip

MARKET = Market(
    code="morocco",
    place=Text("au Maroc", "in Morocco"),
    clock=Text("heure du Maroc", "Moroccan time"),
    zone="Africa/Casablanca",
    language="fr",
    currency=Currency("MAD", "DH", Text("dirhams", "dirhams"), words=("Dhs",)),
    wordings=Wordings(
        unknown=("NC", "inconnu", "non renseigné", "NA", "NaN", "none", "null"),
        unpriced=("Demander le prix", "Prix non spécifié", "Prix à demander"),
        yes=("Oui", "Vrai"),
        no=("Non", "Faux"),
        at_least=("Plus de",),
        or_older=("ou plus ancien",),
        between="-–—à",
    ),
    fields=FIELDS,
    priors=Priors(
        versions=("fuel", "gearbox"),
        alike=("fuel", "gearbox", "condition"),
        age_knots=(0, 1, 2, 3, 5, 7, 10, 13, 17, 22, 30, 46),
        typical_age=10,
        km_per_year=14_000,
        km_scale=100_000,
        error_age_knots=(0, 3, 6, 10, 15, 20, 25, 30),
        error_price_knots=(60_000, 100_000, 200_000, 300_000, 400_000),
    ),
    price_bands=(80_000, 150_000, 250_000, 400_000),
    year_bands=(2000, 2010, 2015, 2020),
    price_ticks=MappingProxyType(
        {"10k": 1e4, "50k": 5e4, "100k": 1e5, "500k": 5e5, "1M": 1e6, "5M": 5e6}
    ),
    first_usual_year=2000,
    usual_km=range(0, 400_001, 10_000),
    compared=("fuel", "gearbox", "condition", "city", "link"),
    example=MappingProxyType(
        {
            "make": "Dacia", "model": "Logan", "model_year": 2018, "mileage_km": "120 000 km",
            "fuel": "Diesel", "gearbox": "Manuelle", "fiscal_power_cv": "6 CV",
            "air_conditioning": "Oui",
        }
    ),
    simulation=Simulation(
        facts="morocco.json",
        year=2026,
        typical_price=160_000,
        # How many cars of typical price and age have a thing, the cities in the order of their
        # sizes, and the districts are invented: what was measured does not hold them.
        equipment_shares=MappingProxyType(
            {
                "alloy_wheels": 0.70, "airbags": 0.92, "air_conditioning": 0.95,
                "navigation": 0.45, "sunroof": 0.15, "leather_seats": 0.30,
                "parking_sensors": 0.55, "reversing_camera": 0.35, "electric_windows": 0.93,
                "abs": 0.93, "esp": 0.75, "cruise_control": 0.55, "speed_limiter": 0.55,
                "audio_bluetooth": 0.85, "trip_computer": 0.80, "remote_locking": 0.90,
            }
        ),
        cities=MappingProxyType(
            {
                "Casablanca": 0.36, "Rabat": 0.12, "Marrakech": 0.10, "Tanger": 0.10,
                "Fès": 0.08, "Agadir": 0.08, "Salé": 0.05, "Meknès": 0.04, "Kénitra": 0.04,
                "Oujda": 0.03,
            }
        ),
        districts=("Autre secteur", "Centre Ville"),
    ),
)  # fmt: skip
