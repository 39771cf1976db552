"""A search for better hyperparameters: which to try next, and how good a price they make.

Pure. What was tried comes in as `Tried`, from wherever it is kept; Optuna chooses and compares.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Self

import numpy as np
import optuna
import pandas as pd
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState
from sklearn.model_selection import GroupKFold
from threadpoolctl import threadpool_limits

from carprice.arrays import Floats, Places
from carprice.pricing.calibrated import ModelParams
from carprice.pricing.cross_fit import group_vehicles, recount
from carprice.pricing.estimators import build_estimator
from carprice.pricing.space import FOLDS, Range, Tried
from carprice.pricing.training import prepare

LEAST_FOLDS = 2
"""Measured of every trial: by one alone, chance prunes what is good."""
FIGURES = 3
"""Significant ones of a value that is tried: what is printed is what was measured."""

optuna.logging.set_verbosity(optuna.logging.WARNING)  # the next study in memory is no news


@dataclass(frozen=True)
class Folds:
    """Training listings in folds that split no car, the same for all trials.

    encoded: (n, COLUMNS). log_price: (n,). parts: rows to fit on and rows to score, fold by fold.
    """

    encoded: Floats
    log_price: Floats
    parts: Sequence[tuple[Places, Places]]

    @classmethod
    def of(cls, listings: pd.DataFrame, params: ModelParams) -> Self:
        """Folds of clean training listings with their prices."""
        _, encoded, prices, _ = prepare(listings, params)
        folds = GroupKFold(FOLDS, shuffle=True, random_state=params.seed)
        parts = [*folds.split(encoded, groups=group_vehicles(encoded))]
        return cls(encoded, np.log(prices), parts)

    def measure(self, params: ModelParams) -> Iterator[float]:
        """Median error (%) of each fold, by a price fitted without it."""
        for train, test in self.parts:
            known, told = self.encoded[train], self.log_price[test]
            with threadpool_limits(1):
                price = build_estimator(params).new_price().fit(known, self.log_price[train])
                guess = price.predict(recount(self.encoded[test], known))
            yield float(np.median(np.abs(np.expm1(guess - told))) * 100)


@dataclass(frozen=True)
class Attempt:
    """A trial at work, and whether it is worth another fold.

    params: what it tries, by name. level: the error of each fold by one trial that ended, as folds
    are not equally hard.
    """

    number: int
    params: Mapping[str, float]
    level: Sequence[float]
    trial: optuna.Trial

    def is_hopeless(self, errors: Sequence[float]) -> bool:
        """Whether so far (errors in %) it is worse than half of the trials were by then."""
        self.trial.report(_follow(errors, self.level)[-1], len(errors))
        return len(errors) < FOLDS and self.trial.should_prune()


def begin(
    space: Mapping[str, Range],
    tried: Iterable[Tried],
    number: int,
    params: Mapping[str, float],
) -> Attempt:
    """A trial beside others that were tried, or are at work.

    params: what it tries; empty: what promises most by what the others came to.
    """
    others = [each for each in tried if each.params]
    level = next((each.errors for each in others if each.is_whole), [0.0] * FOLDS)
    distributions = {name: _distribute(each) for name, each in space.items()}
    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=number),
        pruner=optuna.pruners.MedianPruner(n_warmup_steps=LEAST_FOLDS),
    )
    study.add_trials([_freeze(each, distributions, level) for each in others])
    if params:
        study.enqueue_trial(dict(params))
    trial = study.ask(distributions)
    chosen = {name: _round(value) for name, value in trial.params.items()}
    return Attempt(number, params or chosen, level, trial)


def _freeze(
    tried: Tried, distributions: dict[str, BaseDistribution], level: Sequence[float]
) -> optuna.trial.FrozenTrial:
    state = TrialState.RUNNING
    if tried.ended:
        state = TrialState.COMPLETE if tried.is_whole else TrialState.PRUNED
    return optuna.trial.create_trial(
        state=state,
        value=tried.error if tried.is_whole else None,
        params=dict(tried.params),
        distributions=distributions,
        intermediate_values=dict(enumerate(_follow(tried.errors, level), start=1)),
    )


def _follow(errors: Sequence[float], level: Sequence[float]) -> list[float]:
    """How far off the level a trial was after each fold, in points on average."""
    apart = [error - usual for error, usual in zip(errors, level, strict=False)]
    return [total / count for count, total in enumerate(accumulate(apart), start=1)]


def _distribute(found: Range) -> BaseDistribution:
    if isinstance(found.low, int) and isinstance(found.high, int):
        return IntDistribution(found.low, found.high, log=found.log)
    return FloatDistribution(found.low, found.high, log=found.log)


def _round(value: float) -> float:
    return value if isinstance(value, int) else float(f"{value:.{FIGURES}g}")
