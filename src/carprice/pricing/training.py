"""Fitting of the price pipeline: pure."""

from typing import NamedTuple

import pandas as pd
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from carprice.arrays import Floats
from carprice.market.listing import FEATURES, TARGET
from carprice.pricing.calibrated import ModelParams
from carprice.pricing.estimators import build_pipeline
from carprice.progress import Progress, be_silent

EXAMPLES = 3


class Prepared(NamedTuple):
    """Listings ready to be learnt from, encoded: the table of them is not needed any more.

    pipeline: its encoder is fitted, its price is not. encoded: (n, COLUMNS). prices: (n,).
    example: a few of the listings.
    """

    pipeline: Pipeline
    encoded: Floats
    prices: Floats
    example: pd.DataFrame


def prepare(listings: pd.DataFrame, params: ModelParams) -> Prepared:
    """Encode clean listings with their prices."""
    pipeline = build_pipeline(params)
    features = listings[list(FEATURES)]
    encoded = pipeline["encode"].fit_transform(features)
    prices = listings[TARGET].to_numpy(copy=True)
    return Prepared(pipeline, encoded, prices, features.head(EXAMPLES).copy())


def fit_prepared(prepared: Prepared, progress: Progress = be_silent) -> Pipeline:
    """The price pipeline, fitted on prepared listings."""
    # On one thread: more are no faster, and fight when the machine is busy (5 s become 200 s).
    with threadpool_limits(1):
        prepared.pipeline["price"].fit(prepared.encoded, prepared.prices, progress=progress)
    return prepared.pipeline


def fit(listings: pd.DataFrame, params: ModelParams, progress: Progress = be_silent) -> Pipeline:
    """The price pipeline, fitted on clean listings with their prices."""
    return fit_prepared(prepare(listings, params), progress)
