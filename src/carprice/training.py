"""Split first, then fit: pure."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from pydantic import Field
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from carprice.cleaning import name_vehicles
from carprice.evaluation import Frozen, relative_errors
from carprice.listing import FEATURES, TARGET
from carprice.model import ModelParams, build_pipeline


class SplitParams(Frozen, extra="forbid"):
    """How listings are kept apart."""

    holdout_share: float = Field(gt=0, lt=0.5)


def split(listings: pd.DataFrame, holdout_share: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training and held-out listings, by a hash of the car.

    The same car is on the same side in every file and at every retraining, its repeated adverts
    with it; a smaller share holds out a part of what a larger one does.
    """
    held_out = place_vehicles(listings) < holdout_share
    return listings[~held_out], listings[held_out]


def place_vehicles(listings: pd.DataFrame) -> pd.Series:
    """A number from 0 to 1 for each listing, the same for the same car anywhere."""
    hashes = pd.util.hash_pandas_object(name_vehicles(listings).astype(object), index=False)
    return (hashes / np.float64(2**64)).set_axis(listings.index)


def fit(
    listings: pd.DataFrame,
    params: ModelParams,
    progress: Callable[[int, int], None] | None = None,
) -> Pipeline:
    """Fit the price pipeline on clean listings with their prices."""
    pipeline = build_pipeline(params)
    # On one thread: more are no faster, and fight when the machine is busy (5 s become 200 s).
    with threadpool_limits(1):
        return pipeline.fit(listings[list(FEATURES)], listings[TARGET], price__progress=progress)


def measure_importance(pipeline: Pipeline, listings: pd.DataFrame) -> dict[str, float]:
    """Points of median error that shuffling each known field costs, on listings never fitted."""
    features = listings[list(FEATURES)]

    def measure(table: pd.DataFrame) -> float:
        # Estimates are numbered from 0; the listings carry the numbers of their rows.
        estimates = pipeline.predict(table).set_axis(table.index)
        return float(np.median(relative_errors(listings[TARGET], estimates)))

    base = measure(features)
    order = np.random.default_rng(0).permutation(len(features))
    return {
        name: measure(features.assign(**{name: features[name].to_numpy()[order]})) - base
        for name in features.columns[features.notna().any()]
    }
