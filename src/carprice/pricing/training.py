"""Fitting of the price pipeline: pure."""

import pandas as pd
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from carprice.market.listing import FEATURES, TARGET
from carprice.pricing.regressor import ModelParams, build_pipeline
from carprice.progress import Progress, be_silent


def fit(listings: pd.DataFrame, params: ModelParams, progress: Progress = be_silent) -> Pipeline:
    """The price pipeline, fitted on clean listings with their prices."""
    pipeline = build_pipeline(params)
    # On one thread: more are no faster, and fight when the machine is busy (5 s become 200 s).
    with threadpool_limits(1):
        return pipeline.fit(listings[list(FEATURES)], listings[TARGET], price__progress=progress)
