"""The gate between challenger and champion: measures both, and has it judged; pure."""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import pandas as pd

from carprice.evaluation.comparison import compare, find_least_median
from carprice.evaluation.coverage import Covered, find_short
from carprice.evaluation.decision import Beside, Decision, Level, Lost, Measured
from carprice.evaluation.judging import GatePolicy, judge
from carprice.evaluation.metrics import Evaluation, relative_errors
from carprice.listings.near_copies import measure_copies
from carprice.listings.quality import find_newest_year
from carprice.market.listing import TARGET


class Listed(NamedTuple):
    """What is known of all listings that a version is of; see Measured for all three."""

    rows: int | None = None
    copies_pct: float = 0
    newest_year: float | None = None

    @classmethod
    def of(cls, kept: pd.DataFrame) -> Self:
        """That of clean listings."""
        return cls(len(kept), measure_copies(kept), find_newest_year(kept))


UNKNOWN = Listed()


@dataclass(frozen=True)
class Contender:
    """A model as the gate sees it.

    estimates: ESTIMATE_COLUMNS for every held-out row. known: rows whose make and model it knows.
    covered: its intervals in groups of cars. promised_coverage_pct, promised_wide_coverage_pct:
    nominal coverage of them. effects: see `measure_effects`.
    """

    version: int
    simulated: bool
    estimates: pd.DataFrame
    known: pd.Series
    evaluation: Evaluation
    covered: list[Covered]
    promised_coverage_pct: float
    promised_wide_coverage_pct: float
    effects: dict[str, float]
    listed: Listed


@dataclass(frozen=True)
class Champion(Contender):
    """The model in production, and how a challenger's data stand to its own.

    is_older: whether the challenger's are other data, and no older. lost: see Measured.
    own_error_pct: its median error on held-out cars of its own listings.
    """

    is_older: bool
    lost: list[Lost] | None
    own_error_pct: float | None


def decide(
    listings: pd.DataFrame, challenger: Contender, champion: Champion | None, policy: GatePolicy
) -> Decision:
    """The decision on a challenger, from held-out listings new to both models."""
    if champion is None:
        first = Decision(challenger=challenger.version, measured=_measure(challenger))
        return judge(first, policy)
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
        measured=_measure_against(listings, champion, challenger),
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
        copies_pct=challenger.listed.copies_pct,
        simulated=challenger.simulated,
    )


def _measure_against(listings: pd.DataFrame, champion: Champion, challenger: Contender) -> Measured:
    against = {
        "champion_simulated": champion.simulated,
        "fresher": champion.is_older,
        "level": _measure_level(champion, challenger),
        "lost": champion.lost,
        "error_pct": _set_beside(
            find_least_median(relative_errors(listings[TARGET], challenger.estimates)),
            champion.own_error_pct,
        ),
        "rows": _set_beside(challenger.listed.rows, champion.listed.rows),
        "effects": {
            name: Beside(challenger=challenger.effects.get(name, 0), champion=effect)
            for name, effect in champion.effects.items()
        },
        "newest_year": _set_beside(challenger.listed.newest_year, champion.listed.newest_year),
    }
    return _measure(challenger).model_copy(update=against)


def _set_beside(challenger: float | None, champion: float | None) -> Beside | None:
    if challenger is None or champion is None:
        return None
    return Beside(challenger=challenger, champion=champion)


def _measure_level(champion: Contender, challenger: Contender) -> Level | None:
    both = champion.known & challenger.known
    if not both.any():
        return None
    ratios = challenger.estimates.loc[both, TARGET] / champion.estimates.loc[both, TARGET]
    return Level(rows=int(both.sum()), shift_pct=100 * (float(np.median(ratios)) - 1))
