"""Where an asking price ranks among those of such cars, and what a stock of them is worth.

Both rest on signed errors of cars that neither their price nor their scale was fitted on, in units
of the reach of their interval (docs/decisions/0071).
"""

from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import pandas as pd

from carprice.arrays import Floats, Places

RANKS = 200
"""Steps of the table of errors: half an advert in a hundred each."""
BELIEVED = (0.01, 0.99)
"""Ranks between which prices are believed. Beyond, the errors of real adverts run off to twenty
reaches: prices typed ten times too high or too low, cars that are not as described."""
MARKET_SHARED = 0.002
"""Share of the variance of errors that cars of all models are taken to have in common.
Cross-fitting does not tell it from none, but without it large sums hold too little."""
SUMMED_ROWS = 10_000


class Stock(NamedTuple):
    """What cars are worth together, and the interval that the sum of their prices lies in."""

    value: float
    low: float
    high: float


class PriceErrors(NamedTuple):
    """Errors of unseen cars: log price over estimate, the reach of the interval being one.

    table: at evenly spaced ranks, from the lowest price to the highest (RANKS + 1,). shared: share
    of their variance that cars of one model have in common.
    """

    table: Floats
    shared: float

    @classmethod
    def measure(cls, ratios: Floats, models: Floats, folds: Places) -> "PriceErrors":
        """From signed errors (n,), numbers of models, 0 for none, and folds held out together."""
        table = np.quantile(ratios, np.linspace(0, 1, RANKS + 1))
        within = np.clip(ratios, *np.quantile(ratios, BELIEVED))
        centred = within - within.mean()
        named = models > 0
        errors = pd.Series(centred[named]).groupby([folds[named], models[named]])
        of_pairs = np.square(errors.sum()).sum() - np.square(centred[named]).sum()
        pairs = np.square(errors.size()).sum() - named.sum()
        shared = of_pairs / max(1, pairs) / centred.var() if len(ratios) else 0.0
        return cls(table, float(np.clip(shared, 0, 1)))

    def rank(self, asked: Floats, estimates: Floats) -> Floats:
        """Share of adverts of such cars that ask as little beside their estimate (n,).

        estimates: price, low and high (n, 3). NaN where there is no price or no estimate.
        """
        price, low, high = estimates.T
        reach = np.where(asked < price, np.log(price / low), np.log(high / price))
        error = np.log(asked / price) / reach
        ranks = np.interp(error, self.table, np.linspace(0, 1, len(self.table)))
        # `interp` would answer with an end.
        return np.where(np.isnan(error), np.nan, ranks)

    def sum_up(self, estimates: Floats, models: Places, coverage: float) -> Stock:
        """The stock of cars with estimates (n, 3); models: a number for each (n,).

        Of prices that are believed: what was typed ten times off is no car's price.
        """
        starts = range(0, len(estimates), SUMMED_ROWS)
        parts = [self._expect(estimates[at : at + SUMMED_ROWS]) for at in starts]
        means, spreads = (np.concatenate(each) for each in zip(*parts, strict=True))
        own = 1 - self.shared - MARKET_SHARED
        variance = (
            own * np.square(spreads).sum()
            + self.shared * np.square(np.bincount(models, spreads)).sum()
            + MARKET_SHARED * spreads.sum() ** 2
        )
        value = float(means.sum())
        apart = NormalDist().inv_cdf((1 + coverage) / 2) * float(np.sqrt(variance))
        return Stock(value, value - apart, value + apart)

    def _expect(self, estimates: Floats) -> tuple[Floats, Floats]:
        """Mean and standard deviation of what is asked for each car: two arrays (n,)."""
        price, low, high = estimates.T[:, :, None]
        lowest, highest = BELIEVED
        steps = lowest + (highest - lowest) * (np.arange(RANKS) + 0.5) / RANKS
        errors = np.interp(steps, np.linspace(0, 1, len(self.table)), self.table)
        reach = np.where(errors < 0, np.log(price / low), np.log(high / price))
        asked = price * np.exp(errors * reach)
        return asked.mean(axis=1), asked.std(axis=1)
