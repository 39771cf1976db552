"""How far estimates lie from the prices of real adverts, which the project never carries."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from open_fields import COVERAGE_PCT, MOST_MOVED_PCT, measure_open_fields
from scipy import stats
from sklearn.model_selection import GroupKFold

from carprice.evaluation.coverage import CHANCE, cover_groups, find_short, group_cars
from carprice.evaluation.metrics import score
from carprice.listings.cleaning import name_vehicles, number_contents
from carprice.market.listing import ESTIMATE_COLUMNS, FEATURES, TARGET
from carprice.params import read_params
from carprice.pricing.calibrated import ModelParams
from carprice.pricing.encoder import AT
from carprice.pricing.price_model import PriceModel
from carprice.pricing.rank import BELIEVED, PriceErrors
from carprice.pricing.split import split
from carprice.pricing.training import fit
from carprice.simulation.drawing import draw_listings

Folds = list[tuple[pd.DataFrame, PriceErrors]]
ENDS = list(ESTIMATE_COLUMNS[:3])
LEVELS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 0.99)
STOCKS = 3_000


@pytest.fixture(scope="module")
def params() -> ModelParams:
    return read_params(Path(__file__).parents[2]).model


@pytest.fixture(scope="module")
def folds(real: pd.DataFrame, params: ModelParams) -> Folds:
    return [*cross(real, params, 5, 0)]


@pytest.fixture(scope="module")
def halves(real: pd.DataFrame, params: ModelParams) -> Folds:
    """In which a make has cars enough for a large stock; of one split, stocks are much alike."""
    return [part for seed in range(6) for part in cross(real, params, 2, seed)]


@pytest.fixture(scope="module")
def crossed(real: pd.DataFrame, folds: Folds) -> pd.DataFrame:
    """Estimates by models that have not seen the car, by five-fold cross-validation over cars.

    With the adverts of its model that each has learnt from, and the rank of its price.
    """
    return pd.concat([part for part, _ in folds]).loc[real.index]


def cross(
    real: pd.DataFrame, params: ModelParams, count: int, seed: int
) -> Iterator[tuple[pd.DataFrame, PriceErrors]]:
    """Estimates of each fold, and the errors that its ranks rest on."""
    folds = GroupKFold(count, shuffle=True, random_state=seed)
    for train, test in folds.split(real, groups=name_vehicles(real)):
        model, cars = PriceModel(fit(real.iloc[train], params)), real.iloc[test]
        encoded = model.encode(cars[list(FEATURES)])
        answer = pd.DataFrame(model.price(encoded), cars.index, list(ESTIMATE_COLUMNS))
        assert model.errors
        rank = model.errors.rank(cars[TARGET].to_numpy(), answer[ENDS].to_numpy())
        yield answer.assign(adverts=encoded[:, AT["model_count"]], rank=rank), model.errors


def cover_stocks(real: pd.DataFrame, folds: Folds, size: int, *, of_one_make: bool) -> float:
    """Percent of drawn stocks whose prices, those believed, sum up to what was promised."""
    random, held = np.random.default_rng(0), []
    for estimates, errors in folds:
        believed = estimates[estimates["rank"].between(*BELIEVED)]
        cars = real.loc[believed.index]
        asked, priced = cars[TARGET].to_numpy(), believed[ENDS].to_numpy()
        models = number_contents(cars[["make", "model"]], np.ones(len(cars), dtype=bool))
        makes = [np.flatnonzero(cars["make"] == make) for make in cars["make"].unique()]
        pools = [each for each in makes if len(each) > size * 1.25]
        weights = np.array([len(each) for each in pools]) / sum(map(len, pools))
        for _ in range(STOCKS // len(folds)):
            pool = pools[random.choice(len(pools), p=weights)] if of_one_make else len(cars)
            rows = random.choice(pool, size, replace=False)
            stock = errors.sum_up(priced[rows], models[rows], 0.8)
            held.append(stock.low <= asked[rows].sum() <= stock.high)
    return 100 * float(np.mean(held))


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


def test_so_many_adverts_of_such_cars_are_as_low_as_their_rank_says(
    real: pd.DataFrame, crossed: pd.DataFrame
) -> None:
    groups = group_cars(real, crossed, crossed["adverts"])
    large = {part: rows for part, rows in groups.items() if len(rows) >= 200}
    assert len(large) > 35
    tests = len(large) * len(LEVELS)
    for level in LEVELS:
        assert abs(100 * (crossed["rank"] <= level).mean() - 100 * level) < 1.5  # measured: 0.3
        for part, rows in large.items():
            ranks = crossed.loc[rows, "rank"]
            found = stats.binomtest(int((ranks <= level).sum()), len(rows), level)
            assert found.pvalue * tests > CHANCE, part


@pytest.mark.parametrize("size", [10, 50, 200])
@pytest.mark.parametrize("of_one_make", [False, True])
def test_the_interval_of_a_stock_holds_what_it_promises(
    real: pd.DataFrame, halves: Folds, size: int, of_one_make: bool
) -> None:
    held = cover_stocks(real, halves, size, of_one_make=of_one_make)
    assert abs(held - 80) <= 3  # measured: 77.3 to 82.7


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
