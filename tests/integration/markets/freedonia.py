"""Freedonia: a market that does not exist, of five fields and a price, for whoever adds one."""

from carprice.language import Text
from carprice.market.definition import Currency, Market, Priors, Wordings
from carprice.market.fields import THIS_YEAR, Field, Kind, Role

MARKET = Market(
    code="freedonia",
    place=Text("en Freedonie", "in Freedonia"),
    clock=Text("heure de Freedonie", "Freedonian time"),
    zone="Europe/Vienna",
    language="en",
    currency=Currency("FRD", "F$", Text("dollars", "dollars")),
    wordings=Wordings(
        unknown=("unknown", "n/a"),
        unpriced=("POA",),
        at_least=("over",),
        group_marks=",",
        decimal_marks=".",
    ),
    fields=(
        Field(
            "price_frd", Text("Prix", "Price"), Kind.PRICE, Role.TARGET,
            headers=("Asking price",), unit="F$", minimum=500, maximum=250_000, needed=True,
        ),
        Field("make", Text("Marque", "Make"), Kind.TEXT, needed=True, lettered=True),
        Field("model", Text("Modèle", "Model"), Kind.TEXT, needed=True),
        Field(
            "model_year", Text("Année", "Year"), Kind.NUMBER,
            minimum=1990, maximum=THIS_YEAR + 1, needed=True,
        ),
        Field(
            "mileage_km", Text("Kilométrage", "Mileage"), Kind.MILEAGE,
            headers=("Odometer",), unit="km", minimum=0, maximum=500_000, needed=True,
        ),
        Field(
            "body", Text("Carrosserie", "Body"), Kind.CHOICE,
            choices={
                "saloon": Text("Berline", "Saloon"),
                "estate": Text("Break", "Estate"),
            },
            spellings={"Station wagon": "estate"},
        ),
    ),
    priors=Priors(
        versions=("body",),
        alike=("body",),
        age_knots=(0, 1, 3, 5, 10, 20, 36),
        typical_age=8,
        km_per_year=12_000,
        km_scale=100_000,
        error_age_knots=(0, 5, 10, 20),
        error_price_knots=(3_000, 10_000, 30_000),
    ),
    price_bands=(5_000, 15_000),
    year_bands=(2010, 2020),
    price_ticks={"1k": 1e3, "10k": 1e4, "100k": 1e5},
    first_usual_year=2005,
    usual_km=range(0, 250_001, 10_000),
    compared=("body",),
    example={"make": "Duck", "model": "Soup", "model_year": 2018, "mileage_km": "90,000 km"},
)  # fmt: skip
