"""How good estimates are on cars that came after: by their prices, and without them; pure.

What is measured is held against the held-out cars of the version itself. Errors are counted in
widths of their own intervals, so that a mix of cars that are harder to price is no worse model.
"""

import numpy as np
import pandas as pd
from scipy import stats

from carprice.arrays import Floats
from carprice.evaluation.checks import Check, Kind, MonitoringPolicy
from carprice.evaluation.metrics import slice_rows
from carprice.market.listing import HIGH, LOW, TARGET

CARS_OF_A_MAKE = 30


def measure_offsets(prices: pd.Series, estimates: pd.DataFrame) -> Floats:
    """Log of price over estimate (n,): positive where the market is dearer."""
    offsets: Floats = np.log(prices.to_numpy() / estimates[TARGET].to_numpy())
    return offsets


def measure_widths(estimates: pd.DataFrame) -> Floats:
    """Half the width of each interval on the log scale (n,)."""
    widths: Floats = np.log(estimates[HIGH].to_numpy() / estimates[LOW].to_numpy()) / 2
    return widths


def to_percent(log: float) -> float:
    return 100 * float(np.expm1(log))


def estimate_error(estimates: pd.DataFrame, holdout: pd.DataFrame, known: pd.DataFrame) -> float:
    """Median error in percent to be expected of estimates, by their intervals alone.

    holdout, known: held-out listings and their estimates, which say what share of a width the
    error is.
    """
    share = np.median(np.abs(measure_offsets(holdout[TARGET], known)) / measure_widths(known))
    return 100 * float(np.median(measure_widths(estimates)) * share)


def check_expected(
    estimates: pd.DataFrame, known: pd.DataFrame, policy: MonitoringPolicy
) -> Check:
    """Whether wider intervals than those of held-out cars announce a larger error, in percent."""
    now, then = measure_widths(estimates), measure_widths(known)
    return Check(
        kind=Kind.ESTIMATED,
        effect=100 * float(np.median(now) / np.median(then) - 1),
        limit=policy.max_worse_pct,
        p=float(stats.mannwhitneyu(now, then, alternative="greater").pvalue),
    )


def check_prices(
    late: pd.DataFrame,
    estimates: pd.DataFrame,
    holdout: pd.DataFrame,
    known: pd.DataFrame,
    coverage: float,
    policy: MonitoringPolicy,
) -> list[Check]:
    """Checks of late prices: level, overall and by make, error and coverage.

    late, holdout: listings with their prices; estimates, known: of these, row by row.
    coverage: share of prices that the intervals are to hold.
    """
    now = pd.Series(measure_offsets(late[TARGET], estimates), late.index)
    then = pd.Series(measure_offsets(holdout[TARGET], known), holdout.index)
    makes = {
        part.name: rows for part, rows in slice_rows(late, CARS_OF_A_MAKE).get("make", {}).items()
    }
    before = {
        part.name: rows
        for part, rows in slice_rows(holdout, CARS_OF_A_MAKE).get("make", {}).items()
    }
    return [
        _check_level(now, then, policy, Kind.LEVEL),
        *(
            _check_level(now[rows], then[before[make]], policy, Kind.MAKE, make)
            for make, rows in makes.items()
            if make in before
        ),
        _check_error(now / measure_widths(estimates), then / measure_widths(known), policy),
        _check_coverage(late[TARGET].between(estimates[LOW], estimates[HIGH]), coverage, policy),
    ]


def _check_level(
    now: pd.Series, then: pd.Series, policy: MonitoringPolicy, kind: Kind, name: str = ""
) -> Check:
    return Check(
        kind=kind,
        name=name,
        effect=to_percent(float(now.median() - then.median())),
        limit=policy.max_level_pct,
        p=float(stats.mannwhitneyu(now, then).pvalue),
    )


def _check_error(now: pd.Series, then: pd.Series, policy: MonitoringPolicy) -> Check:
    """By how many percent errors grew, in widths of their intervals."""
    return Check(
        kind=Kind.ERROR,
        effect=100 * float(now.abs().median() / then.abs().median() - 1),
        limit=policy.max_worse_pct,
        p=float(stats.mannwhitneyu(now.abs(), then.abs(), alternative="greater").pvalue),
    )


def _check_coverage(held: pd.Series, asked: float, policy: MonitoringPolicy) -> Check:
    """By how many points fewer prices are held than asked; exact binomial."""
    return Check(
        kind=Kind.COVERAGE,
        effect=100 * (asked - float(held.mean())),
        limit=policy.max_lost_coverage_points,
        p=float(stats.binomtest(int(held.sum()), len(held), asked, alternative="less").pvalue),
    )
