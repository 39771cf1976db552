"""The probe of the stack's health checks, against a small server."""

import http.server
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PROBE = Path(__file__).parents[2] / "deploy" / "check_health.py"
HEALTH = b'{"metadatabase": {"status": "healthy"}, "triggerer": {"status": null}}'


LATE_SECONDS = 2


class Service(http.server.BaseHTTPRequestHandler):
    """Answers to the name `mlflow:5000` alone, like a server that checks its Host header."""

    def do_GET(self) -> None:
        known = self.headers["Host"] == "mlflow:5000"
        self.send_response(200 if known and self.path == "/health" else 403)
        self.end_headers()
        self.wfile.write(HEALTH)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def probe(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-IS", PROBE, "--patience=0", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_service_that_answers_its_clients_is_healthy(port: int) -> None:
    asked = probe(port, "/health", "--as=mlflow:5000", "metadatabase.status=healthy")
    assert (asked.returncode, asked.stderr) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["/health"], "answered 403"),
        (["/nowhere", "--as=mlflow:5000"], "answered 403"),
        (["/health", "--as=mlflow:5000", "triggerer.status=healthy"], "not triggerer.status"),
        (["/health", "--as=mlflow:5000", "scheduler.status=healthy"], "not scheduler.status"),
    ],
)
def test_a_service_that_does_not_is_not(port: int, arguments: list[str], found: str) -> None:
    asked = probe(port, *arguments)
    assert asked.returncode == 1
    assert found in asked.stderr


def test_a_closed_port_is_said() -> None:
    asked = probe(1, "/health")
    assert asked.returncode == 1
    assert "ConnectionRefusedError" in asked.stderr


def test_a_service_that_comes_up_while_it_is_asked_is_healthy() -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), Service, bind_and_activate=False) as late:
        late.server_bind()  # until it listens too, it refuses connections

        def come_up() -> None:
            late.server_activate()
            late.handle_request()

        threading.Timer(LATE_SECONDS, come_up).start()
        began = time.monotonic()
        asked = probe(late.server_port, "/health", "--as=mlflow:5000", "--patience=30")
    assert (asked.returncode, asked.stderr) == (0, "")
    assert LATE_SECONDS / 2 <= time.monotonic() - began < LATE_SECONDS * 5
