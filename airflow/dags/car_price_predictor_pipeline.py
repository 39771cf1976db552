"""Listings in, a car-price model in production out, or a refusal with its reasons.

Tasks hand each other the id of the MLflow run and nothing else. A task that the gate refuses is
skipped, one that fails is failed; `send_pipeline_report` tells in both cases what happened. Where
nothing has changed since the version in production was trained, training and what follows are
skipped. A run that was started for a file which another has read meanwhile is skipped as a whole.
"""

from datetime import timedelta
from typing import Any

from airflow.sdk import (
    AssetOrTimeSchedule,
    CronTriggerTimetable,
    Param,
    chain,
    dag,
    get_current_context,
    task,
)
from airflow.sdk.exceptions import AirflowSkipException
from listing_arrivals import NEW_LISTINGS, READ_LISTINGS, claimed_listings
from pipeline_steps import PATIENCE, run_step

from carprice.market.chosen import MARKET
from carprice.wording.dags import PIPELINE

MONDAY_NIGHT = CronTriggerTimetable("0 3 * * 1", timezone=MARKET.zone, run_immediately=timedelta(0))


@dag(
    "car_price_predictor_pipeline",
    schedule=AssetOrTimeSchedule(timetable=MONDAY_NIGHT, assets=[NEW_LISTINGS]),
    catchup=False,
    max_active_runs=1,
    default_args=PATIENCE,
    params={
        "data": Param(None, type=["null", "string"], **PIPELINE.params["data"].words),  # optional
        "search": Param(None, type=["null", "string"], **PIPELINE.params["search"].words),
        "force": Param(default=False, type="boolean", **PIPELINE.params["force"].words),
        "again": Param(default=False, type="boolean", **PIPELINE.params["again"].words),
    },
    doc_md=PIPELINE.markdown,
)
def pipeline() -> None:
    told = PIPELINE.tasks

    @task(doc_md=told["check_data_quality"].markdown)
    def check_data_quality() -> str:
        search = get_current_context()["params"]["search"]
        with claimed_listings() as listings:
            return run_step("check_data_quality", listings, search).run_id

    @task
    def in_run(mlflow_run: str, step: str) -> None:
        asked = get_current_context()["params"]
        options = {
            "train_model": {"again": asked["again"] or asked["force"]},
            "promote_to_staging": {"forced": asked["force"]},
        }
        run_step(step, mlflow_run, **options.get(step, {}))

    @task(outlets=[READ_LISTINGS], doc_md=told["send_pipeline_report"].markdown)
    def send_pipeline_report(mlflow_run: str | None, outlet_events: Any = None) -> None:
        context = get_current_context()
        states = context["ti"].get_task_states(context["dag"].dag_id, run_ids=[context["run_id"]])
        if states[context["run_id"]]["check_data_quality"] == "skipped":
            raise AirflowSkipException("nothing was read, so there is nothing to tell")
        failed = [name for name, state in states[context["run_id"]].items() if state == "failed"]
        report = run_step("send_pipeline_report", mlflow_run, failed)
        outlet_events[READ_LISTINGS].extra = {"source": report.source}

    mlflow_run = check_data_quality()
    # A teardown runs however the others end, and the run's state is that of the task before it:
    # a report that was sent does not turn a failed run green (`on_failure_fail_dagrun` would).
    report = send_pipeline_report(mlflow_run).as_teardown()
    steps = ("train_model", "evaluate_model", "promote_to_staging", "validate_staging_model",
             "promote_to_production")  # fmt: skip
    told_of = {step: in_run.override(task_id=step, doc_md=told[step].markdown) for step in steps}
    chain(*[task(mlflow_run, step) for step, task in told_of.items()], report)


pipeline()
