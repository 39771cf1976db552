"""The DAG on real Celery workers: promoted, refused, failed, and started by new data."""

import os
import shutil
from itertools import pairwise
from pathlib import Path

import pytest
from browsing import visit
from playwright.sync_api import Browser
from stack import DAG, STEPS, Stack, wait_until
from test_pages import log_in

PROMOTED = dict.fromkeys(STEPS, "success")
REFUSED = {
    **PROMOTED,
    "promote_to_staging": "skipped",
    "validate_staging_model": "skipped",
    "promote_to_production": "skipped",
}
UNCHANGED = {**REFUSED, "train_model": "skipped", "evaluate_model": "skipped"}

FEW_LINES = 20
"""Half of them are Airflow's."""


@pytest.fixture(scope="module")
def listings(started: Stack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real listings where they are present, else another draw of the simulated market."""
    if real := os.environ.get("CARPRICE_REAL_LISTINGS"):
        return Path(real)
    path = tmp_path_factory.mktemp("listings") / "annonces.csv"
    started.compose(
        "exec", "-T", "streamlit", "carprice", "sample", "/tmp/annonces.csv", "--seed=7"
    )
    path.write_text(started.compose("exec", "-T", "streamlit", "cat", "/tmp/annonces.csv"))
    return path


def test_the_dag_is_the_seven_steps_in_order(started: Stack) -> None:
    tasks = started.airflow.call("GET", f"/dags/{DAG}/tasks")["tasks"]
    after = {each["task_id"]: set(each["downstream_task_ids"]) for each in tasks}
    assert set(after) == set(STEPS)
    for step, following in pairwise(STEPS):
        assert following in after[step]
    assert all(each["retries"] and each["retry_exponential_backoff"] for each in tasks)
    assert all("Reads:" in each["doc_md"] for each in tasks)


def test_it_runs_every_monday_night_and_when_listings_land(started: Stack) -> None:
    found = started.airflow.call("GET", f"/dags/{DAG}/details")
    assert found["timetable_summary"] == "Asset or 0 3 * * 1"
    assert found["max_active_runs"] == 1


def test_the_first_start_brought_its_model_into_production_through_the_dag(started: Stack) -> None:
    (first,) = started.airflow.runs()
    assert first["state"] == "success"
    assert started.airflow.states(first["dag_run_id"]) == PROMOTED
    run = started.mlflow.run_of(first["dag_run_id"])
    assert run["tags"]["outcome"] == "promoted"
    assert "Pipeline report" in run["tags"]["mlflow.note.content"]
    # The start asked for it as Airflow's administrator.
    assert first["triggering_user_name"] == "admin"
    assert started.receipt(started.mlflow.production())["promoted_by"] == "admin (Airflow)"


def test_each_log_tells_its_story_in_a_few_lines(started: Stack) -> None:
    (first,) = started.airflow.runs()
    for step in STEPS:
        log = started.airflow.log(first["dag_run_id"], step)
        lines = [line for entry in log for line in str(entry["event"]).splitlines()]
        assert 0 < len(lines) <= FEW_LINES, f"{step}: {len(lines)} lines, from {lines[:20]}"
    printed = started.compose("logs", "--no-log-prefix", "airflow-worker")
    assert "is deprecated" not in printed, "the worker's own log is not flooded instead"


def test_new_listings_start_a_run_that_is_promoted(started: Stack, listings: Path) -> None:
    before, known = started.mlflow.production(), len(started.airflow.runs())
    shutil.copy(listings, started.folder / "data" / "raw" / "annonces.csv")
    wait_until("a run starts", lambda: len(started.airflow.runs()) > known, 60)
    run = started.airflow.runs()[-1]
    assert run["run_type"] == "asset_triggered"
    assert started.airflow.wait_for_end(run["dag_run_id"]) == "success"
    assert started.airflow.states(run["dag_run_id"]) == PROMOTED
    assert started.mlflow.production() > before
    asker = started.receipt(started.mlflow.production())["promoted_by"]
    assert asker == "airflow (asset triggered)"
    log = str(started.airflow.log(run["dag_run_id"], "check_data_quality"))
    assert "rows read from annonces.csv" in log


def start_by_form(stack: Stack, browser: Browser) -> str:
    """A run that is started on Airflow's page, with nothing filled in: of the newest listings."""
    known, airflow = len(stack.airflow.runs()), stack.address("airflow-webserver")
    with visit(browser, f"{airflow}/auth/login/", locale="en-US") as page:
        log_in(page, "admin")
        page.get_by_role("link", name="Dags").first.wait_for()
        page.goto(f"{airflow}/dags/{DAG}")
        page.get_by_role("button", name="Trigger Dag").click()
        page.get_by_role("dialog").get_by_role("button", name="Trigger", exact=True).click()
        wait_until("a run starts", lambda: len(stack.airflow.runs()) > known, 60)
    return str(stack.airflow.runs()[-1]["dag_run_id"])


def test_the_same_listings_again_are_not_trained_on_and_the_report_says_why(
    started: Stack, browser: Browser
) -> None:
    before = started.mlflow.versions().keys()
    run = start_by_form(started, browser)
    assert started.airflow.wait_for_end(run) == "success"
    assert started.airflow.states(run) == UNCHANGED
    assert started.mlflow.versions().keys() == before
    tags = started.mlflow.run_of(run)["tags"]
    assert tags["outcome"] == "unchanged"
    assert "nothing to learn" in tags["mlflow.note.content"]
    assert "nothing to learn" in str(started.airflow.log(run, "train_model"))


def test_trained_on_again_they_are_refused_with_the_reason(started: Stack) -> None:
    before = started.mlflow.production()
    run = started.airflow.trigger(again=True)
    assert started.airflow.wait_for_end(run) == "success"
    assert started.airflow.states(run) == REFUSED
    assert started.mlflow.production() == before
    tags = started.mlflow.run_of(run)["tags"]
    assert tags["outcome"] == "refused"
    assert "the same" in tags["mlflow.note.content"]


def test_what_cannot_be_mended_by_trying_again_fails_at_once(started: Stack) -> None:
    before = started.mlflow.production()
    run = started.airflow.trigger(data="nowhere.csv")
    assert started.airflow.wait_for_end(run) == "failed"
    tasks = started.airflow.tasks(run)
    assert (tasks["check_data_quality"]["state"], tasks["check_data_quality"]["try_number"]) == (
        "failed",
        1,
    )
    assert tasks["send_pipeline_report"]["state"] == "success"
    log = str(started.airflow.log(run, "check_data_quality"))
    assert "there is no file 'nowhere.csv'" in log
    assert "annonces.csv" in log
    assert started.mlflow.production() == before


def test_poor_listings_fail_the_run_and_leave_the_champion(started: Stack) -> None:
    before = started.mlflow.production()
    raw = started.folder / "data" / "raw" / "annonces.csv"
    head = raw.read_bytes().splitlines(keepends=True)[:20]
    known = len(started.airflow.runs())
    (raw.parent / "vingt.csv").write_bytes(b"".join(head))
    wait_until("a run starts", lambda: len(started.airflow.runs()) > known, 60)
    run = started.airflow.runs()[-1]["dag_run_id"]
    assert started.airflow.wait_for_end(run) == "failed"
    assert started.airflow.states(run)["send_pipeline_report"] == "success"
    found = started.mlflow.run_of(run)
    assert (found["status"], found["tags"]["outcome"]) == ("FAILED", "failed")
    assert "quality rules" in found["tags"]["mlflow.note.content"]
    assert started.mlflow.production() == before
