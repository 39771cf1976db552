"""The gate between challenger and champion: measures both, and has it judged; pure."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from carprice.evaluation.comparison import compare
from carprice.evaluation.coverage import Covered, find_short
from carprice.evaluation.decision import Decision, Level, Lost, Measured
from carprice.evaluation.judging import GatePolicy, judge
from carprice.evaluation.metrics import Evaluation
from carprice.market.listing import TARGET


@dataclass(frozen=True)
class Contender:
    """A model as the gate sees it.

    estimates: ESTIMATE_COLUMNS for every held-out row. known: rows whose make and model it knows.
    covered: its intervals in groups of cars. promised_coverage_pct, promised_wide_coverage_pct:
    nominal coverage of them. copies_pct: see Measured.
    """

    version: int
    simulated: bool
    estimates: pd.DataFrame
    known: pd.Series
    evaluation: Evaluation
    covered: list[Covered]
    promised_coverage_pct: float
    promised_wide_coverage_pct: float
    copies_pct: float


@dataclass(frozen=True)
class Champion(Contender):
    """The model in production, and how a challenger's data stand to its own.

    is_older: whether the challenger's are other data, and no older. lost: see Measured.
    """

    is_older: bool
    lost: list[Lost] | None


def decide(
    listings: pd.DataFrame, challenger: Contender, champion: Champion | None, policy: GatePolicy
) -> Decision:
    """The decision on a challenger, from held-out listings new to both models."""
    measured = _measure(challenger)
    if champion is None:
        return judge(Decision(challenger=challenger.version, measured=measured), policy)
    against = {
        "champion_simulated": champion.simulated,
        "fresher": champion.is_older,
        "level": _measure_level(champion, challenger),
        "lost": champion.lost,
    }
    comparison = None
    if len(listings) >= policy.min_holdout_rows:
        comparison = compare(
            listings,
            champion.estimates,
            challenger.estimates,
            min_rows=policy.large_slice_rows,
            rounds=policy.bootstrap_rounds,
        )
    decision = Decision(
        challenger=challenger.version,
        champion=champion.version,
        comparison=comparison,
        measured=measured.model_copy(update=against),
    )
    return judge(decision, policy)


def refuse_unopened(
    challenger: Contender, champion: int, trouble: str, policy: GatePolicy
) -> Decision:
    """The refusal where the champion could not be opened."""
    measured = _measure(challenger).model_copy(update={"trouble": trouble})
    return judge(
        Decision(challenger=challenger.version, champion=champion, measured=measured), policy
    )


def force(decision: Decision) -> Decision:
    """The decision overridden by a person; its reasons are kept.

    A second time changes nothing.
    """
    forced = decision.forced or not decision.promote
    return decision.model_copy(update={"promote": True, "forced": forced})


def _measure(challenger: Contender) -> Measured:
    return Measured(
        scores=challenger.evaluation.overall,
        promised_coverage_pct=challenger.promised_coverage_pct,
        promised_wide_coverage_pct=challenger.promised_wide_coverage_pct,
        short=find_short(challenger.covered),
        copies_pct=challenger.copies_pct,
        simulated=challenger.simulated,
    )


def _measure_level(champion: Contender, challenger: Contender) -> Level | None:
    both = champion.known & challenger.known
    if not both.any():
        return None
    ratios = challenger.estimates.loc[both, TARGET] / champion.estimates.loc[both, TARGET]
    return Level(rows=int(both.sum()), shift_pct=100 * (float(np.median(ratios)) - 1))
