"""`car_price_search` on two workers, one of which is killed in the middle: no trial is lost.

A few trials here; `make search-drill` has 60.
"""

import os
import time
from collections.abc import Iterator

import pytest
from stack import Stack, wait_until
from test_survival import assert_consistent, kill_container, scale_workers

TRIALS = 60 if os.environ.get("CARPRICE_SEARCH_DRILL") else 6
PATIENCE = 2400.0
LISTINGS = "recherche.annonces"
"""Few, so that a trial takes seconds; no arrival that starts a run by itself."""


@pytest.fixture
def two_workers(started: Stack) -> Iterator[None]:
    scale_workers(started, "docker compose up -d --scale airflow-worker=2")
    yield
    scale_workers(started, "docker compose up -d --scale airflow-worker=1")


def find_busy(stack: Stack, run: str) -> str | None:
    """A worker with a trial at hand, once a third of the trials has ended."""
    trials = stack.search.mapped(run, "run_trial")
    ended = [each for each in trials if each["state"] == "success"]
    hosts = {each["hostname"] for each in trials if each["state"] == "running"}
    workers = stack.containers("airflow-worker")
    busy = (each for each in workers if any(each.startswith(host) for host in hosts if host))
    return next(busy, None) if len(ended) >= TRIALS // 3 else None


@pytest.mark.usefixtures("two_workers")
def test_a_worker_killed_in_mid_search_loses_no_trial(started: Stack) -> None:
    drawn = ("exec", "-T", "streamlit", "carprice", "sample", "/tmp/few.csv", "--rows=1000")
    started.compose(*drawn)
    few = started.compose("exec", "-T", "streamlit", "cat", "/tmp/few.csv")
    (started.folder / "data" / "raw" / LISTINGS).write_text(few)
    began = time.monotonic()
    run = started.search.trigger(data=LISTINGS, trials=TRIALS)
    kill_container(started, wait_until("a worker is busy", lambda: find_busy(started, run), 900))
    assert started.search.wait_for_end(run, PATIENCE) == "success"
    tasks = started.search.mapped(run, "run_trial")
    assert [each["state"] for each in tasks] == ["success"] * TRIALS
    again = [each["map_index"] for each in tasks if each["try_number"] > 1]
    assert again, "what the worker had at hand was tried again"
    assert len({each["hostname"] for each in tasks}) == 2

    kept = started.mlflow.runs("car_price_search")
    (search,) = (each for each in kept if each["tags"].get("source") == LISTINGS)
    of_search = search["run_id"]
    trials = [each for each in kept if each["tags"].get("mlflow.parentRunId") == of_search]
    assert sorted(int(each["tags"]["trial"]) for each in trials) == [*range(TRIALS)]
    assert {each["status"] for each in (search, *trials)} == {"FINISHED"}
    print(f"\n{TRIALS} trials, {len(again)} of them taken up: {time.monotonic() - began:.0f} s")

    challenger = f"search__{run}"
    assert started.airflow.wait_for_end(challenger) == "success"
    assert started.mlflow.run_of(challenger)["tags"]["of_search"] == of_search
    assert_consistent(started)
