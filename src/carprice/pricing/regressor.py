"""The price model of earlier releases: what they stored still answers as it did."""

from functools import lru_cache
from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from threadpoolctl import ThreadpoolController

from carprice.arrays import Floats
from carprice.market.listing import EQUIPMENT
from carprice.pricing.encoder import AT
from carprice.pricing.estimating import OpenFieldsMixin


class PriceRegressor(OpenFieldsMixin, RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Market baseline, gradient boosting on its residuals, and a calibrated interval.

    boosted_: columns that the trees ask for.
    """

    def fit(self, X: Floats, y: Floats) -> Self:  # noqa: N803
        """Nothing: scikit-learn asks an estimator to have it."""
        raise NotImplementedError("models of earlier releases only answer: train a MarketRegressor")

    @property
    def equipment(self) -> tuple[str, ...]:
        """Equipment that adverts told of often enough to learn from it."""
        return tuple(name for name in EQUIPMENT if AT[name] in self.boosted_)

    def _price(self, X: Floats) -> Floats:  # noqa: N803
        """Log prices and the ends of their intervals (n, ESTIMATE_COLUMNS)."""
        core, details = self.baseline_.predict_parts(X)
        baseline = core + details
        table = self._boosting_table(X, baseline)
        # A tree is done sooner than a second thread wakes up, above all on a busy machine.
        with find_openmp().limit(limits=1):
            log_price = baseline + self.boosting_.predict(table)
        reach = self.quantile_ * self.scale_.predict(X, core)
        ends = [log_price, log_price - reach, log_price + reach]
        return np.column_stack([*ends, *[np.full(len(X), np.nan)] * 2])

    def _boosting_table(self, X: Floats, baseline: Floats) -> Floats:  # noqa: N803
        """Inputs of the trees: the chosen columns, then the baseline's log price."""
        return np.column_stack([X[:, self.boosted_], baseline])


@lru_cache(maxsize=1)
def find_openmp() -> ThreadpoolController:
    """Control over the threads of the trees; found once, for it takes longer than an estimate."""
    return ThreadpoolController().select(user_api="openmp")
