"""The judgement on what the gate measured, by its policy: pure, fail-closed, reasons with figures.

The rule: a challenger must be better than the champion, or fresher and not worse. Nothing is
measured here, so that a decision on record can be judged by another policy.
"""

from collections.abc import Iterator

from pydantic import Field

from carprice.evaluation.comparison import Comparison, Difference
from carprice.evaluation.coverage import CHANCE, measure_chance
from carprice.evaluation.decision import Decision, Measured
from carprice.frozen import Frozen
from carprice.wording.reasons import Code, Reason

LEAST_EFFECT_PCT = 3.5
"""A field that moves a price by less may come and go with the listings of a week."""


class GatePolicy(Frozen, extra="forbid"):
    """Thresholds of the gate; percentages are of held-out rows or prices."""

    min_holdout_rows: int = Field(ge=2)
    """Fewer held-out rows cannot tell a good model from a lucky one: nothing is compared."""
    max_median_error_pct: float = Field(gt=0)
    min_within_20_pct: float = Field(ge=0, le=100)
    coverage_tolerance_points: float = Field(gt=0)
    """How far the share of prices inside their interval may fall below the promised one; beyond
    that, chance must explain it."""
    large_slice_rows: int = Field(ge=20)
    slice_tolerance_points: float = Field(ge=0)
    """How much worse (points of median error) a large slice may get, beyond its noise."""
    bootstrap_rounds: int = Field(ge=100)
    # What earlier releases lack has a default: their params.yaml still opens.
    max_detectable_points: float = Field(4, gt=0)
    """A worsening that might go unnoticed may be this large; beyond, *not worse* means nothing."""
    max_level_shift_pct: float = Field(10, gt=0)
    """How far prices may move against the champion's, in the median, without a person's word."""
    max_lost_share_pct: float = Field(5, ge=0, le=100)
    """How much of what the champion learnt from may be of makes, models or prices that are lost."""
    max_copies_pct: float = Field(20, ge=0, le=100)
    """How many listings may repeat another in all but a few kilometres."""
    max_error_growth_pct: float = Field(15, gt=0)
    """How much larger its error may be, beyond noise, than the champion's was on its own cars."""
    max_fewer_pct: float = Field(50, ge=0, le=100)
    """How many fewer listings than the champion's it may be of, where it is not better."""
    max_effect_lost_pct: float = Field(50, ge=0, le=100)
    """How much of its effect on the champion's prices a field may lose."""
    max_years_back: float = Field(1, ge=0)
    """By how many years its newest models may be older than the champion's."""


def judge(decision: Decision, policy: GatePolicy) -> Decision:
    """The decision that follows from the figures of one; who forced it is kept."""
    measured = decision.measured
    if measured is None:
        raise ValueError(f"version {decision.challenger}: nothing measured is on record")
    refusals = [*_check_floors(measured, policy), *_check_against(decision, measured, policy)]
    doubts = [*_find_doubts(decision, measured, policy)]
    against = refusals + doubts
    return decision.model_copy(
        update={
            "promote": decision.forced or not against,
            "held": bool(doubts) and not refusals,
            "reasons": against or _praise(decision, measured),
        }
    )


def _check_floors(measured: Measured, policy: GatePolicy) -> Iterator[Reason]:
    scores = measured.scores
    if scores.rows < policy.min_holdout_rows:
        yield Reason.of(Code.TOO_FEW_ROWS, rows=scores.rows, least=policy.min_holdout_rows)
    if not scores.median_error_pct <= policy.max_median_error_pct:
        most = policy.max_median_error_pct
        yield Reason.of(Code.ERROR_TOO_LARGE, error=scores.median_error_pct, most=most)
    if not scores.within_20_pct >= policy.min_within_20_pct:
        least = policy.min_within_20_pct
        yield Reason.of(Code.TOO_FEW_NEAR, share=scores.within_20_pct, least=least)
    yield from _check_coverage(measured, policy.coverage_tolerance_points)


def _check_coverage(measured: Measured, tolerance: float) -> Iterator[Reason]:
    """Whether intervals hold what they promise, over all and in groups known beforehand.

    Beyond chance: of few cars, a sound version holds now and then much less.
    """
    scores = measured.scores
    for code, share, promised in (
        (Code.COVERAGE_TOO_LOW, scores.coverage_pct, measured.promised_coverage_pct),
        (
            Code.WIDE_COVERAGE_TOO_LOW,
            scores.wide_coverage_pct,
            measured.promised_wide_coverage_pct,
        ),
    ):
        if share is None or promised is None:
            continue
        is_near = share >= promised - tolerance
        if not (is_near or measure_chance(share, scores.rows, promised) >= CHANCE):
            yield Reason.of(code, share=share, least=promised - tolerance)
    for each in measured.short:
        if each.share_pct < each.promised_pct - tolerance:
            yield Reason.of(
                Code.GROUP_NOT_COVERED,
                family=each.family,
                slice=each.name,
                promised=each.promised_pct,
                share=each.share_pct,
                rows=each.rows,
            )


def _check_against(decision: Decision, measured: Measured, policy: GatePolicy) -> Iterator[Reason]:
    """What speaks against a challenger beside the champion, beyond doubt."""
    champion, comparison = decision.champion, decision.comparison
    if champion is None:
        return
    if measured.trouble:
        yield Reason.of(Code.CHAMPION_NOT_OPENED, message=measured.trouble)
    elif comparison is None:
        if measured.scores.rows >= policy.min_holdout_rows:
            yield Reason.of(Code.NOT_COMPARED, champion=champion)
    elif comparison.identical:
        rows = comparison.overall.rows
        yield Reason.of(Code.SAME_PRICES, rows=rows, champion=champion)
    elif not _is_first_real(measured):
        if measured.simulated and not measured.champion_simulated:
            yield Reason.of(Code.SIMULATED_AGAINST_REAL, champion=champion)
        yield from _check_rule(comparison.overall, champion, measured)
        yield from _check_slices(comparison, policy)


def _check_rule(overall: Difference, champion: int, measured: Measured) -> Iterator[Reason]:
    interval = {"low": overall.low, "high": overall.high, "champion": champion}
    if overall.low > 0:
        yield Reason.of(Code.WORSE, points=overall.points, **interval)
    elif not measured.fresher and not _is_better(overall):
        yield Reason.of(Code.NOT_BETTER, **interval)


def _check_slices(comparison: Comparison, policy: GatePolicy) -> Iterator[Reason]:
    for part, each in comparison.slices.items():
        is_large = each.rows >= policy.large_slice_rows
        if is_large and each.points > policy.slice_tolerance_points and each.low > 0:
            yield Reason.of(
                Code.WORSE_ON_SLICE,
                family=part.family,
                slice=part.name,
                points=each.points,
                rows=each.rows,
                most=policy.slice_tolerance_points,
            )


def _find_doubts(decision: Decision, measured: Measured, policy: GatePolicy) -> Iterator[Reason]:
    """What may be right and may be a broken file: a person is to say."""
    champion, comparison = decision.champion, decision.comparison
    is_same_market = measured.simulated == measured.champion_simulated
    if champion is None or comparison is None or comparison.identical or not is_same_market:
        return
    overall, level = comparison.overall, measured.level
    if not _is_better(overall) and not overall.detectable <= policy.max_detectable_points:
        most = policy.max_detectable_points
        yield Reason.of(Code.TOO_LITTLE_POWER, detectable=overall.detectable, most=most)
    if level and not abs(level.shift_pct) <= policy.max_level_shift_pct:
        yield Reason.of(
            Code.LEVEL_MOVED,
            shift=level.shift_pct,
            rows=level.rows,
            champion=champion,
            most=policy.max_level_shift_pct,
        )
    yield from _find_doubts_of_file(measured, champion, policy)
    yield from _find_doubts_of_fields(measured, champion, policy)
    rows = measured.rows
    if rows and not _is_better(overall):
        fewer = 100 * (1 - rows.challenger / rows.champion)
        if fewer > policy.max_fewer_pct:
            yield Reason.of(
                Code.FEWER_LISTINGS,
                rows=int(rows.challenger),
                before=int(rows.champion),
                champion=champion,
                most=policy.max_fewer_pct,
            )
    if measured.copies_pct > policy.max_copies_pct:
        most = policy.max_copies_pct
        yield Reason.of(Code.MANY_COPIES, share=measured.copies_pct, most=most)
    if measured.lost is None:
        yield Reason.of(Code.KNOWLEDGE_NOT_ON_RECORD, champion=champion)
    for each in measured.lost or []:
        if each.share_pct > policy.max_lost_share_pct:
            yield Reason.of(
                Code.NAMES_LOST,
                family=each.family,
                count=each.count,
                names=", ".join(each.names),
                share=each.share_pct,
                champion=champion,
                most=policy.max_lost_share_pct,
            )


def _find_doubts_of_file(measured: Measured, champion: int, policy: GatePolicy) -> Iterator[Reason]:
    """Of listings unlike the champion's: what both are measured on is in doubt."""
    error, newest = measured.error_pct, measured.newest_year
    if error and not error.challenger <= error.champion * (1 + policy.max_error_growth_pct / 100):
        yield Reason.of(
            Code.ERROR_GREW,
            error=measured.scores.median_error_pct,
            low=error.challenger,
            before=error.champion,
            champion=champion,
            most=policy.max_error_growth_pct,
        )
    if newest and not newest.champion - newest.challenger <= policy.max_years_back:
        yield Reason.of(
            Code.OLDER_LISTINGS,
            year=newest.challenger,
            before=newest.champion,
            champion=champion,
            most=policy.max_years_back,
        )


def _find_doubts_of_fields(
    measured: Measured, champion: int, policy: GatePolicy
) -> Iterator[Reason]:
    """Of fields that no longer tell a price, as where training sees a broken column."""
    for name, effect in measured.effects.items():
        left = 1 - policy.max_effect_lost_pct / 100
        if effect.champion >= LEAST_EFFECT_PCT and effect.challenger < left * effect.champion:
            yield Reason.of(
                Code.EFFECT_LOST,
                field=name,
                effect=effect.challenger,
                before=effect.champion,
                champion=champion,
                most=policy.max_effect_lost_pct,
            )


def _is_first_real(measured: Measured) -> bool:
    """Whether a model of real listings meets one of simulated ones.

    The simulated market was measured on real adverts, held-out ones perhaps among them: the
    comparison is no test that neither has seen. Real listings are what the model is for.
    """
    return measured.champion_simulated and not measured.simulated


def _is_better(overall: Difference) -> bool:
    return overall.high < 0


def _praise(decision: Decision, measured: Measured) -> list[Reason]:
    scores = measured.scores
    reached = Reason.of(
        Code.SCORES,
        error=scores.median_error_pct,
        near=scores.within_20_pct,
        coverage=scores.coverage_pct,
        rows=scores.rows,
    )
    if decision.comparison is None or decision.champion is None:
        return [reached, Reason.of(Code.NO_CHAMPION)]
    overall = decision.comparison.overall
    figures = overall.model_dump(include={"points", "low", "high", "detectable"})
    rule = Code.RULE_BETTER if _is_better(overall) else Code.RULE_FRESHER
    if _is_first_real(measured):
        rule = Code.RULE_FIRST_REAL
    applied = Reason.of(rule, champion=decision.champion)
    return [reached, Reason.of(Code.NOT_WORSE, **figures), applied]
