"""Permutation importance of each field."""

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from carprice.evaluation.metrics import relative_errors
from carprice.market.listing import FEATURES, TARGET


def measure_importance(pipeline: Pipeline, listings: pd.DataFrame) -> dict[str, float]:
    """Rise in median error (points) by shuffled field, on held-out listings."""
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
