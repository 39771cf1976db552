"""Fitting of the price pipeline: pure."""

from collections.abc import Callable

import pandas as pd
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from carprice.market.listing import FEATURES, TARGET
from carprice.pricing.regressor import ModelParams, build_pipeline


def fit(
    listings: pd.DataFrame,
    params: ModelParams,
    progress: Callable[[int, int], None] | None = None,
) -> Pipeline:
    """The price pipeline, fitted on clean listings with their prices."""
    pipeline = build_pipeline(params)
    # On one thread: more are no faster, and fight when the machine is busy (5 s become 200 s).
    with threadpool_limits(1):
        return pipeline.fit(listings[list(FEATURES)], listings[TARGET], price__progress=progress)
