"""The watched stack: all is scraped, boards and alerts have their figures, people hear of trouble.

Two things go wrong; each is told, and told to be over. `make alert-drill` has eight of them.
"""

import datetime
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from browsing import estimate_logan, visit
from conftest import free_ports
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import Browser
from printed import stack_commands
from stack import Stack, wait_until
from terminal import type_command
from test_full_disk import full
from test_survival import LISTINGS, draw_listings, listings  # noqa: F401
from watched import (
    FIRED,
    OVER,
    Hook,
    draw_board,
    firing,
    hasten,
    name_metrics,
    query,
    read_boards,
    wait_for_all,
)

PATIENCE = 1200
"""Seconds that a start may take on a busy machine."""
ALERT_SECONDS = 300
JOBS = {
    "api", "page", "streamlit", "mlflow", "airflow", "postgres", "redis", "nginx", "node", "pages",
    "prometheus", "alertmanager", "grafana",
}  # fmt: skip
EXPIRE = (
    "exec", "-T", "alertmanager", "sh", "-c",
    'for each in $(amtool --alertmanager.url=http://127.0.0.1:9093 silence query --quiet); do '
    'amtool --alertmanager.url=http://127.0.0.1:9093 silence expire "$each"; done',
)  # fmt: skip
PRINTED = [each for each in stack_commands() if re.search("exec -T (prometheus|alert)", each)]
LOGS = "scripts/logs.sh --since 30m"
METRIC = re.compile(
    r"\b(?:carprice|airflow|probe|pg|redis|node|mlflow|nginx|process|alertmanager|prometheus)_\w+|\bup\b"
)
OF_EVENTS = {
    "airflow_task_instances_without_heartbeats_killed", "probe_ssl_earliest_cert_expiry",
    "carprice_backup_last_success_timestamp_seconds",
    "carprice_restore_drill_last_success_timestamp_seconds",
}  # fmt: skip
"""There once a task was killed, where there is a domain, and where backups were asked for."""
NARROW = "\u202f"
PRICE = re.compile(rf"([\d{NARROW}]+) DH")
Trouble = Callable[[Stack, Hook], AbstractContextManager[None]]
DRILL = pytest.mark.skipif(
    not os.environ.get("CARPRICE_ALERT_DRILL"), reason="make alert-drill runs it"
)
TOLD = {
    "SchedulerSilent", "ServiceDown", "PipelineFailed", "BackupTooOld", "DiskFull", "ApiErrorsFast",
    "MarketShifted", "CertificateEnded",
}  # fmt: skip
LAST_MONITORING = {
    "at": 1.8e9, "verdict": "act", "run_id": "drill", "version": 1, "late_prices": 500,
    "live_error": 14.0, "expected_error": 8.0, "estimated_error": 9.0, "coverage": 0.78,
    "coverage_asked": 0.8, "drift": {"fuel": 0.3}, "drift_limit": {"fuel": 0.1},
}  # fmt: skip


def write_ended_pair(folder: Path) -> Path:
    """A certificate that ended yesterday, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "hook")])
    today = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - datetime.timedelta(days=90))
        .not_valid_after(today - datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain
    )
    path = folder / "ended.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return folder


@pytest.fixture(scope="module")
def hook(started: Stack) -> Iterator[Hook]:
    pair = started.folder / "pair"
    pair.mkdir()
    with Hook(started, write_ended_pair(pair)).running() as made:
        yield made
    shutil.rmtree(pair)


@pytest.fixture(scope="module")
def watched(started: Stack, hook: Hook) -> Iterator[Stack]:
    """Switched on by one line of .env and a start, and off again."""
    env, rules = started.folder / ".env", started.folder / "deploy" / "monitoring"
    before = env.read_text(encoding="utf-8")
    shutil.copytree(rules, started.folder / "rules")
    address = f"http://{hook.name}:8080"
    settings = {
        "CARPRICE_MONITORING": "true",
        "CARPRICE_WEBHOOK_URL": f"{address}/hook",
        "CARPRICE_HEARTBEAT_URL": f"{address}/alive",
        "GRAFANA_PORT": free_ports(1)[0],
    }
    text = before
    for name, value in settings.items():
        text = re.sub(rf"^{name}=.*", f"{name}={value}", text, flags=re.M)
    env.write_text(text, encoding="utf-8")
    hasten(started)
    started.run("./docker-start-full.sh", timeout=PATIENCE)
    yield started
    env.write_text(before, encoding="utf-8")
    shutil.rmtree(rules)
    (started.folder / "rules").rename(rules)
    started.run("./docker-start-full.sh", timeout=PATIENCE)


@pytest.fixture(scope="module")
def busy(watched: Stack, browser: Browser) -> Stack:
    """After a run, a rollback, a load, and what people ask."""
    looks = len(watched.monitoring.runs())
    run = watched.airflow.trigger(data=LISTINGS, force=True)
    assert watched.airflow.wait_for_end(run) == "success"
    wait_until("a look follows", lambda: len(watched.monitoring.runs()) > looks)
    assert watched.monitoring.wait_for_end(watched.monitoring.runs()[-1]["dag_run_id"]) == "success"
    # What its verdict is depends on the listings.
    watched.mlflow.tag_model("monitoring", json.dumps(LAST_MONITORING | {"verdict": "watch"}))
    watched.compose("exec", "-T", "airflow-worker", "carprice", "rollback")
    with visit(browser, watched.page) as page:
        estimate_logan(page)
    known = {"make": "Dacia", "model": "Logan", "model_year": 2018, "mileage_km": 120_000}
    odd = {"make": "Dacia"}, known | {"make": "Soucoupe"}
    for car in (*[known] * 13, *odd) * 4:
        requests.post(f"{watched.address('api')}/v1/estimate", json=car, timeout=20)
        time.sleep(0.2)
    time.sleep(60)  # figures of the model as a whole are read once a minute
    return watched


def test_all_is_scraped(watched: Stack) -> None:
    def all_up() -> bool:
        (found,) = query(watched, "up == 1")
        return {each["metric"]["job"] for each in found} == JOBS

    wait_until("all is scraped", all_up)


def test_each_question_of_each_board_has_an_answer(busy: Stack, pictures: Path) -> None:
    boards = read_boards(busy)
    told = [each["lines"] for board in boards.values() for each in board["pictures"]]
    lines = [line for each in told for line in each.values()]
    silent = [line for line, found in zip(lines, query(busy, *lines), strict=True) if not found]
    assert not silent
    for name, board in boards.items():
        draw_board(busy, board, pictures / f"board-{name}.png", minutes=5)


def test_each_alert_asks_for_figures_that_are_there(busy: Stack) -> None:
    text = (busy.folder / "deploy" / "monitoring" / "alerts.yml").read_text(encoding="utf-8")
    rules = [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]
    query(busy, *(rule["expr"] for rule in rules))  # each is read
    asked = {name for rule in rules for name in METRIC.findall(rule["expr"])}
    assert asked - name_metrics(busy) <= OF_EVENTS


def test_nobody_is_told_of_a_stack_that_is_well(busy: Stack, hook: Hook) -> None:
    wait_until("nothing fires", lambda: firing(busy) == {"Watchdog"}, ALERT_SECONDS)
    wait_until("a sign of life reaches the outside", hook.heartbeats)


def test_where_estimates_got_worse_a_version_is_trained(busy: Stack) -> None:
    # Cars that no version has learnt from: only theirs are late prices.
    dear = busy.folder / "data" / "raw" / "cher.annonces"
    dear.write_text(PRICE.sub(raise_price, draw_listings(busy, seed=11)), encoding="utf-8")
    (asset,) = busy.airflow.call("GET", "/assets?name_pattern=read_listings")["assets"]
    event = {"asset_id": asset["id"], "extra": {"source": dear.name}}
    busy.airflow.call("POST", "/assets/events", **event)
    look = wait_for_look(busy, dear.name)
    assert look["tags"]["verdict"] == "act"
    run = f"monitoring__{look['run_id']}"
    assert busy.airflow.wait_for_end(run) == "success"
    assert busy.mlflow.run_of(run)["tags"]["source"] == dear.name
    told = [busy.monitoring.states(each["dag_run_id"]) for each in busy.monitoring.runs()]
    (retrained,) = [states for states in told if states.get("retrain") == "success"]
    assert retrained["tell_people"] == "skipped", "the alert tells"
    busy.mlflow.tag_model("monitoring", json.dumps(LAST_MONITORING | {"verdict": "none"}))


@pytest.mark.parametrize("command", PRINTED)
def test_printed_questions_are_answered(busy: Stack, command: str) -> None:
    assert type_command(busy, command)
    if "silence add" in command:
        busy.compose(*EXPIRE)


def test_logs_are_read_in_one_place_by_time(busy: Stack) -> None:
    answer = requests.post(f"{busy.address('api')}/v1/estimate", json={}, timeout=20)
    lines = [line.split(" ", 2) for line in busy.run(*LOGS.split()).splitlines()]
    times = [time for time, *_ in lines]
    assert times == sorted(times)
    assert {service for _, service, _ in lines} > {"api", "streamlit", "mlflow", "task"}
    asked = [text for _, service, text in lines if service == "api" and "answered" in text]
    assert json.loads(asked[-1])["request"] == answer.headers["x-request-id"]
    tasks = [json.loads(text) for _, service, text in lines if service == "task"]
    assert {"train_model", "evaluate_model"} < {
        each["task"].removeprefix("task_id=").rpartition("/")[2] for each in tasks
    }
    runs = {each["run_id"] for each in busy.mlflow.runs()}
    assert runs & {each["run"] for each in tasks if each.get("run") and each.get("run_id")}


def test_what_is_watched_is_reached_by_nobody_outside(watched: Stack) -> None:
    for service in ("streamlit", "api", "mlflow"):
        assert requests.get(f"{watched.address(service)}/metrics", timeout=20).status_code == 404
    for service in ("prometheus", "alertmanager", "notices", "node-exporter"):
        (container,) = watched.containers(service)
        assert not any(watched.inspect(container)["NetworkSettings"]["Ports"].values())


@contextmanager
def in_small_trouble(busy: Stack, hook: Hook) -> Iterator[None]:
    """A backup is old and a certificate has ended, until the block is left."""
    backup = busy.folder / "models" / "serving" / "backup.json"
    backup.write_text(json.dumps({"backup": {"at": time.time() - 2 * 86400}}))
    show_certificate(busy, f'"{hook.name}:8443"')
    yield
    show_certificate(busy, "")
    backup.unlink()


@contextmanager
def in_trouble(busy: Stack, hook: Hook) -> Iterator[None]:
    """Eight things are wrong, until the block is left."""
    bad = busy.airflow.trigger(data="nirgends.annonces")
    assert busy.airflow.wait_for_end(bad) == "failed"
    measured = {"version": busy.mlflow.production()}
    busy.mlflow.tag_model("monitoring", json.dumps(LAST_MONITORING | measured))
    time.sleep(65)
    busy.compose("stop", "airflow-scheduler", "mlflow")
    kept = [*(busy.folder / "models" / "serving").glob("*.skops")]
    for each in kept:
        each.rename(each.with_suffix(".away"))
    busy.compose("restart", "--timeout=1", "api")
    # What comes before is answered by the door: that is a service down.
    alive = f"{busy.address('api')}/livez"
    wait_until("the API answers", lambda: requests.get(alive, timeout=5).ok)
    ask(busy, 40, seconds=0.5)
    with full(busy.folder / "airflow" / "logs"), in_small_trouble(busy, hook):
        yield
    for each in kept:
        each.with_suffix(".away").rename(each)
    busy.compose("start", "mlflow", "airflow-scheduler")
    busy.wait_until_healthy()
    busy.mlflow.tag_model("monitoring", json.dumps(LAST_MONITORING | {"verdict": "none"}))
    assert busy.airflow.wait_for_end(busy.airflow.trigger(data=LISTINGS, force=True)) == "success"
    ask(busy, 1600)  # of what was asked in half an hour, little failed


def show_certificate(stack: Stack, target: str) -> None:
    """What the probe for certificates asks."""
    told = f'[{{"targets": [{target}]}}]'
    command = f"echo '{told}' >/tmp/certificates.json"
    stack.compose("exec", "-T", "prometheus", "sh", "-c", command)


def ask(stack: Stack, times: int, seconds: float = 0) -> None:
    """Ask for an estimate so many times, with a pause between."""
    with requests.Session() as client:
        for _ in range(times):
            client.post(f"{stack.address('api')}/v1/estimate", json={"make": "Dacia"}, timeout=20)
            time.sleep(seconds)


def raise_price(found: re.Match[str]) -> str:
    return f"{int(found[1].replace(NARROW, '')) * 11 // 10} DH"


def wait_for_look(stack: Stack, source: str) -> dict[str, Any]:
    """The run in MLflow of the look at a file, once it has ended."""

    def look() -> dict[str, Any] | None:
        looks = stack.mlflow.runs("car_price_monitoring")
        found = [each for each in looks if each["tags"].get("source") == source]
        return found[0] if found and found[0]["status"] == "FINISHED" else None

    return wait_until(f"{source} is looked at", look, ALERT_SECONDS)


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (in_small_trouble, {"BackupTooOld", "CertificateEnded"}),
        pytest.param(in_trouble, TOLD, marks=DRILL),
    ],
)
def test_trouble_is_told_and_told_to_be_over(
    busy: Stack, hook: Hook, trouble: Trouble, told: set[str]
) -> None:
    since = len(hook.told())
    with trouble(busy, hook):
        wait_for_all(told, lambda: hook.alerts(since, FIRED), ALERT_SECONDS)
    wait_for_all(told, lambda: hook.alerts(since, OVER), 2 * ALERT_SECONDS)
