"""One stack for all tests here, started as a user starts it, in a clone of its own."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stack import Stack

ROOT = Path(__file__).parents[2]
ORDER = (
    "alerts", "start", "separation", "containers", "pipeline", "arrivals", "pages", "api",
    "way_back", "commands", "survival", "search", "full_disk", "monitoring", "fire_drill",
    "sign_in", "https", "stop", "backup", "reset", "production", "rotation", "upgrade",
)  # fmt: skip
"""What the tests leave behind is what the next ones find: a stack is one long story."""
ENGINE = Path("/var/run/docker.sock")
ORDINARY_USER = 1234
WRITTEN = ("data/processed", "models", "mlflow/mlruns", "airflow/logs")
DISK_SIZE = "512m"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: ORDER.index(item.path.stem.removeprefix("test_")))


def free_ports(count: int) -> list[str]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [str(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports


def copy_project(folder: Path) -> None:
    """What git would clone, with what is not committed yet."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def choose_user() -> dict[str, Any]:
    """Who starts the stack, as subprocess takes it: where root tests, somebody who is not.

    That is how it is started on a laptop: by a member of the engine's group, who wants to be able
    to delete what containers write.
    """
    if os.geteuid() != 0:
        return {}
    return {"user": ORDINARY_USER, "group": ENGINE.stat().st_gid, "extra_groups": []}


def mount_disks(folder: Path) -> list[Path]:
    """A disk of its own for each folder that containers write to, where that is allowed.

    Made before the first start: a container goes on with what it found mounted as it was started.
    """
    if os.geteuid() != 0:
        return []
    disks = [folder / name for name in WRITTEN]
    for disk in disks:
        disk.mkdir(parents=True)
        options = ("-t", "tmpfs", "-o", f"size={DISK_SIZE},mode=755")
        subprocess.run(["mount", *options, "tmpfs", disk], check=True)
    return disks


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Not started yet: `started` is the fixture for all but the first test."""
    home, user = Path(tempfile.mkdtemp(prefix="carprice-stack-")), choose_user()
    disks = mount_disks(home / "carprice")
    copy_project(home / "carprice")
    if user:
        for path in [home, *home.rglob("*")]:
            os.chown(path, user["user"], user["group"])
    airflow, mlflow, page, api, postgres, http, https = free_ports(7)
    made = Stack(
        home / "carprice",
        {
            "HOME": str(home),
            "COMPOSE_PROJECT_NAME": f"carprice-test-{os.getpid()}",
            "AIRFLOW_PORT": airflow,
            "MLFLOW_PORT": mlflow,
            "STREAMLIT_PORT": page,
            "API_PORT": api,
            "POSTGRES_PORT": postgres,
            "HTTP_PORT": http,
            "HTTPS_PORT": https,
        },
        user,
    )
    yield made
    if not os.environ.get("CARPRICE_KEEP_STACK"):
        made.compose(
            "--profile=*", "down", "--volumes", "--remove-orphans", "--timeout=5", check=False
        )
        for disk in disks:
            subprocess.run(["umount", "--lazy", disk], check=True)
        shutil.rmtree(home)


@pytest.fixture(scope="session")
def first_start(stack: Stack) -> tuple[str, float]:
    """What `./docker-start-full.sh` printed, and the seconds it took."""
    began = time.monotonic()
    printed = stack.run("./docker-start-full.sh", timeout=1200)
    return printed, time.monotonic() - began


@pytest.fixture(scope="session")
def started(stack: Stack, first_start: tuple[str, float]) -> Stack:
    return stack
