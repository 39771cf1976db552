"""The gate between challenger and champion: pure, fail-closed, reasons with figures."""

from dataclasses import dataclass

import pandas as pd
from pydantic import Field

from carprice.evaluation.comparison import Comparison, compare
from carprice.evaluation.metrics import Evaluation
from carprice.frozen import Frozen
from carprice.wording.reasons import Code, Reason, list_reasons


class GatePolicy(Frozen, extra="forbid"):
    """Thresholds of the gate; percentages are of held-out rows or prices."""

    min_holdout_rows: int = Field(ge=2)
    """Fewer held-out rows cannot tell a good model from a lucky one: nothing is compared."""
    max_median_error_pct: float = Field(gt=0)
    min_within_20_pct: float = Field(ge=0, le=100)
    coverage_tolerance_points: float = Field(gt=0)
    """How far the share of prices inside their interval may fall below the promised one."""
    large_slice_rows: int = Field(ge=20)
    slice_tolerance_points: float = Field(ge=0)
    """How much worse (points of median error) a large slice may get, beyond its noise."""
    bootstrap_rounds: int = Field(ge=100)


@dataclass(frozen=True)
class Contender:
    """A model as the gate sees it.

    estimates: ESTIMATE_COLUMNS for every held-out row.
    promised_coverage_pct: nominal coverage of its interval.
    """

    version: int
    simulated: bool
    estimates: pd.DataFrame
    evaluation: Evaluation
    promised_coverage_pct: float


class Decision(Frozen):
    """Decision of the gate, with its reasons and figures."""

    promote: bool
    forced: bool = False
    challenger: int
    champion: int | None
    reasons: list[Reason]
    comparison: Comparison | None

    @property
    def summary(self) -> str:
        outcome = "forced through" if self.forced else "accepted" if self.promote else "refused"
        against = f"against version {self.champion}" if self.champion else "with no champion yet"
        return f"version {self.challenger} {outcome} {against}"

    @property
    def text(self) -> str:
        """The summary with its reasons, one a line, in English."""
        return list_reasons(self.summary, self.reasons)


def decide(
    listings: pd.DataFrame, challenger: Contender, champion: Contender | None, policy: GatePolicy
) -> Decision:
    """The decision on a challenger, from held-out listings new to both models."""
    refusals = _check_floors(challenger, policy)
    comparison = None
    if champion is not None and len(listings) >= policy.min_holdout_rows:
        comparison = compare(
            listings,
            champion.estimates,
            challenger.estimates,
            min_rows=policy.large_slice_rows,
            rounds=policy.bootstrap_rounds,
        )
        refusals += _check_against(champion, challenger, comparison, policy)
    return Decision(
        promote=not refusals,
        challenger=challenger.version,
        champion=champion.version if champion else None,
        reasons=refusals or _praise(challenger, comparison),
        comparison=comparison,
    )


def force(decision: Decision) -> Decision:
    """The decision overridden by a person; its reasons are kept.

    A second time changes nothing.
    """
    forced = decision.forced or not decision.promote
    return decision.model_copy(update={"promote": True, "forced": forced})


def _check_floors(challenger: Contender, policy: GatePolicy) -> list[Reason]:
    scores = challenger.evaluation.overall
    least_coverage = challenger.promised_coverage_pct - policy.coverage_tolerance_points
    checks = [
        (
            scores.rows >= policy.min_holdout_rows,
            Reason.of(Code.TOO_FEW_ROWS, rows=scores.rows, least=policy.min_holdout_rows),
        ),
        (
            scores.median_error_pct <= policy.max_median_error_pct,
            Reason.of(
                Code.ERROR_TOO_LARGE,
                error=scores.median_error_pct,
                most=policy.max_median_error_pct,
            ),
        ),
        (
            scores.within_20_pct >= policy.min_within_20_pct,
            Reason.of(
                Code.TOO_FEW_NEAR, share=scores.within_20_pct, least=policy.min_within_20_pct
            ),
        ),
        (
            scores.coverage_pct >= least_coverage,
            Reason.of(Code.COVERAGE_TOO_LOW, share=scores.coverage_pct, least=least_coverage),
        ),
    ]
    return [reason for holds, reason in checks if not holds]


def _check_against(
    champion: Contender, challenger: Contender, comparison: Comparison, policy: GatePolicy
) -> list[Reason]:
    overall = comparison.overall
    if comparison.identical:
        return [Reason.of(Code.SAME_PRICES, rows=overall.rows, champion=champion.version)]
    if champion.simulated and not challenger.simulated:
        # The simulated market was measured on real adverts, held-out ones perhaps among them: the
        # comparison is no test that neither has seen. Real listings are what the model is for.
        return []
    refusals = []
    if challenger.simulated and not champion.simulated:
        refusals.append(Reason.of(Code.SIMULATED_AGAINST_REAL, champion=champion.version))
    if overall.low > 0:
        refusals.append(
            Reason.of(
                Code.WORSE,
                points=overall.points,
                champion=champion.version,
                low=overall.low,
                high=overall.high,
            )
        )
    refusals += [
        Reason.of(
            Code.WORSE_ON_SLICE,
            family=part.family,
            slice=part.name,
            points=each.points,
            rows=each.rows,
            most=policy.slice_tolerance_points,
        )
        for part, each in comparison.slices.items()
        if each.points > policy.slice_tolerance_points and each.low > 0
    ]
    return refusals


def _praise(challenger: Contender, comparison: Comparison | None) -> list[Reason]:
    scores = challenger.evaluation.overall
    reached = Reason.of(
        Code.SCORES,
        error=scores.median_error_pct,
        near=scores.within_20_pct,
        coverage=scores.coverage_pct,
        rows=scores.rows,
    )
    if comparison is None:
        return [reached, Reason.of(Code.NO_CHAMPION)]
    overall = comparison.overall
    figures = overall.model_dump(include={"points", "low", "high", "detectable"})
    return [reached, Reason.of(Code.NOT_WORSE, **figures)]
