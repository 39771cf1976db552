"""Behavioural tests of a model: golden cars, open fields, direction, latency; pure."""

import time
from collections.abc import Mapping, Sequence
from itertools import combinations, product

import numpy as np
import pandas as pd
from pydantic import Field, field_validator
from sklearn.pipeline import Pipeline

from carprice.arrays import Floats
from carprice.frozen import Frozen
from carprice.market.listing import (
    BY_NAME,
    ESTIMATE_COLUMNS,
    FEATURES,
    HIGH,
    LOW,
    TARGET,
    TEXTUAL,
    VERSIONS,
    WIDE_HIGH,
    WIDE_LOW,
    in_currency,
)
from carprice.market.table import to_listings
from carprice.wording.reasons import Code, Reason

TIMED_ESTIMATES = 30
YEARS_BACK = 8
MILEAGE_STEPS_KM = range(20_000, 220_001, 20_000)

VALUES: Mapping[str, Sequence[float | str]] = {
    "model_year": range(int(BY_NAME["model_year"].minimum), int(BY_NAME["model_year"].maximum) + 1),
    "mileage_km": [BY_NAME["mileage_km"].minimum, BY_NAME["mileage_km"].maximum],
    **{name: list(BY_NAME[name].choices) for name in VERSIONS},
}
"""Field name to the values it may have where it is left open; of kilometres the two ends."""
NESTED = (WIDE_LOW, LOW, TARGET, HIGH, WIDE_HIGH)
NEGLIGIBLE_STEP = 1e-3
"""Relative tolerance: the trimmed ways to fill a car differ a little with the known fields."""


class GoldenCar(Frozen, extra="forbid"):
    """A well-known car: clean fields, and the range of its estimate."""

    car: dict[str, float | str]
    low: float = Field(gt=0, alias=LOW)
    high: float = Field(gt=0, alias=HIGH)

    @field_validator("car")
    @classmethod
    def _ensure_clean(cls, car: dict[str, float | str]) -> dict[str, float | str]:
        if unknown := [name for name in car if name not in FEATURES]:
            raise ValueError(f"no feature is named {unknown}; there are {', '.join(FEATURES)}")
        if wrong := [name for name, value in car.items() if not _is_clean(name, value)]:
            raise ValueError(
                f"{wrong} cannot be read: names are quoted texts, choices the codes of the market, "
                "the rest numbers"
            )
        return car

    @property
    def name(self) -> str:
        year = self.car.get("model_year", 0)
        return f"{self.car.get('make', '?')} {self.car.get('model', '?')} {year:.0f}"


class ValidationRules(Frozen, extra="forbid"):
    golden_cars: list[GoldenCar] = Field(min_length=1)
    max_latency_ms: float = Field(gt=0)
    """Limit of the best time of TIMED_ESTIMATES estimates."""
    max_wrong_direction_pct: float = Field(ge=0, le=100)
    """Share of steps (one year newer, 20,000 km less) that may lower a golden car's price, or an
    end of its interval."""


class ValidationReport(Frozen):
    """Measurements of a model, and a reason for each broken rule."""

    golden_estimates: dict[str, float] = Field(alias=in_currency("golden_estimates"))
    wrong_direction_pct: float
    latency_ms: float
    failures: list[Reason]


def validate(pipeline: Pipeline, rules: ValidationRules) -> ValidationReport:
    """The report on a model loaded from the registry."""
    golden = to_listings([each.car for each in rules.golden_cars])
    estimates = pipeline.predict(golden)
    failures = _check_estimates(estimates)
    failures += _check_open_fields(pipeline, golden, rules.golden_cars)
    wrong = wrong_direction_pct(pipeline, golden)
    if wrong > rules.max_wrong_direction_pct:
        most = rules.max_wrong_direction_pct
        failures.append(Reason.of(Code.WRONG_DIRECTION, share=wrong, most=most))
    latency = measure_latency_ms(pipeline, golden)
    if latency > rules.max_latency_ms:
        failures.append(Reason.of(Code.TOO_SLOW, time=latency, most=rules.max_latency_ms))
    prices = estimates[TARGET].tolist()
    failures += [
        Reason.of(Code.GOLDEN_PRICE, car=each.name, price=price, low=each.low, high=each.high)
        for each, price in zip(rules.golden_cars, prices, strict=True)
        if not each.low <= price <= each.high
    ]
    return ValidationReport(
        golden_estimates={
            each.name: price for each, price in zip(rules.golden_cars, prices, strict=True)
        },
        wrong_direction_pct=wrong,
        latency_ms=latency,
        failures=failures,
    )


def _check_open_fields(
    pipeline: Pipeline, golden: pd.DataFrame, cars: Sequence[GoldenCar]
) -> list[Reason]:
    """Reasons for golden cars priced outside the range of their open fields."""
    told = [name for name in VALUES if golden[name].notna().all()]
    failures = []
    for opened in [*combinations(told, 1), *combinations(told, 2)]:
        ways = pd.DataFrame(product(*(VALUES[name] for name in opened)), columns=list(opened))
        filled = golden.drop(columns=list(opened)).merge(ways, how="cross")[list(FEATURES)]
        meant = _price_told(pipeline, filled).reshape(len(golden), -1)
        silent = golden.assign(**{name: golden[name].mask(golden.index >= 0) for name in opened})
        prices = _price_told(pipeline, silent)
        ends = zip(cars, prices, meant.min(axis=1), meant.max(axis=1), strict=True)
        fields = " + ".join(opened)
        failures += [
            Reason.of(
                Code.OPEN_FIELD_PRICE, car=car.name, price=price, opened=fields, low=low, high=high
            )
            for car, price, low, high in ends
            if not low * (1 - NEGLIGIBLE_STEP) <= price <= high * (1 + NEGLIGIBLE_STEP)
        ][:1]
    return failures


def _price_told(pipeline: Pipeline, cars: pd.DataFrame) -> Floats:
    """Prices (n,) of cars whose missing fields are left open."""
    estimates = pipeline.predict(cars, open_fields=cars.isna().to_numpy())
    prices: Floats = estimates[TARGET].to_numpy()
    return prices


def wrong_direction_pct(pipeline: Pipeline, listings: pd.DataFrame) -> float:
    """Percentage of steps towards newer or less driven that lower the price or an end of it."""
    newest = BY_NAME["model_year"].maximum
    years = [
        listings.assign(model_year=(listings["model_year"] - back).clip(upper=newest))
        for back in range(YEARS_BACK, -1, -1)
    ]
    mileages = [listings.assign(mileage_km=float(km)) for km in reversed(MILEAGE_STEPS_KM)]
    steps = np.concatenate([_find_steps(pipeline, each) for each in (years, mileages)])
    return float(100 * (steps < 0).mean())


def measure_latency_ms(pipeline: Pipeline, listings: pd.DataFrame) -> float:
    """Best time of one estimate for one car, in milliseconds."""
    # The best of many: other work of the machine can only slow an estimate down.
    times = []
    for turn in range(TIMED_ESTIMATES):
        row = listings.iloc[[turn % len(listings)]]
        start = time.perf_counter()
        pipeline.predict(row)
        times.append(1000 * (time.perf_counter() - start))
    return min(times)


def _find_steps(pipeline: Pipeline, dearer_and_dearer: list[pd.DataFrame]) -> Floats:
    """Change of each price, and of its ends, from one table to the next (n,)."""
    estimates = pipeline.predict(pd.concat(dearer_and_dearer, ignore_index=True))
    table = estimates.to_numpy().reshape(len(dearer_and_dearer), -1, len(ESTIMATE_COLUMNS))
    steps: Floats = np.diff(table, axis=0)
    return steps.ravel()


def _is_clean(name: str, value: float | str) -> bool:
    choices = BY_NAME[name].choices
    return isinstance(value, str) == (name in TEXTUAL) and (not choices or value in choices)


def _check_estimates(estimates: pd.DataFrame) -> list[Reason]:
    nested = estimates[list(NESTED)]
    if nested[[WIDE_LOW, WIDE_HIGH]].isna().all(axis=None):  # a model of an earlier release
        nested = nested[[LOW, TARGET, HIGH]]
    values = nested.to_numpy()
    if not np.isfinite(values).all() or (values <= 0).any():
        return [Reason.of(Code.NOT_POSITIVE)]
    failures = []
    if (np.diff(values, axis=1) < 0).any():
        failures.append(Reason.of(Code.OUTSIDE_INTERVAL))
    price = estimates[TARGET].to_numpy()
    if len(price) > 1 and np.ptp(price) == 0:
        failures.append(Reason.of(Code.ONE_PRICE))
    return failures
