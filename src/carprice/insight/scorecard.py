"""Scores of a version as small tables for pictures: pure."""

import numpy as np
import pandas as pd

from carprice.evaluation.metrics import Evaluation
from carprice.market.listing import TARGET

PRICE_STEPS = 28
ERROR_EDGES = tuple(range(-60, 61, 5))
"""Edges of error bins in percent; larger errors count in the outermost bins."""


def tabulate_slices(evaluation: Evaluation, family: str) -> pd.DataFrame:
    """Scores of each slice of a family, with its `name`; makes ordered by error."""
    rows = [
        {"name": name, **scores.model_dump()}
        for name, scores in evaluation.slices.get(family, {}).items()
    ]
    table = pd.DataFrame(rows, columns=["name", *type(evaluation.overall).stored_names()])
    return table.sort_values("median_error_pct") if family == "make" else table


def bin_estimates(unseen: pd.DataFrame) -> pd.DataFrame:
    """Number of held-out cars in each non-empty cell of price against estimate.

    unseen: `Reference.unseen`. Cells have equal ratios, so that a cheap car counts like a dear
    one: columns `price`, `price_end`, `estimate`, `estimate_end`, and `rows`.
    """
    both = unseen[[TARGET, "estimate"]].dropna()
    if both.empty:
        return pd.DataFrame(columns=["price", "price_end", "estimate", "estimate_end", "rows"])
    low, high = float(both.min().min()), float(both.max().max())
    edges = np.geomspace(low, high * 1.001, PRICE_STEPS + 1)
    counts, _, _ = np.histogram2d(both[TARGET], both["estimate"], bins=[edges, edges])
    across, up = np.nonzero(counts)
    return pd.DataFrame(
        {
            "price": edges[across], "price_end": edges[across + 1],
            "estimate": edges[up], "estimate_end": edges[up + 1],
            "rows": counts[across, up].astype(int),
        }
    )  # fmt: skip


def bin_errors(unseen: pd.DataFrame) -> pd.DataFrame:
    """Number of held-out cars in each bin of error: `low`, `high` in percent, `rows`."""
    errors = (100 * (unseen["estimate"] / unseen[TARGET] - 1)).dropna()
    ends = ERROR_EDGES[0], ERROR_EDGES[-1]
    counts, _ = np.histogram(errors.clip(*ends), bins=ERROR_EDGES)
    return pd.DataFrame({"low": ERROR_EDGES[:-1], "high": ERROR_EDGES[1:], "rows": counts})
