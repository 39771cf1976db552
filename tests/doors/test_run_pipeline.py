"""scripts/run_pipeline.py against a small server that stands for Airflow and for MLflow."""

import io
import json
import os
import re
import runpy
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any
from unittest.mock import patch

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "run_pipeline.py"
DAG = "/api/v2/dags/car_price_predictor_pipeline"
TASKS = ["train_model", "promote_to_production", "send_pipeline_report"]
PASSWORD = "not-to-be-told"  # noqa: S105


class Stand:
    """What the server answers, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any]] = []
        self.aliases: list[dict[str, str]] | None = None  # None: no such model
        self.unread = 0  # times the DAG is not there yet
        self.broken: list[int | None] = []  # answers in advance: a status, None cuts the line
        self.lost_answers = 0  # runs that start without the answer coming through
        self.active: list[dict[str, str]] = []
        self.runs: dict[str, dict[str, Any]] = {}
        self.tokens: list[str] = []
        self.token_ends_at = 0  # number of the request before which all tokens end
        # States of (run, tasks…) at one look after the other; the last stays.
        self.looks: list[list[str | None]] = [
            ["queued", None, None, None],
            ["running", "queued", None, None],
            ["running", "running", "scheduled", None],
            ["running", "success", "running", None],
            ["success", "success", "success", "success"],
        ]

    def answer(self, method: str, path: str, body: Any, token: str | None) -> tuple[int, Any]:
        if path.startswith("/api/2.0/mlflow"):
            model = {"name": "CarPricePredictor"} | (
                {"aliases": self.aliases} if self.aliases else {}
            )
            return (404, {}) if self.aliases is None else (200, {"registered_model": model})
        if path == "/auth/token":
            right = body == {"username": "admin", "password": PASSWORD}
            self.tokens += [f"token-{len(self.asked)}"] * right
            return (201, {"access_token": self.tokens[-1]}) if right else (401, {"detail": "no"})
        if len(self.asked) == self.token_ends_at:
            self.tokens.clear()
        if token not in {f"Bearer {each}" for each in self.tokens}:
            return 401, {"detail": "Not authenticated"}
        return self.answer_dag(method, path.removeprefix(DAG), body)

    def answer_dag(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        if self.unread:
            self.unread -= method == "PATCH"
            return 404, {"detail": "not found"}
        if method == "PATCH":
            return 200, {"is_paused": False}
        if method == "POST":
            return self.start(body)
        if path.startswith("/dagRuns?"):
            return 200, {"dag_runs": self.active}
        if path.endswith("/taskInstances?limit=100"):
            _, *states = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
            return 200, {"task_instances": [*map(task, TASKS, states)]}
        return 200, {"state": self.looks[0][0]}

    def start(self, body: Any) -> tuple[int, Any]:
        if body["dag_run_id"] in self.runs:
            return 409, {"detail": "exists"}
        self.runs[body["dag_run_id"]] = body
        if self.lost_answers:
            self.lost_answers -= 1
            return 500, {}
        return 200, body


def task(name: str, state: str | None) -> dict[str, Any]:
    retried = state == "up_for_retry"
    return {
        "task_id": name, "state": state, "try_number": 2 if retried else 1,
        "start_date": f"2026-01-0{1 + TASKS.index(name)}" if state else None,
    }  # fmt: skip


@pytest.fixture
def stand() -> Iterator[tuple[Stand, str]]:
    told = Stand()

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else None
            told.asked.append((self.command, self.path, body))
            status = told.broken.pop(0) if told.broken else 0
            if status is None:
                self.close_connection = True
                return
            content: Any = {}
            if not status:
                status, content = told.answer(
                    self.command, self.path, body, self.headers.get("Authorization")
                )
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        do_GET = do_POST = do_PATCH = handle_any  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield told, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def spell(url: str, *words: str, password: str, **more: str) -> tuple[list[str], dict[str, str]]:
    """Command line and environment of the script."""
    return [str(SCRIPT), "--interval", "0.02", *words], {
        "AIRFLOW_URL": url, "MLFLOW_TRACKING_URI": url, "AIRFLOW_ADMIN_USER": "admin",
        "AIRFLOW_ADMIN_PASSWORD": password, **more,
    }  # fmt: skip


def run(url: str, *words: str, password: str = PASSWORD, **more: str) -> CompletedProcess[str]:
    """The script in this process: one of its own would do little but start."""
    arguments, environment = spell(url, *words, password=password, **more)
    out, err = io.StringIO(), io.StringIO()
    with (
        patch.dict(os.environ, environment, clear=True),  # noqa: TID251 - as a shell would
        patch.object(sys, "argv", arguments),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        runpy.run_path(str(SCRIPT), run_name="__main__")
    assert isinstance(ended.value.code, int)
    return CompletedProcess(arguments, ended.value.code, out.getvalue(), err.getvalue())


def changes(told: str) -> list[str]:
    """Lines without their seconds and gaps."""
    lines = [re.sub(r"^ +\d+ s +", "", line) for line in told.splitlines()]
    assert all(line != raw for line, raw in zip(lines, told.splitlines(), strict=True)), told
    return [re.sub(" +", " ", line) for line in lines]


def test_a_run_is_started_and_told_to_its_end(stand: tuple[Stand, str]) -> None:
    told, url = stand
    asked = ("--data", "avito.csv", "--force", "--again")
    arguments, environment = spell(url, *asked, password=PASSWORD)
    ended = subprocess.run(
        [sys.executable, *arguments],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    ((run_id, body),) = told.runs.items()
    assert body["logical_date"] is None
    assert body["conf"] == {"data": "avito.csv", "force": True, "again": True}
    assert changes(ended.stdout) == [
        f"run {run_id} started",
        "train_model queued", "train_model running", "train_model success",
        "promote_to_production running", "promote_to_production success",
        "send_pipeline_report success", "the run succeeded",
    ]  # fmt: skip
    assert ("PATCH", DAG, {"is_paused": False}) in told.asked
    assert not any("mlflow" in path for _, path, _ in told.asked)
    assert PASSWORD not in ended.stdout + ended.stderr


def test_what_is_not_asked_for_stays_at_the_default_of_the_dag(stand: tuple[Stand, str]) -> None:
    told, url = stand
    assert run(url).returncode == 0
    assert [body["conf"] for body in told.runs.values()] == [{}]


@pytest.mark.parametrize(
    ("end", "code", "said"),
    [
        (["success", "success", "skipped", "success"], 3, "the gate refused or held the model"),
        (["success", "skipped", "skipped", "success"], 0, "nothing has changed"),
        (["failed", "failed", "upstream_failed", "success"], 1, "the run failed: train_model"),
        (["success", "failed", "upstream_failed", "success"], 1, "the run failed: train_model"),
        (["failed", None, None, None], 1, "the run failed: no task says why"),
    ],
)
def test_each_end_has_its_code(
    stand: tuple[Stand, str], end: list[str | None], code: int, said: str
) -> None:
    told, url = stand
    told.looks = [["running", "up_for_retry", None, None], end]
    ended = run(url)
    assert ended.returncode == code
    assert said in changes(ended.stdout)[-1]
    assert "train_model up_for_retry (try 2)" in changes(ended.stdout)


@pytest.mark.parametrize(
    ("aliases", "starts"),
    [
        (None, True),
        ([], True),
        ([{"alias": "staging", "version": "2"}], True),
        ([{"alias": "staging", "version": "2"}, {"alias": "production", "version": "1"}], False),
    ],
)
def test_a_first_run_is_started_only_without_a_production_model(
    stand: tuple[Stand, str], aliases: list[dict[str, str]] | None, starts: bool
) -> None:
    told, url = stand
    told.aliases = aliases
    ended = run(url, "--only-if-no-production")
    assert ended.returncode == 0, ended.stderr
    assert len(told.runs) == starts
    assert ("version 1 is in production already" in ended.stdout) != starts
    assert starts or not any(path.startswith("/api/v2") for _, path, _ in told.asked)


def test_a_run_under_way_is_followed_instead_of_a_second_one(stand: tuple[Stand, str]) -> None:
    told, url = stand
    told.active = [{"dag_run_id": "scheduled__2026-01-05T03:00:00+00:00"}]
    ended = run(url, "--only-if-no-production")
    assert ended.returncode == 0
    assert told.runs == {}
    assert "following the run under way, scheduled__2026-01-05T03:00:00+00:00" in ended.stdout
    followed = f"{DAG}/dagRuns/scheduled__2026-01-05T03%3A00%3A00%2B00%3A00"
    assert ("GET", followed, None) in told.asked


def test_a_dag_that_is_not_read_yet_is_waited_for(stand: tuple[Stand, str]) -> None:
    told, url = stand
    told.unread = 3
    ended = run(url, "--only-if-no-production")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count("waiting for Airflow to read the DAG") == 1
    assert len(told.runs) == 1


def test_a_dag_that_never_comes_ends_the_waiting(stand: tuple[Stand, str]) -> None:
    told, url = stand
    told.unread = 1_000_000
    ended = run(url, "--timeout", "0.5")
    assert ended.returncode == 1
    assert "Airflow knows no DAG car_price_predictor_pipeline" in ended.stderr


def test_outages_of_both_are_survived(stand: tuple[Stand, str]) -> None:
    told, url = stand
    told.broken = [503, None, 0, None, 500, 502]
    ended = run(url, "--only-if-no-production")
    assert ended.returncode == 0, ended.stderr
    assert f"MLflow at {url} answers 503; waiting for it" in ended.stdout
    assert f"Airflow at {url} does not answer; waiting for it" in ended.stdout
    assert len(told.runs) == 1


def test_an_answer_that_is_lost_starts_no_second_run(stand: tuple[Stand, str]) -> None:
    told, url = stand
    told.lost_answers = 1
    ended = run(url)
    assert ended.returncode == 0, ended.stderr
    assert [method for method, path, _ in told.asked if path == f"{DAG}/dagRuns"] == ["POST"] * 2
    assert len(told.runs) == 1


def test_a_token_that_ends_is_renewed(stand: tuple[Stand, str]) -> None:
    told, url = stand
    told.token_ends_at = 8
    assert run(url).returncode == 0
    assert [path for _, path, _ in told.asked].count("/auth/token") == 2


def test_a_wrong_password_is_said_without_repeating_it(stand: tuple[Stand, str]) -> None:
    _, url = stand
    ended = run(url, password="another")  # noqa: S106
    assert ended.returncode == 1
    assert "Airflow refuses the login 'admin'" in ended.stderr
    assert "AIRFLOW_ADMIN_PASSWORD" in ended.stderr
    assert "another" not in ended.stderr + ended.stdout


def test_a_refused_request_tells_what_airflow_says(stand: tuple[Stand, str]) -> None:
    told, url = stand
    told.start = lambda _: (400, {"detail": "Dag has import errors"})  # type: ignore[method-assign]
    ended = run(url)
    assert ended.returncode == 1
    assert "answered 400 where 200 was expected" in ended.stderr
    assert "Dag has import errors" in ended.stderr


def test_a_run_that_takes_too_long_is_left_and_said(stand: tuple[Stand, str]) -> None:
    told, url = stand
    told.looks = [["running", "running", None, None]]
    ended = run(url, "--timeout", "0.5")
    assert ended.returncode == 1
    assert re.search(
        r"Given up after \d+ s: the run manual__.* is still running; it goes on", ended.stderr
    )


def test_no_airflow_at_all_ends_within_the_limit() -> None:
    ended = run("http://127.0.0.1:1", "--timeout", "0.3")
    assert ended.returncode == 1
    assert "Airflow at http://127.0.0.1:1 does not answer" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_proxy_for_the_outside_has_no_part(stand: tuple[Stand, str]) -> None:
    _, url = stand
    away = "http://127.0.0.1:1"
    assert run(url, "--timeout", "5", HTTP_PROXY=away, http_proxy=away).returncode == 0


def test_wrong_use_ends_with_2() -> None:
    ended = run("", "--dat", "x", "--nope")
    assert ended.returncode == 2
    assert "usage: run_pipeline.py" in ended.stderr
