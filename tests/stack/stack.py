"""The running stack as its users reach it: scripts, `docker compose`, and four addresses."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import requests

DAG = "car_price_predictor_pipeline"
MODEL = "CarPricePredictor"
STEPS = (
    "check_data_quality",
    "train_model",
    "evaluate_model",
    "promote_to_staging",
    "validate_staging_model",
    "promote_to_production",
    "send_pipeline_report",
)
SERVICES = (
    "postgres",
    "redis",
    "mlflow",
    "streamlit",
    "api",
    "doors",
    "airflow-webserver",
    "airflow-scheduler",
    "airflow-dag-processor",
    "airflow-worker",
    "airflow-triggerer",
)
WELL = {"healthy"}
DOOR = "postgres-door"
"""What development runs besides."""
ENDED = frozenset({"success", "failed"})
UNFINISHED = ("scheduled", "queued", "running", "restarting", "up_for_retry", "deferred")

T = TypeVar("T")


def wait_until(what: str, look: Callable[[], T], seconds: float = 120) -> T:
    """The first truth that `look` finds; outages of what it asks are waited for too."""
    deadline, seen = time.monotonic() + seconds, None
    while time.monotonic() < deadline:
        try:
            if found := look():
                return found
        except requests.RequestException as outage:
            seen = outage
        time.sleep(0.5)
    raise AssertionError(f"{what}: not within {seconds} s (last trouble: {seen})")


@contextmanager
def name_server(*domains: str) -> Iterator[None]:
    """What a name server would say: these are names of this machine."""
    look_up = socket.getaddrinfo

    def look_up_here(host: Any, *rest: Any, **named: Any) -> Any:
        return look_up("127.0.0.1" if host in domains else host, *rest, **named)

    socket.getaddrinfo = look_up_here
    try:
        yield
    finally:
        socket.getaddrinfo = look_up


@dataclass(frozen=True)
class Stack:
    """A clone of the project with a stack of its own beside any other on this machine."""

    folder: Path
    variables: dict[str, str] = field(repr=False)
    user: dict[str, Any] = field(default_factory=dict)
    """Who runs commands, as subprocess takes it; whoever runs the tests otherwise."""

    def run(
        self, *command: str, check: bool = True, timeout: float = 600, given: str | None = None
    ) -> str:
        """What a command printed; in the folder, with the stack's variables.

        given: what it reads on its standard input.
        """
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**os.environ, **self.variables},
            capture_output=True,
            text=True,
            input=given,
            timeout=timeout,
            check=False,
            **self.user,
        )
        output = done.stdout + done.stderr
        assert not check or done.returncode == 0, (
            f"{command} ended with {done.returncode}: {output}"
        )
        return output

    def compose(self, *arguments: str, check: bool = True) -> str:
        return self.run("docker", "compose", *arguments, check=check)

    def containers(self, service: str) -> list[str]:
        return self.compose("ps", "--quiet", service).split()

    def inspect(self, container: str) -> dict[str, Any]:
        return json.loads(self.run("docker", "inspect", container))[0]

    def health(self) -> dict[str, list[str]]:
        """State of health of each container that runs, by service."""
        project = f"label=com.docker.compose.project={self.variables['COMPOSE_PROJECT_NAME']}"
        columns = '{{.Label "com.docker.compose.service"}}\t{{.Status}}'
        listed = self.run("docker", "ps", "--filter", project, "--format", columns)
        found: dict[str, list[str]] = {service: [] for service in SERVICES}
        for line in listed.splitlines():
            service, status = line.split("\t")
            if service in found:
                found[service].append(status.rpartition("(")[2].rstrip(")"))
        return found

    def wait_until_healthy(self, seconds: float = 180) -> None:
        """Until every service is; those that are not are named."""
        deadline = time.monotonic() + seconds
        while unwell := {name: each for name, each in self.health().items() if {*each} != WELL}:
            assert time.monotonic() < deadline, unwell
            time.sleep(0.5)

    def address(self, service: str) -> str:
        port = "AIRFLOW_PORT" if service == "airflow-webserver" else f"{service.upper()}_PORT"
        return f"http://127.0.0.1:{self.variables[port]}"

    def ask_postgres(self, password: str, role: str = "airflow") -> str:
        """What a program of this machine is answered at the published port."""
        (postgres,) = self.containers("postgres")
        image = self.inspect(postgres)["Config"]["Image"]
        port = self.variables["POSTGRES_PORT"]
        client = ("docker", "run", "--rm", "--network=host", "--env", "PGPASSWORD", image, "psql")
        where = (f"--host=127.0.0.1 --port={port} --username={role} {role}").split()
        asking = Stack(self.folder, {**self.variables, "PGPASSWORD": password}, self.user)
        return asking.run(*client, *where, "-qAtc", "SELECT 6 * 7", check=False)

    def figures(self) -> str:
        """What the API tells Prometheus; from within, as it is closed to the outside."""
        ask = "from urllib.request import *; print(urlopen('http://localhost:8000/metrics').read().decode())"
        return self.compose("exec", "-T", "api", "python", "-c", ask)

    @property
    def page(self) -> str:
        return self.address("streamlit")

    def receipt(self, version: int) -> dict[str, Any]:
        """The receipt in `models/` of a version."""
        path = self.folder / "models" / f"{MODEL}-v{version}.json"
        return json.loads(path.read_text(encoding="utf-8"))

    @cached_property
    def airflow(self) -> "Airflow":
        return Airflow(self.address("airflow-webserver"))

    @cached_property
    def monitoring(self) -> "Airflow":
        return Airflow(self.address("airflow-webserver"), "car_price_monitoring")

    @cached_property
    def search(self) -> "Airflow":
        return Airflow(self.address("airflow-webserver"), "car_price_search")

    @cached_property
    def mlflow(self) -> "MLflow":
        return MLflow(self.address("mlflow"))


class Airflow:
    """Airflow's REST API, as its administrator."""

    def __init__(self, address: str, dag: str = DAG) -> None:
        self.address = address
        self.dag = dag
        self.login = "admin", "admin"
        self.token = ""

    def call(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        def send() -> requests.Response:
            return requests.request(
                method,
                f"{self.address}/api/v2{path}",
                json=body or None,
                headers={"Authorization": f"Bearer {self.token}"},
                timeout=20,
            )

        answer = send()
        if answer.status_code == 401:
            login = dict(zip(("username", "password"), self.login, strict=True))
            renewed = requests.post(f"{self.address}/auth/token", json=login, timeout=20)
            renewed.raise_for_status()
            self.token = renewed.json()["access_token"]
            answer = send()
        answer.raise_for_status()
        return answer.json()

    def trigger(self, **conf: Any) -> str:
        body = {"logical_date": None, "conf": conf}
        return str(self.call("POST", f"/dags/{self.dag}/dagRuns", **body)["dag_run_id"])

    def runs(self) -> list[dict[str, Any]]:
        path = f"/dags/{self.dag}/dagRuns?order_by=run_after&limit=100"
        return self.call("GET", path)["dag_runs"]

    def run(self, run_id: str) -> dict[str, Any]:
        return self.call("GET", f"/dags/{self.dag}/dagRuns/{quote(run_id)}")

    def tasks(self, run_id: str) -> dict[str, dict[str, Any]]:
        found = self.call("GET", f"/dags/{self.dag}/dagRuns/{quote(run_id)}/taskInstances")
        return {each["task_id"]: each for each in found["task_instances"]}

    def mapped(self, run_id: str, task: str) -> list[dict[str, Any]]:
        """Instances of a task that is mapped."""
        asked = f"task_id={task}&limit=100"
        path = f"/dags/{self.dag}/dagRuns/{quote(run_id)}/taskInstances?{asked}"
        found = self.call("GET", path)["task_instances"]
        return [each for each in found if each["map_index"] >= 0]

    def unfinished(self) -> list[str]:
        """Runs and tasks of any run that are neither over nor skipped."""
        runs = [each["dag_run_id"] for each in self.runs() if each["state"] not in ENDED]
        waiting = "&".join(f"state={state}" for state in UNFINISHED)
        found = self.call("GET", f"/dags/{self.dag}/dagRuns/~/taskInstances?{waiting}")
        return runs + [
            f"{each['task_id']} of {each['dag_run_id']}" for each in found["task_instances"]
        ]

    def states(self, run_id: str) -> dict[str, str]:
        return {name: str(each["state"]) for name, each in self.tasks(run_id).items()}

    def wait_for_task(self, run_id: str, task: str, state: str, seconds: float = 300) -> None:
        wait_until(f"{task} is {state}", lambda: self.states(run_id).get(task) == state, seconds)

    def wait_for_end(self, run_id: str, seconds: float = 600) -> str:
        """How a run ended: success or failed."""

        def ended() -> str | None:
            state = str(self.run(run_id)["state"])
            return state if state in ENDED else None

        return wait_until(f"{run_id} ends", ended, seconds)

    def log(self, run_id: str, task: str, attempt: int = 1) -> list[dict[str, Any]]:
        """What an attempt at a task logged, an entry each with its event and details."""
        path = f"/dags/{self.dag}/dagRuns/{quote(run_id)}/taskInstances/{task}/logs/{attempt}"
        entries: list[dict[str, Any]] = self.call("GET", path)["content"]
        return entries


class MLflow:
    """MLflow's REST API."""

    def __init__(self, address: str) -> None:
        self.address = f"{address}/api/2.0/mlflow"

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        answer = requests.get(f"{self.address}/{path}", params=query, timeout=20)
        answer.raise_for_status()
        return answer.json()

    def production(self) -> int:
        found = self.get("registered-models/alias", name=MODEL, alias="production")
        return int(found["model_version"]["version"])

    def set_alias(self, alias: str, version: int) -> None:
        body = {"name": MODEL, "alias": alias, "version": str(version)}
        answer = requests.post(f"{self.address}/registered-models/alias", json=body, timeout=20)
        answer.raise_for_status()

    def register_stranger(self, like: int) -> int:
        """A version with the files of another one, as MLflow alone registers it: without a tag."""
        source = self.versions()[like]["source"]
        body = {"name": MODEL, "source": source, "model_id": source.rpartition("/")[2]}
        answer = requests.post(f"{self.address}/model-versions/create", json=body, timeout=20)
        answer.raise_for_status()
        return int(answer.json()["model_version"]["version"])

    def forge_promotion(self, number: int, like: int) -> None:
        """A ticket by hand for a version, with the file hashes of another, and the alias on it."""
        versions, ledger = self.versions(), f"{MODEL}-promotions"
        tags = {"action": "promote", "to": str(number), "state": "done", "receipt_sha256": "0"}
        body = {
            "name": ledger,
            "source": f"models:/{MODEL}/{number}",
            "tags": [{"key": key, "value": each} for key, each in tags.items()],
        }
        hashes = {each["key"]: each["value"] for each in versions[like]["tags"]}["file_hashes"]
        tag = {"name": MODEL, "version": str(number), "key": "file_hashes", "value": hashes}
        for path, content in (("create", body), ("set-tag", tag)):
            answer = requests.post(
                f"{self.address}/model-versions/{path}", json=content, timeout=20
            )
            answer.raise_for_status()
        self.set_alias("production", number)

    def delete_version(self, number: int) -> None:
        body = {"name": MODEL, "version": str(number)}
        answer = requests.delete(f"{self.address}/model-versions/delete", json=body, timeout=20)
        answer.raise_for_status()

    def tag_model(self, key: str, value: str) -> None:
        body = {"name": MODEL, "key": key, "value": value}
        answer = requests.post(f"{self.address}/registered-models/set-tag", json=body, timeout=20)
        answer.raise_for_status()

    def aliases(self) -> dict[str, int]:
        model = self.get("registered-models/get", name=MODEL)["registered_model"]
        return {each["alias"]: int(each["version"]) for each in model.get("aliases", [])}

    def versions(self, model: str = MODEL) -> dict[int, dict[str, Any]]:
        found = self.get("model-versions/search", filter=f"name='{model}'", max_results=200)
        return {int(each["version"]): each for each in found.get("model_versions", [])}

    def runs(self, experiment: str = "car_price_prediction") -> list[dict[str, Any]]:
        """Runs of an experiment, the newest first, with their tags as a mapping."""
        found = self.get("experiments/get-by-name", experiment_name=experiment)
        body = {
            "experiment_ids": [found["experiment"]["experiment_id"]],
            "max_results": 200,
            "order_by": ["attributes.start_time DESC"],
        }
        answer = requests.post(f"{self.address}/runs/search", json=body, timeout=20)
        answer.raise_for_status()
        found = answer.json().get("runs", [])
        return [
            {
                **each["info"],
                "tags": {tag["key"]: tag["value"] for tag in each["data"].get("tags", [])},
            }
            for each in found
        ]

    def run_of(self, pipeline_run: str) -> dict[str, Any]:
        """The newest run of one run of the DAG."""
        return next(
            each for each in self.runs() if each["tags"].get("pipeline_run") == pipeline_run
        )
