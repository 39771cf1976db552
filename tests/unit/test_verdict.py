"""Where an asking price falls, and what open fields cost."""

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from carprice.insight.explanation import complete, find_typical
from carprice.insight.verdict import Standing, Widening, judge, measure_widening
from carprice.market.listing import FEATURES
from carprice.pricing.prediction import read_cars

CAR = {"make": "Dacia", "model": "Logan", "model_year": "2018", "mileage_km": "120000",
       "fuel": "diesel", "gearbox": "manual"}  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "standing", "percent"),
    [
        (79_999, Standing.FAR_BELOW, 20.0),
        (80_000, Standing.BELOW, 20.0),
        (96_900, Standing.BELOW, 3.1),
        (97_100, Standing.FAIR, 2.9),
        (100_000, Standing.FAIR, 0.0),
        (102_900, Standing.FAIR, 2.9),
        (110_000, Standing.ABOVE, 10.0),
        (125_000, Standing.ABOVE, 25.0),
        (125_001, Standing.FAR_ABOVE, 25.0),
    ],
)
def test_an_asking_price_is_held_against_estimate_and_interval(
    asked: float, standing: Standing, percent: float
) -> None:
    found = judge(asked, 100_000, 80_000, 125_000)
    assert found.standing is standing
    assert found.percent == pytest.approx(percent, abs=0.01)


def widen(pipeline: Pipeline, car: pd.DataFrame, usual: pd.DataFrame) -> Widening:
    encode = pipeline["encode"].transform
    left_open = car[list(FEATURES)].isna().to_numpy()
    return measure_widening(pipeline, encode(car), left_open, encode(usual))


def test_open_fields_are_named_with_what_they_cost(pipeline: Pipeline, known: pd.DataFrame) -> None:
    usual = complete(find_typical(known), known)
    car = read_cars([CAR]).values
    found = widen(pipeline, car, usual)
    assert set(found.fields) == {"origin", "condition", "doors", "fiscal_power_cv", "first_owner"}
    assert found.percent > 8  # five fields, of which each widens by 2 % at least
    fewer = widen(pipeline, car.assign(condition="good", doors=5.0), usual)
    assert len(fewer.fields) == 3
    assert 0 < fewer.percent < found.percent


def test_a_car_that_is_fully_described_costs_nothing(
    pipeline: Pipeline, known: pd.DataFrame
) -> None:
    usual = complete(find_typical(known), known)
    assert widen(pipeline, usual[list(FEATURES)], usual) == ((), pytest.approx(0))


def test_a_field_that_nobody_fills_in_cannot_be_blamed(
    pipeline: Pipeline, known: pd.DataFrame
) -> None:
    usual = complete(find_typical(known), known).assign(doors=np.nan)
    assert "doors" not in widen(pipeline, read_cars([CAR]).values, usual).fields
