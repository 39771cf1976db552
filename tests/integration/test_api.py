"""The API on real registries: stored versions opened and followed, and one that does not answer."""

import contextlib
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from starlette.testclient import TestClient
from tests.integration.children import wait_until
from tests.integration.conftest import Desk, closed_port

from carprice.api.app import build_app
from carprice.api.refusals import LARGEST_BODY
from carprice.api.schema import MOST_LISTINGS
from carprice.market.listing import EQUIPMENT
from carprice.serving import live_model
from carprice.settings import Settings, child_environment

CAR = {"make": "Dacia", "model": "Logan", "model_year": 2018, "mileage_km": "120 000 km"}
STACK = Path(__file__).parents[2] / "docker-compose-full.yml"
CROWD = 30


def test_the_version_in_production_answers_and_its_successor_from_its_promotion_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_model, "LOOK_AGAIN_SECONDS", 0.05)
    with TestClient(build_app(desk.settings), base_url="http://localhost") as client:
        first = client.post("/v1/estimate", json=CAR).json()
        assert first["version"] == 1
        assert first["low_mad"] < first["price_mad"] < first["high_mad"]
        assert client.get("/healthz").json()["since"]
        assert desk.run("promote", "2", "--force").code == 0
        wait_until(lambda: client.get("/healthz").json()["version"] == 2)
        # It was trained on the same listings.
        assert client.post("/v1/estimate", json=CAR).json() == first | {"version": 2}


def test_a_registry_that_does_not_answer_is_told_and_the_server_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    away = Settings(home=tmp_path, MLFLOW_TRACKING_URI=f"http://127.0.0.1:{closed_port()}")
    with TestClient(build_app(away), base_url="http://localhost") as client:
        refused = client.post("/v1/estimate", json=CAR)
        assert (refused.status_code, refused.json()["code"]) == (503, "registry_down")
        assert client.get("/livez").status_code == 200


@contextlib.contextmanager
def serving(desk: Desk, environment: dict[str, str]) -> Iterator[tuple[str, Callable[[], int]]]:
    """The API in a process of its own: its address, and the most memory that it took, in MiB."""
    port = closed_port()
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "carprice.api.server", f"--port={port}"),
        ],
        env={**child_environment(), **environment, "CARPRICE_HOME": str(desk.home)},
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        assert server.poll() is None
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(f"{address}/healthz", timeout=20).ok
        return False

    def tell_peak() -> int:
        told = Path(f"/proc/{server.pid}/status").read_text()
        return int(re.findall(r"VmHWM:\s+(\d+) kB", told)[0]) // 1024

    try:
        wait_until(answers)
        yield address, tell_peak
    finally:
        server.terminate()
        server.wait(20)


@pytest.mark.skipif(sys.platform != "linux", reason="where the kernel tells the peak of memory")
def test_a_crowd_of_large_requests_fits_into_the_memory_of_the_stack(desk: Desk) -> None:
    stack: dict[str, Any] = yaml.safe_load(STACK.read_text())["services"]["api"]
    freeing = {name: each for name, each in stack["environment"].items() if "MALLOC" in name}
    full = CAR | dict.fromkeys(EQUIPMENT, "Oui")
    body = json.dumps({"listings": [full] * MOST_LISTINGS}).encode().ljust(LARGEST_BODY)

    def ask(route: str) -> int:
        return requests.post(f"{address}/v1/{route}", data=body, timeout=120).status_code

    with serving(desk, freeing) as (address, tell_peak), ThreadPoolExecutor(CROWD) as crowd:
        for route, answered in (("estimates", 200), ("estimate", 422)):
            told = [*crowd.map(ask, [route] * CROWD)]
            assert set(told) == {answered, 503}
            assert requests.post(f"{address}/v1/estimate", json=CAR, timeout=20).ok
        assert tell_peak() < int(stack["mem_limit"].removesuffix("m"))
