"""Scores of a version as small tables for pictures: pure."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from carprice.evaluation.comparison import Difference
from carprice.evaluation.decision import Decision
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


def tabulate_ways(
    evaluation: Evaluation, plain: Mapping[str, Difference], decision: Decision | None
) -> pd.DataFrame:
    """Median errors of a version, of plain ways, and of the version before it, on the same cars.

    plain: the version against each way; without it, those on record stand there by themselves.
    Columns `name` (empty for the version, a number for the one before it), `error`, and `low` and
    `high`: where the error lies by the 90 % interval of its distance from the version's.
    """
    error = evaluation.overall.median_error_pct
    rows: list[tuple[str | int, float, float, float]] = [("", error, np.nan, np.nan)]
    rows += [(name, each.median_error_pct, np.nan, np.nan)
             for name, each in evaluation.plain.items() if name not in plain]  # fmt: skip
    ahead: list[tuple[str | int, Difference]] = [*plain.items()]
    if decision and decision.champion is not None and decision.comparison:
        ahead.append((decision.champion, decision.comparison.overall))
    rows += [(name, error - each.points, error - each.high, error - each.low)
             for name, each in ahead]  # fmt: skip
    return pd.DataFrame(rows, columns=["name", "error", "low", "high"])


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
