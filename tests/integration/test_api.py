"""The API on real registries: stored versions opened and followed, and one that does not answer."""

import contextlib
import json
import re
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import psutil
import pytest
import requests
import yaml
from crowd import CAR, asking
from starlette.testclient import TestClient
from tests.integration.children import wait_until
from tests.integration.conftest import Desk, closed_port

from carprice.api.app import build_app
from carprice.api.connection import HEAD_SECONDS
from carprice.api.places import GRACE_SECONDS, MOST_LARGE
from carprice.api.refusals import LARGEST_BODY, PATIENCE_SECONDS
from carprice.api.schema import MOST_LISTINGS
from carprice.api.server import STARTING_SECONDS
from carprice.market.listing import EQUIPMENT
from carprice.serving import live_model
from carprice.settings import Settings, child_environment

STACK = Path(__file__).parents[2] / "docker-compose-full.yml"
CROWD = 30
HOST, WORKERS = "127.0.0.1", 2
JSON = {"Content-Type": "application/json"}
FULL = CAR | dict.fromkeys(EQUIPMENT, "Oui")
LARGE = json.dumps({"listings": [FULL] * MOST_LISTINGS}).encode().ljust(LARGEST_BODY)


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


class Served(NamedTuple):
    """The API as the stack runs it: its address, and the one process that keeps the others."""

    address: str
    keeper: psutil.Process

    @property
    def workers(self) -> list[psutil.Process]:
        # Beside them there is one of Python's own, which keeps count of what they share.
        found = []
        for each in self.keeper.children():
            with contextlib.suppress(psutil.NoSuchProcess):  # one that has just ended
                found += [each] if "spawn_main" in str(each.cmdline()) else []
        return found

    @property
    def peak(self) -> int:
        """Most memory that each process took, together, in MiB."""
        told = [
            Path(f"/proc/{each.pid}/status").read_text()
            for each in (self.keeper, *self.keeper.children())
        ]
        return sum(int(re.findall(r"VmHWM:\s+(\d+) kB", each)[0]) for each in told) // 1024

    @property
    def connection(self) -> socket.socket:
        return socket.create_connection((HOST, urlsplit(self.address).port), timeout=60)


@contextlib.contextmanager
def serving(desk: Desk, environment: Mapping[str, str] = MappingProxyType({})) -> Iterator[Served]:
    """The API in processes of its own, as many as the stack has."""
    port = closed_port()
    server = psutil.Popen(
        [
            *(sys.executable, "-m", "carprice.api.server"),
            *(f"--port={port}", f"--workers={WORKERS}"),
        ],
        env={**child_environment(), **environment, "CARPRICE_HOME": str(desk.home)},
    )
    served = Served(f"http://{HOST}:{port}", server)

    def answers() -> bool:
        assert server.poll() is None
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(f"{served.address}/healthz", timeout=60).ok
        return False

    try:
        wait_until(answers)
        yield served
    finally:
        server.terminate()
        server.wait(60)


@pytest.mark.skipif(sys.platform != "linux", reason="where the kernel tells the peak of memory")
def test_a_crowd_of_large_requests_fits_into_the_memory_of_the_stack(desk: Desk) -> None:
    stack: dict[str, Any] = yaml.safe_load(STACK.read_text())["services"]["api"]
    assert f"--workers={WORKERS}" in stack["command"]
    freeing = {name: each for name, each in stack["environment"].items() if "MALLOC" in name}

    def ask(route: str) -> int:
        address = f"{served.address}/v1/{route}"
        return requests.post(address, data=LARGE, headers=JSON, timeout=120).status_code

    with serving(desk, freeing) as served, ThreadPoolExecutor(CROWD) as crowd:
        for route, answered in (("estimates", 200), ("estimate", 422)):
            told = {*crowd.map(ask, [route] * CROWD)}
            # Where the machine is slow, one that arrives slowly gives way.
            assert {answered, 503} <= told <= {answered, 503, 408}
            assert requests.post(f"{served.address}/v1/estimate", json=CAR, timeout=20).ok
        assert served.peak < int(stack["mem_limit"].removesuffix("m"))


def test_a_planned_restart_loses_no_request_and_a_killed_process_its_own_alone(
    desk: Desk,
) -> None:
    with serving(desk) as served:
        wait_until(lambda: len(served.workers) == WORKERS)
        before = {*served.workers}
        with asking(served.address) as asked:
            served.keeper.send_signal(signal.SIGHUP)
            wait_until(lambda: before.isdisjoint(served.workers), 300)
        assert len(asked.answered) > 10
        assert not asked.failed
        killed = served.workers[0]
        with asking(served.address) as asked:
            killed.kill()
            # The keeper waits this long for a sign of one that was killed while asked for it.
            wait_until(lambda: len({*served.workers} - {killed}) == WORKERS, STARTING_SECONDS + 60)
        assert len(asked.answered) > 10
        assert len(asked.failed) <= 4, "more than each client had under way"
        counted = requests.get(f"{served.address}/metrics", timeout=20).text
        told = re.findall(r"^carprice_estimates_total.* (\S+)$", counted, re.M)
        assert sum(map(float, told)) > len(asked.answered)
        assert "carprice_production_version 1.0" in counted
        assert "pid=" not in counted, "how production stands is told by who answers, and once"


def test_clients_that_keep_it_waiting_hold_up_nobody(desk: Desk) -> None:
    head = b"POST /v1/estimates HTTP/1.1\r\nHost: localhost\r\n"
    large = b"Content-Type: application/json\r\nContent-Length: 8000000\r\n\r\n{"
    with serving(desk) as served, contextlib.ExitStack() as opened:
        slow = opened.enter_context(served.connection)
        slow.sendall(head)
        for _ in range(4 * WORKERS * MOST_LARGE):
            stalled = opened.enter_context(served.connection)
            stalled.sendall(head + large)
        time.sleep(GRACE_SECONDS)

        def is_answered() -> bool:
            address = f"{served.address}/v1/estimates"
            return requests.post(address, data=LARGE, headers=JSON, timeout=120).ok

        for _ in range(2 * WORKERS):
            wait_until(is_answered, PATIENCE_SECONDS / 2)  # sooner than those that stall give up
        began = time.monotonic()
        assert slow.recv(1) == b"", "its head was never whole"
        assert time.monotonic() - began < HEAD_SECONDS
