"""What kills a part of the stack in mid-run costs time, not the run, and leaves nothing behind."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from stack import STEPS, Stack, wait_until
from terminal import type_command

LISTINGS = "survie.annonces"
"""No arrival that starts a run by itself: its ending is not one of listings."""
PROMOTED = dict.fromkeys(STEPS, "success")
MLFLOW_AWAY_SECONDS = 30


@pytest.fixture(scope="module", autouse=True)
def listings(started: Stack) -> None:
    """The real listings where they are present, else another draw of the simulated market."""
    target = started.folder / "data" / "raw" / LISTINGS
    if real := os.environ.get("CARPRICE_REAL_LISTINGS"):
        target.write_bytes(Path(real).read_bytes())
        return
    target.write_text(draw_listings(started, seed=7))


@pytest.fixture
def three_workers(started: Stack) -> Iterator[None]:
    scale_workers(started, "docker compose up -d --scale airflow-worker=3")
    yield
    scale_workers(started, "docker compose up -d --scale airflow-worker=1")


def scale_workers(stack: Stack, printed: str) -> None:
    """As the guide has it."""
    type_command(stack, printed)
    stack.wait_until_healthy()
    assert len(stack.containers("airflow-worker")) == int(printed[-1])


def draw_listings(stack: Stack, seed: int) -> str:
    """A file of the simulated market, drawn inside the stack."""
    drawn = f"/tmp/drawn-{seed}.csv"
    stack.compose("exec", "-T", "streamlit", "carprice", "sample", drawn, f"--seed={seed}")
    return stack.compose("exec", "-T", "streamlit", "cat", drawn)


def kill(stack: Stack, service: str) -> None:
    """As the kernel kills what takes too much memory: at once, and nobody asked for it.

    `docker kill` would count as a stop by hand, after which a container stays down. The engine's
    processes may live in a machine of their own, so the signal comes from a container there.
    """
    (container,) = stack.containers(service)
    kill_container(stack, container)


def kill_container(stack: Stack, container: str) -> None:
    """One container of a service that may have several."""
    found = stack.inspect(container)
    stack.run(
        "docker", "run", "--rm", "--pid=host", "--network=none", "--user=0", "--entrypoint=sh",
        found["Image"], "-c", f"kill -9 {found['State']['Pid']}",
    )  # fmt: skip
    wait_until(
        f"{found['Name']} is started again by the engine",
        lambda: stack.inspect(container)["RestartCount"] > found["RestartCount"],
    )


def survive(stack: Stack, **disasters: Callable[[], object]) -> str:
    """Let each disaster happen while its step of a run is at work; it ends in a promotion.

    Forced: the gate knows these listings from `test_pipeline`, and refuses them a second time.
    """
    before = stack.mlflow.production()
    run = stack.airflow.trigger(data=LISTINGS, force=True)
    for step, disaster in disasters.items():
        stack.airflow.wait_for_task(run, step, "running")
        disaster()
    assert stack.airflow.wait_for_end(run) == "success"
    assert stack.airflow.states(run) == PROMOTED
    assert stack.mlflow.production() > before
    assert_consistent(stack)
    return run


def assert_consistent(stack: Stack) -> None:
    """Nothing half done: no orphans in Airflow and MLflow, and one version in production."""
    stack.wait_until_healthy()
    assert not stack.airflow.unfinished()
    runs = {each["run_id"]: each for each in stack.mlflow.runs()}
    assert not [each for each in runs.values() if each["status"] == "RUNNING"]
    versions = stack.mlflow.versions()
    assert len({each["run_id"] for each in versions.values()}) == len(versions)
    aliases = stack.mlflow.aliases()
    assert set(aliases) == {"production"}, "nothing is staged once a run has ended"
    champion = versions[aliases["production"]]
    assert runs[champion["run_id"]]["tags"]["outcome"] == "promoted"
    tickets = stack.mlflow.versions(f"{champion['name']}-promotions")
    states = {
        each["value"]
        for ticket in tickets.values()
        for each in ticket["tags"]
        if each["key"] == "state"
    }
    assert "open" not in states, "a promotion never ended"
    wait_until("no service keeps the files of models", lambda: not find_fetched_files(stack))


def find_fetched_files(stack: Stack) -> list[str]:
    """Folders of files fetched from the registry, in the memory of what opens models."""
    search = ("find", "/tmp", "-name", "carprice-*")
    services = ("airflow-worker", "streamlit", "api")
    return [
        found
        for service in services
        for found in stack.compose("exec", "-T", service, *search).split()
    ]


def test_a_worker_killed_in_mid_training_costs_one_attempt(started: Stack) -> None:
    run = survive(started, train_model=lambda: kill(started, "airflow-worker"))
    assert started.airflow.tasks(run)["train_model"]["try_number"] == 2


def test_a_run_outlives_a_restart_of_postgres(started: Stack) -> None:
    survive(started, train_model=lambda: started.compose("restart", "postgres"))


def test_a_run_outlives_a_restart_and_the_death_of_redis(started: Stack) -> None:
    survive(
        started,
        train_model=lambda: started.compose("restart", "redis"),
        evaluate_model=lambda: kill(started, "redis"),
    )


def test_a_step_that_logs_outlives_half_a_minute_without_mlflow(started: Stack) -> None:
    def outage() -> None:
        started.compose("stop", "mlflow")
        time.sleep(MLFLOW_AWAY_SECONDS)
        started.compose("start", "mlflow")

    survive(started, train_model=outage)


def test_a_run_outlives_the_death_of_the_scheduler(started: Stack) -> None:
    survive(started, train_model=lambda: kill(started, "airflow-scheduler"))


@pytest.mark.usefixtures("three_workers")
def test_two_runs_at_once_on_three_workers_promote_once(started: Stack) -> None:
    # To the first start's, so that both could be better.
    started.compose("exec", "-T", "streamlit", "carprice", "rollback", "--to", "1")
    first, second = (started.airflow.trigger(data=LISTINGS) for _ in range(2))
    assert [started.airflow.wait_for_end(run) for run in (first, second)] == ["success"] * 2
    assert started.airflow.run(first)["end_date"] <= started.airflow.run(second)["start_date"]
    assert started.airflow.states(first) == PROMOTED
    assert started.airflow.states(second)["promote_to_production"] == "skipped"
    tags = started.mlflow.run_of(first)["tags"]
    assert started.mlflow.production() == int(tags["version"])
    hosts = {
        each["hostname"] for run in (first, second) for each in started.airflow.tasks(run).values()
    }
    assert len(hosts) > 1
    assert_consistent(started)
