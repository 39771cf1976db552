"""A stored model answers the same whatever the calendar and the market say by then."""

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from carprice.market.fields import LAST_YEAR_WRITTEN_DOWN, THIS_YEAR
from carprice.market.listing import BY_NAME, FEATURES
from carprice.params import Params
from carprice.pricing.baseline import MarketBaseline
from carprice.pricing.interval import ErrorScale
from carprice.pricing.market_curves import MarketCurves
from carprice.pricing.terms import SCALES
from carprice.pricing.training import fit

PLACES = ("carprice.pricing.market_curves", "carprice.pricing.interval")


def test_the_newest_model_year_is_the_next_one() -> None:
    assert BY_NAME["model_year"].maximum == THIS_YEAR + 1


def test_a_fitted_model_answers_the_same_in_any_year(
    pipeline: Pipeline,
    unseen: pd.DataFrame,
    estimates: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for place in PLACES:
        monkeypatch.setattr(f"{place}.THIS_YEAR", THIS_YEAR + 3)
    found = pipeline.predict(unseen[list(FEATURES)])
    pd.testing.assert_frame_equal(found, estimates, check_exact=True)


def test_a_fitted_model_answers_the_same_on_other_knots_of_the_market(
    pipeline: Pipeline,
    unseen: pd.DataFrame,
    estimates: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few_knots = np.array([0.0, 5.0])
    scales = {**SCALES, "age_knots": [0.0, 50.0], "km_per_year": 1.0, "typical_age": 1.0}
    monkeypatch.setattr(MarketCurves, "scales_", scales)
    monkeypatch.setattr(ErrorScale, "age_knots_", few_knots)
    monkeypatch.setattr(ErrorScale, "log_price_knots_", few_knots)
    found = pipeline.predict(unseen[list(FEATURES)])
    pd.testing.assert_frame_equal(found, estimates, check_exact=True)


def test_a_model_counts_ages_from_the_year_in_which_it_is_trained(
    known: pd.DataFrame, params: Params, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = known.head(800)
    cars = few[list(FEATURES)].head(100)
    now = fit(few, params.model).predict(cars)
    for place in PLACES:
        monkeypatch.setattr(f"{place}.THIS_YEAR", THIS_YEAR + 3)
    older = few.assign(model_year=few["model_year"] + 3)
    later = fit(older, params.model).predict(cars.assign(model_year=cars["model_year"] + 3))
    np.testing.assert_allclose(later["price_mad"], now["price_mad"], rtol=1e-4)
    # The curves reach further back, and the fit of the ends stops near its optimum.
    np.testing.assert_allclose(later, now, rtol=5e-3)


def test_a_model_stored_without_a_year_counts_from_the_one_written_in_its_release(
    pipeline: Pipeline, unseen: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(pipeline["price"].scale_, "reference_year_")
    for part in (MarketBaseline(), pipeline["price"].scale_):
        assert part.reference_year_ == LAST_YEAR_WRITTEN_DOWN
    if THIS_YEAR == LAST_YEAR_WRITTEN_DOWN:
        assert len(pipeline.predict(unseen[list(FEATURES)].head(3))) == 3
