"""Where an asking price falls, and what open fields cost."""

import pandas as pd
import pytest

from carprice.insight.explanation import complete, find_typical
from carprice.insight.verdict import Standing, Widening, judge, measure_widening
from carprice.pricing.price_model import Clean, PriceModel

CAR = {"make": "Dacia", "model": "Logan", "model_year": 2018.0, "mileage_km": 120_000.0,
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


def widen(served: PriceModel, car: Clean, usual: Clean) -> Widening:
    return measure_widening(served, served.tell(car), served.tell(usual))


def test_open_fields_are_named_with_what_they_cost(served: PriceModel, known: pd.DataFrame) -> None:
    usual = complete(find_typical(known), known)
    found = widen(served, CAR, usual)
    assert set(found.fields) == {"origin", "condition", "doors", "fiscal_power_cv", "first_owner"}
    assert found.percent > 8  # five fields, of which each widens by 2 % at least
    fewer = widen(served, {**CAR, "condition": "good", "doors": 5.0}, usual)
    assert len(fewer.fields) == 3
    assert 0 < fewer.percent < found.percent


def test_a_car_that_is_fully_described_costs_nothing(
    served: PriceModel, known: pd.DataFrame
) -> None:
    usual = complete(find_typical(known), known)
    assert widen(served, usual, usual) == ((), pytest.approx(0))


def test_a_field_that_nobody_fills_in_cannot_be_blamed(
    served: PriceModel, known: pd.DataFrame
) -> None:
    usual = complete(find_typical(known), known)
    assert "doors" not in widen(served, CAR, {**usual, "doors": float("nan")}).fields
