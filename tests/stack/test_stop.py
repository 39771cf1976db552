"""Stopped and started again: everything is still there."""

import hashlib
import time
from pathlib import Path
from typing import Any

from browsing import estimate_logan, visit
from playwright.sync_api import Browser
from stack import Stack
from terminal import type_command

PATIENCE = 1200
"""Seconds that a start may take on a busy machine."""


def hash_files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def hash_models(stack: Stack) -> dict[str, str]:
    """Of what is kept in `models/`; what page and API put there for themselves comes and goes."""
    found = hash_files(stack.folder / "models")
    return {name: each for name, each in found.items() if not name.startswith("serving/")}


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
        "models": hash_models(stack),
        "settings": (stack.folder / ".env").read_text(),
    }


def test_everything_is_still_there_after_a_stop_by_script_and_a_start_by_compose(
    started: Stack, browser: Browser
) -> None:
    stock = take_stock(started, browser)
    began = time.monotonic()
    started.run("./docker-stop-full.sh")
    stopped = time.monotonic()
    assert not started.compose("ps", "--all", "--quiet")
    type_command(started, "docker compose -f docker-compose-full.yml up -d")
    started.wait_until_healthy()
    healthy = time.monotonic()
    print(f"\nstopped in {stopped - began:.0f} s, all healthy {healthy - stopped:.0f} s later")
    assert take_stock(started, browser) == stock
