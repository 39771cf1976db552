"""The commands that README and guide print, typed at a terminal beside the stack, in order."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from browsing import visit
from playwright.sync_api import Browser, expect
from printed import stack_commands
from stack import SERVICES, Stack
from terminal import type_command
from test_monitoring import PRINTED as OF_MONITORING

HERE = Path(__file__).parent
LATER = re.compile(
    r"^\./docker-|^make |^scripts/| down$|--scale|carprice sign|exec -T (prometheus|alertmanager) "
)
RUN_HERE = [each for each in stack_commands() if not LATER.search(each)]
RUN_LATER = [each for each in stack_commands() if LATER.search(each)]
SHELL = "docker compose exec mlflow bash"
TRAIN = "docker compose exec streamlit python scripts/train_with_mlflow.py"
NEW_USER = next(each for each in RUN_HERE if "airflow users create" in each)
WRITTEN = ("data/processed", "data/sample", "models", "mlflow/mlruns", "airflow/logs")

Show = Callable[[str], str]


@pytest.fixture(scope="module")
def show(started: Stack) -> Show:
    """What a printed command showed; it is run once."""
    screens: dict[str, str] = {}

    def run_once(command: str) -> str:
        assert command in RUN_HERE, "neither README nor guide print it"
        if command not in screens:
            typed = "echo $((6 * 7)); exit\n" if command == SHELL else ""
            screens[command] = type_command(started, command, typed)
            if {"start", "restart", "up"} & set(command.split()):
                started.wait_until_healthy()
        return screens[command]

    return run_once


@pytest.mark.parametrize("command", RUN_HERE)
def test_a_printed_command_works(show: Show, command: str) -> None:
    show(command)


def test_what_is_printed_and_not_run_here_is_run_by_other_tests() -> None:
    names = ("conftest", "test_way_back", "test_survival", "test_stop", "test_reset")
    names += ("test_production", "test_rotation", "test_backup", "test_sign_in", "test_upgrade")
    names += ("test_fire_drill", "test_monitoring")
    run = "".join((HERE / f"{name}.py").read_text(encoding="utf-8") for name in names)
    missing = [each for each in RUN_LATER if each not in run and each not in OF_MONITORING]
    assert missing == ["make stack-test"]


@pytest.mark.parametrize("named", ["", "-f docker-compose-full.yml "])
def test_ps_lists_every_service(show: Show, named: str) -> None:
    listed = show(f"docker compose {named}ps")
    assert all(re.search(rf"-{service}-\d", listed) for service in SERVICES)


def test_logs_shows_the_last_lines_of_a_service(show: Show) -> None:
    shown = show("docker compose -f docker-compose-full.yml logs --tail=100 airflow-webserver")
    lines = shown.splitlines()
    assert 10 < len(lines) <= 101
    assert all(line.startswith("airflow-webserver-1 ") for line in lines)


def test_the_predictor_is_told_where_mlflow_is(show: Show) -> None:
    assert "MLFLOW_TRACKING_URI=http://mlflow:5000\n" in show("docker compose exec streamlit env")


def test_a_shell_opens_in_a_container(show: Show) -> None:
    assert "\n42\n" in show(SHELL)


def test_a_user_who_was_created_can_log_in(started: Stack, show: Show) -> None:
    words = NEW_USER.split()
    name, password = (words[words.index(option) + 1] for option in ("--username", "--password"))
    assert "admin" in show("docker compose exec airflow-webserver airflow users list")
    show(NEW_USER)
    answers = {
        said: requests.post(
            f"{started.address('airflow-webserver')}/auth/token",
            json={"username": name, "password": said},
            timeout=60,
        ).status_code
        for said in (password, "wrong")
    }
    assert answers == {password: 201, "wrong": 401}


def read_trained(show: Show) -> int:
    return int(re.findall(r"^CarPricePredictor version (\d+)$", show(TRAIN), re.M)[-1])


def test_training_by_hand_registers_a_version_that_the_page_names_at_once(
    started: Stack, show: Show, browser: Browser
) -> None:
    trained = read_trained(show)
    assert trained == max(started.mlflow.versions())
    assert trained != started.mlflow.production()
    with visit(browser, started.page) as page:
        newest = page.get_by_text(f"Dernière version entraînée : version {trained}")
        expect(newest).to_be_visible()


def test_training_by_hand_leaves_a_copy_in_models(started: Stack, show: Show) -> None:
    name = f"CarPricePredictor-v{read_trained(show)}.skops"
    assert (started.folder / "models" / name).exists()


@pytest.mark.parametrize("role_and_base", ["airflow airflow", "airflow mlflow", "mlflow mlflow"])
def test_a_dump_can_be_read_on_the_terminal(started: Stack, role_and_base: str) -> None:
    shown = type_command(started, f"docker compose exec postgres pg_dump -U {role_and_base}")
    table = "model_versions" if role_and_base.endswith("mlflow") else "dag_run"
    assert f"CREATE TABLE public.{table} (" in shown
    assert "PostgreSQL database dump complete" in shown


def test_what_containers_write_belongs_to_whoever_started_the_stack(started: Stack) -> None:
    owner = int(re.findall(r"^AIRFLOW_UID=(\d+)$", (started.folder / ".env").read_text(), re.M)[0])
    written = [
        path
        for folder in WRITTEN
        for path in (started.folder / folder).rglob("*")
        if path.name != ".gitkeep"
    ]
    assert {path.relative_to(started.folder).parts[0] for path in written} >= {
        "data", "models", "mlflow", "airflow",
    }  # fmt: skip
    others = [path for path in written if path.stat().st_uid != owner]
    closed = [path for path in written if path.is_dir() and path.stat().st_mode & 0o700 != 0o700]
    assert not others
    assert not closed, "what lies in these folders cannot be deleted"
