"""The API of the running stack: answers, promotions without a restart, an outage of MLflow."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from crowd import CAR, asking
from printed import api_commands, stack_commands
from stack import Stack, wait_until

from carprice.api.server import STARTING_SECONDS

RESTART = next(each for each in stack_commands() if "kill -HUP" in each)
CLIENTS = 4


def ask(stack: Stack, path: str, **body: object) -> requests.Response:
    method = "POST" if body else "GET"
    address = f"{stack.address('api')}{path}"
    return requests.request(method, address, json=body or None, timeout=20)


def health(stack: Stack) -> dict[str, Any]:
    answer = ask(stack, "/healthz")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def find_told(stack: Stack, what: str) -> set[Any]:
    """What /healthz tells: the processes that share the port find out by themselves."""
    return {health(stack)[what] for _ in range(8)}


def find_versions(stack: Stack) -> set[int]:
    return find_told(stack, "version")


@pytest.fixture
def production(started: Stack) -> Iterator[int]:
    """The version in production, which is so again afterwards."""
    before = started.mlflow.production()
    yield before
    started.mlflow.set_alias("production", before)
    wait_until("the API is back", lambda: find_versions(started) == {before})


@pytest.mark.parametrize("command", api_commands())
def test_a_printed_request_is_answered(started: Stack, command: str) -> None:
    here = command.replace("http://localhost:8000", started.address("api"))
    assert here != command
    assert started.run(*shlex.split(here), "--fail-with-body")


def test_it_answers_by_the_version_in_production(started: Stack, production: int) -> None:
    answer = ask(started, "/v1/estimate", **CAR).json()
    assert answer["version"] == health(started)["version"] == production
    assert 0 < answer["low_mad"] <= answer["price_mad"] <= answer["high_mad"]
    figures = started.figures()
    assert re.search(rf"^carprice_production_version {production}\.0$", figures, re.M)


def test_a_promotion_takes_over_without_a_restart(started: Stack, production: int) -> None:
    other = next(number for number in started.mlflow.versions() if number != production)
    started.compose("exec", "-T", "streamlit", "carprice", "promote", str(other), "--force")
    wait_until("it takes over", lambda: find_versions(started) == {other}, 60)
    started.compose("exec", "-T", "streamlit", "carprice", "rollback")
    (container,) = started.containers("api")
    assert started.inspect(container)["RestartCount"] == 0


def find_workers(stack: Stack) -> set[int]:
    """Processes that answer, as the container numbers them; beside the one that keeps them."""
    # One that ends while they are looked at is no failure, though grep calls it one.
    look = "grep -ls spawn_mai[n] /proc/[0-9]*/cmdline || true"
    told = stack.compose("exec", "-T", "api", "sh", "-c", look)
    return {int(each) for each in re.findall(r"/proc/(\d+)/cmdline", told)}


def test_a_planned_restart_loses_no_request(started: Stack) -> None:
    before = find_workers(started)
    with asking(started.address("api")) as asked:
        started.run(*shlex.split(RESTART.replace("exec api", "exec -T api")))
        wait_until("all are replaced", lambda: not before & find_workers(started), 300)
    assert len(asked.answered) > 10
    assert not asked.failed


def test_a_killed_process_loses_no_more_than_what_it_had_in_hand(started: Stack) -> None:
    before = find_workers(started)
    killed = max(before)
    with asking(started.address("api")) as asked:
        started.compose("exec", "-T", "api", "sh", "-c", f"kill -9 {killed}")
        # The keeper waits this long for a sign of one that was killed while asked for it.
        wait_until("it is replaced", lambda: find_workers(started) - before, STARTING_SECONDS + 60)
    assert len(asked.answered) > 10
    assert len(asked.failed) <= CLIENTS


def test_the_last_good_model_goes_on_while_mlflow_is_away(started: Stack, production: int) -> None:
    started.compose("stop", "mlflow")
    try:
        wait_until("the trouble is told", lambda: health(started)["trouble"])
        assert ask(started, "/v1/estimate", **CAR).json()["version"] == production
    finally:
        started.compose("start", "mlflow")
    wait_until("the trouble is over", lambda: health(started)["trouble"] is None)
    started.wait_until_healthy()
