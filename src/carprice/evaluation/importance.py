"""What each field does for an estimate, by shuffling it among cars."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from carprice.evaluation.metrics import relative_errors
from carprice.market.listing import FEATURES, TARGET

EFFECT_ROWS = 2_000
"""Enough for an average, and soon done."""


def measure_importance(pipeline: Pipeline, listings: pd.DataFrame) -> dict[str, float]:
    """Rise in median error (points) by shuffled field, on held-out listings."""
    features = listings[list(FEATURES)]

    def measure(table: pd.DataFrame) -> float:
        # Estimates are numbered from 0; the listings carry the numbers of their rows.
        estimates = pipeline.predict(table).set_axis(table.index)
        return float(np.median(relative_errors(listings[TARGET], estimates)))

    base = measure(features)
    return {name: measure(table) - base for name, table in _shuffle_each(features)}


def measure_effects(pipeline: Pipeline, listings: pd.DataFrame) -> dict[str, float]:
    """By how many percent the price of a car moves where a field is shuffled, on average."""
    features = listings[list(FEATURES)].head(EFFECT_ROWS)
    price = pipeline.predict(features)[TARGET]
    return {
        name: float(np.log(pipeline.predict(table)[TARGET] / price).abs().mean() * 100)
        for name, table in _shuffle_each(features)
    }


def _shuffle_each(features: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Each field that is not empty, with the cars among which it is shuffled."""
    order = np.random.default_rng(0).permutation(len(features))
    for name in features.columns[features.notna().any()]:
        yield name, features.assign(**{name: features[name].to_numpy()[order]})
