"""Scores, plots and decision of a version, logged with its run."""

from typing import NamedTuple

import pandas as pd
from pydantic import TypeAdapter
from sklearn.pipeline import Pipeline

from carprice.errors import ModelIntegrityError
from carprice.evaluation import plots
from carprice.evaluation.coverage import Covered, cover_groups
from carprice.evaluation.decision import Decision
from carprice.evaluation.gate import UNKNOWN, Champion, Contender, Listed, decide, refuse_unopened
from carprice.evaluation.importance import measure_effects
from carprice.evaluation.judging import GatePolicy
from carprice.evaluation.metrics import PlainScores, evaluate
from carprice.evaluation.plain import TOLD, score_plain_ways
from carprice.market.listing import FEATURES, TARGET
from carprice.pipeline.knowledge import find_lost
from carprice.pricing.encoder import AT
from carprice.pricing.price_model import PriceModel
from carprice.pricing.split import split
from carprice.registry.history import read_record
from carprice.registry.records import DECISION, EVALUATION, Version
from carprice.wording.stored_reasons import store_reasons, write_reasons
from carprice.workspace import Workspace

COVERED = TypeAdapter(list[Covered])


class Opened(NamedTuple):
    """A version and its fitted pipeline."""

    version: Version
    pipeline: Pipeline


def contend(
    opened: Opened, holdout: pd.DataFrame, policy: GatePolicy, listed: Listed = UNKNOWN
) -> Contender:
    """A version as the gate sees it."""
    version, pipeline = opened
    model = PriceModel(pipeline)
    estimates = pipeline.predict(holdout[list(FEATURES)]).set_axis(holdout.index)
    encoded, coverage = model.encode(holdout), (model.coverage, model.wide_coverage)
    adverts = pd.Series(encoded[:, AT["model_count"]], holdout.index)
    return Contender(
        version=version.number,
        simulated=version.facts.simulated,
        estimates=estimates,
        known=adverts > 0,
        evaluation=evaluate(holdout, estimates, policy.large_slice_rows),
        covered=cover_groups(holdout, estimates, adverts, coverage),
        promised_coverage_pct=100 * model.coverage,
        promised_wide_coverage_pct=100 * model.wide_coverage,
        effects=measure_effects(pipeline, holdout),
        listed=listed,
    )


def compare_with_champion(
    work: Workspace,
    opened: Opened,
    challenger: Contender,
    champion: Version | None,
    holdout: pd.DataFrame,
) -> Decision:
    """The gate's decision on an opened version; a refusal where the champion cannot be opened."""
    registry, policy = work.registry, work.params.gate
    if champion is None:
        return decide(holdout, challenger, None, policy)
    try:
        before = Opened(champion, registry.open_model(champion))
    except ModelIntegrityError as error:
        return refuse_unopened(challenger, champion.number, str(error), policy)
    record = read_record(registry, champion.run_id)
    models = PriceModel(before.pipeline), PriceModel(opened.pipeline)
    profile = record.profile
    listed = Listed(profile.rows, newest_year=profile.newest_year) if profile else UNKNOWN
    against = Champion(
        **vars(contend(before, holdout, policy, listed)),
        is_older=_is_older(champion, opened.version),
        lost=find_lost(record, *models, holdout),
        own_error_pct=record.evaluation.overall.median_error_pct if record.evaluation else None,
    )
    return decide(holdout, challenger, against, policy)


def score_beside(
    listings: pd.DataFrame, version: Version, holdout: pd.DataFrame
) -> dict[str, PlainScores]:
    """Scores of plain ways on held-out cars, learnt from what a version learnt from.

    listings: all of its clean listings. None are scored for a version of an unknown split.
    """
    by = version.facts.split
    return score_plain_ways(split(listings[TOLD], *by)[0], holdout) if by else {}


def log_evaluation(
    work: Workspace,
    run_id: str,
    challenger: Contender,
    plain: dict[str, PlainScores],
    holdout: pd.DataFrame,
) -> None:
    registry = work.registry
    evaluation = challenger.evaluation.model_copy(update={"plain": plain})
    metrics = evaluation.overall.model_dump(exclude_none=True)
    metrics["holdout_rows"] = metrics.pop("rows")
    for name, way in plain.items():
        metrics[f"plain/{name}/median_error_pct"] = way.median_error_pct
    for family, groups in evaluation.slices.items():
        for name, scores in groups.items():
            metrics[f"{family}/{name}/median_error_pct"] = scores.median_error_pct
            metrics[f"{family}/{name}/coverage_pct"] = scores.coverage_pct
            if scores.wide_coverage_pct is not None:
                metrics[f"{family}/{name}/wide_coverage_pct"] = scores.wide_coverage_pct
    registry.log(run_id, metrics=metrics)
    registry.log_text(run_id, evaluation.model_dump_json(indent=2), EVALUATION)
    covered = COVERED.dump_json(challenger.covered, indent=2).decode()
    registry.log_text(run_id, covered, "evaluation/coverage.json")
    actual = holdout[TARGET]
    figures = {
        "predicted_against_real": plots.draw_predicted_against_real(actual, challenger.estimates),
        "residuals": plots.draw_residuals(actual, challenger.estimates),
        "slices": plots.draw_slices(evaluation),
    }
    for name, figure in figures.items():
        registry.log_figure(run_id, figure, f"evaluation/{name}.png")
    scores = evaluation.overall
    registry.tag_version(
        challenger.version,
        {
            "median_error_pct": f"{scores.median_error_pct:.2f}",
            "within_20_pct": f"{scores.within_20_pct:.1f}",
            "coverage_pct": f"{scores.coverage_pct:.1f}",
        },
    )


def log_decision(work: Workspace, run_id: str, decision: Decision) -> None:
    """Store a decision with the run; its figures and outcome also where runs are compared."""
    registry, comparison = work.registry, decision.comparison
    registry.log_text(run_id, decision.model_dump_json(indent=2), DECISION)
    if comparison:
        metrics = {"against_champion/median_error_points": comparison.overall.points}
        if decision.measured and (level := decision.measured.level):
            metrics["against_champion/level_shift_pct"] = level.shift_pct
        registry.log(run_id, metrics=metrics)
    registry.tag_version(
        decision.challenger,
        {
            "decision": decision.outcome,
            "decision_reasons": write_reasons(decision.reasons),
            "decision_reasons_json": store_reasons(decision.reasons),
        },
    )


def _is_older(champion: Version, challenger: Version) -> bool:
    """Whether a challenger learnt from other listings than the champion, and no older ones."""
    differs = champion.facts.data_hash != challenger.facts.data_hash
    return differs and champion.created <= challenger.created
