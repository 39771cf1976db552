"""Intervals in groups of cars: which fall short of their promise, beyond chance."""

import numpy as np
import pandas as pd
import pytest

from carprice.evaluation.coverage import Covered, cover_groups, find_short
from carprice.market.listing import FEATURES, HIGH, LOW, TARGET, WIDE_HIGH, WIDE_LOW

LEVELS = (0.8, 0.9)


@pytest.fixture
def listings() -> pd.DataFrame:
    """400 cars of two makes, none of which tells its origin, and 60 of a third."""
    makes = ["Dacia"] * 200 + ["Mercedes-Benz"] * 200 + ["Kia"] * 60
    told = dict.fromkeys(FEATURES, "x") | {"make": makes, "model_year": 2018.0, "origin": None}
    return pd.DataFrame({TARGET: 100_000.0} | told)


def answer(listings: pd.DataFrame, missed: pd.Series) -> pd.DataFrame:
    """Estimates whose interval misses some prices; the wide one holds all."""
    price = listings[TARGET]
    ends = {LOW: price * np.where(missed, 1.01, 0.9), HIGH: price * 1.1}
    return pd.DataFrame({TARGET: price, **ends, WIDE_LOW: price * 0.8, WIDE_HIGH: price * 1.2})


def cover(listings: pd.DataFrame, estimates: pd.DataFrame) -> list[Covered]:
    return cover_groups(listings, estimates, pd.Series(12.0, listings.index), LEVELS)


def test_a_make_whose_prices_are_missed_too_often_falls_short(listings: pd.DataFrame) -> None:
    often = (listings["make"] == "Mercedes-Benz") & (listings.index % 5 < 2)
    seldom = listings.index % 10 == 0
    found = cover(listings, answer(listings, often | seldom))
    (short,) = find_short([each for each in found if each.family == "make"])
    assert (short.name, short.rows, short.promised_pct) == ("mercedesbenz", 200, 80)
    assert short.share_pct == 60


def test_groups_are_known_beforehand_and_large(listings: pd.DataFrame) -> None:
    found = cover(listings, answer(listings, listings.index < 0))
    assert {(each.family, each.name) for each in found} == {
        ("make", "dacia"), ("make", "mercedesbenz"), ("year", "2015-2019"),
        ("estimate", "80000-149999"), ("adverts", "5-29"), ("missing", "origin"),
    }  # fmt: skip
    assert len(found) == 2 * 6, "both intervals"


def test_what_chance_explains_is_no_shortfall(listings: pd.DataFrame) -> None:
    by_chance = pd.Series(np.random.default_rng(0).random(len(listings)) < 0.2, listings.index)
    assert not find_short(cover(listings, answer(listings, by_chance)))


def test_a_model_without_a_wide_interval_is_judged_by_the_other(listings: pd.DataFrame) -> None:
    estimates = answer(listings, listings.index < 0).assign(**{WIDE_LOW: np.nan, WIDE_HIGH: np.nan})
    assert {each.promised_pct for each in cover(listings, estimates)} == {80}
