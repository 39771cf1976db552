"""Types that define a market; `morocco.py` is a complete one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from carprice.errors import ConfigurationError
from carprice.language import Language, Text
from carprice.market.fields import Field, Kind, Role

NEEDED = ("make", "model", "model_year", "mileage_km")
"""Fields that every market has, beside the price."""


@dataclass(frozen=True)
class Currency:
    """The unit of prices.

    code: ISO 4217; in lower case it ends the stored names of amounts. symbol: behind an amount.
    words: other texts that may stand around a price.
    """

    code: str
    symbol: str
    name: Text
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wordings:
    """Words of adverts with a special meaning, compared by `fields.fold`.

    The first of each kind is the usual one.
    unknown: stand for an unknown value. unpriced: say that an advert names no price.
    yes, no: beside `yes`, `true`, `1` and their opposites, which are understood anywhere.
    at_least: before or after a number, one more than it.
    or_older: after a model year, which it leaves as it is.
    between: signs and letters between the two ends of a band of kilometres.
    group_marks, decimal_marks: what may part the thousands of a number, and its decimals.
    """

    unknown: tuple[str, ...]
    unpriced: tuple[str, ...] = ()
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    at_least: tuple[str, ...] = ()
    or_older: tuple[str, ...] = ()
    between: str = "-–—"
    group_marks: str = " .,"
    decimal_marks: str = ".,"


@dataclass(frozen=True)
class Priors:
    """Scales of learning; stored with each model, so that changes spoil none.

    versions: choices that together make a version of a model, the one that matters most first;
        metrics and pictures are split by the first.
    alike: choices in which adverts of one model are compared with a car.
    age_knots: ages in years between which a price moves straight. typical_age: of an unknown one.
    km_per_year, km_scale: usual distance, and the one from which a further kilometre counts less.
    error_age_knots, error_price_knots: ages and prices at which the spread of errors may bend.
    """

    versions: tuple[str, ...]
    alike: tuple[str, ...]
    age_knots: tuple[float, ...]
    typical_age: float
    km_per_year: float
    km_scale: float
    error_age_knots: tuple[float, ...]
    error_price_knots: tuple[float, ...]


@dataclass(frozen=True)
class Simulation:
    """Facts of the market for drawing simulated adverts.

    facts: file in `carprice.simulation` with what was measured. year: when; ages count from it.
    typical_price: of a car eight years old. equipment_shares: share of such cars with a thing.
    cities: share of adverts of each. districts: of a city, in exports that name them.
    """

    facts: str
    year: int
    typical_price: float
    equipment_shares: Mapping[str, float]
    cities: Mapping[str, float]
    districts: tuple[str, ...]


@dataclass(frozen=True)
class Market:
    """Everything specific to one country.

    code: stored with each model, which answers for this market alone.
    language: of headers and choices in files, and of answers where nobody asks for another.
    fields: in the order of the clean table. NEEDED and the price are among them; link, city and
        simulated may be, and are known by these names; all others are free.
    price_bands, year_bands: inner edges of the slices that a model is measured on.
    price_ticks: label to price on pictures. first_usual_year, usual_km: where curves
        of a price begin, and what they are drawn over.
    compared: fields shown of similar adverts.
    example: raw texts of a car that everybody there knows.
    """

    code: str
    place: Text
    clock: Text
    zone: str
    language: Language
    currency: Currency
    wordings: Wordings
    fields: tuple[Field, ...]
    priors: Priors
    price_bands: tuple[int, ...]
    year_bands: tuple[int, ...]
    price_ticks: Mapping[str, float]
    first_usual_year: int
    usual_km: range
    compared: tuple[str, ...]
    example: Mapping[str, str | int]
    simulation: Simulation | None = None

    def __post_init__(self) -> None:
        """Raise ConfigurationError naming all that is missing, named twice or of no effect."""
        names = [each.name for each in self.fields]
        priced = [each.name for each in self.fields if each.role is Role.TARGET]
        price = f"price_{self.currency.code.lower()}"
        told = {*self.priors.versions, *self.priors.alike, *self.compared, *self.example}
        faults = [
            *(f"it lacks the field {name}" for name in NEEDED if name not in names),
            *(f"two fields are named {name}" for name in {*names} if names.count(name) > 1),
            *(f"no field is named {name}" for name in sorted(told - {*names})),
            *(fault for each in self.fields for fault in _find_faults(each)),
        ]
        if priced != [price]:
            faults.append(f"its fields of Role.TARGET are {priced}, expected one: {price}")
        if faults:
            raise ConfigurationError(
                f"the market {self.code} cannot be used: {'; '.join(faults)}. See "
                "docs/another-market.md."
            )


def _find_faults(each: Field) -> Iterator[str]:
    """What would be silently ignored of a field, or not be shown in a language."""
    for what, said in {"label": each.label, **each.choices}.items():
        told = (said.fr, said.en) if isinstance(said, Text) else ()
        if not all(told) or not told:
            yield f"{each.name} has no Text in French and English for {what}: found {said!r}"
    if each.kind is Kind.CHOICE and not each.choices:
        yield f"{each.name} is a choice without `choices`"
    if each.role is not Role.FEATURE or each.name in NEEDED:
        return
    if each.kind in (Kind.TEXT, Kind.PRICE):
        yield (
            f"{each.name} is no make or model, and no price can rest on its texts: make it a "
            "Kind.CHOICE with `choices`, or give it Role.ADVERT"
        )
    if each.kind in (Kind.NUMBER, Kind.MILEAGE) and each.effect is None:
        yield f"{each.name} is a number without an `effect` on the price: give it Knots or Below"
