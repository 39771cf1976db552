"""What comes in, held against what production learnt from; people hear once of what got worse.

Runs each night, and when a run of the pipeline has ended, on the file that it was about. Skipped
where there is nothing to compare. Where estimates got worse on a file that no run has decided on,
the pipeline is started on it.
"""

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable, dag, get_current_context, task
from listing_arrivals import READ_LISTINGS
from pipeline_steps import PATIENCE, follow, look_at

from carprice.market.chosen import MARKET
from carprice.wording.dags import MONITORING

NIGHTLY = CronTriggerTimetable("0 5 * * *", timezone=MARKET.zone)
LOOK = "{{ ti.xcom_pull(task_ids='look_at_listings') }}"


@dag(
    "car_price_monitoring",
    schedule=AssetOrTimeSchedule(timetable=NIGHTLY, assets=[READ_LISTINGS]),
    catchup=False,
    max_active_runs=1,
    default_args=PATIENCE,
    doc_md=MONITORING.markdown,
)
def monitoring() -> None:
    told = MONITORING.tasks

    @task(doc_md=told["look_at_listings"].markdown)
    def look_at_listings() -> str:
        events = get_current_context()["triggering_asset_events"].get(READ_LISTINGS, ())
        return look_at(filter(None, dict.fromkeys(each.extra.get("source") for each in events)))

    @task(doc_md=told["tell_people"].markdown)
    def tell_people(look: str) -> None:
        follow("tell_people", look)

    @task(doc_md=told["choose_file"].markdown)
    def choose_file(look: str) -> str:
        return follow("choose_file", look)

    look = look_at_listings()
    tell_people(look)
    retrain = TriggerDagRunOperator(
        task_id="retrain",
        doc_md=told["retrain"].markdown,
        trigger_dag_id="car_price_predictor_pipeline",
        trigger_run_id=f"monitoring__{LOOK}",  # so that a retry starts no second one
        skip_when_already_exists=True,
        conf={"data": "{{ ti.xcom_pull(task_ids='choose_file') }}"},
    )
    choose_file(look) >> retrain


monitoring()
