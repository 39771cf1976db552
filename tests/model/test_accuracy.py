"""How far estimates lie from the prices of real adverts, which the project never carries."""

from pathlib import Path

import pandas as pd
import pytest
from open_fields import COVERAGE_PCT, MOST_MOVED_PCT, measure_open_fields
from sklearn.model_selection import GroupKFold

from carprice.evaluation.coverage import cover_groups, find_short
from carprice.evaluation.metrics import score
from carprice.listings.cleaning import name_vehicles
from carprice.market.listing import FEATURES, TARGET
from carprice.params import read_params
from carprice.pricing.calibrated import ModelParams
from carprice.pricing.encoder import AT
from carprice.pricing.price_model import PriceModel
from carprice.pricing.split import split
from carprice.pricing.training import fit
from carprice.simulation.drawing import draw_listings


@pytest.fixture(scope="module")
def params() -> ModelParams:
    return read_params(Path(__file__).parents[2]).model


@pytest.fixture(scope="module")
def crossed(real: pd.DataFrame, params: ModelParams) -> pd.DataFrame:
    """Estimates by models that have not seen the car, by five-fold cross-validation over cars.

    With the adverts of its model that each has learnt from.
    """
    folds = GroupKFold(5, shuffle=True, random_state=0).split(real, groups=name_vehicles(real))
    parts = []
    for train, test in folds:
        pipeline, cars = fit(real.iloc[train], params), real.iloc[test][list(FEATURES)]
        adverts = PriceModel(pipeline).encode(cars)[:, AT["model_count"]]
        parts.append(pipeline.predict(cars).set_axis(cars.index).assign(adverts=adverts))
    return pd.concat(parts).loc[real.index]


def test_prices_of_real_adverts_are_as_near_as_was_measured(
    real: pd.DataFrame, crossed: pd.DataFrame
) -> None:
    found = score(real[TARGET], crossed)
    assert found.rows == 8_213
    assert found.median_error_pct <= 7.9  # measured: 7.77
    assert found.within_10_pct >= 60  # measured: 60.4
    assert found.within_20_pct >= 84.8  # measured: 85.2


def test_intervals_hold_what_they_promise_of_real_adverts_and_stay_narrow(
    real: pd.DataFrame, crossed: pd.DataFrame
) -> None:
    found = score(real[TARGET], crossed)
    assert abs(found.coverage_pct - 80) <= 2  # measured: 80.3
    assert found.width_pct <= 31.3  # measured: 30.9
    assert found.wide_coverage_pct is not None
    assert found.wide_width_pct is not None
    assert abs(found.wide_coverage_pct - 90) <= 2  # measured: 90.1
    assert found.wide_width_pct <= 43.9  # measured: 43.1


def test_intervals_hold_it_in_each_group_that_is_known_beforehand(
    real: pd.DataFrame, crossed: pd.DataFrame
) -> None:
    found = cover_groups(real, crossed, crossed["adverts"], (0.8, 0.9))
    assert len(found) > 80
    assert not find_short(found)


def test_a_field_left_open_moves_no_price_of_real_adverts(
    real: pd.DataFrame, params: ModelParams
) -> None:
    known, unseen = split(real, 0.2)
    found = measure_open_fields(fit(known, params), unseen)
    assert len(found) == 65  # eleven fields, and all pairs but the make with its model
    assert found["cars"].max() == 1_390
    assert found["moved_pct"].abs().max() < MOST_MOVED_PCT  # measured: 1.5, the gearbox 0.0
    assert found["coverage_pct"].between(*COVERAGE_PCT).all()  # measured: 78.6 to 82.9
    assert found.loc["gearbox", "error_pct"] < 9  # measured: 8.4; as an advert lacks it, 26.9


def test_a_model_of_the_simulated_market_prices_real_adverts(
    real: pd.DataFrame, params: ModelParams
) -> None:
    """The market was drawn after these very adverts: it carries them, no more is said."""
    model = fit(draw_listings(8_000, 0), params)
    found = score(real[TARGET], model.predict(real[list(FEATURES)]).set_axis(real.index))
    assert found.median_error_pct <= 8.5  # measured: 7.69; 10.5 was asked for
