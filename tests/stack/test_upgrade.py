"""The stack of an earlier commit is brought to this one: with a migration made to fail, and well.

Then to a new major version of Postgres, and back. A clone with history and a stack of its own;
`make upgrade-drill` runs it, and tests/doors/test_stack_upgrade.py is its short form.
"""

import dataclasses
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, choose_user, free_ports
from playwright.sync_api import Browser
from stack import Stack
from test_stop import PATIENCE, take_stock

pytestmark = pytest.mark.skipif(
    not os.environ.get("CARPRICE_UPGRADE_DRILL"), reason="make upgrade-drill runs it"
)

EARLIER = "b453c06"
"""The last commit that knows nothing of upgrades, backups and secrets in files."""
UPGRADE = "./docker-upgrade-full.sh"
BACKUP, DRILL = "./docker-backup-full.sh", "./docker-backup-full.sh --drill"
BUILD_BACKUP = "docker compose --profile backup build backup"
RESTORE = "./docker-restore-full.sh latest --unsaved"
STOP, START = "./docker-stop-full.sh", "./docker-start-full.sh"
TRAIN = "docker compose exec -T streamlit python scripts/train_with_mlflow.py"
IMAGES = ("AIRFLOW", "MLFLOW", "STREAMLIT", "BACKUP", "SIGN_IN", "CERTIFICATES")
PORTS = ("AIRFLOW", "MLFLOW", "STREAMLIT", "API", "POSTGRES")
NEWER = {"POSTGRES_IMAGE": "carprice-postgres18-stand-in", "POSTGRES_DATA": "/var/lib/postgresql"}
FAILING = '''"""Made to fail, after it has destroyed something that no transaction brings back."""

import sqlalchemy
from alembic import op

revision, down_revision = "ffffffffffff", "{head}"


def upgrade():
    address = op.get_bind().engine.url
    with sqlalchemy.create_engine(address).begin() as other:
        other.execute(sqlalchemy.text("DROP TABLE model_version_tags CASCADE"))
    raise RuntimeError("made to fail")
'''
CONNECTION = {"connection_id": "depot", "conn_type": "http", "password": "readable still"}
PLACE = "/opt/venv/lib/python3.13/site-packages/mlflow/store/db_migrations/versions/"


@pytest.fixture(scope="module")
def old() -> Iterator[Stack]:
    """The stack of the earlier commit with three versions, in a clone whose branch stands there."""
    home, user = Path(tempfile.mkdtemp(prefix="carprice-upgrade-")), choose_user()
    folder = home / "carprice"
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    for words in (("branch", "next"), ("checkout", "--quiet", "-B", "main", EARLIER)):
        subprocess.run(["git", "-C", folder, *words], check=True)
    if user:
        subprocess.run(["chown", "-R", f"{user['user']}:{user['group']}", home], check=True)
    name = f"carprice-upgrade-{os.getpid()}"
    numbers = zip(PORTS, free_ports(len(PORTS)), strict=True)
    stack = Stack(
        folder,
        {
            "HOME": str(home), "COMPOSE_PROJECT_NAME": name,
            **{f"{port}_PORT": number for port, number in numbers},
            **{f"{image}_IMAGE": f"{name}-{image.lower()}:mine" for image in IMAGES},
        },
        user,
    )  # fmt: skip
    yield stack
    for each in (stack, next_postgres(stack)):
        each.compose(
            "--profile=*", "down", "--volumes", "--remove-orphans", "--timeout=5", check=False
        )
    made = [stack.variables[f"{image}_IMAGE"] for image in IMAGES]
    stack.run("docker", "image", "rm", *made, NEWER["POSTGRES_IMAGE"], check=False)
    shutil.rmtree(home)


@pytest.fixture(scope="module")
def stock(old: Stack, browser: Browser) -> dict[str, Any]:
    """What there is to lose."""
    old.run(START, timeout=PATIENCE)
    old.wait_until_healthy()
    for _ in range(2):
        old.run(*TRAIN.split())
    old.airflow.call("POST", "/connections", **CONNECTION)
    return take_whole_stock(old, browser)


def take_whole_stock(stack: Stack, browser: Browser) -> dict[str, Any]:
    stock = take_stock(stack, browser)
    ask = "exec -T airflow-scheduler airflow connections get depot -o json"
    del stock["settings"]
    return {
        **stock,
        "models": {n: it for n, it in stock["models"].items() if not n.startswith("upgrades/")},
        "runs": sorted(each["run_id"] for each in stack.mlflow.runs()),
        "readable": CONNECTION["password"] in stack.compose(*ask.split()),
    }


def git(stack: Stack, *words: str) -> str:
    who = ("-c", "user.name=drill", "-c", "user.email=drill@example.com")
    return stack.run("git", *who, *words).strip()


def ask_mlflow(stack: Stack, question: str) -> str:
    words = ("exec", "-T", "postgres", "psql", "-U", "postgres", "mlflow", "-qAtc")
    return stack.compose(*words, question).strip()


def receipts(stack: Stack) -> list[dict[str, Any]]:
    found = sorted((stack.folder / "models" / "upgrades").glob("*.json"))
    return [json.loads(each.read_text()) for each in found]


def images(stack: Stack) -> set[str]:
    return {
        stack.inspect(container)["Image"]
        for service in ("mlflow", "streamlit", "airflow-webserver")
        for container in stack.containers(service)
    }


def write(stack: Stack, path: str, content: str) -> None:
    (stack.folder / path).write_text(content)
    if stack.user:
        os.chown(stack.folder / path, stack.user["user"], stack.user["group"])


def test_a_migration_that_fails_brings_everything_back_by_itself(
    old: Stack, stock: dict[str, Any], browser: Browser
) -> None:
    assert len(stock["versions"]) == 3
    settings, before = (old.folder / ".env").read_text(), images(old)
    head = ask_mlflow(old, "SELECT version_num FROM alembic_version")
    git(old, "checkout", "--quiet", "-b", "failing", "next")
    write(old, "deploy/failing.py", FAILING.format(head=head))
    recipe = (old.folder / "Dockerfile.mlflow").read_text()
    copied = f"\nCOPY deploy/failing.py {PLACE}\nUSER "
    write(old, "Dockerfile.mlflow", recipe.replace("\nUSER ", copied))
    git(old, "add", "--all")
    git(old, "commit", "--quiet", "--message=A migration made to fail")
    began = time.monotonic()
    told = old.run(UPGRADE, "--yes", check=False, timeout=PATIENCE)
    print(f"\n{UPGRADE}, there and back: {time.monotonic() - began:.0f} s\n{told}")
    assert "RuntimeError: made to fail" in told
    assert "runs again, with the data of before" in told
    assert git(old, "rev-parse", "--short", "HEAD") == EARLIER
    assert images(old) == before
    old.wait_until_healthy()
    assert take_whole_stock(old, browser) == stock
    key = re.findall(r"\nCARPRICE_BACKUP_KEY=.*\n", (old.folder / ".env").read_text())
    assert (old.folder / ".env").read_text() == f"{settings}{key[0]}"
    (receipt,) = receipts(old)
    assert receipt["outcome"] == "went back"
    assert receipt["failed_at"] == "Migrating the databases"
    assert receipt["heads_before"]["mlflow"] == [head]
    assert not git(old, "status", "--porcelain")


def test_it_is_brought_to_this_commit_with_all_that_is_in_it(
    old: Stack, stock: dict[str, Any], browser: Browser
) -> None:
    before = images(old)
    git(old, "checkout", "--quiet", "main")
    git(old, "merge", "--quiet", "--ff-only", "next")
    began = time.monotonic()
    told = old.run(UPGRADE, "--yes", timeout=PATIENCE)
    print(f"\n{UPGRADE}: {time.monotonic() - began:.0f} s\n{told}")
    assert "Upgraded to" in told
    assert not images(old) & before
    assert take_whole_stock(old, browser) == stock
    _, receipt = receipts(old)
    assert receipt["outcome"] == "upgraded"
    assert receipt["heads_after"]["airflow"]
    assert len(receipt["golden_cars"]) == 5
    assert all("DH" in figure for car in receipt["golden_cars"].values() for figure in car)
    assert "already" in old.run(UPGRADE)
    assert old.health()["doors"] == ["healthy"]


def next_postgres(stack: Stack) -> Stack:
    """The same folder under another name, as the recipe for a new major version has it."""
    name = f"{stack.variables['COMPOSE_PROJECT_NAME']}-18"
    return dataclasses.replace(stack, variables={**stack.variables, "COMPOSE_PROJECT_NAME": name})


def set_postgres(stack: Stack, values: dict[str, str]) -> None:
    text = (stack.folder / ".env").read_text()
    for name, value in values.items():
        text = re.sub(rf"^{name}=.*$", f"{name}={value}", text, flags=re.M)
    write(stack, ".env", text)


def test_a_new_major_version_of_postgres_and_the_way_back(
    old: Stack, stock: dict[str, Any], browser: Browser
) -> None:
    recipe = "tests/stack/stand_ins/postgres18.Dockerfile"
    old.run("docker", "build", "--quiet", "--tag", NEWER["POSTGRES_IMAGE"], "--file", recipe, ".")
    before = dict(
        re.findall(r"^(POSTGRES_(?:IMAGE|DATA))=(.*)$", (old.folder / ".env").read_text(), re.M)
    )
    assert ask_mlflow(old, "SHOW server_version").startswith("17.")
    old.run(BACKUP, timeout=PATIENCE)
    old.run(STOP)
    newer = next_postgres(old)
    set_postgres(newer, NEWER)
    newer.run(*BUILD_BACKUP.split(), timeout=PATIENCE)
    assert "all is as it was" in newer.run(*DRILL.split(), timeout=PATIENCE)
    assert "all is as it was" in newer.run(*RESTORE.split(), "--yes", timeout=PATIENCE)
    assert ask_mlflow(newer, "SHOW server_version").startswith("18.")
    assert take_whole_stock(newer, browser) == stock
    newer.run(STOP)
    set_postgres(old, before)
    old.run(START, timeout=PATIENCE)
    assert ask_mlflow(old, "SHOW server_version").startswith("17.")
    assert take_whole_stock(old, browser) == stock
