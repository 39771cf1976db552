"""The price model: one scikit-learn Pipeline from clean listings to a price and its interval."""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import ThreadpoolController

from carprice.arrays import Floats
from carprice.frozen import Frozen
from carprice.market.listing import ESTIMATE_COLUMNS, FEATURES
from carprice.pricing.baseline import BLOCK_ROWS, MarketBaseline
from carprice.pricing.completion import (
    COMPLETIONS,
    FIELD_AT,
    Completer,
    FieldFlags,
    count_fields,
    find_distinct,
    find_missing,
    open_models,
)
from carprice.pricing.cross_fit import OutOfFold, add_nameless, group_vehicles, recount
from carprice.pricing.encoder import AT, COLUMNS, ListingEncoder
from carprice.pricing.interval import LEAST_WIDENING, ErrorScale, conformal_quantile
from carprice.progress import Progress, be_silent

FOLDS = 5
LEAST_LACKING = 0.01
"""Share of adverts that must lack a field before the model learns from its absence."""
TRIMMED = COMPLETIONS // 8
"""Completions left out at either end of a car's prices: a few unusual lenders, the oldest or the
dearest of their kind, would pull the mean."""
ENDS = COMPLETIONS // 10
"""Completions beyond either end of the middle 80 % of a car's prices."""
SPREAD_COUNTS = {"make": 1.0, "model": 1.15, "model_year": 1.15}
"""How much the spread between the ways counts where one of these is open, the first deciding; by
any other field it counts once. Measured by cross-validation on real adverts."""
DIRECTIONS = {"model_year": 1, "mileage_km": -1}
"""Columns that the trees may follow one way only."""
LEAST_KNOWN = 100
"""Known values that a column must have for the trees to use it."""
LEAST_LEAF = 40
CLIPPED_ERROR = 0.15
"""Residuals of the baseline are clipped to this log error before the trees learn from them."""

NAMES = np.isin(FEATURES, ("make", "model"))
"""Flags of the fields that hold a name (FEATURES,); a name may be one never seen in training."""

OPEN_ROWS = 4_096
"""Cars completed at a time; among more cars, more share their weights."""


class ModelParams(Frozen, extra="forbid", allow_inf_nan=False, protected_namespaces=()):
    """Hyperparameters of the price model, as params.yaml names them."""

    penalty: float = Field(gt=0)
    huber: float = Field(gt=0)
    trees: int = Field(ge=1)
    learning_rate: float = Field(gt=0, le=1)
    leaves: int = Field(ge=2)
    coverage: float = Field(gt=0.5, lt=1)
    seed: int


def build_pipeline(params: ModelParams) -> Pipeline:
    """An unfitted pipeline from clean listings to estimates.

    fit(listings, prices); predict(listings) -> ESTIMATE_COLUMNS.
    """
    return Pipeline(
        [("encode", ListingEncoder()), ("price", PriceRegressor(**params.model_dump()))]
    )


class PriceRegressor(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Market baseline, gradient boosting on its residuals, and a calibrated interval.

    penalty, huber: of the baseline. trees, learning_rate, leaves: of the boosting.
    coverage: share of prices that the interval is to hold. seed: of folds and sampling.

    lacking_: fields that adverts often leave out (FEATURES,). Their absence is informative in an
    advert, and only there: a person who leaves one out tells nothing by it.
    """

    lacking_: FieldFlags = np.zeros(len(FEATURES), dtype=bool)

    def __init__(
        self,
        penalty: float,
        huber: float,
        trees: int,
        learning_rate: float,
        leaves: int,
        coverage: float,
        seed: int,
    ) -> None:
        self.penalty = penalty
        self.huber = huber
        self.trees = trees
        self.learning_rate = learning_rate
        self.leaves = leaves
        self.coverage = coverage
        self.seed = seed

    def fit(self, X: Floats, y: Floats, progress: Progress = be_silent) -> Self:  # noqa: N803
        """Fit on encoded listings (n, COLUMNS) and prices (n,)."""
        log_price = np.log(np.asarray(y, dtype=float))
        self.boosted_ = _choose_columns(X)
        self.lacking_ = _find_lacking(X)
        unseen = self._cross_fit(X, log_price, progress)
        boosted = self._boost_each_fold(unseen)
        errors = np.abs(unseen.actual - unseen.baseline - boosted)
        self.scale_ = ErrorScale().fit(unseen.encoded, unseen.core, errors)
        ratios = errors / self.scale_.predict(unseen.encoded, unseen.core)
        self.quantile_ = conformal_quantile(ratios[unseen.whole], self.coverage)
        self.boosting_ = self._fit_boosting(unseen, unseen.whole)
        del unseen, boosted, errors, ratios  # the last fit has the memory to itself
        self.baseline_ = self._new_baseline().fit(X, log_price)
        self.completer_ = Completer().fit(X, log_price)
        return self

    def predict(self, X: Floats, open_fields: FieldFlags | None = None) -> pd.DataFrame:  # noqa: N803
        """The answer of `estimate` as a table, for pipelines and MLflow's signature."""
        return pd.DataFrame(self.estimate(X, open_fields), columns=list(ESTIMATE_COLUMNS))

    def estimate(self, X: Floats, open_fields: FieldFlags | None = None) -> Floats:  # noqa: N803
        """Price and interval of each car (n, ESTIMATE_COLUMNS).

        open_fields: missing fields to be completed from similar adverts (n, FEATURES). All other
        missing fields count as left out of an advert, or as a name never seen. By default, those
        outside `lacking_` are open.
        """
        check_is_fitted(self)
        if open_fields is None:
            open_fields = find_missing(X) & ~self.lacking_ & ~NAMES
        # A model stored before there were open fields answers as it did then.
        lent = self.completer_.lent if hasattr(self, "completer_") else False
        open_fields = open_models(open_fields) & lent
        starts = range(0, max(1, len(X)), BLOCK_ROWS)
        blocks = [(X[at : at + BLOCK_ROWS], open_fields[at : at + BLOCK_ROWS]) for at in starts]
        if len(blocks) == 1:  # one car is done sooner than a thread is started
            return self._estimate(*blocks[0])
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            return np.concatenate([*threads.map(self._estimate, *zip(*blocks, strict=True))])

    def _estimate(self, X: Floats, open_fields: FieldFlags) -> Floats:  # noqa: N803
        """Estimates of one block of cars (n, ESTIMATE_COLUMNS)."""
        is_open = open_fields.any(axis=1)
        ends = np.empty((len(X), len(ESTIMATE_COLUMNS)))
        if not is_open.all():
            log_price, scale = self._price(X[~is_open])
            reach = self.quantile_ * scale
            ends[~is_open] = np.column_stack([log_price, log_price - reach, log_price + reach])
        places = np.flatnonzero(is_open)
        for at in range(0, len(places), OPEN_ROWS):
            rows = places[at : at + OPEN_ROWS]
            ends[rows] = self._estimate_open(X[rows], open_fields[rows])
        return np.exp(ends)

    def _price(self, X: Floats) -> tuple[Floats, Floats]:  # noqa: N803
        """Log prices (n,) and the expected size of their errors (n,)."""
        core, details = self.baseline_.predict_parts(X)
        baseline = core + details
        table = self._boosting_table(X, baseline)
        # A tree is done sooner than a second thread wakes up, above all on a busy machine.
        with _find_openmp().limit(limits=1):
            log_price = baseline + self.boosting_.predict(table)
        return log_price, self.scale_.predict(X, core)

    def _estimate_open(self, X: Floats, open_fields: FieldFlags) -> Floats:  # noqa: N803
        """Log price and interval of cars with open fields (n, ESTIMATE_COLUMNS).

        The variance of a price is that of its error and that between the completions, together.
        """
        ways = self.completer_.complete(X, open_fields).reshape(-1, len(COLUMNS))
        # Most ways are alike; for a single car, finding out takes longer than pricing them all.
        told, places = find_distinct(ways) if len(X) > 1 else (ways, np.arange(len(ways)))
        blocks = (told[at : at + BLOCK_ROWS] for at in range(0, len(told), BLOCK_ROWS))
        priced = np.concatenate([np.stack(self._price(block)) for block in blocks], axis=1)
        log_price, scale = priced[:, places].reshape(2, -1, COMPLETIONS)
        ranked = np.sort(log_price, axis=1)
        middle = ranked[:, TRIMMED:-TRIMMED].mean(axis=1)
        error = self.quantile_ * np.sqrt(np.square(scale).mean(axis=1))
        error *= np.exp(LEAST_WIDENING * count_fields(open_fields))
        apart = np.stack([middle - ranked[:, ENDS], ranked[:, -1 - ENDS] - middle])
        below, above = np.hypot(error, _count_spread(open_fields) * apart)
        return np.column_stack([middle, middle - below, middle + above])

    def _new_baseline(self) -> MarketBaseline:
        return MarketBaseline(penalty=self.penalty, huber=self.huber)

    def _cross_fit(self, X: Floats, log_price: Floats, progress: Progress) -> OutOfFold:  # noqa: N803
        """Baseline prices of all cars, each by a baseline fitted without it."""
        folds = GroupKFold(FOLDS, shuffle=True, random_state=self.seed)
        random = np.random.default_rng(self.seed)
        parts: list[OutOfFold] = []
        for fold, (train, test) in enumerate(folds.split(X, groups=group_vehicles(X))):
            progress(fold, FOLDS + 1)
            baseline = self._new_baseline().fit(X[train], log_price[train])
            seen = recount(X[test], X[train])
            cars, places = add_nameless(seen, random)
            core, details = baseline.predict_parts(cars)
            parts.append(
                OutOfFold(
                    encoded=cars,
                    core=core,
                    baseline=core + details,
                    actual=log_price[test][places],
                    fold=np.full(len(cars), fold),
                    whole=np.arange(len(cars)) < len(test),
                )
            )
        progress(FOLDS, FOLDS + 1)
        return OutOfFold.concatenate(parts)

    def _boost_each_fold(self, unseen: OutOfFold) -> Floats:
        """Boosting's part of each log price, fitted on the other folds (n,)."""
        table = self._boosting_table(unseen.encoded, unseen.baseline)
        added = np.empty(len(table))
        for fold in range(FOLDS):
            here = unseen.fold == fold
            boosting = self._fit_boosting(unseen, unseen.whole & ~here)
            added[here] = boosting.predict(table[here])
        return added

    def _boosting_table(self, X: Floats, baseline: Floats) -> Floats:  # noqa: N803
        """Inputs of the trees: the chosen columns, then the baseline's log price."""
        return np.column_stack([X[:, self.boosted_], baseline])

    def _fit_boosting(
        self, unseen: OutOfFold, rows: npt.NDArray[np.bool_]
    ) -> HistGradientBoostingRegressor:
        """Gradient boosting on the clipped residuals of the baseline.

        Clipped, a mistyped price teaches nothing. Under squared error the trees honour DIRECTIONS
        (never cheaper for being newer, never dearer for more kilometres); under absolute error
        they would not.
        """
        left_over = np.clip(unseen.actual - unseen.baseline, -CLIPPED_ERROR, CLIPPED_ERROR)
        table = self._boosting_table(unseen.encoded, unseen.baseline)
        directions = [DIRECTIONS.get(COLUMNS[at], 0) for at in self.boosted_]
        boosting = HistGradientBoostingRegressor(
            max_iter=self.trees,
            learning_rate=self.learning_rate,
            max_leaf_nodes=self.leaves,
            min_samples_leaf=LEAST_LEAF,
            monotonic_cst=[*directions, 1],
            early_stopping=False,
            random_state=self.seed,
        )
        return boosting.fit(table[rows], left_over[rows])


@lru_cache(maxsize=1)
def _find_openmp() -> ThreadpoolController:
    """Control over the threads of the trees; found once, for it takes longer than an estimate."""
    return ThreadpoolController().select(user_api="openmp")


def _choose_columns(X: Floats) -> npt.NDArray[np.intp]:  # noqa: N803
    """Places of the columns for the trees: all known often enough but the numbers of names."""
    known = (~np.isnan(X)).sum(axis=0) >= LEAST_KNOWN
    known[[AT["make"], AT["model"]]] = False
    return np.flatnonzero(known)


def _find_lacking(X: Floats) -> FieldFlags:  # noqa: N803
    """Fields that adverts leave out often enough to learn from it (FEATURES,)."""
    missing = find_missing(X)
    often = (missing.mean(axis=0) >= LEAST_LACKING) & (missing.sum(axis=0) >= LEAST_KNOWN)
    lacking: FieldFlags = often & ~NAMES
    return lacking


def _count_spread(open_fields: FieldFlags) -> Floats:
    """Factor on the spread between the completions of each car (n,): see SPREAD_COUNTS."""
    counts = np.ones(len(open_fields))
    for name in reversed(SPREAD_COUNTS):
        counts[open_fields[:, FIELD_AT[name]]] = SPREAD_COUNTS[name]
    return counts
