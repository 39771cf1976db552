"""Scores, plots and decision of a version, logged with its run."""

import pandas as pd
from sklearn.pipeline import Pipeline

from carprice.errors import ModelIntegrityError
from carprice.evaluation import plots
from carprice.evaluation.gate import Contender, Decision, GatePolicy, decide
from carprice.evaluation.metrics import evaluate
from carprice.market.listing import FEATURES, TARGET
from carprice.pricing.price_model import PriceModel
from carprice.registry.records import EVALUATION, Version
from carprice.wording.reasons import Code, Reason, store_reasons, write_reasons
from carprice.workspace import Workspace


def contend(
    version: Version, pipeline: Pipeline, holdout: pd.DataFrame, policy: GatePolicy
) -> Contender:
    estimates = pipeline.predict(holdout[list(FEATURES)]).set_axis(holdout.index)
    return Contender(
        version=version.number,
        simulated=version.facts.simulated,
        estimates=estimates,
        evaluation=evaluate(holdout, estimates, policy.large_slice_rows),
        promised_coverage_pct=100 * PriceModel(pipeline).coverage,
    )


def compare_with_champion(
    work: Workspace, challenger: Contender, champion: Version | None, holdout: pd.DataFrame
) -> Decision:
    """The gate's decision; a refusal where the champion cannot be opened."""
    policy = work.params.gate
    if champion is None:
        return decide(holdout, challenger, None, policy)
    try:
        opened = work.registry.open_model(champion)
    except ModelIntegrityError as error:
        return Decision(
            promote=False,
            challenger=challenger.version,
            champion=champion.number,
            reasons=[Reason.of(Code.CHAMPION_NOT_OPENED, message=str(error))],
            comparison=None,
        )
    return decide(holdout, challenger, contend(champion, opened, holdout, policy), policy)


def log_evaluation(
    work: Workspace, run_id: str, challenger: Contender, holdout: pd.DataFrame
) -> None:
    registry, evaluation = work.registry, challenger.evaluation
    metrics = evaluation.overall.model_dump()
    for family, groups in evaluation.slices.items():
        for name, scores in groups.items():
            metrics[f"{family}/{name}/median_error_pct"] = scores.median_error_pct
            metrics[f"{family}/{name}/coverage_pct"] = scores.coverage_pct
    registry.log(run_id, metrics=metrics)
    registry.log_text(run_id, evaluation.model_dump_json(indent=2), EVALUATION)
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


def tag_decision(work: Workspace, decision: Decision) -> None:
    outcome = "forced" if decision.forced else "accepted" if decision.promote else "refused"
    work.registry.tag_version(
        decision.challenger,
        {
            "decision": outcome,
            "decision_reasons": write_reasons(decision.reasons),
            "decision_reasons_json": store_reasons(decision.reasons),
        },
    )
