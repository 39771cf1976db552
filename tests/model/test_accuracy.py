"""How far estimates lie from the prices of real adverts, which the project never carries."""

from pathlib import Path

import pandas as pd
import pytest
from open_fields import COVERAGE_PCT, MOST_MOVED_PCT, measure_open_fields
from sklearn.model_selection import GroupKFold

from carprice.evaluation.metrics import Scores, score
from carprice.listings.cleaning import name_vehicles
from carprice.market.listing import FEATURES, TARGET
from carprice.params import read_params
from carprice.pricing.market_regressor import ModelParams
from carprice.pricing.split import split
from carprice.pricing.training import fit
from carprice.simulation.drawing import draw_listings


@pytest.fixture(scope="module")
def params() -> ModelParams:
    return read_params(Path(__file__).parents[2]).model


@pytest.fixture(scope="module")
def crossed(real: pd.DataFrame, params: ModelParams) -> Scores:
    """Scores of models that have not seen the car, by five-fold cross-validation over cars."""
    folds = GroupKFold(5, shuffle=True, random_state=0).split(real, groups=name_vehicles(real))
    parts = [
        fit(real.iloc[train], params)
        .predict(real.iloc[test][list(FEATURES)])
        .set_axis(real.index[test])
        for train, test in folds
    ]
    return score(real[TARGET], pd.concat(parts).loc[real.index])


def test_the_median_error_on_real_adverts_stays_below_eight_and_a_half_percent(
    crossed: Scores,
) -> None:
    assert crossed.rows == 8_213
    assert crossed.median_error_pct <= 8.5  # measured: 7.83
    assert crossed.within_20_pct >= 83  # measured: 84.9


def test_the_interval_holds_eight_in_ten_prices_of_real_adverts_and_stays_narrow(
    crossed: Scores,
) -> None:
    assert 77 <= crossed.coverage_pct <= 83  # measured: 80.4
    assert crossed.width_pct <= 36  # measured: 31.8


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
