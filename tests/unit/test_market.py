from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from carprice.arrays import Floats
from carprice.market.fields import THIS_YEAR
from carprice.market.listing import TARGET
from carprice.market.table import to_listings
from carprice.pricing.baseline import MarketBaseline
from carprice.pricing.encoder import AT, ListingEncoder

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
def baseline(learnt: pd.DataFrame, encode: Encode) -> MarketBaseline:
    return MarketBaseline().fit(encode(learnt), np.log(learnt[TARGET].to_numpy()))


def price(baseline: MarketBaseline, encode: Encode, **changes: float | str | None) -> float:
    car = {name: value for name, value in (LOGAN | changes).items() if value is not None}
    return float(np.exp(baseline.predict(encode(to_listings([car])))[0]))


def over_kilometres(baseline: MarketBaseline, encoded: Floats) -> Floats:
    """Log prices of the same cars at each mileage of the grid: one row a mileage."""
    prices = []
    for km in KM_GRID:
        driven = encoded.copy()
        driven[:, AT["mileage_km"]] = km
        prices.append(baseline.predict(driven))
    return np.array(prices)


def test_more_kilometres_never_raise_a_price(
    baseline: MarketBaseline, encode: Encode, unseen: pd.DataFrame
) -> None:
    steps = np.diff(over_kilometres(baseline, encode(unseen)), axis=0)
    assert steps.max() <= 1e-9
    assert (steps < 0).mean() > 0.9


def test_more_kilometres_never_raise_a_price_even_where_the_data_say_so(
    encode: Encode, learnt: pd.DataFrame
) -> None:
    encoded = encode(learnt)
    perverse = MarketBaseline().fit(encoded, 11 + encoded[:, AT["mileage_km"]] / 200_000)
    assert np.diff(over_kilometres(perverse, encoded), axis=0).max() <= 1e-9


def test_all_unknown_names_cost_the_same(baseline: MarketBaseline, encode: Encode) -> None:
    makes = {price(baseline, encode, make=make, model="X") for make in ("Zyx", "Wvu", None)}
    models = {price(baseline, encode, model=model) for model in ("Zyx", "Wvu", None)}
    assert len(makes) == len(models) == 1


def test_an_unknown_model_is_priced_as_its_make(baseline: MarketBaseline, encode: Encode) -> None:
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
    tables = MarketBaseline().fit(encoded, np.log(prices.to_numpy())).tables_
    for name in ("make", "make by age", "model", "model by age", "generation 0"):
        assert tables[name][0] == 0
        assert tables[name].any()


def test_an_unknown_make_is_priced_as_the_market(baseline: MarketBaseline, encode: Encode) -> None:
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
    baseline = MarketBaseline().fit(encode(listings), np.log(prices.to_numpy()))
    never, once, often = (price(baseline, encode, model=name) for name in ("No", "Once", "Often"))
    assert never < 0.9 * once
    assert once < 0.9 * often


def test_prices_typed_ten_times_off_hardly_move_anything(
    baseline: MarketBaseline, encode: Encode, learnt: pd.DataFrame, unseen: pd.DataFrame
) -> None:
    slips = np.random.default_rng(0).choice([0.1, 1, 10], len(learnt), p=[0.01, 0.98, 0.01])
    mistyped = np.log(learnt[TARGET].to_numpy() * slips)
    before = baseline.predict(encode(unseen))
    moved = MarketBaseline().fit(encode(learnt), mistyped).predict(encode(unseen)) - before
    trusting = MarketBaseline(huber=100).fit(encode(learnt), mistyped).predict(encode(unseen))
    assert np.median(np.abs(moved)) < 0.01
    assert np.quantile(np.abs(moved), 0.9) < 0.1
    assert np.median(np.abs(trusting - before)) > 3 * np.median(np.abs(moved))


def test_the_same_listings_teach_the_same_prices_to_the_last_digit(
    baseline: MarketBaseline, encode: Encode, learnt: pd.DataFrame, unseen: pd.DataFrame
) -> None:
    again = MarketBaseline().fit(encode(learnt), np.log(learnt[TARGET].to_numpy()))
    np.testing.assert_array_equal(
        again.predict(encode(unseen)), baseline.predict(encode(unseen)), strict=True
    )


def test_the_order_of_the_listings_teaches_nothing(
    baseline: MarketBaseline, encode: Encode, learnt: pd.DataFrame, unseen: pd.DataFrame
) -> None:
    shuffled = learnt.sample(frac=1, random_state=0)
    again = MarketBaseline().fit(encode(shuffled), np.log(shuffled[TARGET].to_numpy()))
    moved = again.predict(encode(unseen)) - baseline.predict(encode(unseen))
    assert np.abs(moved).max() < 0.02


def test_a_stronger_penalty_holds_prices_closer_together(
    baseline: MarketBaseline, encode: Encode, learnt: pd.DataFrame
) -> None:
    log_price = np.log(learnt[TARGET].to_numpy())
    stiff = MarketBaseline(penalty=1_000).fit(encode(learnt), log_price)
    assert stiff.predict(encode(learnt)).std() < 0.9 * baseline.predict(encode(learnt)).std()


def test_a_car_of_which_nothing_is_known_still_has_a_price(
    baseline: MarketBaseline, encode: Encode
) -> None:
    core, details = baseline.predict_parts(encode(to_listings([{}])))
    assert 10_000 < np.exp(core + details).item() < 1_000_000


def test_details_leave_the_core_price_as_it_is(baseline: MarketBaseline, encode: Encode) -> None:
    details = {
        "origin": "customs_cleared", "condition": "for_parts", "first_owner": 0.0,
        "fiscal_power_cv": 5.0, "doors": 2.0,
    }  # fmt: skip
    core, added = baseline.predict_parts(encode(to_listings([LOGAN, LOGAN | details])))
    assert core[0] == core[1]
    assert added[0] != added[1]


@pytest.mark.parametrize(
    ("year", "age", "decades"),
    [(2026, 0, -1), (2016, 10, 0), (1990, 36, 2), (1980, 46, 2), (np.nan, 10, 0)],
)
def test_age_is_counted_from_the_newest_year_and_typical_where_unknown(
    encode: Encode, year: float, age: float, decades: float
) -> None:
    encoded = encode(to_listings([{"model_year": year}]))
    baseline = MarketBaseline()
    assert baseline.read_age(encoded).tolist() == [age]
    assert baseline.read_decades(encoded).tolist() == [decades]


@pytest.mark.parametrize(
    ("year", "km", "meant"), [(2016, 0, 0), (2016, np.nan, 140_000), (1990, np.nan, 280_000)]
)
def test_unknown_kilometres_are_taken_for_what_is_usual_at_that_age(
    encode: Encode, year: float, km: float, meant: float
) -> None:
    encoded = encode(to_listings([{"model_year": year, "mileage_km": km}]))
    assert MarketBaseline().read_km(encoded).item() == pytest.approx(np.log1p(meant / 100_000))


def test_between_two_knots_of_age_a_price_changes_at_an_even_pace(
    baseline: MarketBaseline, encode: Encode
) -> None:
    cars = [{"model_year": THIS_YEAR - age, "mileage_km": 100_000.0} for age in (7, 8, 9, 10, 11)]
    steps = np.diff(baseline.predict(encode(to_listings(cars))))  # type: ignore[arg-type]
    assert (steps < -0.01).all()
    assert steps[:3] == pytest.approx(steps[0])
    assert steps[3] != pytest.approx(steps[0], rel=0.01)
