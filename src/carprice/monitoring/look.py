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
from carprice.evaluation.live_error import Priced, check_expected, check_prices, estimate_error
from carprice.evaluation.shift import (
    Reference,
    Share,
    compare_columns,
    compare_jointly,
    compare_share,
    cut_reference,
)
from carprice.frozen import Frozen
from carprice.listings.cleaning import Cleaned, name_vehicles
from carprice.listings.quality_report import DataProfile
from carprice.market.listing import FEATURES, VEHICLE
from carprice.pricing.encoder import Columns
from carprice.pricing.prediction import Cars, find_unknown_names
from carprice.pricing.price_model import PriceModel
from carprice.pricing.split import Split, split

MOST_CARS = 100_000
"""Cars of a side that are compared; more would find nothing that matters, and take memory."""


class Learnt(NamedTuple):
    """A version and what it learnt from.

    reference: cars of its clean table; vehicles: the names of all, by which they are known again.
    held_out: those that were, with their estimates. unknown: how many of them had a name that the
    version does not know. problems: rows with each problem of a text; empty for what an earlier
    release trained.
    """

    pipeline: Pipeline
    reference: Reference
    vehicles: pd.Index
    held_out: Priced
    unknown: Mapping[str, Share]
    problems: Mapping[str, Share]

    @classmethod
    def of(
        cls,
        pipeline: Pipeline,
        listings: pd.DataFrame,
        by: Split,
        profile: DataProfile | None,
    ) -> Self:
        """What follows from the clean table of a version, and from the profile of its file."""
        holdout = draw(split(listings, *by)[1])
        rows = len(listings)
        problems = profile.problems if profile else {}
        return cls(
            pipeline=pipeline,
            reference=cut_reference(draw(listings)),
            vehicles=pd.Index(name_vehicles(listings).unique()),
            held_out=Priced(holdout, estimate(pipeline, holdout)),
            unknown=_count_unknown(pipeline, holdout),
            problems={code: Share(round(share * rows), rows) for code, share in problems.items()},
        )


class Batch(NamedTuple):
    """Clean cars that came in, MOST_CARS at most.

    problems: rows with each problem of a text, of `rows_read`.
    """

    listings: pd.DataFrame
    problems: Mapping[str, int]
    rows_read: int

    @classmethod
    def of(cls, cleaned: Cleaned) -> Self:
        found = {each.code: int(rows.sum()) for each, rows in cleaned.parsed.problems.items()}
        return cls(draw(cleaned.kept), found, cleaned.raw.rows_read)


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
    years: int = 0,
) -> Look:
    """The look at a batch; the same batch always gives the same.

    before: checks of the last look by the same version. years: between what
    was learnt and the batch.
    """
    estimates = estimate(learnt.pipeline, batch.listings)
    is_late = ~name_vehicles(batch.listings).isin(learnt.vehicles)
    late = Priced(batch.listings[is_late], estimates[is_late])
    judged = len(estimates) >= policy.min_rows
    priced = len(late.listings) >= policy.min_rows
    coverage = PriceModel(learnt.pipeline).coverage
    checks: list[Check] = []
    if judged:
        checks += _check_cars(learnt, batch, years)
        checks.append(check_expected(estimates, learnt.held_out, policy))
    if priced:
        checks += check_prices(late, learnt.held_out, coverage, policy)
    checks = judge(checks, before)
    return Look(
        verdict=decide_verdict(checks),
        rows=len(estimates),
        late_prices=len(late.listings),
        live_error=late.median_error if priced else None,
        expected_error=learnt.held_out.median_error,
        estimated_error=estimate_error(estimates, learnt.held_out) if judged else None,
        coverage=float(late.covered.mean()) if priced else None,
        coverage_asked=coverage,
        checks=checks,
    )


def look_at_asked(learnt: Learnt, asked: pd.DataFrame, policy: MonitoringPolicy) -> list[Check]:
    """How cars that are asked for differ from those in adverts; nothing for too few of them.

    By what everybody names alone: people leave out what adverts tell.
    """
    if len(asked) < policy.min_rows:
        return []
    reference, rng = learnt.reference.select(VEHICLE), np.random.default_rng(0)
    cells = reference.cut(asked)
    return judge([*compare_columns(reference, cells, rng), compare_jointly(reference, cells, rng)])


def draw(listings: pd.DataFrame) -> pd.DataFrame:
    """MOST_CARS of clean listings at most, the same ones each time."""
    return listings if len(listings) <= MOST_CARS else listings.sample(MOST_CARS, random_state=0)


def estimate(pipeline: Pipeline, listings: pd.DataFrame) -> pd.DataFrame:
    """ESTIMATE_COLUMNS of clean listings, row by row."""
    estimates: pd.DataFrame = pipeline.predict(listings[list(FEATURES)])
    return estimates.set_axis(listings.index)


def _check_cars(learnt: Learnt, batch: Batch, years: int) -> list[Check]:
    reference, rng = learnt.reference, np.random.default_rng(0)
    # A market is a year newer a year later: that is no news.
    aged = batch.listings.assign(model_year=batch.listings["model_year"] - years)
    cells = reference.cut(aged)
    return [
        *compare_columns(reference, cells, rng),
        compare_jointly(reference, cells, rng),
        *_check_names(learnt, batch.listings),
        *_check_problems(learnt, batch),
    ]


def _check_names(learnt: Learnt, listings: pd.DataFrame) -> list[Check]:
    """Held-out cars have names that training had not, too: so many are usual."""
    now = _count_unknown(learnt.pipeline, listings)
    return [compare_share(Kind.NAMES, name, now[name], learnt.unknown[name]) for name in now]


def _check_problems(learnt: Learnt, batch: Batch) -> list[Check]:
    none = Share(0, learnt.reference.rows)
    return [
        compare_share(
            Kind.PROBLEM,
            code,
            Share(batch.problems.get(code, 0), batch.rows_read),
            learnt.problems.get(code, none),
        )
        for code in sorted({*batch.problems, *learnt.problems})
        if learnt.problems
    ]


def _count_unknown(pipeline: Pipeline, listings: pd.DataFrame) -> dict[str, Share]:
    cars = Cars.of_columns(PriceModel(pipeline), Columns.of_table(listings), {})
    unknown = find_unknown_names(cars)
    return {name: Share(int(rows.sum()), len(listings)) for name, rows in unknown.items()}
