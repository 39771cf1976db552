"""A price with its intervals, around any regressor of log prices."""

from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.model_selection import GroupKFold

from carprice.arrays import Floats
from carprice.frozen import Frozen
from carprice.pricing.completion import Completer
from carprice.pricing.cross_fit import OutOfFold, add_nameless, group_vehicles, recount
from carprice.pricing.encoder import AT
from carprice.pricing.estimating import OpenFieldsMixin, find_lacking, find_told_equipment
from carprice.pricing.interval import ErrorScale, conformal_quantile, widen
from carprice.pricing.rank import PriceErrors
from carprice.progress import Progress, be_silent

FOLDS = 5
DIRECTIONS = {"model_year": 1, "mileage_km": -1}
"""Fields with which a price may only rise, or only fall."""


class ModelParams(Frozen, extra="forbid", allow_inf_nan=False):
    """Hyperparameters that every price model has; each adds its own, and says its word."""

    estimator: str
    coverage: float = Field(gt=0.5, lt=1)
    seed: int


class Seen(NamedTuple):
    """Cars as their errors are told apart, and their prices.

    encoded: (n, COLUMNS). core: what of the price says how well it is known (n,). log_price: (n,).
    """

    encoded: Floats
    core: Floats
    log_price: Floats


class CalibratedRegressor(OpenFieldsMixin, RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """A price model around what `new_price` makes: intervals, open fields and the rest are here.

    Prices must be in order by themselves: never cheaper for a newer car or one driven less. The
    intervals know make, rarity and missing fields, and are then in order as well.

    Params: hyperparameters of its word in params.yaml; `__init__` takes each but the word.
    HOLDS: types in its files beyond its own and those of scikit-learn; none may run code.
    price_: fitted. equipment: what adverts told of often enough. scale_, quantile_: of the
    interval. wide_scale_, wide_quantile_: of the wide one. error_table_, shared_: as PriceErrors
    holds them.
    """

    Params: ClassVar[type[ModelParams]]
    HOLDS: ClassVar[tuple[str, ...]] = ()
    wide_scale_: ErrorScale | None = None
    wide_quantile_: float = np.nan
    error_table_: Floats | None = None
    shared_: float = 0.0
    equipment: tuple[str, ...] = ()

    def __init__(self, coverage: float, seed: int) -> None:
        self.coverage = coverage
        self.seed = seed

    def new_price(self) -> Any:
        """An unfitted regressor: fit(encoded listings, log prices), predict(encoded listings)."""
        raise NotImplementedError

    def fit(self, X: Floats, y: Floats, progress: Progress = be_silent) -> Self:  # noqa: N803
        """Fit on encoded listings (n, COLUMNS) and prices (n,)."""
        log_price = np.log(np.asarray(y, dtype=float))
        self.lacking_ = find_lacking(X)
        self.equipment = find_told_equipment(X)
        unseen = self._cross_fit(X, log_price, progress)
        self.scale_, self.quantile_, errors = _calibrate(unseen, self.coverage)
        self.error_table_, self.shared_ = errors
        self.wide_scale_, self.wide_quantile_, _ = _calibrate(unseen, widen(self.coverage))
        del unseen  # the last fit has the memory to itself
        self.price_ = self.new_price().fit(X, log_price)
        self.completer_ = Completer().fit(X, log_price)
        return self

    @property
    def errors(self) -> PriceErrors | None:
        """Errors of unseen cars; None of a model that was stored before they were kept."""
        table = self.error_table_
        return None if table is None else PriceErrors(table, self.shared_)

    def _see(self, price: Any, X: Floats) -> Seen:  # noqa: N803
        """Cars by a fitted price."""
        return Seen(_without_age(X), np.zeros(len(X)), price.predict(X))

    def _price(self, X: Floats) -> Floats:  # noqa: N803
        """Log prices and the ends of their intervals (n, ESTIMATE_COLUMNS)."""
        encoded, core, log_price = self._see(self.price_, X)
        ends = [log_price]
        for reach in self._reach(lambda scale: scale.predict(encoded, core)):
            ends += [log_price - reach, log_price + reach]
        return np.column_stack(ends)

    def _reach(self, measure: Any) -> Iterator[Floats]:
        """How far prices may lie off, and in the wide interval, by what measures a scale."""
        reach = self.quantile_ * measure(self.scale_)
        yield reach
        if self.wide_scale_ is None:
            yield np.full_like(reach, np.nan)
        else:
            yield np.maximum(reach, self.wide_quantile_ * measure(self.wide_scale_))

    def _cross_fit(self, X: Floats, log_price: Floats, progress: Progress) -> OutOfFold:  # noqa: N803
        """Prices of all cars, each by a price fitted without it."""
        folds = GroupKFold(FOLDS, shuffle=True, random_state=self.seed)
        random = np.random.default_rng(self.seed)
        parts: list[OutOfFold] = []
        for fold, (train, test) in enumerate(folds.split(X, groups=group_vehicles(X))):
            progress(fold, FOLDS + 1)
            price = self.new_price().fit(X[train], log_price[train])
            cars, places = add_nameless(recount(X[test], X[train]), random)
            seen = self._see(price, cars)
            parts.append(
                OutOfFold(
                    encoded=seen.encoded,
                    core=seen.core,
                    baseline=seen.log_price,
                    actual=log_price[test][places],
                    fold=np.full(len(cars), fold),
                    whole=np.arange(len(cars)) < len(test),
                )
            )
        progress(FOLDS, FOLDS + 1)
        return OutOfFold.concatenate(parts)


def _without_age(X: Floats) -> Floats:  # noqa: N803
    """Cars of one age where it is known: an interval that grew with it could break the order."""
    cars = X.copy()
    cars[:, AT["model_year"]] *= 0
    return cars


def _calibrate(unseen: OutOfFold, coverage: float) -> tuple[ErrorScale, float, PriceErrors]:
    """The scale of an interval, and its quantile, that hold a share of prices; and the errors.

    The quantile, and the errors, are those of cars which neither price nor scale was fitted on.
    """
    ratios = np.empty(len(unseen.fold))
    for fold in range(FOLDS):
        is_out = unseen.fold == fold
        scale = _fit_scale(unseen, ~is_out, coverage)
        scales = scale.predict(unseen.encoded[is_out], unseen.core[is_out])
        ratios[is_out] = (unseen.actual - unseen.baseline)[is_out] / scales
    every, whole = np.ones(len(ratios), dtype=bool), unseen.whole
    quantile = conformal_quantile(np.abs(ratios[whole]), coverage)
    models = unseen.encoded[whole, AT["model"]]
    errors = PriceErrors.measure(ratios[whole] / quantile, models, unseen.fold[whole])
    return _fit_scale(unseen, every, coverage), quantile, errors


def _fit_scale(unseen: OutOfFold, rows: npt.NDArray[np.bool_], coverage: float) -> ErrorScale:
    encoded, core, errors, weights = (
        each[rows] for each in (unseen.encoded, unseen.core, unseen.errors, unseen.weights)
    )
    return ErrorScale().fit(encoded, core, errors, weights, coverage)
