"""The API of the running stack: answers, promotions without a restart, an outage of MLflow."""

import re
import shlex
from collections.abc import Iterator

import pytest
import requests
from printed import api_commands
from stack import Stack, wait_until

LOGAN = {"make": "Dacia", "model": "Logan", "model_year": 2018, "mileage_km": "120 000 km"}


def ask(stack: Stack, path: str, **body: object) -> requests.Response:
    method = "POST" if body else "GET"
    address = f"{stack.address('api')}{path}"
    return requests.request(method, address, json=body or None, timeout=20)


def health(stack: Stack) -> dict[str, object]:
    answer = ask(stack, "/healthz")
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


@pytest.fixture
def production(started: Stack) -> Iterator[int]:
    """The version in production, which is so again afterwards."""
    before = started.mlflow.production()
    yield before
    started.mlflow.set_alias("production", before)
    wait_until("the API is back", lambda: health(started)["version"] == before)


@pytest.mark.parametrize("command", api_commands())
def test_a_printed_request_is_answered(started: Stack, command: str) -> None:
    here = command.replace("http://localhost:8000", started.address("api"))
    assert here != command
    assert started.run(*shlex.split(here), "--fail-with-body")


def test_it_answers_by_the_version_in_production(started: Stack, production: int) -> None:
    answer = ask(started, "/v1/estimate", **LOGAN).json()
    assert answer["version"] == health(started)["version"] == production
    assert 0 < answer["low_mad"] <= answer["price_mad"] <= answer["high_mad"]
    figures = ask(started, "/metrics").text
    assert re.search(rf"^carprice_api_production_version {production}\.0$", figures, re.M)


def test_a_promotion_takes_over_without_a_restart(started: Stack, production: int) -> None:
    other = next(number for number in started.mlflow.versions() if number != production)
    started.compose("exec", "-T", "streamlit", "carprice", "promote", str(other), "--force")
    wait_until("it takes over", lambda: health(started)["version"] == other, 60)
    assert ask(started, "/v1/estimate", **LOGAN).json()["version"] == other
    started.compose("exec", "-T", "streamlit", "carprice", "rollback")
    (container,) = started.containers("api")
    assert started.inspect(container)["RestartCount"] == 0


def test_the_last_good_model_goes_on_while_mlflow_is_away(started: Stack, production: int) -> None:
    started.compose("stop", "mlflow")
    try:
        wait_until("the trouble is told", lambda: health(started)["trouble"])
        assert ask(started, "/v1/estimate", **LOGAN).json()["version"] == production
    finally:
        started.compose("start", "mlflow")
    wait_until("the trouble is over", lambda: health(started)["trouble"] is None)
    started.wait_until_healthy()
