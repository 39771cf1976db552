"""What it moves that a field is left open: each alone and each pair, on cars never fitted."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from carprice.market.listing import FEATURES, TARGET
from carprice.pricing.completion import FIELD_AT, open_models
from carprice.pricing.interval import MASKED
from carprice.pricing.price_model import PriceModel

LEAST_CARS = 100
MOST_MOVED_PCT = 2.0
COVERAGE_PCT = (76.5, 83.5)


def measure_open_fields(pipeline: Pipeline, listings: pd.DataFrame) -> pd.DataFrame:
    """A row for each field and pair: `cars`, `moved_pct`, `error_pct`, `coverage_pct`.

    moved_pct: median move of the estimate against the same cars told in full. The index names the
    fields. What fewer than LEAST_CARS cars tell is left out.
    """
    features = listings[list(FEATURES)]
    model = PriceModel(pipeline)
    encoded = model.encode(features)
    told = model.price(encoded)[:, 0]
    price, given = listings[TARGET].to_numpy(), features.notna().to_numpy()
    rows = {}
    for names in _name_sets():
        is_open = open_models(np.isin(FEATURES, names)[None])
        cars = np.flatnonzero(given[:, is_open[0]].all(axis=1))
        if len(cars) < LEAST_CARS:
            continue
        found, low, high, *_ = model.price(encoded[cars], np.repeat(is_open, len(cars), axis=0)).T
        inside = (low <= price[cars]) & (price[cars] <= high)
        rows[" + ".join(names)] = {
            "cars": len(cars),
            "moved_pct": 100 * float(np.median(found / told[cars]) - 1),
            "error_pct": 100 * float(np.median(np.abs(found / price[cars] - 1))),
            "coverage_pct": 100 * float(inside.mean()),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def _name_sets() -> Iterator[tuple[str, ...]]:
    fields = sorted(MASKED, key=FIELD_AT.__getitem__)
    yield from combinations(fields, 1)
    # A make is never left open without its model.
    yield from (pair for pair in combinations(fields, 2) if pair != ("make", "model"))
