import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from carprice.arrays import Floats
from carprice.market.listing import FEATURES, TARGET
from carprice.pricing.encoder import AT, COLUMNS, ListingEncoder
from carprice.pricing.interval import (
    LEAST_WIDENING,
    MASKED,
    SPARED,
    ErrorScale,
    blank,
    conformal_quantile,
    is_missing,
)

TAKEN_WITH = {"make": {"make", "make_count", "model", "model_count"},
              "model": {"model", "model_count"}}  # fmt: skip
BY_CONSTRUCTION = [name for name in MASKED if name != "model_year"]
WIDENED_SHARE = 0.96
"""The core price moves as well when a core field goes, and a cheaper car has another spread."""


@pytest.fixture(scope="module")
def encoded(known: pd.DataFrame) -> Floats:
    return ListingEncoder().fit(known).transform(known)


def measure_reach(pipeline: Pipeline, listings: pd.DataFrame) -> Floats:
    found = pipeline.predict(listings[list(FEATURES)])
    return np.log(found["high_mad"] / found["low_mad"]).to_numpy()


def forget(listings: pd.DataFrame, name: str) -> pd.DataFrame:
    """The listings with one field missing everywhere."""
    return listings.assign(**{name: listings[name].mask(listings.index >= 0)})


@pytest.mark.parametrize(
    ("ratios", "coverage", "rank"),
    [(9, 0.8, 8), (10, 0.8, 9), (99, 0.8, 80), (100, 0.8, 81), (19, 0.9, 18), (4, 0.8, 4)],
)
def test_the_quantile_is_the_one_that_covers_a_car_not_seen_yet(
    ratios: int, coverage: float, rank: int
) -> None:
    shuffled = np.random.default_rng(0).permutation(np.arange(1.0, ratios + 1))
    assert conformal_quantile(shuffled, coverage) == rank


@pytest.mark.parametrize("coverage", [0.6, 0.8, 0.95])
def test_the_promise_holds_on_average_for_any_number_of_ratios(coverage: float) -> None:
    for ratios in range(20, 300):
        # The k-th smallest of n covers the next one with probability k / (n + 1).
        levels = np.arange(1, ratios + 1) / (ratios + 1)
        assert coverage <= conformal_quantile(levels, coverage) <= coverage + 1 / (ratios + 1)


def test_too_few_ratios_give_the_largest_of_them() -> None:
    assert conformal_quantile(np.array([2.0, 3.0, 1.0]), 0.8) == 3


@pytest.mark.parametrize("name", MASKED)
def test_blanking_a_field_takes_it_and_nothing_else(encoded: Floats, name: str) -> None:
    before = encoded.copy()
    blanked = blank(encoded, name)
    assert all(is_missing(blanked, each).all() for each in TAKEN_WITH.get(name, {name}) & {*MASKED})
    kept = [AT[each] for each in COLUMNS if each not in TAKEN_WITH.get(name, {name})]
    np.testing.assert_array_equal(blanked[:, kept], encoded[:, kept])
    np.testing.assert_array_equal(encoded, before)


def test_equipment_is_spared_and_every_other_field_is_masked() -> None:
    assert set(MASKED) == set(FEATURES) - SPARED


def test_a_name_never_seen_counts_as_missing(known: pd.DataFrame) -> None:
    encoder = ListingEncoder().fit(known)
    renamed = encoder.transform(known.head(3).assign(model="Zyx"))
    assert is_missing(renamed, "model").all()
    assert not is_missing(renamed, "make").any()


@pytest.mark.parametrize("name", BY_CONSTRUCTION)
def test_at_the_same_core_price_a_missing_field_widens_whatever_the_errors_say(
    encoded: Floats, name: str
) -> None:
    core = np.full(len(encoded), 12.0)
    known_fields = np.sum([is_missing(encoded, each) == 0 for each in MASKED], axis=0)
    weights = np.ones(len(encoded))
    perverse = ErrorScale().fit(encoded, core, 0.01 * np.exp(known_fields / 4), weights, 0.8)
    present = encoded[is_missing(encoded, name) == 0]
    core = core[: len(present)]
    ratio = perverse.predict(blank(present, name), core) / perverse.predict(present, core)
    assert ratio.min() >= np.exp(LEAST_WIDENING) - 1e-9


def test_neither_luck_nor_a_typing_slip_breaks_the_scale(encoded: Floats) -> None:
    core, errors = np.full(len(encoded), 12.0), np.full(len(encoded), 0.1)
    weights = np.ones(len(encoded))
    even = ErrorScale().fit(encoded, core, errors, weights, 0.8).predict(encoded, core)
    errors[:30], errors[30:60] = 0, 50
    odd = ErrorScale().fit(encoded, core, errors, weights, 0.8).predict(encoded, core)
    assert np.median(np.abs(np.log(odd / even))) < 0.05


@pytest.mark.parametrize("name", MASKED)
def test_a_missing_field_widens_the_interval(
    pipeline: Pipeline, unseen: pd.DataFrame, name: str
) -> None:
    encoded = pipeline["encode"].transform(unseen)
    given = unseen[is_missing(encoded, name) == 0]
    ratio = measure_reach(pipeline, forget(given, name)) / (measure_reach(pipeline, given))
    assert len(given) > 1_000
    assert (ratio > 1).mean() >= WIDENED_SHARE
    assert np.median(ratio) >= np.exp(LEAST_WIDENING) - 1e-9


@pytest.mark.parametrize(("name", "least"), [("make", 2.0), ("model", 1.4)])
def test_a_name_never_seen_widens_the_interval_much(
    pipeline: Pipeline, unseen: pd.DataFrame, name: str, least: float
) -> None:
    encoded = pipeline["encode"].transform(unseen)
    given = unseen[is_missing(encoded, name) == 0]
    ratio = measure_reach(pipeline, given.assign(**{name: "Zyx"})) / measure_reach(pipeline, given)
    assert (ratio > 1).mean() >= 0.99
    assert np.median(ratio) > least


def test_the_interval_of_a_rare_model_is_wider_than_that_of_a_common_one(
    pipeline: Pipeline, unseen: pd.DataFrame
) -> None:
    counts = pipeline["encode"].transform(unseen)[:, AT["model_count"]]
    reach = measure_reach(pipeline, unseen)
    assert np.median(reach[(counts > 0) & (counts < 5)]) > 1.1 * np.median(reach[counts > 30])


def test_the_interval_holds_the_promised_share_of_unseen_cars(
    pipeline: Pipeline, unseen: pd.DataFrame, estimates: pd.DataFrame
) -> None:
    held = unseen[TARGET].between(estimates["low_mad"], estimates["high_mad"])
    assert held.mean() == pytest.approx(pipeline["price"].coverage, abs=0.05)


def test_the_interval_holds_its_promise_for_cars_of_which_less_is_known(
    pipeline: Pipeline, unseen: pd.DataFrame
) -> None:
    for name in ("model", "model_year", "fuel", "gearbox", "mileage_km"):
        less = forget(unseen, name)
        found = pipeline.predict(less[list(FEATURES)])
        held = unseen[TARGET].between(found["low_mad"], found["high_mad"])
        assert held.mean() > pipeline["price"].coverage - 0.07, name
