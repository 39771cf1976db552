"""How any price model of the market answers: in blocks, and with open fields completed."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from carprice.arrays import Floats
from carprice.market.listing import EQUIPMENT, ESTIMATE_COLUMNS, FEATURES
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
from carprice.pricing.encoder import AT, COLUMNS
from carprice.pricing.interval import LEAST_WIDENING
from carprice.pricing.terms import BLOCK_ROWS

LEAST_KNOWN = 100
"""Adverts that must say something before the model learns from it."""
LEAST_LACKING = 0.01
"""Share of adverts that must lack a field before the model learns from its absence."""
TRIMMED = COMPLETIONS // 8
"""Completions left out at either end of a car's prices: a few unusual lenders, the oldest or the
dearest of their kind, would pull the mean."""
ENDS = (COMPLETIONS // 10, COMPLETIONS // 20)
"""Completions beyond either end of the middle 80 and 90 % of a car's prices, for its intervals."""
NAMES = np.isin(FEATURES, ("make", "model"))
"""Flags of the fields that hold a name (FEATURES,); a name may be one never seen in training."""

OPEN_ROWS = 4_096
"""Cars completed at a time; among more cars, more share their weights."""


class OpenFieldsMixin:
    """Estimates of a regressor that prices whole cars: block by block, open fields completed.

    lacking_: fields that adverts often leave out (FEATURES,). Their absence is informative in an
    advert, and only there: a person who leaves one out tells nothing by it.
    completer_: lends values to open fields.
    spread_counts: how much the spread between the ways counts where one of these is open, the
    first deciding; by any other field it counts once. Measured by cross-validation on real adverts.
    """

    spread_counts: ClassVar[Mapping[str, float]] = {"make": 1.0, "model": 1.15, "model_year": 1.15}
    lacking_: FieldFlags = np.zeros(len(FEATURES), dtype=bool)
    completer_: Completer

    def _price(self, X: Floats) -> Floats:  # noqa: N803
        """Log prices and the ends of their intervals (n, ESTIMATE_COLUMNS).

        The wide ends are NaN for models stored before there were any.
        """
        raise NotImplementedError

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
            ends[~is_open] = self._price(X[~is_open])
        places = np.flatnonzero(is_open)
        for at in range(0, len(places), OPEN_ROWS):
            rows = places[at : at + OPEN_ROWS]
            ends[rows] = self._estimate_open(X[rows], open_fields[rows])
        return np.exp(ends)

    def _estimate_open(self, X: Floats, open_fields: FieldFlags) -> Floats:  # noqa: N803
        """Log price and interval of cars with open fields (n, ESTIMATE_COLUMNS).

        The variance of a price is that of its error and that between the completions, together.
        """
        ways = self.completer_.complete(X, open_fields).reshape(-1, len(COLUMNS))
        # Most ways are alike; for a single car, finding out takes longer than pricing them all.
        told, places = find_distinct(ways) if len(X) > 1 else (ways, np.arange(len(ways)))
        blocks = (told[at : at + BLOCK_ROWS] for at in range(0, len(told), BLOCK_ROWS))
        priced = np.concatenate([self._price(block) for block in blocks])
        log_price, *limits = priced[places].T.reshape(-1, len(X), COMPLETIONS)
        ranked = np.sort(log_price, axis=1)
        middle = ranked[:, TRIMMED:-TRIMMED].mean(axis=1)
        widening = np.exp(LEAST_WIDENING * count_fields(open_fields))
        counts = _count_spread(open_fields, self.spread_counts)
        answer = [middle]
        for low, high, beyond in zip(limits[::2], limits[1::2], ENDS, strict=True):
            errors = np.sqrt(np.square([log_price - low, high - log_price]).mean(axis=2))
            apart = np.stack([middle - ranked[:, beyond], ranked[:, -1 - beyond] - middle])
            below, above = np.hypot(errors * widening, counts * apart)
            answer += [middle - below, middle + above]
        return np.column_stack(answer)


def find_lacking(X: Floats) -> FieldFlags:  # noqa: N803
    """Fields that adverts leave out often enough to learn from it (FEATURES,)."""
    missing = find_missing(X)
    often = (missing.mean(axis=0) >= LEAST_LACKING) & (missing.sum(axis=0) >= LEAST_KNOWN)
    lacking: FieldFlags = often & ~NAMES
    return lacking


def find_told_equipment(X: Floats) -> tuple[str, ...]:  # noqa: N803
    """Equipment that adverts told of often enough to learn from it."""
    told = {name: np.isfinite(X[:, AT[name]]).sum() for name in EQUIPMENT}
    return tuple(name for name, count in told.items() if count >= LEAST_KNOWN)


def _count_spread(open_fields: FieldFlags, counts: Mapping[str, float]) -> Floats:
    """Factor on the spread between the completions of each car (n,)."""
    factors = np.ones(len(open_fields))
    for name in reversed([*counts]):
        factors[open_fields[:, FIELD_AT[name]]] = counts[name]
    return factors
