"""A search for better hyperparameters, its trials over all workers, and its result a challenger.

Started by hand. On the same listings, by the same code, it is the same search: it goes on where it
was left. What became of each trial stands in MLflow: one whose worker died is taken up by its
retry. In the end the pipeline is started with the result, and its gate decides.
"""

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import Param, dag, get_current_context, task
from listing_arrivals import chosen_listings
from pipeline_steps import PATIENCE, run_step

from carprice.wording.dags import SEARCH

MOST_TRIALS = 1000
AT_ONCE = 4
"""Trials under way: the places of two workers. Airflow gives up what waits for six minutes in the
queue of the workers, and others wait behind it."""
OPENED = "{{{{ ti.xcom_pull(task_ids='open_search', key='{}') }}}}"


@dag(
    "car_price_search",
    schedule=None,
    max_active_runs=1,
    default_args=PATIENCE,
    params={
        "data": Param(None, type=["null", "string"], **SEARCH.params["data"].words),
        "trials": Param(
            60, type="integer", minimum=1, maximum=MOST_TRIALS, **SEARCH.params["trials"].words
        ),
    },
    doc_md=SEARCH.markdown,
)
def search() -> None:
    told = SEARCH.tasks

    @task(multiple_outputs=True, doc_md=told["open_search"].markdown)
    def open_search() -> dict[str, str]:
        listings = chosen_listings()
        opened = run_step("open_search", listings, module="searching")
        return {"search": opened.run_id, "data": listings.name if listings else ""}

    @task(doc_md=told["list_trials"].markdown)
    def list_trials() -> list[int]:
        return [*range(get_current_context()["params"]["trials"])]

    @task(max_active_tis_per_dag=AT_ONCE, doc_md=told["run_trial"].markdown)
    def run_trial(search: str, number: int) -> None:
        run_step("run_trial", search, number, module="searching")

    @task(doc_md=told["close_search"].markdown)
    def close_search(search: str) -> None:
        run_step("close_search", search, module="searching")

    opened = open_search()
    trials = run_trial.partial(search=opened["search"]).expand(number=list_trials())
    challenge = TriggerDagRunOperator(
        task_id="challenge",
        doc_md=told["challenge"].markdown,
        trigger_dag_id="car_price_predictor_pipeline",
        trigger_run_id="search__{{ run_id }}",  # so that a retry starts no second one
        skip_when_already_exists=True,
        conf={"data": OPENED.format("data"), "search": OPENED.format("search")},
    )
    trials >> close_search(opened["search"]) >> challenge


search()
