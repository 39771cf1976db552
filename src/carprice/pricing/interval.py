"""How far a price may lie from its estimate: a scale for each car, calibrated on unseen cars.

Conformalised quantile regression (Romano, Patterson and Candès 2019): the scale is a quantile of
|log error| for such cars, and the quantile of |log error| over its scale gives the interval its
promised coverage. The scale is fitted so that it can only grow when a field goes missing or a name
is unknown.
"""

import math
from typing import Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from carprice.arrays import Floats
from carprice.market.chosen import MARKET
from carprice.market.fields import LAST_YEAR_WRITTEN_DOWN, THIS_YEAR
from carprice.market.listing import EQUIPMENT
from carprice.pricing.encoder import AT, CHOICES, NUMBERS
from carprice.pricing.quantile import fit_quantile

PRIORS = MARKET.priors
SPARED = frozenset(EQUIPMENT)
"""A missing line of equipment says too little to widen an interval."""
ZERO_WHEN_MISSING = frozenset({*CHOICES, "make_count", "model_count"})
MASKED = ("make", "model", *CHOICES, *(name for name in NUMBERS if name not in SPARED))
"""Fields whose absence widens the interval."""

LEAST_ERROR = 0.002
"""Log errors below are luck, and say nothing of how well such cars are known."""
MOST_FITTED = 50_000
"""Cars that a scale is fitted on; more would change nothing that can be measured."""
LEAST_WIDENING = 0.02
"""Every missing field widens the interval by at least this share."""
OLDEST = 35.0
WIDE_OUTSIDE = 0.5
"""Share that the wide interval leaves out of what the other one does: 10 % of prices beside 20."""
WELL_KNOWN = 30
"""From this many listings of a model on, its rarity no longer matters."""


class ErrorScale(BaseEstimator):  # type: ignore[misc]
    """A quantile of |log error| of estimates, from the encoded listing and its core log price.

    An unknown make counts as the one whose prices are least known. The core price leaves out the
    details (origin, condition, …), so that blanking one of them cannot narrow the interval by way
    of the price. Ages are counted from `reference_year_`.
    age_knots_, log_price_knots_: where the error may bend. narrower_: by how much the log error of
    each make is smaller than that of an unknown one (makes,).
    """

    reference_year_: float = LAST_YEAR_WRITTEN_DOWN
    age_knots_: Floats = np.array(PRIORS.error_age_knots, dtype=float)
    log_price_knots_: Floats = np.log(PRIORS.error_price_knots)
    narrower_: Floats = np.zeros(1)

    def fit(
        self,
        X: Floats,  # noqa: N803
        core: Floats,
        errors: Floats,
        weights: Floats,
        level: float,
    ) -> Self:
        """Fit on encoded listings (n, COLUMNS), core log prices (n,) and |log errors| (n,).

        weights: how much each car counts (n,). level: share of errors that lie below the quantile.
        """
        self.reference_year_ = float(THIS_YEAR)
        self.age_knots_ = np.array(PRIORS.error_age_knots, dtype=float)
        self.log_price_knots_ = np.log(PRIORS.error_price_knots)
        some = slice(None, None, math.ceil(len(X) / MOST_FITTED))
        design, least = self._design(X[some], core[some])
        target = np.log(np.maximum(errors[some], LEAST_ERROR)) - least
        makes = X[some, AT["make"]].astype(np.intp)
        # Every effect is held at zero or above; those that may go either way enter twice.
        fitted = fit_quantile(design, makes, target, weights[some], level)
        self.effects_, self.narrower_, self.intercept_ = fitted
        return self

    def predict(self, X: Floats, core: Floats) -> Floats:  # noqa: N803
        """The quantile of |log error| of each car (n,), up to one common factor."""
        check_is_fitted(self)
        design, least = self._design(X, core)
        log_scale: Floats = design @ self.effects_ + self._read_make(X) + least
        return np.exp(log_scale)

    def draw_curves(self, X: Floats, core: Floats, years: Floats) -> Floats:  # noqa: N803
        """The same at every model year (n, years), by the core log prices there."""
        check_is_fitted(self)
        knots, free = self.log_price_knots_, len(self.age_knots_) + len(self.log_price_knots_) + 1
        effects = self.effects_[:free] - self.effects_[free : 2 * free]
        of_age, (of_price, *of_dearer) = np.split(effects, [len(self.age_knots_)])
        ages = np.clip(self.reference_year_ - years, 0, OLDEST)
        older = of_age @ np.maximum(0, ages - self.age_knots_[:, None]) / 10
        dearer = of_price * (core - knots[1])
        for knot, effect in zip(knots, of_dearer, strict=True):
            dearer += effect * np.maximum(0, core - knot)
        design, least = self._design(X, core[:, 0])
        fixed = design[:, 2 * free :] @ self.effects_[2 * free :] + self._read_make(X) + least
        log_scale: Floats = older + dearer + fixed[:, None]
        return np.exp(log_scale)

    def _read_make(self, X: Floats) -> Floats:  # noqa: N803
        """The log error of each car's make (n,), before all that is added to it."""
        make = X[:, AT["make"]].astype(np.intp)
        of_make: Floats = self.intercept_ - np.take(self.narrower_, make, mode="clip")
        return of_make

    def _design(self, X: Floats, core: Floats) -> tuple[Floats, Floats]:  # noqa: N803
        """Effects on the log scale (n, effects), and what is added to it in any case (n,).

        Each effect is oriented so that it may only widen.
        """
        year = X[:, AT["model_year"]]
        age = np.where(np.isnan(year), OLDEST, np.clip(self.reference_year_ - year, 0, OLDEST))
        older = [np.maximum(0, age - knot) / 10 for knot in self.age_knots_]
        knots = self.log_price_knots_
        dearer = [core - knots[1], *(np.maximum(0, core - knot) for knot in knots)]
        makes, models = X[:, AT["make_count"]], X[:, AT["model_count"]]
        rarity = [
            1 / np.sqrt(models + 1),
            1 / np.sqrt(makes + 1),
            np.maximum(0, np.log((WELL_KNOWN + 1) / (models + 1))),
        ]
        free = [*older, *dearer]
        first_missing = 2 * len(free) + len(rarity)
        design = np.empty((len(X), first_missing + len(MASKED)))
        for at, effect in enumerate(free):
            design[:, at] = effect
            np.negative(effect, out=design[:, len(free) + at])
        design[:, 2 * len(free) : first_missing] = np.column_stack(rarity)
        for at, name in enumerate(MASKED, first_missing):
            design[:, at] = is_missing(X, name)
        return design, LEAST_WIDENING * design[:, first_missing:].sum(axis=1)


def blank(X: Floats, name: str) -> Floats:  # noqa: N803
    """A copy of encoded listings in which one field is missing."""
    blanked = X.copy()
    if name in ("make", "model"):
        # A model is known within its make only: without the make, both are gone.
        for gone in ("make", "model") if name == "make" else ("model",):
            blanked[:, AT[gone]] = blanked[:, AT[f"{gone}_count"]] = 0
    else:
        blanked[:, AT[name]] = 0 if name in CHOICES else np.nan
    return blanked


def is_missing(X: Floats, name: str) -> Floats:  # noqa: N803
    """1.0 where a field is missing or its name was never seen, else 0.0."""
    if name in ("make", "model"):
        name = f"{name}_count"
    column = X[:, AT[name]]
    missing: Floats = (column == 0 if name in ZERO_WHEN_MISSING else np.isnan(column)).astype(float)
    return missing


def widen(coverage: float) -> float:
    """Share of prices that the wide interval is to hold."""
    return 1 - WIDE_OUTSIDE * (1 - coverage)


def conformal_quantile(ratios: Floats, coverage: float) -> float:
    """Quantile of |error| over scale that covers the promised share of cars not seen yet."""
    rank = math.ceil((len(ratios) + 1) * coverage)
    return float(np.sort(ratios)[min(rank, len(ratios)) - 1])
