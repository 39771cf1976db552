import re
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from sklearn.pipeline import Pipeline

from carprice.evaluation.behaviour import (
    GoldenCar,
    ValidationReport,
    ValidationRules,
    measure_latency_ms,
    validate,
    wrong_direction_pct,
)
from carprice.market.fields import THIS_YEAR
from carprice.market.listing import FEATURES, TARGET, TEXTUAL
from carprice.market.table import to_listings
from carprice.params import Params
from carprice.pricing.completion import FieldFlags

Price = Callable[[pd.DataFrame], pd.Series]


class FakePipeline:
    """Prices by one formula, with an interval of 10 % to each side unless told otherwise."""

    unknown = False
    """Whether a car of unknown age or distance costs a million."""

    def __init__(self, price: Price, *, low: float = 0.9, high: float = 1.1, ms: float = 0) -> None:
        self.price, self.low, self.high, self.ms = price, low, high, ms

    def predict(
        self, listings: pd.DataFrame, open_fields: FieldFlags | None = None
    ) -> pd.DataFrame:
        time.sleep(self.ms / 1000)
        price = self.price(listings.fillna({"model_year": 2018.0, "mileage_km": 100_000.0}))
        if self.unknown and open_fields is not None:
            price = price.mask(listings[["model_year", "mileage_km"]].isna().any(axis=1), 1e6)
        ends = {"low_mad": self.low, "high_mad": self.high}
        wide = {"wide_low_mad": self.low / 2, "wide_high_mad": self.high * 2}
        return pd.DataFrame({TARGET: 1.0, **ends, **wide}, price.index).mul(price, axis=0)


def sensible(listings: pd.DataFrame) -> pd.Series:
    years, km = listings["model_year"] - 2026, listings["mileage_km"]
    return 300_000 * np.exp(0.08 * years - km / 400_000)


RULES = ValidationRules(
    golden_cars=[
        GoldenCar(
            car={"make": make, "model": "X", "model_year": year, "mileage_km": 100_000},
            low_mad=50_000, high_mad=250_000,
        )
        for make, year in (("Dacia", 2016), ("Kia", 2020))
    ],
    max_latency_ms=10,
    max_wrong_direction_pct=2,
)  # fmt: skip


def failures(price: Price, *, low: float = 0.9, high: float = 1.1, ms: float = 0) -> list[str]:
    pipeline = FakePipeline(price, low=low, high=high, ms=ms)
    return [each.text for each in validate(pipeline, RULES).failures]  # type: ignore[arg-type]


def constant(value: float) -> Price:
    return lambda listings: pd.Series(value, index=listings.index)


def test_a_sensible_model_breaks_no_rule() -> None:
    report = validate(FakePipeline(sensible), RULES)  # type: ignore[arg-type]
    assert report.failures == []
    assert report.wrong_direction_pct == 0
    assert 0 <= report.latency_ms < 10
    assert report.golden_estimates == {
        "Dacia X 2016": pytest.approx(300_000 * np.exp(-1.05)),
        "Kia X 2020": pytest.approx(300_000 * np.exp(-0.73)),
    }


def test_the_same_price_for_every_car_is_named() -> None:
    assert failures(constant(100_000)) == ["every golden car gets the same price"]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0, -100_000.0])
def test_a_price_that_is_no_positive_number_is_named(value: float) -> None:
    assert "an estimate is not a positive number" in failures(constant(value))


def test_an_end_of_an_interval_that_is_no_positive_number_is_named() -> None:
    assert failures(sensible, low=-0.1)[0] == "an estimate is not a positive number"


@pytest.mark.parametrize(("low", "high"), [(1.01, 1.1), (0.9, 0.99), (1.1, 0.9)])
def test_an_estimate_outside_its_own_interval_is_named(low: float, high: float) -> None:
    assert failures(sensible, low=low, high=high) == ["an estimate lies outside its own interval"]


def test_a_slow_model_is_named_with_its_time() -> None:
    (failure,) = failures(sensible, ms=12)
    found = re.fullmatch(r"one estimate takes (\S+) ms; at most 10 ms is allowed", failure)
    assert found
    assert float(found[1]) >= 12


def dearer_with_kilometres(listings: pd.DataFrame) -> pd.Series:
    return 300_000 * np.exp(
        0.08 * (listings["model_year"] - 2026) - 1 + listings["mileage_km"] / 5e5
    )


def cheaper_when_newer(listings: pd.DataFrame) -> pd.Series:
    return 150_000 * np.exp(-0.05 * (listings["model_year"] - 2018) - listings["mileage_km"] / 4e5)


@pytest.mark.parametrize(
    ("price", "share"), [(dearer_with_kilometres, 55.6), (cheaper_when_newer, 44.4)]
)
def test_prices_that_go_the_wrong_way_are_named_with_their_share(
    price: Price, share: float
) -> None:
    (failure,) = failures(price)
    assert failure == (
        f"{share} % of steps to a newer car or fewer kilometres lower the price; "
        "at most 2 % are allowed"
    )


def test_steps_are_counted_over_eight_years_back_and_ten_steps_of_kilometres() -> None:
    cars = to_listings([{"model_year": 2018.0, "mileage_km": 1.0}])

    def odd(listings: pd.DataFrame) -> pd.Series:
        return sensible(listings) * np.where(listings["model_year"] == 2014, 0.5, 1)

    assert wrong_direction_pct(FakePipeline(odd), cars) == pytest.approx(100 / 18)  # type: ignore[arg-type]


def test_the_smallest_step_against_the_grain_counts() -> None:
    cars = to_listings([{"model_year": 2018.0, "mileage_km": 1.0}])

    def falling_by(amount: float) -> FakePipeline:
        return FakePipeline(lambda listings: 1e5 - amount * listings["model_year"])

    assert wrong_direction_pct(falling_by(0), cars) == 0  # type: ignore[arg-type]
    assert wrong_direction_pct(falling_by(1e-6), cars) > 0  # type: ignore[arg-type]


def test_no_car_is_asked_about_that_is_newer_than_the_newest() -> None:
    asked: list[float] = []

    def listening(listings: pd.DataFrame) -> pd.Series:
        asked.extend(listings["model_year"])
        return sensible(listings)

    cars = to_listings([{"model_year": THIS_YEAR + 1.0, "mileage_km": 1.0}])
    wrong_direction_pct(FakePipeline(listening), cars)  # type: ignore[arg-type]
    assert (min(asked), max(asked)) == (THIS_YEAR - 7, THIS_YEAR + 1)


def test_a_golden_car_with_a_wrong_price_is_named_with_the_figures() -> None:
    assert failures(lambda listings: sensible(listings) * 2) == [
        "Kia X 2020 at 289,145 DH; between 50,000 and 250,000 DH was expected"
    ]
    assert failures(lambda listings: sensible(listings) / 2.2) == [
        "Dacia X 2016 at 47,719 DH; between 50,000 and 250,000 DH was expected"
    ]


def test_a_price_that_an_open_field_moves_out_of_what_it_could_be_is_named() -> None:
    silent = FakePipeline(sensible)
    silent.unknown = True
    newest = 300_000 * np.exp(0.08 * (THIS_YEAR + 1 - 2026))
    assert [each.text for each in validate(silent, RULES).failures] == [  # type: ignore[arg-type]
        f"Dacia X 2016 at 1,000,000 DH with {opened} left open; by what that could be, "
        f"between {low} and {high} DH"
        for opened, low, high in (
            ("model_year", "5,893", f"{newest * np.exp(-0.25):,.0f}"),
            ("mileage_km", "14,208", "134,799"),
            ("model_year + mileage_km", "798", f"{newest:,.0f}"),
        )
    ]  # fmt: skip


def test_every_broken_rule_is_named_at_once() -> None:
    found = failures(constant(10_000), low=1.1, high=1.2, ms=12)
    kinds = ["own interval", "same price", "takes", "Dacia X 2016 at", "Kia X 2020 at"]
    assert len(found) == len(kinds)
    assert all(any(kind in failure for failure in found) for kind in kinds)


def test_a_report_on_a_broken_model_survives_the_way_between_processes() -> None:
    report = validate(FakePipeline(constant(np.nan)), RULES)  # type: ignore[arg-type]
    read = ValidationReport.model_validate_json(report.model_dump_json())
    assert [each.text for each in read.failures] == [each.text for each in report.failures]
    assert np.isnan(read.golden_estimates["Kia X 2020"])


def test_latency_is_the_best_of_many_estimates_of_one_car(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    clock = [0.0]

    def stumbling(listings: pd.DataFrame) -> pd.Series:
        sizes.append(len(listings))
        clock[0] += 0.05 if len(sizes) != 3 else 0.01
        return sensible(listings)

    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])
    latency = measure_latency_ms(FakePipeline(stumbling), to_listings([{}, {}]))  # type: ignore[arg-type]
    assert latency == pytest.approx(10)
    assert set(sizes) == {1}
    assert len(sizes) >= 10


def test_cars_become_the_table_that_the_model_takes() -> None:
    table = to_listings([{"make": "Kia", "model_year": 2020}, {}])
    assert list(table) == list(FEATURES)
    assert {name for name in table if table[name].dtype == "str"} == TEXTUAL & set(FEATURES)
    assert table.loc[0].dropna().to_dict() == {"make": "Kia", "model_year": 2020}
    assert table.loc[1].isna().all()


@pytest.mark.parametrize(
    ("car", "named"),
    [
        ({"milage_km": 1}, "milage_km"),
        ({"make": 208.0}, "make"),
        ({"model_year": "2020"}, "model_year"),
        ({"fuel": "Essence"}, "fuel"),
        ({"price_mad": 1.0}, "price_mad"),
    ],
)
def test_a_golden_car_that_could_not_be_read_is_refused_at_the_start(
    car: dict[str, float | str], named: str
) -> None:
    with pytest.raises(ValidationError, match=named):
        GoldenCar(car=car, low_mad=1, high_mad=2)


def test_rules_of_the_project_hold_for_a_small_model(pipeline: Pipeline, params: Params) -> None:
    rules = params.validation.model_copy(update={"max_latency_ms": 1_000.0})
    assert validate(pipeline, rules).failures == []
