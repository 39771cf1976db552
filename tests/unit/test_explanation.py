"""What leads from a typical car to one: exact shares of the model's own prices."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from carprice.insight.explanation import GROUPS, Explanation, complete, explain, find_typical, vary
from carprice.market.listing import EQUIPMENT, FEATURES, TARGET
from carprice.pricing.prediction import read_cars

CAR = {
    "make": "Dacia", "model": "Logan", "model_year": "2012", "mileage_km": "220 000",
    "fuel": "Essence", "gearbox": "Manuelle",
}  # fmt: skip


@pytest.fixture(scope="module")
def typical(known: pd.DataFrame) -> pd.DataFrame:
    return find_typical(known)


@pytest.fixture(scope="module")
def car() -> pd.DataFrame:
    return read_cars([CAR]).values[list(FEATURES)]


def ask(pipeline: Pipeline, car: pd.DataFrame, typical: pd.DataFrame) -> Explanation:
    encode = pipeline["encode"].transform
    return explain(pipeline, encode(car), car.isna().to_numpy(), encode(typical))


def price(pipeline: Pipeline, car: pd.DataFrame) -> float:
    features = car[list(FEATURES)]
    return float(pipeline.predict(features, open_fields=features.isna().to_numpy())[TARGET].iloc[0])


def test_every_field_that_is_priced_stands_in_one_group() -> None:
    assert sorted(name for names in GROUPS for name in names) == sorted(FEATURES)


def test_contributions_are_the_whole_difference_in_price(
    pipeline: Pipeline, car: pd.DataFrame, typical: pd.DataFrame
) -> None:
    found = ask(pipeline, car, typical)
    total = sum(each.amount for each in found.contributions)
    assert found.typical + total == pytest.approx(price(pipeline, car))
    sizes = [abs(each.amount) for each in found.contributions]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 1_000


def test_a_contribution_is_its_mean_over_every_order_of_change(
    pipeline: Pipeline, car: pd.DataFrame, typical: pd.DataFrame
) -> None:
    found = ask(pipeline, car, typical)
    steps: dict[tuple[str, ...], list[float]] = {each.fields: [] for each in found.contributions}
    start = typical.mask(car.isna().to_numpy())
    for order in permutations(steps):
        mixed = start.copy()
        for fields in order:
            before = price(pipeline, mixed)
            mixed[list(fields)] = car[list(fields)]
            steps[fields].append(price(pipeline, mixed) - before)
    for each in found.contributions:
        assert each.amount == pytest.approx(np.mean(steps[each.fields]), abs=0.01)


def test_a_car_like_the_typical_one_needs_no_explanation(
    pipeline: Pipeline, typical: pd.DataFrame
) -> None:
    found = ask(pipeline, typical, typical)
    assert found.contributions == []
    assert found.typical == pytest.approx(price(pipeline, typical))


def test_what_a_car_leaves_open_explains_nothing(
    pipeline: Pipeline, car: pd.DataFrame, typical: pd.DataFrame
) -> None:
    vague = car.assign(mileage_km=np.nan)
    found = ask(pipeline, vague, typical)
    assert ("mileage_km",) not in {each.fields for each in found.contributions}
    total = sum(each.amount for each in found.contributions)
    assert found.typical + total == pytest.approx(price(pipeline, vague))


def test_equipment_is_told_of_as_one(
    pipeline: Pipeline, car: pd.DataFrame, typical: pd.DataFrame
) -> None:
    names = list(EQUIPMENT)[:3]
    equipped = car.assign(**dict.fromkeys(names, 1.0))
    plain = typical.assign(**dict.fromkeys(names, 0.0))
    groups = [each.fields for each in ask(pipeline, equipped, plain).contributions]
    assert tuple(names) in groups


def test_the_typical_car_is_of_the_most_common_model(
    known: pd.DataFrame, typical: pd.DataFrame
) -> None:
    counts = known.groupby(["make", "model"]).size()
    row = typical.iloc[0]
    assert counts[row["make"], row["model"]] == counts.max()
    alike = known[(known["make"] == row["make"]) & (known["model"] == row["model"])]
    assert row["mileage_km"] == round(alike["mileage_km"].median())
    open_ones = {name for name in FEATURES if alike[name].isna().mean() > 0.5}
    assert set(typical.columns[typical.isna().iloc[0]]) == open_ones


def test_a_completed_car_keeps_what_it_says(known: pd.DataFrame, car: pd.DataFrame) -> None:
    filled = complete(car, known).iloc[0]
    given = car.columns[car.notna().iloc[0]]
    assert filled[given].tolist() == car.iloc[0][given].tolist()
    assert filled["condition"] == known["condition"].mode().iloc[0]


def test_a_price_falls_with_kilometres_and_its_interval_holds_it(
    pipeline: Pipeline, car: pd.DataFrame
) -> None:
    encoded = pipeline["encode"].transform(car)
    left_open = car.isna().to_numpy()
    curve = vary(pipeline, encoded, left_open, "mileage_km", range(0, 300_001, 50_000))
    assert curve["mileage_km"].tolist() == list(range(0, 300_001, 50_000))
    assert curve[TARGET].is_monotonic_decreasing
    assert (curve["low_mad"] < curve[TARGET]).all()
    assert (curve[TARGET] < curve["high_mad"]).all()
    here = vary(pipeline, encoded, left_open, "mileage_km", [220_000])
    assert here[TARGET].iloc[0] == pytest.approx(price(pipeline, car))
