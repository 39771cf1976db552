"""The MLflow server goes away, refuses or loses its answers while steps are at work."""

import http.client
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.integration.conftest import PIPELINE_RUN, Desk, closed_port, tidied, write_small_project

from carprice.errors import RegistryError
from carprice.pipeline import steps
from carprice.promotion.ledger import LEASE_SECONDS, Move, move_production, tickets
from carprice.registry.client import MODEL_NAME, PRODUCTION, Registry
from carprice.registry.records import FILES_TAG, Version
from carprice.workspace import Workspace

AWAY_SECONDS = 3.0
Answer = tuple[int, bytes]


class Relay(ThreadingHTTPServer):
    """Stands before the server and hands requests on, unless it is told to do otherwise."""

    daemon_threads = True

    def __init__(self, upstream: str, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.upstream = upstream.removeprefix("http://")
        self.behave: Callable[[Handler], bool] = lambda _: False
        """Answers a request itself and returns True, or leaves it to the server."""


class Handler(BaseHTTPRequestHandler):
    server: Relay

    def handle_any(self) -> None:
        if not self.server.behave(self):
            self.send(*self.forward())

    def read(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def forward(self) -> Answer:
        body = self.read()
        with closing(http.client.HTTPConnection(self.server.upstream, timeout=30)) as connection:
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            return answer.status, answer.read()

    def send(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def cut(self) -> bool:
        self.connection.shutdown(socket.SHUT_RDWR)
        return True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def relaying(upstream: str, port: int) -> Iterator[Relay]:
    with Relay(upstream, port) as relay:
        threading.Thread(target=relay.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield relay
        finally:
            relay.shutdown()


@pytest.fixture
def port() -> int:
    return closed_port()


@pytest.fixture
def upstream(empty_server: Callable[[], str]) -> str:
    return empty_server()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """As workers of the stack are."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "7")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "1")


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "0")


@pytest.fixture
def work(port: int, upstream: str, tmp_path: Path) -> Iterator[Workspace]:
    """A workspace whose registry is connected through the relay's port."""
    home = tmp_path / "project"
    write_small_project(home)
    desk = Desk(home, tmp_path / "scratch", f"http://127.0.0.1:{port}")
    work = replace(desk.work, pipeline_run=f"{PIPELINE_RUN}/{port}")
    with relaying(upstream, port):
        assert work.registry
    for _ in tidied(desk):
        yield work


def write_and_read(registry: Registry, run_id: str) -> None:
    """A bit of everything that steps do."""
    registry.log(run_id, tags={"a": "tag"}, metrics={"a": 1.0})
    registry.log_text(run_id, "some text", "folder/text.md")
    assert registry.read_text(run_id, "folder/text.md") == "some text"
    registry.find_alias(PRODUCTION)


def each_request(registry: Registry, run_id: str) -> dict[str, Callable[[], Any]]:
    return {
        "tag": lambda: registry.log(run_id, tags={"a": "tag"}),
        "upload": lambda: registry.log_text(run_id, "other text", "text.md"),
        "download": lambda: registry.read_text(run_id, "text.md"),
        "alias": lambda: registry.find_alias(PRODUCTION),
        "close": lambda: registry.end_run(run_id, "FINISHED"),
        "register": lambda: registry.ensure_model(MODEL_NAME, "a model"),
    }


@pytest.mark.usefixtures("patient")
def test_a_server_that_is_away_for_a_while_is_waited_for(
    work: Workspace, upstream: str, port: int
) -> None:
    with relaying(upstream, port):
        run_id = work.registry.start_run("a run", {})
    comes_back = threading.Event()

    def come_back() -> None:
        time.sleep(AWAY_SECONDS)
        with relaying(upstream, port):
            comes_back.wait(60)

    back = threading.Thread(target=come_back)
    back.start()
    started = time.monotonic()
    write_and_read(work.registry, run_id)
    assert time.monotonic() - started > AWAY_SECONDS
    comes_back.set()
    back.join()


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("trouble", [503, 500, "cut"])
def test_a_server_in_trouble_for_a_while_is_waited_for(
    work: Workspace, upstream: str, port: int, trouble: int | str
) -> None:
    with relaying(upstream, port) as relay:
        run_id = work.registry.start_run("a run", {})
        until = time.monotonic() + AWAY_SECONDS
        told = 0

        def behave(handler: Handler) -> bool:
            nonlocal told
            if time.monotonic() > until:
                return False
            told += 1
            if trouble == "cut":
                return handler.cut()  # in the middle of an upload
            handler.read()
            handler.send(int(trouble), b"{}")
            return True

        relay.behave = behave
        work.registry.log_text(run_id, "long " * 100_000, "long.md")
        assert told > 1
        assert work.registry.read_text(run_id, "long.md") == "long " * 100_000
        write_and_read(work.registry, run_id)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("trouble", ["refused", "cut", 503, 403, 404])
def test_what_stays_in_trouble_is_a_registry_error_to_be_tried_again(
    work: Workspace, upstream: str, port: int, trouble: int | str
) -> None:
    with relaying(upstream, port):
        run_id = work.registry.start_run("a run", {})
        work.registry.log_text(run_id, "some text", "text.md")

    def behave(handler: Handler) -> bool:
        if trouble == "cut":
            return handler.cut()
        handler.read()
        handler.send(int(trouble), b"404 page not found")
        return True

    def ask_all() -> None:
        for ask in each_request(work.registry, run_id).values():
            with pytest.raises(RegistryError, match="the registry at http") as caught:
                ask()
            assert caught.value.retryable

    if trouble == "refused":
        ask_all()
        return
    with relaying(upstream, port) as relay:
        relay.behave = behave
        ask_all()


@pytest.mark.usefixtures("patient")
def test_a_host_that_the_server_does_not_know_is_said_and_not_asked_again(
    work: Workspace, upstream: str, port: int
) -> None:
    with relaying(upstream, port) as relay:
        run_id = work.registry.start_run("a run", {})
        told = 0

        def behave(handler: Handler) -> bool:
            nonlocal told
            told += 1
            handler.read()
            handler.send(403, b"Invalid Host header")
            return True

        relay.behave = behave
        requests = each_request(work.registry, run_id)
        for ask in requests.values():
            with pytest.raises(RegistryError, match="403"):
                ask()
        assert told == len(requests)


def test_a_desk_without_room_for_the_files_says_so(
    work: Workspace, upstream: str, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with relaying(upstream, port):
        registry = work.registry
        monkeypatch.setattr(tempfile, "tempdir", "/nowhere-to-fetch-to")
        with (
            pytest.raises(RegistryError, match="nowhere-to-fetch-to") as caught,
            registry.files(Version(1, "a run", {}, datetime.now(UTC))),
        ):
            pytest.fail("nothing was fetched")
    assert caught.value.retryable


@pytest.mark.usefixtures("patient")
def test_the_alias_is_moved_at_once_or_not_at_all(
    work: Workspace, upstream: str, port: int
) -> None:
    registry = work.registry
    asked: list[str] = []

    def behave(handler: Handler) -> bool:
        asked.append(handler.path)
        return handler.cut()

    with relaying(upstream, port) as relay:
        registry.ensure_model(MODEL_NAME, "a model")
        relay.behave = behave
        with pytest.raises(RegistryError):
            registry.set_alias_now(PRODUCTION, 1)
    assert len(asked) == 1
    with pytest.raises(RegistryError):
        registry.set_alias_now(PRODUCTION, 1)  # of nobody


def losing_answers(*ends: str) -> Callable[[Handler], bool]:
    """The server does as asked, and the first answer to each request is lost on the way."""
    left = list(ends)

    def behave(handler: Handler) -> bool:
        lost = next((each for each in left if handler.path.endswith(each)), None)
        if lost is None:
            return False
        left.remove(lost)
        handler.forward()
        return handler.cut()

    return behave


@pytest.mark.usefixtures("patient")
@pytest.mark.filterwarnings("ignore")  # of MLflow, when it stores a model
def test_lost_answers_leave_one_run_one_version_and_one_ticket_at_work(
    work: Workspace, upstream: str, port: int
) -> None:
    """MLflow's client sends such a request again, and the server does everything twice."""
    registry = work.registry
    with relaying(upstream, port) as relay:
        relay.behave = losing_answers("/runs/create", "/model-versions/create", "/runs/delete-tag")
        run_id = steps.check_data_quality(work, work.settings.home / "listings.csv").run_id
        assert len(registry.runs(status="RUNNING", pipeline_run=work.pipeline_run)) == 2
        registry.log(run_id, tags={"outcome": "failed", "reason": "to be taken back"})
        version = steps.train_model(work, run_id)
        assert FILES_TAG in version.tags
        assert [each.number for each in registry.versions() if each.run_id == run_id] == [
            version.number
        ]
        relay.behave = losing_answers("/model-versions/create", "/registered-models/alias")
        move = Move(version, None, "promote", "tests", work.pipeline_run)
        started = time.monotonic()
        drawn = move_production(registry, move)
        assert time.monotonic() - started < LEASE_SECONDS, "it waited for its own lost ticket"
        twice = [each for each in tickets(registry) if move.is_attempted_by(each)]
        assert [each.tags["state"] for each in twice] == ["abandoned", "done"]
        assert drawn.number == twice[1].number
        production = registry.find_alias(PRODUCTION)
        assert production
        assert production.number == version.number
        registry.log(run_id, tags={"outcome": "promoted"})
        steps.send_pipeline_report(work, run_id)
        ended = registry.runs(pipeline_run=work.pipeline_run)
        assert {each.run_id == run_id: each.status for each in ended} == {
            True: "FINISHED", False: "KILLED",
        }  # fmt: skip
