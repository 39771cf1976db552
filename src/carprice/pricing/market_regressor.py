"""The price model: one scikit-learn Pipeline from clean listings to a price and its interval."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline

from carprice.arrays import Floats
from carprice.frozen import Frozen
from carprice.pricing.completion import Completer
from carprice.pricing.cross_fit import OutOfFold, add_nameless, group_vehicles, recount
from carprice.pricing.encoder import ListingEncoder
from carprice.pricing.estimating import OpenFieldsMixin, find_lacking
from carprice.pricing.interval import ErrorScale, conformal_quantile, widen
from carprice.pricing.market_curves import MarketCurves
from carprice.pricing.space import Range
from carprice.progress import Progress, be_silent

FOLDS = 5
PRICED_TOGETHER = 2_048
"""Cars whose curves are drawn at a time: they stay in the processor's cache."""


class ModelParams(Frozen, extra="forbid", allow_inf_nan=False):
    """Hyperparameters of the price model, as params.yaml names them."""

    penalty: Annotated[float, Field(gt=0), Range(0.05, 5, log=True)]
    tail: Annotated[float, Field(gt=0), Range(0.05, 1, log=True)]
    coverage: float = Field(gt=0.5, lt=1)
    seed: int


def build_pipeline(params: ModelParams) -> Pipeline:
    """An unfitted pipeline from clean listings to estimates.

    fit(listings, prices); predict(listings) -> ESTIMATE_COLUMNS.
    """
    return Pipeline(
        [("encode", ListingEncoder()), ("price", MarketRegressor(**params.model_dump()))]
    )


def build_price(params: ModelParams) -> MarketCurves:
    """What of the price model makes the price, unfitted: it does without the interval.

    fit(encoded listings, log prices); predict(encoded listings) -> log prices.
    """
    return MarketCurves(penalty=params.penalty, tail=params.tail)


class MarketRegressor(OpenFieldsMixin, RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """The market's curves, and an interval calibrated on cars that they had not seen.

    penalty, tail: of the curves. coverage: share of prices that the interval is to hold.
    seed: of folds and sampling.
    scale_, quantile_: of the interval. wide_scale_, wide_quantile_: of the wide one; a model stored
    before there was one answers NaN.
    """

    wide_scale_: ErrorScale | None = None
    wide_quantile_: float = np.nan
    spread_counts: ClassVar[Mapping[str, float]] = {"make": 1.0, "model": 1.15, "model_year": 1.3}

    def __init__(self, penalty: float, tail: float, coverage: float, seed: int) -> None:
        self.penalty = penalty
        self.tail = tail
        self.coverage = coverage
        self.seed = seed

    def fit(self, X: Floats, y: Floats, progress: Progress = be_silent) -> Self:  # noqa: N803
        """Fit on encoded listings (n, COLUMNS) and prices (n,)."""
        log_price = np.log(np.asarray(y, dtype=float))
        self.lacking_ = find_lacking(X)
        unseen = self._cross_fit(X, log_price, progress)
        self.scale_, self.quantile_ = _calibrate(unseen, self.coverage)
        self.wide_scale_, self.wide_quantile_ = _calibrate(unseen, widen(self.coverage))
        del unseen  # the last fit has the memory to itself
        self.curves_ = self._new_curves().fit(X, log_price)
        self.completer_ = Completer().fit(X, log_price)
        return self

    @property
    def equipment(self) -> tuple[str, ...]:
        """Equipment that adverts told of often enough to learn from it."""
        return self.curves_.equipment_

    def _price(self, X: Floats) -> Floats:  # noqa: N803
        """Log prices and the ends of their intervals (n, ESTIMATE_COLUMNS)."""
        starts = range(0, len(X), PRICED_TOGETHER)
        return np.concatenate([self._price_few(X[at : at + PRICED_TOGETHER]) for at in starts])

    def _price_few(self, X: Floats) -> Floats:  # noqa: N803
        """The same of a few cars.

        The ends are in order as well: where the error grows faster than the price, the interval
        is a little wider.
        """
        curves = self.curves_.draw_curves(X)
        drawn = [curves.log_price]
        for reach in self._draw_reaches(X, curves.core):
            low = np.minimum.accumulate((curves.log_price - reach)[:, ::-1], axis=1)[:, ::-1]
            drawn += [low, np.maximum.accumulate(curves.log_price + reach, axis=1)]
        return np.column_stack([curves.read_own(each) for each in drawn])

    def _draw_reaches(self, X: Floats, core: Floats) -> tuple[Floats, Floats]:  # noqa: N803
        """How far prices may lie off at every model year, and in the wide interval."""
        years = self.curves_.years_
        reach = self.quantile_ * self.scale_.draw_curves(X, core, years)
        if self.wide_scale_ is None:
            return reach, np.full_like(reach, np.nan)
        wide = self.wide_quantile_ * self.wide_scale_.draw_curves(X, core, years)
        return reach, np.maximum(reach, wide)

    def _new_curves(self) -> MarketCurves:
        return MarketCurves(penalty=self.penalty, tail=self.tail)

    def _cross_fit(self, X: Floats, log_price: Floats, progress: Progress) -> OutOfFold:  # noqa: N803
        """Prices of all cars, each by curves fitted without it."""
        folds = GroupKFold(FOLDS, shuffle=True, random_state=self.seed)
        random = np.random.default_rng(self.seed)
        parts: list[OutOfFold] = []
        for fold, (train, test) in enumerate(folds.split(X, groups=group_vehicles(X))):
            progress(fold, FOLDS + 1)
            market = self._new_curves().fit(X[train], log_price[train])
            cars, places = add_nameless(recount(X[test], X[train]), random)
            curves = market.draw_curves(cars)
            parts.append(
                OutOfFold(
                    encoded=cars,
                    core=curves.read_own(curves.core),
                    baseline=curves.read_own(curves.log_price),
                    actual=log_price[test][places],
                    fold=np.full(len(cars), fold),
                    whole=np.arange(len(cars)) < len(test),
                )
            )
        progress(FOLDS, FOLDS + 1)
        return OutOfFold.concatenate(parts)


def _calibrate(unseen: OutOfFold, coverage: float) -> tuple[ErrorScale, float]:
    """The scale of an interval, and its quantile, that hold a share of prices.

    The quantile is that of cars which neither their price nor their scale was fitted on.
    """
    ratios = np.empty(len(unseen.fold))
    for fold in range(FOLDS):
        is_out = unseen.fold == fold
        scale = _fit_scale(unseen, ~is_out, coverage)
        scales = scale.predict(unseen.encoded[is_out], unseen.core[is_out])
        ratios[is_out] = unseen.errors[is_out] / scales
    every = np.ones(len(ratios), dtype=bool)
    return _fit_scale(unseen, every, coverage), conformal_quantile(ratios[unseen.whole], coverage)


def _fit_scale(unseen: OutOfFold, rows: npt.NDArray[np.bool_], coverage: float) -> ErrorScale:
    encoded, core, errors, weights = (
        each[rows] for each in (unseen.encoded, unseen.core, unseen.errors, unseen.weights)
    )
    return ErrorScale().fit(encoded, core, errors, weights, coverage)
