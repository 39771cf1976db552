"""Stopped and started again: everything is still there."""

import hashlib
import time
from pathlib import Path
from typing import Any

import pytest
from browsing import estimate_logan, visit
from playwright.sync_api import Browser
from stack import Stack

PATIENCE = 1200
"""Seconds that a start may take on a busy machine."""
WAYS = {
    "./docker-stop-full.sh": "./docker-start-full.sh",
    "docker compose -f docker-compose-full.yml down": (
        "docker compose -f docker-compose-full.yml up -d"
    ),
}


def hash_files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def list_users(stack: Stack) -> list[str]:
    question = "SELECT username FROM ab_user ORDER BY 1"
    return stack.compose(
        "exec", "-T", "postgres", "psql", "-U", "airflow", "airflow", "-qAtc", question
    ).split()


def take_stock(stack: Stack, browser: Browser) -> dict[str, Any]:
    """All that must outlive the containers."""
    runs = stack.airflow.runs()
    with visit(browser, stack.page) as page:
        estimate = estimate_logan(page)
    return {
        "users": list_users(stack),
        "pipeline runs": {each["dag_run_id"]: each["state"] for each in runs},
        "first log": stack.airflow.log(runs[0]["dag_run_id"], "check_data_quality"),
        "aliases": stack.mlflow.aliases(),
        "versions": sorted(stack.mlflow.versions()),
        "estimate": estimate,
        "listings": hash_files(stack.folder / "data" / "raw"),
        "models": hash_files(stack.folder / "models"),
        "settings": (stack.folder / ".env").read_text(),
    }


@pytest.fixture(scope="module")
def stock(started: Stack, browser: Browser) -> dict[str, Any]:
    """Taken once: nothing that follows may change it."""
    return take_stock(started, browser)


@pytest.mark.parametrize(("stop", "start"), WAYS.items(), ids=["scripts", "compose"])
def test_everything_is_still_there_after_a_stop_and_a_start(
    started: Stack, browser: Browser, stock: dict[str, Any], stop: str, start: str
) -> None:
    began = time.monotonic()
    started.run(*stop.split())
    stopped = time.monotonic()
    assert not started.run("docker", "ps", "--quiet", "--all", f"--filter=label={label(started)}")
    started.run(*start.split(), timeout=PATIENCE)
    started.wait_until_healthy()
    print(f"\n{stop}: {stopped - began:.0f} s")
    print(f"{start}, until all is healthy: {time.monotonic() - stopped:.0f} s")
    assert take_stock(started, browser) == stock


def label(stack: Stack) -> str:
    return f"com.docker.compose.project={stack.variables['COMPOSE_PROJECT_NAME']}"


def test_starting_what_runs_is_harmless(
    started: Stack, browser: Browser, stock: dict[str, Any]
) -> None:
    started.run("./docker-start-full.sh", timeout=PATIENCE)
    assert take_stock(started, browser) == stock
