"""What leads from a typical car to one: exact shares of the model's own prices."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from carprice.insight.explanation import GROUPS, Explanation, explain, find_typical, vary
from carprice.market.listing import EQUIPMENT, FEATURES
from carprice.market.table import to_listings
from carprice.pricing.prediction import read_cars
from carprice.pricing.price_model import Clean, PriceModel

CAR = {
    "make": "Dacia", "model": "Logan", "model_year": "2012", "mileage_km": "220 000",
    "fuel": "Essence", "gearbox": "Manuelle",
}  # fmt: skip


@pytest.fixture(scope="module")
def typical(known: pd.DataFrame) -> Clean:
    return find_typical(known)


@pytest.fixture(scope="module")
def car(served: PriceModel) -> Clean:
    return read_cars(served, [CAR]).tell(0).values


def ask(served: PriceModel, car: Clean, typical: Clean) -> Explanation:
    return explain(served, served.tell(car), served.tell(typical))


def price(served: PriceModel, car: Clean) -> float:
    told = served.tell(car)
    return float(served.price(told.encoded, told.open_fields)[0, 0])


def test_every_field_that_is_priced_stands_in_one_group() -> None:
    assert sorted(name for names in GROUPS for name in names) == sorted(FEATURES)


def test_contributions_are_the_whole_difference_in_price(
    served: PriceModel, car: Clean, typical: Clean
) -> None:
    found = ask(served, car, typical)
    total = sum(each.amount for each in found.contributions)
    assert found.typical + total == pytest.approx(price(served, car))
    sizes = [abs(each.amount) for each in found.contributions]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 1_000


def test_a_contribution_is_its_mean_over_every_order_of_change(
    served: PriceModel, car: Clean, typical: Clean
) -> None:
    found = ask(served, car, typical)
    steps: dict[tuple[str, ...], list[float]] = {each.fields: [] for each in found.contributions}
    start = {name: value for name, value in typical.items() if not pd.isna(car[name])}
    for order in permutations(steps):
        mixed = start
        for fields in order:
            before = price(served, mixed)
            mixed = {**mixed, **{name: car[name] for name in fields}}
            steps[fields].append(price(served, mixed) - before)
    for each in found.contributions:
        assert each.amount == pytest.approx(np.mean(steps[each.fields]), abs=0.01)


def test_contributions_of_200_cars_agree_with_an_exact_method(
    served: PriceModel, known: pd.DataFrame, typical: Clean
) -> None:
    """By Harsanyi's dividends: what each set adds beyond those in it, shared."""
    for values in known[list(FEATURES)].sample(200, random_state=0).to_dict("records"):
        told = served.tell(values)
        found = explain(served, told, served.tell(typical))
        start = {name: value for name, value in typical.items() if not pd.isna(values[name])}
        bits = np.arange(2 ** len(found.contributions))
        mixed = pd.concat([to_listings([start])] * len(bits), ignore_index=True)
        for at, each in enumerate(found.contributions):
            for name in each.fields:
                mixed.loc[bits >> at & 1 == 1, name] = values[name]
        open_fields = np.repeat(told.open_fields, len(bits), axis=0)
        dividends = served.price(served.encode(mixed), open_fields)[:, 0]
        for at in range(len(found.contributions)):
            chosen = bits[bits >> at & 1 == 1]
            dividends[chosen] -= dividends[chosen ^ 1 << at]
        for at, each in enumerate(found.contributions):
            chosen = bits[bits >> at & 1 == 1]
            share = (dividends[chosen] / np.bitwise_count(chosen)).sum()
            assert each.amount == pytest.approx(share, abs=0.01)


def test_a_car_like_the_typical_one_needs_no_explanation(
    served: PriceModel, typical: Clean
) -> None:
    found = ask(served, typical, typical)
    assert found.contributions == []
    assert found.typical == pytest.approx(price(served, typical))


def test_what_a_car_leaves_open_explains_nothing(
    served: PriceModel, car: Clean, typical: Clean
) -> None:
    vague = {**car, "mileage_km": np.nan}
    found = ask(served, vague, typical)
    assert ("mileage_km",) not in {each.fields for each in found.contributions}
    total = sum(each.amount for each in found.contributions)
    assert found.typical + total == pytest.approx(price(served, vague))


def test_equipment_is_told_of_as_one(served: PriceModel, car: Clean, typical: Clean) -> None:
    names = list(EQUIPMENT)[:3]
    equipped = {**car, **dict.fromkeys(names, 1.0)}
    plain = {**typical, **dict.fromkeys(names, 0.0)}
    groups = [each.fields for each in ask(served, equipped, plain).contributions]
    assert tuple(names) in groups


def test_the_typical_car_is_of_the_most_common_model(known: pd.DataFrame, typical: Clean) -> None:
    counts = known.groupby(["make", "model"]).size()
    assert counts[typical["make"], typical["model"]] == counts.max()
    alike = known[(known["make"] == typical["make"]) & (known["model"] == typical["model"])]
    assert typical["mileage_km"] == round(alike["mileage_km"].median())
    open_ones = {name for name in FEATURES if alike[name].isna().mean() > 0.5}
    assert {name for name, value in typical.items() if pd.isna(value)} == open_ones


def test_a_price_falls_with_kilometres_and_its_interval_holds_it(
    served: PriceModel, car: Clean
) -> None:
    curve = vary(served, served.tell(car), "mileage_km", range(0, 300_001, 50_000))
    assert curve.values == list(range(0, 300_001, 50_000))
    prices, low, high, *_ = curve.estimates.T
    assert (np.diff(prices) <= 0).all()
    assert prices[-1] < 0.97 * prices[0]
    assert (low < prices).all()
    assert (prices < high).all()
    here = vary(served, served.tell(car), "mileage_km", [220_000])
    assert here.estimates[0, 0] == pytest.approx(price(served, car))
