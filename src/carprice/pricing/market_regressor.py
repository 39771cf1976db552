"""The price model by the word `market`: the market's curves, and intervals that follow them."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from carprice.arrays import Floats
from carprice.pricing.calibrated import CalibratedRegressor, ModelParams, Seen
from carprice.pricing.market_curves import MarketCurves
from carprice.pricing.space import Range

PRICED_TOGETHER = 2_048
"""Cars whose curves are drawn at a time: they stay in the processor's cache."""


class MarketParams(ModelParams):
    estimator: Literal["market"] = "market"
    penalty: Annotated[float, Field(gt=0), Range(0.05, 5, log=True)]
    tail: Annotated[float, Field(gt=0), Range(0.05, 1, log=True)]


class MarketRegressor(CalibratedRegressor):
    """The market's curves, and intervals calibrated on cars that they had not seen.

    penalty, tail: of the curves. coverage: share of prices that the interval is to hold.
    seed: of folds and sampling.
    """

    Params = MarketParams
    HOLDS = ("carprice.pricing.market_curves.MarketCurves",)
    spread_counts: ClassVar[Mapping[str, float]] = {"make": 1.0, "model": 1.1, "model_year": 1.25}

    def __init__(self, penalty: float, tail: float, coverage: float, seed: int) -> None:
        super().__init__(coverage, seed)
        self.penalty = penalty
        self.tail = tail

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take what was stored before there were other estimators by the names of today."""
        if "curves_" in state:
            curves = state["curves_"]
            state = {**state, "price_": curves, "equipment": curves.equipment_}
        super().__setstate__(state)

    def new_price(self) -> MarketCurves:
        return MarketCurves(penalty=self.penalty, tail=self.tail)

    def _see(self, price: MarketCurves, X: Floats) -> Seen:  # noqa: N803
        curves = price.draw_curves(X)
        return Seen(X, curves.read_own(curves.core), curves.read_own(curves.log_price))

    def _price(self, X: Floats) -> Floats:  # noqa: N803
        """Log prices and the ends of their intervals (n, ESTIMATE_COLUMNS)."""
        starts = range(0, len(X), PRICED_TOGETHER)
        return np.concatenate([self._price_few(X[at : at + PRICED_TOGETHER]) for at in starts])

    def _price_few(self, X: Floats) -> Floats:  # noqa: N803
        """The same of a few cars.

        The ends are in order as well: where the error grows faster than the price, the interval
        is a little wider.
        """
        curves, years = self.price_.draw_curves(X), self.price_.years_
        drawn = [curves.log_price]
        for reach in self._reach(lambda scale: scale.draw_curves(X, curves.core, years)):
            low = np.minimum.accumulate((curves.log_price - reach)[:, ::-1], axis=1)[:, ::-1]
            drawn += [low, np.maximum.accumulate(curves.log_price + reach, axis=1)]
        return np.column_stack([curves.read_own(each) for each in drawn])
