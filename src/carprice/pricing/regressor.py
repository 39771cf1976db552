"""The price model: one scikit-learn Pipeline from clean listings to a price and its interval."""

import os
from collections.abc import Callable
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

FOLDS = 5
LEAST_LACKING = 0.01
"""Share of adverts that must lack a field before that tells anything."""
TRIMMED = COMPLETIONS // 8
"""As many ways to fill a car do not count at either end: hardly ever is one the oldest or dearest
of its kind, and a few that are would pull all others."""
ENDS = COMPLETIONS // 10
"""As many ways lie beyond either end of the middle eight in ten."""
SPREAD_COUNTS = {"make": 1.0, "model": 1.15, "model_year": 1.15}
"""How much the spread between the ways counts where one of these is open, the first deciding; by
any other field it counts once. Measured by cross-validation on real adverts."""
DIRECTIONS = {"model_year": 1, "mileage_km": -1}
"""Columns that the trees may follow one way only."""
LEAST_KNOWN = 100
"""Fewer known values of a column teach the trees nothing."""
LEAST_LEAF = 40
CLIPPED_ERROR = 0.15
"""Log error up to which the trees learn from what the baseline leaves over."""

NAMES = np.isin(FEATURES, ("make", "model"))
"""Fields (FEATURES,) that hold a name, which may be one never seen."""

OPEN_ROWS = 4_096
"""Cars filled at a time: among many, more are told alike and lent the same."""

Progress = Callable[[int, int], None]
"""Called with how many of how many stages are done."""


class ModelParams(Frozen, extra="forbid", allow_inf_nan=False, protected_namespaces=()):
    """Hyperparameters; the defaults of none: params.yaml names each."""

    penalty: float = Field(gt=0)
    huber: float = Field(gt=0)
    trees: int = Field(ge=1)
    learning_rate: float = Field(gt=0, le=1)
    leaves: int = Field(ge=2)
    coverage: float = Field(gt=0.5, lt=1)
    seed: int = 0


def build_pipeline(params: ModelParams) -> Pipeline:
    """An unfitted pipeline: fit(listings, prices in DH), predict(listings) -> ESTIMATE_COLUMNS."""
    return Pipeline(
        [("encode", ListingEncoder()), ("price", PriceRegressor(**params.model_dump()))]
    )


class PriceRegressor(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Market baseline, gradient boosting on what it leaves over, calibrated interval.

    penalty, huber: of the baseline. trees, learning_rate, leaves: of the boosting.
    coverage: share of prices that the interval is to hold. seed: of folds and sampling.

    lacking_: fields that adverts lack by themselves (FEATURES,): what can be learnt from their
    absence counts where an advert lacks them, and nowhere else.
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

    def fit(self, X: Floats, y: Floats, progress: Progress | None = None) -> Self:  # noqa: N803
        """Fit on encoded listings (n, COLUMNS) and prices in DH (n,)."""
        log_price = np.log(np.asarray(y, dtype=float))
        self.boosted_ = _choose_columns(X)
        self.lacking_ = _find_lacking(X)
        unseen = self._cross_fit(X, log_price, progress or (lambda _done, _total: None))
        boosted = self._boost_each_fold(unseen)
        errors = np.abs(unseen.actual - unseen.baseline - boosted)
        self.scale_ = ErrorScale().fit(unseen.encoded, unseen.core, errors)
        ratios = errors / self.scale_.predict(unseen.encoded, unseen.core)
        self.quantile_ = conformal_quantile(ratios[unseen.whole], self.coverage)
        self.boosting_ = self._fit_boosting(unseen, unseen.whole)
        self.baseline_ = self._new_baseline().fit(X, log_price)
        self.completer_ = Completer().fit(X, log_price)
        return self

    def predict(self, X: Floats, open_fields: FieldFlags | None = None) -> pd.DataFrame:  # noqa: N803
        """The answer of `estimate` as a table, for pipelines and MLflow's signature."""
        return pd.DataFrame(self.estimate(X, open_fields), columns=list(ESTIMATE_COLUMNS))

    def estimate(self, X: Floats, open_fields: FieldFlags | None = None) -> Floats:  # noqa: N803
        """Prices and the ends of their intervals in DH (n, ESTIMATE_COLUMNS), one row a car.

        open_fields: fields of which nobody told, answered by what they could be; all other missing
        ones are absent as from an advert, a name never seen. By default those are open that
        adverts do not lack by themselves.
        """
        check_is_fitted(self)
        if open_fields is None:
            open_fields = find_missing(X) & ~self.lacking_ & ~NAMES
        # A model stored by a release that knew no open fields answers as it did.
        lent = self.completer_.lent if hasattr(self, "completer_") else False
        open_fields = open_models(open_fields) & lent
        starts = range(0, max(1, len(X)), BLOCK_ROWS)
        blocks = [(X[at : at + BLOCK_ROWS], open_fields[at : at + BLOCK_ROWS]) for at in starts]
        if len(blocks) == 1:  # one car is done sooner than a thread is started
            return self._estimate(*blocks[0])
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            return np.concatenate([*threads.map(self._estimate, *zip(*blocks, strict=True))])

    def _estimate(self, X: Floats, open_fields: FieldFlags) -> Floats:  # noqa: N803
        """Estimates in DH (n, ESTIMATE_COLUMNS)."""
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
        """Log prices and the scale of their errors: two arrays (n,)."""
        core, details = self.baseline_.predict_parts(X)
        baseline = core + details
        table = self._boosting_table(X, baseline)
        # A tree is done sooner than a second thread is woken up; on a busy machine, far sooner.
        with _find_openmp().limit(limits=1):
            log_price = baseline + self.boosting_.predict(table)
        return log_price, self.scale_.predict(X, core)

    def _estimate_open(self, X: Floats, open_fields: FieldFlags) -> Floats:  # noqa: N803
        """Log prices and their ends (n, ESTIMATE_COLUMNS), from all ways to fill each car.

        Each way has its own error, and the ways lie apart: squared, both add up.
        """
        ways = self.completer_.complete(X, open_fields).reshape(-1, len(COLUMNS))
        # Most ways are alike; of a single car, to find that out takes longer than its price.
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
        """Let each fold be priced by a baseline that has not seen its cars."""
        folds = GroupKFold(FOLDS, shuffle=True, random_state=self.seed)
        random = np.random.default_rng(self.seed)
        parts = []
        for fold, (train, test) in enumerate(folds.split(X, groups=group_vehicles(X))):
            progress(fold, FOLDS + 1)
            baseline = self._new_baseline().fit(X[train], log_price[train])
            seen = recount(X[test], X[train])
            cars, places = add_nameless(seen, random)
            core, details = baseline.predict_parts(cars)
            actual = log_price[test][places]
            numbers = np.full(len(cars), fold)
            whole = np.arange(len(cars)) < len(test)
            parts.append((cars, core, core + details, actual, numbers, whole))
        progress(FOLDS, FOLDS + 1)
        return OutOfFold(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    def _boost_each_fold(self, unseen: OutOfFold) -> Floats:
        """What boosting adds to each log price when it is fitted on the other folds."""
        table = self._boosting_table(unseen.encoded, unseen.baseline)
        added = np.empty(len(table))
        for fold in range(FOLDS):
            here = unseen.fold == fold
            boosting = self._fit_boosting(unseen, unseen.whole & ~here)
            added[here] = boosting.predict(table[here])
        return added

    def _boosting_table(self, X: Floats, baseline: Floats) -> Floats:  # noqa: N803
        """What the trees see: the chosen columns, then the baseline's log price."""
        return np.column_stack([X[:, self.boosted_], baseline])

    def _fit_boosting(
        self, unseen: OutOfFold, rows: npt.NDArray[np.bool_]
    ) -> HistGradientBoostingRegressor:
        """Boosting on the clipped errors of the baseline, so that typing slips teach nothing.

        Under squared error the trees honour the constraints: never cheaper for being newer,
        never dearer for more kilometres; under absolute error they would not.
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
    """The threads of the boosting; looking for them takes longer than an estimate."""
    return ThreadpoolController().select(user_api="openmp")


def _choose_columns(X: Floats) -> npt.NDArray[np.intp]:  # noqa: N803
    """Places of the columns that the trees see: all but the numbers of names, where known."""
    known = (~np.isnan(X)).sum(axis=0) >= LEAST_KNOWN
    known[[AT["make"], AT["model"]]] = False
    return np.flatnonzero(known)


def _find_lacking(X: Floats) -> FieldFlags:  # noqa: N803
    """Fields that adverts lack by themselves, often enough to learn from it (FEATURES,)."""
    missing = find_missing(X)
    often = (missing.mean(axis=0) >= LEAST_LACKING) & (missing.sum(axis=0) >= LEAST_KNOWN)
    lacking: FieldFlags = often & ~NAMES
    return lacking


def _count_spread(open_fields: FieldFlags) -> Floats:
    """How much the spread between the ways counts for each car (n,): see SPREAD_COUNTS."""
    counts = np.ones(len(open_fields))
    for name in reversed(SPREAD_COUNTS):
        counts[open_fields[:, FIELD_AT[name]]] = SPREAD_COUNTS[name]
    return counts
