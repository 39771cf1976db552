"""The version in production as a notebook asks it: a car or a table in, estimates out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import overload

import pandas as pd

from carprice.errors import ConfigurationError, RegistryError
from carprice.listings.given import spell_value
from carprice.market.fields import fold
from carprice.market.listing import FEATURES, HEADERS, HOME
from carprice.pricing.prediction import SEPARATORS, estimate_car, estimate_table
from carprice.pricing.price_model import PriceModel
from carprice.promotion.standing import read_standing
from carprice.registry.records import Version
from carprice.settings import read_settings
from carprice.wording import spell
from carprice.wording.remarks import BETWEEN, WIDELY
from carprice.workspace import Workspace


@dataclass(frozen=True)
class Estimate:
    """The answer for one car; prices are None where there is none, and a remark says why.

    low, high: the interval. wide_low, wide_high: the wide one.
    """

    price: float | None
    low: float | None
    high: float | None
    wide_low: float | None
    wide_high: float | None
    remarks: tuple[str, ...]

    def __repr__(self) -> str:
        price = [] if self.price is None else [spell.money(self.price)]
        ends = ((BETWEEN, self.low, self.high), (WIDELY, self.wide_low, self.wide_high))
        ranges = [
            told.say(HOME, low=spell.number(low), high=spell.money(high))
            for told, low, high in ends
            if low is not None and high is not None
        ]
        return "\n".join([*price, *ranges, *self.remarks])


@dataclass(frozen=True)
class ProductionModel:
    """The version in production, open."""

    version: Version
    price_model: PriceModel

    def __repr__(self) -> str:
        return self.version.name

    @overload
    def estimate(self, table: pd.DataFrame, /) -> pd.DataFrame: ...
    @overload
    def estimate(self, /, **car: object) -> Estimate: ...
    def estimate(
        self, table: pd.DataFrame | None = None, /, **car: object
    ) -> pd.DataFrame | Estimate:
        """The estimate of one car told by keyword, or those of a table.

        car: values by the names of fields: texts as adverts write them ("Manuelle", "120 000 km"),
        codes ("manual") or numbers; what is left out or None is unknown.
        table: one row a car, the columns named as these fields or as in a file; others count for
        nothing, a missing one is unknown. Each row gets ESTIMATE_COLUMNS and a `remark`, under the
        index of the table; a price is NaN where too little is known.
        Raises ConfigurationError for a keyword that is no field.
        """
        if table is not None:
            return estimate_table(self.price_model, table)
        told = estimate_car(self.price_model, _read_car(car))
        remarks = [each for each in told.remark.split(SEPARATORS[HOME]) if each]
        prices = (told.price, told.low, told.high, told.wide_low, told.wide_high)
        return Estimate(*prices, tuple(remarks))


def open_production() -> ProductionModel:
    """The version in production of the registry that the settings name, checked and opened.

    Raises RegistryError where none is in production.
    """
    settings = read_settings()
    if not settings.has_registry:
        raise RegistryError(
            f"there is no registry in {settings.home}: set CARPRICE_HOME to the project's folder, "
            "or MLFLOW_TRACKING_URI to the address of a server, or type `carprice run` there first"
        )
    registry = Workspace(settings).registry
    version = read_standing(registry).version
    if version is None:
        raise RegistryError("no version is in production: type `carprice run` first")
    return ProductionModel(version, PriceModel(registry.open_model(version)))


def _read_car(car: Mapping[str, object]) -> dict[str, str]:
    """Raw texts by field name; raises ConfigurationError for what is no field."""
    names = {each: HEADERS.get(fold(each)) for each in car}
    if unknown := [each for each, name in names.items() if name not in FEATURES]:
        raise ConfigurationError(
            f"a car has no {', '.join(map(repr, unknown))}; its fields are: {', '.join(FEATURES)}"
        )
    return {
        str(names[each]): str(spell_value(value))
        for each, value in car.items()
        if value is not None
    }
