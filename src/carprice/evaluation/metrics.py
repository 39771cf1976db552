"""Scores of estimates, overall and by slice; pure."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from pydantic import Field
from sklearn.metrics import r2_score

from carprice.arrays import Floats
from carprice.frozen import Frozen
from carprice.market.chosen import MARKET
from carprice.market.fields import fold
from carprice.market.listing import HIGH, LOW, TARGET, VERSIONS, WIDE_HIGH, WIDE_LOW, in_currency
from carprice.market.slices import Slice

PRICE_BANDS = (0, *MARKET.price_bands, np.inf)
YEAR_BANDS = (0, *MARKET.year_bands, np.inf)


class Scores(Frozen):
    """Accuracy on some rows; shares and errors are in percent.

    R² on price and the mean errors are shown but never judged by: a few mistyped prices carry
    most of them.
    """

    rows: int
    median_error_pct: float
    mean_error_pct: float
    within_10_pct: float
    within_20_pct: float
    mean_error: float = Field(alias=in_currency("mean_error"))
    r2_log: float
    r2_price: float
    coverage_pct: float
    """Share of actual prices inside their interval."""
    width_pct: float
    """Median width of the interval against the estimate."""
    wide_coverage_pct: float | None = None
    wide_width_pct: float | None = None
    """The same of the wide interval; None where a model has none."""

    @classmethod
    def stored_names(cls) -> list[str]:
        """Names of the metrics in the registry."""
        return [field.alias or name for name, field in cls.model_fields.items()]


class PlainScores(Frozen):
    """Accuracy of a plain way to name a price, which has no interval; in percent."""

    median_error_pct: float
    within_10_pct: float
    within_20_pct: float


class Evaluation(Frozen):
    """Scores overall and by slice: slice family (`make`, …) to slice name to scores."""

    overall: Scores
    slices: dict[str, dict[str, Scores]]
    plain: dict[str, PlainScores] = Field(default_factory=dict)
    """Of the ways of `evaluation.plain`, by name; none in what earlier releases stored."""

    @property
    def all_slices(self) -> list[tuple[Slice, Scores]]:
        """Each slice of every family with its scores."""
        return [
            (Slice.read(family, name), scores)
            for family, groups in self.slices.items()
            for name, scores in groups.items()
        ]

    @property
    def worst(self) -> tuple[Slice, Scores] | None:
        """The slice with the largest median error; None where no slice is large enough."""
        return max(self.all_slices, key=lambda each: each[1].median_error_pct, default=None)


def evaluate(listings: pd.DataFrame, estimates: pd.DataFrame, min_rows: int) -> Evaluation:
    """Scores of estimates (ESTIMATE_COLUMNS) of clean listings, overall and by slice.

    Slices of fewer than `min_rows` rows are left out: their figures would be noise.
    """
    return Evaluation(
        overall=score(listings[TARGET], estimates),
        slices={
            family: {
                part.name: score(listings.loc[rows, TARGET], estimates.loc[rows])
                for part, rows in groups.items()
            }
            for family, groups in slice_rows(listings, min_rows).items()
        },
    )


def score(actual: pd.Series, estimates: pd.DataFrame) -> Scores:
    """Scores of estimates (ESTIMATE_COLUMNS) against actual prices."""
    price = estimates[TARGET]
    error = relative_errors(actual, estimates)
    return Scores(
        rows=len(actual),
        median_error_pct=float(np.median(error)),
        mean_error_pct=float(error.mean()),
        within_10_pct=100 * float((error <= 10).mean()),
        within_20_pct=100 * float((error <= 20).mean()),
        mean_error=float((price - actual).abs().mean()),
        r2_log=_r2(np.log(actual), np.log(price)),
        r2_price=_r2(actual, price),
        coverage_pct=_measure_coverage(actual, estimates[LOW], estimates[HIGH]),
        width_pct=_measure_width(price, estimates[LOW], estimates[HIGH]),
        **_score_wide(actual, estimates),
    )


def relative_errors(actual: pd.Series, estimates: pd.DataFrame) -> Floats:
    """Absolute errors in percent of the actual price, shape (n,)."""
    return (100 * (estimates[TARGET] / actual - 1).abs()).to_numpy()


def slice_rows(listings: pd.DataFrame, min_rows: int) -> dict[str, dict[Slice, pd.Index]]:
    """Family to slice to row labels, for slices of enough rows."""
    families: Mapping[str, pd.Series] = {
        "make": listings["make"].map(fold, na_action="ignore"),
        **{name: listings[name] for name in VERSIONS[:1]},
        "price": pd.cut(listings[TARGET], list(PRICE_BANDS), right=False),
        "year": pd.cut(listings["model_year"], list(YEAR_BANDS), right=False),
    }
    return group_rows(listings, families, min_rows)


def group_rows(
    listings: pd.DataFrame, families: Mapping[str, pd.Series], min_rows: int
) -> dict[str, dict[Slice, pd.Index]]:
    """The same for any families, each a key of every row: a name, or a band of numbers."""
    return {
        family: {
            _make_slice(family, key): rows
            for key, rows in listings.groupby(keys, observed=True).groups.items()
            if len(rows) >= min_rows
        }
        for family, keys in families.items()
    }


def _score_wide(actual: pd.Series, estimates: pd.DataFrame) -> dict[str, float]:
    """Scores of the wide interval; none where the model has none."""
    low, high = estimates[WIDE_LOW], estimates[WIDE_HIGH]
    if low.isna().all():
        return {}
    return {
        "wide_coverage_pct": _measure_coverage(actual, low, high),
        "wide_width_pct": _measure_width(estimates[TARGET], low, high),
    }


def _measure_coverage(actual: pd.Series, low: pd.Series, high: pd.Series) -> float:
    return 100 * float(actual.between(low, high).mean())


def _measure_width(price: pd.Series, low: pd.Series, high: pd.Series) -> float:
    return 100 * float(((high - low) / price).median())


def _r2(actual: pd.Series, predicted: pd.Series) -> float:
    return float(r2_score(actual, predicted)) if len(actual) > 1 else float("nan")


def _make_slice(family: str, key: object) -> Slice:
    if isinstance(key, pd.Interval):
        return Slice.band(family, key.left, key.right)
    return Slice(family, str(key))
