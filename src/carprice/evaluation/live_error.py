"""How good estimates are on cars that came after: by their prices, and without them; pure.

What is measured is held against the held-out cars of the version itself. Errors are counted in
widths of their own intervals, so that a mix of cars that are harder to price is no worse model.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from carprice.evaluation.checks import Check, Kind, MonitoringPolicy
from carprice.evaluation.metrics import relative_errors, slice_rows
from carprice.market.listing import HIGH, LOW, TARGET

CARS_OF_A_MAKE = 30


class Priced(NamedTuple):
    """Listings with their prices, and a version's estimates of them (ESTIMATE_COLUMNS)."""

    listings: pd.DataFrame
    estimates: pd.DataFrame

    @property
    def offsets(self) -> pd.Series:
        """Log of price over estimate: positive where the market is dearer."""
        return _log(self.listings[TARGET] / self.estimates[TARGET])

    @property
    def covered(self) -> pd.Series:
        """Whether each price lies in its interval."""
        return self.listings[TARGET].between(self.estimates[LOW], self.estimates[HIGH])

    @property
    def median_error(self) -> float:
        """In percent of the price."""
        return float(np.median(relative_errors(self.listings[TARGET], self.estimates)))

    @property
    def in_widths(self) -> pd.Series:
        """Absolute log errors in half widths of their intervals."""
        return self.offsets.abs() / measure_widths(self.estimates)


def measure_widths(estimates: pd.DataFrame) -> pd.Series:
    """Half the width of each interval on the log scale."""
    return _log(estimates[HIGH] / estimates[LOW]) / 2


def estimate_error(estimates: pd.DataFrame, held_out: Priced) -> float:
    """Median error in percent to be expected of estimates, by their intervals alone.

    held_out: says what share of a width the error is.
    """
    return 100 * float(measure_widths(estimates).median() * held_out.in_widths.median())


def check_expected(estimates: pd.DataFrame, held_out: Priced, policy: MonitoringPolicy) -> Check:
    """Whether wider intervals than those of held-out cars announce a larger error, in percent."""
    now, then = measure_widths(estimates), measure_widths(held_out.estimates)
    return Check(
        kind=Kind.ESTIMATED,
        effect=100 * float(now.median() / then.median() - 1),
        limit=policy.max_worse_pct,
        p=float(stats.mannwhitneyu(now, then, alternative="greater").pvalue),
    )


def check_prices(
    late: Priced, held_out: Priced, coverage: float, policy: MonitoringPolicy
) -> list[Check]:
    """Checks of late prices: level, overall and by make, error and coverage.

    coverage: share of prices that the intervals are to hold.
    """
    now, then = late.offsets, held_out.offsets
    before = _group_makes(held_out)
    return [
        _check_level(now, then, policy, Kind.LEVEL),
        *(
            _check_level(now[rows], then[before[make]], policy, Kind.MAKE, make)
            for make, rows in _group_makes(late).items()
            if make in before
        ),
        _check_error(late.in_widths, held_out.in_widths, policy),
        _check_coverage(late.covered, coverage, policy),
    ]


def _log(ratios: pd.Series) -> pd.Series:
    return pd.Series(np.log(ratios.to_numpy()), ratios.index)


def _group_makes(priced: Priced) -> dict[str, pd.Index]:
    """Folded make to its rows, for those of enough."""
    makes = slice_rows(priced.listings, CARS_OF_A_MAKE).get("make", {})
    return {part.name: rows for part, rows in makes.items()}


def _check_level(
    now: pd.Series, then: pd.Series, policy: MonitoringPolicy, kind: Kind, name: str = ""
) -> Check:
    return Check(
        kind=kind,
        name=name,
        effect=100 * float(np.expm1(now.median() - then.median())),
        limit=policy.max_level_pct,
        p=float(stats.mannwhitneyu(now, then).pvalue),
    )


def _check_error(now: pd.Series, then: pd.Series, policy: MonitoringPolicy) -> Check:
    """By how many percent errors grew, in widths of their intervals."""
    return Check(
        kind=Kind.ERROR,
        effect=100 * float(now.median() / then.median() - 1),
        limit=policy.max_worse_pct,
        p=float(stats.mannwhitneyu(now, then, alternative="greater").pvalue),
    )


def _check_coverage(held: pd.Series, asked: float, policy: MonitoringPolicy) -> Check:
    """By how many points fewer prices are held than asked; exact binomial."""
    return Check(
        kind=Kind.COVERAGE,
        effect=100 * (asked - float(held.mean())),
        limit=policy.max_lost_coverage_points,
        p=float(stats.binomtest(int(held.sum()), len(held), asked, alternative="less").pvalue),
    )
