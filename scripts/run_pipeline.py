"""Start a run of the pipeline on Airflow and follow it to its end.

python scripts/run_pipeline.py [--data FILE] [--force] [--again] [--only-if-no-production]

Asks Airflow's REST API at AIRFLOW_URL as AIRFLOW_ADMIN_USER with AIRFLOW_ADMIN_PASSWORD, or with
what /run/secrets/airflow_admin_password holds, and MLflow at MLFLOW_TRACKING_URI. Ends with 0 when
the run succeeded, or had nothing new to train on, 1 when it failed, 2 on wrong use, 3 when it
succeeded and the gate refused or held the model, 130 when interrupted (the run goes on).
"""

import argparse
import math
import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

DAG = "car_price_predictor_pipeline"
MODEL, ALIAS = "CarPricePredictor", "production"
TRAINING_TASK, GATED_TASK = "train_model", "promote_to_production"
SUCCEEDED, FAILED, REFUSED, INTERRUPTED = 0, 1, 3, 130
PASSWORD = Path("/run/secrets/airflow_admin_password")
PARSING_LIMIT = 180.0
"""Seconds that Airflow may take, after its start, to read the DAG's file."""

OUTAGES = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)


class PipelineError(Exception):
    """What ends the following, in one sentence."""


class Stopwatch:
    def __init__(self, limit: float) -> None:
        self.start, self.limit = time.monotonic(), limit

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.start

    def check(self, trouble: str, limit: float = math.inf) -> None:
        if self.seconds > min(limit, self.limit):
            raise PipelineError(f"Given up after {self.seconds:.0f} s: {trouble}")

    def tell(self, text: str) -> None:
        print(f"  {self.seconds:4.0f} s  {text}", flush=True)


class Service:
    """A server that is asked over HTTP; outages within the stopwatch's limit are waited for."""

    def __init__(self, name: str, url: str, watch: Stopwatch, interval: float) -> None:
        self.name, self.url = f"{name} at {url}", url.rstrip("/")
        self.watch, self.interval = watch, interval
        self.session = requests.Session()
        # A proxy for the outside has no part in what is asked within the stack.
        self.session.trust_env = False

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        """The first answer below 500."""
        told = False
        while True:
            try:
                answer = self.session.request(method, self.url + path, timeout=15, **options)
                if answer.status_code < 500:
                    return answer
                trouble = f"answers {answer.status_code}"
            except OUTAGES:
                trouble = "does not answer"
            if not told:
                self.watch.tell(f"{self.name} {trouble}; waiting for it")
                told = True
            self.watch.check(f"{self.name} {trouble}")
            time.sleep(self.interval)


class Airflow(Service):
    """The REST API, asked of one DAG."""

    def __init__(self, url: str, login: dict[str, str], watch: Stopwatch, interval: float) -> None:
        super().__init__("Airflow", url, watch, interval)
        self.login = login

    def ask_dag(self, method: str, path: str, **body: Any) -> requests.Response:
        """What the API answers; a missing or outlived token is renewed once."""
        address, content = f"/api/v2/dags/{DAG}{path}", body or None
        answer = self.ask(method, address, json=content)
        if answer.status_code == 401:
            self._log_in()
            answer = self.ask(method, address, json=content)
        return answer

    def read(self, path: str) -> dict[str, Any]:
        return expect(self.ask_dag("GET", path), 200)

    def _log_in(self) -> None:
        self.session.headers.pop("Authorization", None)
        answer = self.ask("POST", "/auth/token", json=self.login)
        if answer.status_code in {400, 401, 403}:
            raise PipelineError(
                f"Airflow refuses the login {self.login['username']!r}: "
                "AIRFLOW_ADMIN_USER and AIRFLOW_ADMIN_PASSWORD must be those of its administrator"
            )
        self.session.headers["Authorization"] = f"Bearer {expect(answer, 201)['access_token']}"


def expect(answer: requests.Response, code: int) -> dict[str, Any]:
    if answer.status_code != code:
        raise PipelineError(
            f"{answer.url} answered {answer.status_code} where {code} was expected: "
            f"{answer.text[:500]}"
        )
    return dict(answer.json())


def main() -> int:
    asked = parse_arguments()
    environment = os.environ  # noqa: TID251 (a door of its own, outside the package)
    login = {
        "username": environment.get("AIRFLOW_ADMIN_USER", "admin"),
        "password": environment.get("AIRFLOW_ADMIN_PASSWORD") or read_password(),
    }
    airflow_url = environment.get("AIRFLOW_URL", "http://localhost:8080")
    mlflow_url = environment.get("MLFLOW_TRACKING_URI", "http://mlflow:5000")
    watch = Stopwatch(asked.timeout)
    airflow = Airflow(airflow_url, login, watch, asked.interval)
    mlflow = Service("MLflow", mlflow_url, watch, asked.interval)
    try:
        return run_pipeline(asked, airflow, mlflow)
    except (PipelineError, requests.RequestException) as error:
        print(error, file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("Interrupted; a run that was started goes on.", file=sys.stderr)
        return INTERRUPTED


def read_password() -> str:
    return PASSWORD.read_text(encoding="utf-8") if PASSWORD.exists() else "admin"


def run_pipeline(asked: argparse.Namespace, airflow: Airflow, mlflow: Service) -> int:
    run = None
    if asked.only_if_no_production:
        if version := find_production(mlflow):
            airflow.watch.tell(f"version {version} is in production already; no run was started")
            return SUCCEEDED
        run = find_active_run(airflow)
    return follow(airflow, run or trigger(airflow, build_conf(asked)))


def parse_arguments() -> argparse.Namespace:
    summary, _, end = (__doc__ or "").split("\n\n")
    parser = argparse.ArgumentParser(description=summary, epilog=end)
    parser.add_argument("--data", metavar="FILE", help="name of a file in data/raw")
    parser.add_argument("--force", action="store_true", help="promote against the gate's word")
    parser.add_argument("--again", action="store_true", help="train also where nothing has changed")
    parser.add_argument(
        "--only-if-no-production", action="store_true",
        help="do nothing when a version is in production; follow a run that is under way",
    )  # fmt: skip
    parser.add_argument(
        "--timeout", type=float, default=1800, metavar="SECONDS",
        help="stop following after this long (default: %(default)s); the run goes on",
    )  # fmt: skip
    parser.add_argument(
        "--interval", type=float, default=1, metavar="SECONDS",
        help="time between two questions (default: %(default)s)",
    )  # fmt: skip
    return parser.parse_args()


def build_conf(asked: argparse.Namespace) -> dict[str, Any]:
    """What was not asked for stays at the DAG's own default."""
    given = {"data": asked.data, "force": asked.force, "again": asked.again}
    return {name: value for name, value in given.items() if value}


def find_production(mlflow: Service) -> str | None:
    """Version that the alias names. Asked of the model: an unset alias alone is an error 400."""
    answer = mlflow.ask("GET", f"/api/2.0/mlflow/registered-models/get?name={MODEL}")
    if answer.status_code == 404:
        return None
    aliases = expect(answer, 200)["registered_model"].get("aliases", [])
    return next((each["version"] for each in aliases if each["alias"] == ALIAS), None)


def find_active_run(airflow: Airflow) -> str | None:
    """A run under way, as after a start that was interrupted: a second one would only wait."""
    answer = airflow.ask_dag(
        "GET", "/dagRuns?state=running&state=queued&order_by=run_after&limit=1"
    )
    if answer.status_code == 404:
        return None
    runs = expect(answer, 200)["dag_runs"]
    if not runs:
        return None
    airflow.watch.tell(f"following the run under way, {runs[0]['dag_run_id']}")
    return str(runs[0]["dag_run_id"])


def trigger(airflow: Airflow, conf: dict[str, Any]) -> str:
    """Start a run once Airflow has read the DAG, and return its id.

    The id is ours, so that a request repeated after a lost answer starts no second run.
    """
    run_id = f"manual__{datetime.now(UTC).isoformat()}"
    waiting = False
    while not try_trigger(airflow, run_id, conf):
        if not waiting:
            airflow.watch.tell(f"waiting for Airflow to read the DAG {DAG}")
            waiting = True
        airflow.watch.check(
            f"Airflow knows no DAG {DAG} (does its file have errors? see the Airflow page)",
            PARSING_LIMIT,
        )
        time.sleep(airflow.interval)
    airflow.watch.tell(f"run {run_id} started")
    return run_id


def try_trigger(airflow: Airflow, run_id: str, conf: dict[str, Any]) -> bool:
    """Unpause the DAG and start the run; False while Airflow has not read the DAG."""
    unpaused = airflow.ask_dag("PATCH", "", is_paused=False)
    if unpaused.status_code == 404:
        return False
    expect(unpaused, 200)
    started = airflow.ask_dag("POST", "/dagRuns", dag_run_id=run_id, logical_date=None, conf=conf)
    if started.status_code == 404:
        return False
    # 409: the same request had come through, and its answer was lost.
    if started.status_code != 409:
        expect(started, 200)
    return True


def follow(airflow: Airflow, run_id: str) -> int:
    """Tell each change of a task's state until the run ends; the exit code."""
    states: dict[str, str] = {}
    address = f"/dagRuns/{quote(run_id, safe='')}"
    while True:
        run = airflow.read(address)
        # Asked after the run: once that has ended, these states are final.
        tasks = airflow.read(f"{address}/taskInstances?limit=100")["task_instances"]
        for name, state in list_changes(tasks, states):
            airflow.watch.tell(f"{name:<26} {state}")
        if run["state"] in {"success", "failed"}:
            return judge(run["state"], tasks, airflow.watch)
        airflow.watch.check(f"the run {run_id} is still {run['state']}; it goes on")
        time.sleep(airflow.interval)


def list_changes(tasks: list[dict[str, Any]], states: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Tasks whose state is new, in the order they started; `states` remembers them."""
    for task in sorted(tasks, key=lambda each: each["start_date"] or "~"):
        name, state = task["task_id"], task["state"]
        if state in {None, "scheduled"}:
            continue
        told = state if task["try_number"] <= 1 else f"{state} (try {task['try_number']})"
        if states.get(name) != told:
            states[name] = told
            yield name, told


def judge(run_state: str, tasks: list[dict[str, Any]], watch: Stopwatch) -> int:
    """A run counts as failed when any task did, even where the report after it went well."""
    states = {task["task_id"]: task["state"] for task in tasks}
    failed = [name for name, state in states.items() if state == "failed"]
    if run_state == "failed" or failed:
        watch.tell(f"the run failed: {', '.join(failed) or 'no task says why'}")
        return FAILED
    if states.get(TRAINING_TASK) == "skipped":
        watch.tell("the run ended well; nothing has changed, and nothing was trained")
        return SUCCEEDED
    if states.get(GATED_TASK) == "skipped":
        watch.tell("the run ended well; the gate refused or held the model, see its report")
        return REFUSED
    watch.tell("the run succeeded")
    return SUCCEEDED


if __name__ == "__main__":
    sys.exit(main())
