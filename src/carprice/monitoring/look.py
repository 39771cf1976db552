"""A look at what comes in, beside what a version learnt from: pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Self

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from carprice.evaluation.checks import (
    Check,
    Kind,
    MonitoringPolicy,
    Verdict,
    decide_verdict,
    judge,
)
from carprice.evaluation.live_error import check_expected, check_prices, estimate_error
from carprice.evaluation.metrics import score
from carprice.evaluation.shift import (
    Share,
    compare_columns,
    compare_jointly,
    compare_share,
    cut_reference,
)
from carprice.frozen import Frozen
from carprice.listings.cleaning import Cleaned, name_vehicles
from carprice.listings.quality_report import DataProfile
from carprice.market.listing import FEATURES, TARGET, VEHICLE
from carprice.pricing.encoder import Columns
from carprice.pricing.prediction import Cars, find_unknown_names
from carprice.pricing.price_model import PriceModel
from carprice.pricing.split import split


class Learnt(NamedTuple):
    """A version and what it learnt from.

    listings: all of its clean table; holdout: those that were held out. known: their estimates.
    problems: share of its rows with each problem of a text; empty for what an earlier release
        trained. year: in which it learnt.
    """

    pipeline: Pipeline
    listings: pd.DataFrame
    holdout: pd.DataFrame
    known: pd.DataFrame
    problems: Mapping[str, float]
    year: int

    @classmethod
    def of(
        cls,
        pipeline: Pipeline,
        listings: pd.DataFrame,
        holdout_share: float,
        profile: DataProfile | None,
        year: int,
    ) -> Self:
        _, holdout = split(listings, holdout_share)
        known = estimate(pipeline, holdout)
        return cls(pipeline, listings, holdout, known, profile.problems if profile else {}, year)


class Batch(NamedTuple):
    """Clean cars that came in; `problems`: rows with each problem of a text, of `rows_read`."""

    listings: pd.DataFrame
    problems: Mapping[str, int]
    rows_read: int

    @classmethod
    def of(cls, cleaned: Cleaned) -> Self:
        found = {each.code: int(rows.sum()) for each, rows in cleaned.parsed.problems.items()}
        return cls(cleaned.kept, found, cleaned.raw.rows_read)


class Look(Frozen):
    """What a look found; errors in percent, in the median.

    live_error, coverage: of late prices, None where there were too few. expected_error: of the
    held-out cars. estimated_error: of the batch, without its prices.
    """

    verdict: Verdict
    rows: int
    late_prices: int
    live_error: float | None = None
    expected_error: float
    estimated_error: float | None = None
    coverage: float | None = None
    coverage_asked: float
    checks: list[Check]

    @property
    def found(self) -> list[Check]:
        return [each for each in self.checks if each.found]


def look(
    learnt: Learnt,
    batch: Batch,
    policy: MonitoringPolicy,
    before: Sequence[Check] = (),
    year: int | None = None,
) -> Look:
    """The look at a batch; the same batch always gives the same.

    before: checks of the last look by the same version. year: in which the batch came.
    """
    late = _leave_out_known(batch.listings, learnt.listings)
    estimates = estimate(learnt.pipeline, batch.listings)
    judged = len(batch.listings) >= policy.min_rows
    priced = len(late) >= policy.min_rows
    coverage = PriceModel(learnt.pipeline).coverage
    checks: list[Check] = []
    if judged:
        checks += _check_cars(learnt, batch, (year or learnt.year) - learnt.year)
        checks.append(check_expected(estimates, learnt.known, policy))
    if priced:
        checks += check_prices(
            late, estimates.loc[late.index], learnt.holdout, learnt.known, coverage, policy
        )
    checks = judge(checks, before)
    live = score(late[TARGET], estimates.loc[late.index]) if priced else None
    return Look(
        verdict=decide_verdict(checks),
        rows=len(batch.listings),
        late_prices=len(late),
        live_error=live and live.median_error_pct,
        expected_error=score(learnt.holdout[TARGET], learnt.known).median_error_pct,
        estimated_error=estimate_error(estimates, learnt.holdout, learnt.known) if judged else None,
        coverage=live and live.coverage_pct / 100,
        coverage_asked=coverage,
        checks=checks,
    )


def look_at_asked(learnt: Learnt, asked: pd.DataFrame, policy: MonitoringPolicy) -> list[Check]:
    """How cars that are asked for differ from those in adverts; nothing for too few of them.

    By what everybody names alone: people leave out what adverts tell.
    """
    if len(asked) < policy.min_rows:
        return []
    reference, rng = cut_reference(learnt.listings, VEHICLE), np.random.default_rng(0)
    cells = reference.cut(asked)
    return judge(
        [*compare_columns(reference, cells, rng), compare_jointly(reference, cells, rng)]
    )


def estimate(pipeline: Pipeline, listings: pd.DataFrame) -> pd.DataFrame:
    """ESTIMATE_COLUMNS of clean listings, row by row."""
    estimates: pd.DataFrame = pipeline.predict(listings[list(FEATURES)])
    return estimates.set_axis(listings.index)


def _check_cars(learnt: Learnt, batch: Batch, years: int) -> list[Check]:
    reference, rng = cut_reference(learnt.listings), np.random.default_rng(0)
    # A market is a year newer a year later: that is no news.
    aged = batch.listings.assign(model_year=batch.listings["model_year"] - years)
    cells = reference.cut(aged)
    return [
        *compare_columns(reference, cells, rng),
        compare_jointly(reference, cells, rng),
        *_check_names(learnt, batch.listings),
        *(
            compare_share(
                Kind.PROBLEM,
                problem,
                Share(batch.problems.get(problem, 0), batch.rows_read),
                Share(
                    round(learnt.problems.get(problem, 0) * len(learnt.listings)),
                    len(learnt.listings),
                ),
            )
            for problem in sorted({*batch.problems, *learnt.problems})
            if learnt.problems
        ),
    ]


def _check_names(learnt: Learnt, listings: pd.DataFrame) -> list[Check]:
    """Held-out cars have names that training had not, too: so many are usual."""
    now, then = (_count_unknown(learnt.pipeline, each) for each in (listings, learnt.holdout))
    return [compare_share(Kind.NAMES, name, now[name], then[name]) for name in now]


def _count_unknown(pipeline: Pipeline, listings: pd.DataFrame) -> dict[str, Share]:
    cars = Cars.of_columns(PriceModel(pipeline), Columns.of_table(listings), {})
    unknown = find_unknown_names(cars)
    return {name: Share(int(rows.sum()), len(listings)) for name, rows in unknown.items()}


def _leave_out_known(listings: pd.DataFrame, learnt: pd.DataFrame) -> pd.DataFrame:
    """Listings of cars that do not stand among those a version learnt from."""
    return listings[~name_vehicles(listings).isin(name_vehicles(learnt))]
