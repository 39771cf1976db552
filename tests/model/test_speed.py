"""Guards against a slow turn. Ratios within one run, wide of what is measured: machines are noisy.

`make bench` measures; this only notices when something became several times slower.
"""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from carprice.listings.reading import Upload
from carprice.market.listing import FEATURES, TARGET, TEXTUAL
from carprice.pricing.regressor import ModelParams
from carprice.pricing.training import fit
from carprice.serving.batch import estimate_upload
from carprice.simulation.dirt import write_sample
from carprice.simulation.drawing import draw_listings

SMALL, LARGE = 10_000, 40_000
PARAMS = ModelParams(
    penalty=0.7, huber=0.1, trees=40, learning_rate=0.05, leaves=15, coverage=0.8, seed=0
)


@pytest.fixture(scope="module")
def listings() -> pd.DataFrame:
    return draw_listings(LARGE, seed=0)


@pytest.fixture(scope="module")
def trained(listings: pd.DataFrame) -> dict[int, tuple[Pipeline, float]]:
    """Pipeline and seconds of processor time by number of rows."""
    fit(listings[:1_000], PARAMS)  # loads what scikit-learn loads late
    found = {}
    for rows in (SMALL, LARGE):
        started = time.process_time()
        pipeline = fit(listings[:rows], PARAMS)
        found[rows] = pipeline, time.process_time() - started
    return found


def time_one_row(pipeline: Pipeline, listings: pd.DataFrame, tries: int) -> float:
    """Seconds of the fastest third of the estimates: the rest waited for other programs."""
    rows = [listings[list(FEATURES)][at : at + 1] for at in range(tries)]
    pipeline.predict(rows[0])
    return float(
        np.quantile([time_call(lambda row=row: pipeline.predict(row)) for row in rows], 1 / 3)
    )


def time_call(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def test_four_times_the_rows_take_less_than_eight_times_the_time(
    trained: dict[int, tuple[Pipeline, float]],
) -> None:
    assert trained[LARGE][1] < 8 * trained[SMALL][1]


def test_one_estimate_takes_less_than_25_ms(
    trained: dict[int, tuple[Pipeline, float]], listings: pd.DataFrame
) -> None:
    assert time_one_row(trained[SMALL][0], listings, 60) < 0.025


def test_one_estimate_is_three_times_faster_than_a_plain_random_forest(
    trained: dict[int, tuple[Pipeline, float]], listings: pd.DataFrame
) -> None:
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    numbers = [name for name in FEATURES if name not in TEXTUAL]
    forest = make_pipeline(
        make_column_transformer((codes, sorted(TEXTUAL & {*FEATURES})), ("passthrough", numbers)),
        RandomForestRegressor(n_estimators=100, max_depth=20, n_jobs=2, random_state=0),
    ).fit(listings[:2_000][list(FEATURES)], listings[:2_000][TARGET])
    ours, theirs = (time_one_row(each, listings, 20) for each in (trained[SMALL][0], forest))
    assert 3 * ours < theirs


def test_a_thousand_rows_at_once_take_less_than_a_twentieth_of_one_by_one(
    trained: dict[int, tuple[Pipeline, float]], listings: pd.DataFrame
) -> None:
    pipeline = trained[SMALL][0]
    thousand = listings[list(FEATURES)][:1_000]
    together = min(time_call(lambda: pipeline.predict(thousand)) for _ in range(5))
    assert 20 * together < 1_000 * time_one_row(pipeline, listings, 40)


def test_a_file_of_100_000_cars_takes_less_than_20_seconds(
    trained: dict[int, tuple[Pipeline, float]], tmp_path: Path
) -> None:
    write_sample(tmp_path / "cars.csv", 98_000, 1)
    upload = Upload("cars.csv", (tmp_path / "cars.csv").read_bytes())
    pipeline, _ = trained[SMALL]
    started = time.process_time()
    found = estimate_upload(pipeline, upload, lambda _: None, "fr")
    assert time.process_time() - started < 20
    assert len(found.table) > 100_000
    assert found.estimated > 99_000
