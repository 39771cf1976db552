from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import isotonic_regression

from carprice.arrays import Floats
from carprice.market.listing import TARGET
from carprice.market.table import to_listings
from carprice.pricing.encoder import AT, ListingEncoder
from carprice.pricing.market_curves import MarketCurves
from carprice.pricing.order import fit_order, put_in_order

Encode = Callable[[pd.DataFrame], Floats]
KM_GRID = [0.0, 1_000, 50_000, 120_000, 300_000, 899_999]
LOGAN = {
    "make": "Dacia", "model": "Logan", "model_year": 2018.0, "mileage_km": 120_000.0,
    "fuel": "diesel", "gearbox": "manual",
}  # fmt: skip


@pytest.fixture(scope="module")
def learnt(known: pd.DataFrame) -> pd.DataFrame:
    return known.head(1_500)


@pytest.fixture(scope="module")
def encode(learnt: pd.DataFrame) -> Encode:
    return ListingEncoder().fit(learnt).transform


@pytest.fixture(scope="module")
def baseline(learnt: pd.DataFrame, encode: Encode) -> MarketCurves:
    return MarketCurves().fit(encode(learnt), np.log(learnt[TARGET].to_numpy()))


def price(baseline: MarketCurves, encode: Encode, **changes: float | str | None) -> float:
    car = {name: value for name, value in (LOGAN | changes).items() if value is not None}
    return float(np.exp(baseline.predict(encode(to_listings([car])))[0]))


def over_kilometres(baseline: MarketCurves, encoded: Floats) -> Floats:
    """Log prices of the same cars at each mileage of the grid: one row a mileage."""
    prices = []
    for km in KM_GRID:
        driven = encoded.copy()
        driven[:, AT["mileage_km"]] = km
        prices.append(baseline.predict(driven))
    return np.array(prices)


def test_more_kilometres_never_raise_a_price(
    baseline: MarketCurves, encode: Encode, unseen: pd.DataFrame
) -> None:
    steps = np.diff(over_kilometres(baseline, encode(unseen)), axis=0)
    assert steps.max() <= 1e-9
    assert (steps < 0).mean() > 0.7


def test_more_kilometres_never_raise_a_price_even_where_the_data_say_so(
    encode: Encode, learnt: pd.DataFrame
) -> None:
    encoded = encode(learnt)
    perverse = MarketCurves().fit(encoded, 11 + encoded[:, AT["mileage_km"]] / 200_000)
    assert np.diff(over_kilometres(perverse, encoded), axis=0).max() <= 1e-9


def test_all_unknown_names_cost_the_same(baseline: MarketCurves, encode: Encode) -> None:
    makes = {price(baseline, encode, make=make, model="X") for make in ("Zyx", "Wvu", None)}
    models = {price(baseline, encode, model=model) for model in ("Zyx", "Wvu", None)}
    assert len(makes) == len(models) == 1


def test_an_unknown_model_is_priced_as_its_make(baseline: MarketCurves, encode: Encode) -> None:
    dear, cheap = (
        price(baseline, encode, make=make, model="Zyx") for make in ("Mercedes-Benz", "Dacia")
    )
    assert dear > 1.5 * cheap
    known = [
        price(baseline, encode, model=model) for model in ("Logan", "Sandero", "Duster", "Dokker")
    ]
    assert min(known) * 0.9 < cheap < max(known) * 1.1


def test_listings_without_a_name_teach_nothing_about_names(learnt: pd.DataFrame) -> None:
    nameless = learnt.assign(make=learnt["make"].mask(learnt.index < 300))
    prices = nameless[TARGET].mask(nameless.index < 300, 1_000_000)
    encoded = ListingEncoder().fit(nameless).transform(nameless)
    tables = MarketCurves().fit(encoded, np.log(prices.to_numpy())).tables_
    for name in ("make", "make by age", "model", "model by age", "origin by model"):
        assert tables[name][0] == 0
        assert tables[name].any()


def test_an_unknown_make_is_priced_as_the_market(baseline: MarketCurves, encode: Encode) -> None:
    unknown, cheap, dear = (
        price(baseline, encode, make=make, model=None) for make in ("Zyx", "Dacia", "Porsche")
    )
    assert cheap < unknown < dear


def test_a_model_seen_once_says_less_than_a_model_seen_often(learnt: pd.DataFrame) -> None:
    makes = learnt["make"].mask(learnt.index < 101, "Dacia")
    models = learnt["model"].mask(learnt.index < 100, "Often").mask(learnt.index == 100, "Once")
    listings = learnt.assign(make=makes, model=models)
    prices = listings[TARGET].mask(listings.index < 101, 1_000_000)
    encode = ListingEncoder().fit(listings).transform
    baseline = MarketCurves().fit(encode(listings), np.log(prices.to_numpy()))
    never, once, often = (price(baseline, encode, model=name) for name in ("No", "Once", "Often"))
    assert never < 0.9 * once
    assert once < 0.9 * often


def test_prices_typed_ten_times_off_hardly_move_anything(
    baseline: MarketCurves, encode: Encode, learnt: pd.DataFrame, unseen: pd.DataFrame
) -> None:
    slips = np.random.default_rng(0).choice([0.1, 1, 10], len(learnt), p=[0.01, 0.98, 0.01])
    mistyped = np.log(learnt[TARGET].to_numpy() * slips)
    before = baseline.predict(encode(unseen))
    moved = MarketCurves().fit(encode(learnt), mistyped).predict(encode(unseen)) - before
    trusting = MarketCurves(tail=100).fit(encode(learnt), mistyped).predict(encode(unseen))
    assert np.median(np.abs(moved)) < 0.01
    assert np.quantile(np.abs(moved), 0.9) < 0.1
    assert np.median(np.abs(trusting - before)) > 3 * np.median(np.abs(moved))


def test_the_same_listings_teach_the_same_prices_to_the_last_digit(
    baseline: MarketCurves, encode: Encode, learnt: pd.DataFrame, unseen: pd.DataFrame
) -> None:
    again = MarketCurves().fit(encode(learnt), np.log(learnt[TARGET].to_numpy()))
    np.testing.assert_array_equal(
        again.predict(encode(unseen)), baseline.predict(encode(unseen)), strict=True
    )


def test_the_order_of_the_listings_teaches_nothing(
    baseline: MarketCurves, encode: Encode, learnt: pd.DataFrame, unseen: pd.DataFrame
) -> None:
    shuffled = learnt.sample(frac=1, random_state=0)
    again = MarketCurves().fit(encode(shuffled), np.log(shuffled[TARGET].to_numpy()))
    moved = again.predict(encode(unseen)) - baseline.predict(encode(unseen))
    assert np.abs(moved).max() < 0.02


def test_a_stronger_penalty_holds_prices_closer_together(
    baseline: MarketCurves, encode: Encode, learnt: pd.DataFrame
) -> None:
    log_price = np.log(learnt[TARGET].to_numpy())
    stiff = MarketCurves(penalty=1_000).fit(encode(learnt), log_price)
    assert stiff.predict(encode(learnt)).std() < 0.9 * baseline.predict(encode(learnt)).std()


def test_a_car_of_which_nothing_is_known_still_has_a_price(
    baseline: MarketCurves, encode: Encode
) -> None:
    assert 10_000 < np.exp(baseline.predict(encode(to_listings([{}])))).item() < 1_000_000


def test_details_and_kilometres_leave_the_core_price_as_it_is(
    baseline: MarketCurves, encode: Encode
) -> None:
    details = {
        "origin": "customs_cleared", "condition": "for_parts", "first_owner": 0.0,
        "fiscal_power_cv": 5.0, "doors": 2.0, "mileage_km": 20_000.0,
    }  # fmt: skip
    curves = baseline.draw_curves(encode(to_listings([LOGAN, LOGAN | details])))
    np.testing.assert_array_equal(*curves.core)
    assert (curves.log_price[0] != curves.log_price[1]).all()


def test_a_newer_car_is_never_cheaper_even_where_the_data_say_so(
    encode: Encode, learnt: pd.DataFrame, unseen: pd.DataFrame
) -> None:
    encoded = encode(learnt)
    perverse = MarketCurves().fit(encoded, 60 - encoded[:, AT["model_year"]] / 40)
    curves = perverse.draw_curves(encode(unseen)).log_price
    assert np.diff(curves, axis=1).min() >= 0


@pytest.mark.parametrize(
    ("year", "km", "meant"), [(2016, 0, 0), (2016, np.nan, 140_000), (1990, np.nan, 280_000)]
)
def test_unknown_kilometres_are_taken_for_what_is_usual_at_that_age(
    baseline: MarketCurves, encode: Encode, year: float, km: float, meant: float
) -> None:
    cars = encode(
        to_listings([LOGAN | {"model_year": year, "mileage_km": each} for each in (km, meant)])
    )
    unknown = 3 * baseline.tables_["km unknown"][0] if np.isnan(km) else 0
    found, usual = baseline.predict(cars)
    assert found - unknown == pytest.approx(usual, abs=1e-9)


def test_order_is_the_nearest_by_weight_and_keeps_the_order_of_what_it_is_given() -> None:
    random = np.random.default_rng(0)
    values, weights = random.normal(size=(40, 12)), random.uniform(0.1, 2, 12)
    found = fit_order(values, weights)
    expected = [isotonic_regression(each, weights=weights).x for each in values]
    np.testing.assert_allclose(found, expected, atol=1e-12)
    above = values + random.uniform(0, 1, values.shape)
    assert (fit_order(above, weights) >= found).all()
    assert (put_in_order(above) >= put_in_order(values)).all()
    np.testing.assert_array_equal(put_in_order(np.sort(values)), np.sort(values))
