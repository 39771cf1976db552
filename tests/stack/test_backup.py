"""A backup of the whole stack, and the stack lost and brought back by it.

What is ended in the middle takes minutes more: `make backup-drill` runs it as well.
"""

import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from stack import Stack, wait_until
from test_stop import PATIENCE, take_stock

BACKUP, DRILL = "./docker-backup-full.sh", "./docker-backup-full.sh --drill"
LIST, RESTORE = "./docker-restore-full.sh", "./docker-restore-full.sh latest"
LOST = ("mlflow/mlruns", "models", "data/processed", ".secrets/sign-in")
KEYS = ".secrets/sign-in/keys"
CONNECTION = "depot"
VERSIONS = 4
MOMENT = './docker-backup-full.sh --moment "2026-11-27 14:05"'
NOTES = "SELECT text FROM notes"
MOVE = "UPDATE alembic_version SET version_num = 'ffffffffffff'"
DRILLED = pytest.mark.skipif(
    not os.environ.get("CARPRICE_BACKUP_DRILL"), reason="make backup-drill runs it"
)


def take(stack: Stack) -> str:
    return re.findall(r"Backup (\w+) is complete", stack.run(BACKUP, timeout=PATIENCE))[0]


def list_backups(stack: Stack) -> list[str]:
    return re.findall(r"^([0-9a-f]{8})  ", stack.run(LIST), re.M)


def read_connections(stack: Stack) -> str:
    """With the password, which only the key of .env reads."""
    return stack.compose(
        "exec",
        "-T",
        "airflow-webserver",
        "airflow",
        "connections",
        "get",
        CONNECTION,
        "-o",
        "plain",
    )


def take_whole_stock(stack: Stack, browser: Browser) -> dict[str, Any]:
    stock = take_stock(stack, browser)
    runs = sorted(each["run_id"] for each in stack.mlflow.runs())
    told = {"connections": read_connections(stack), "keys": (stack.folder / KEYS).read_text()}
    return {**stock, "runs": runs, **told}


def empty(folder: Path) -> None:
    for each in folder.iterdir():
        shutil.rmtree(each) if each.is_dir() else each.unlink()


@pytest.fixture(scope="module")
def journal(started: Stack) -> Stack:
    """A stack that writes down all that its databases do."""
    settings = started.folder / ".env"
    text = re.sub("^CARPRICE_JOURNAL_FOLDER=$", r"\g<0>./journal", settings.read_text(), flags=re.M)
    settings.write_text(text)
    started.run("bash", "-c", ". scripts/stack/all.sh && choose_stack && prepare_folders")
    started.compose("up", "--detach", "--build", "--wait", "journal")
    return started


@pytest.fixture(scope="module")
def stock(journal: Stack, browser: Browser) -> dict[str, Any]:
    """What there is to lose: four versions and more, users, runs, a connection."""
    while len(journal.mlflow.versions()) < VERSIONS:
        assert journal.airflow.wait_for_end(journal.airflow.trigger(force=True)) == "success"
    journal.compose(
        "exec", "-T", "airflow-webserver", "airflow", "connections", "add", CONNECTION,
        "--conn-uri", "http://chef:gardien@depot.example.com",
    )  # fmt: skip
    (journal.folder / KEYS).write_text("depot:a-hash\n")
    return take_whole_stock(journal, browser)


def ask_airflow(stack: Stack, question: str) -> str:
    return stack.compose(
        "exec", "-T", "postgres", "psql", "-U", "airflow", "airflow", "-qAtc", question
    ).strip()


@pytest.fixture(scope="module")
def moment(started: Stack, stock: dict[str, Any]) -> str:
    """When a table was there that somebody dropped since."""
    assert stock
    ask_airflow(started, "CREATE TABLE notes AS SELECT 'not to be lost' AS text")
    at = ask_airflow(started, "SELECT now() AT TIME ZONE 'UTC'")
    ask_airflow(started, "DROP TABLE notes")
    return at


@pytest.fixture(scope="module")
def saved(started: Stack, stock: dict[str, Any]) -> str:
    """The id of a backup of it."""
    began = time.monotonic()
    made = take(started)
    print(f"\n{BACKUP}: {time.monotonic() - began:.0f} s")
    return made


def test_a_backup_is_listed_and_the_drill_finds_it_whole(started: Stack, saved: str) -> None:
    assert saved in list_backups(started)
    told = started.run(*DRILL.split(), timeout=PATIENCE)
    assert f"restore drill of backup {saved}: all is as it was" in told
    figures = started.figures()
    drilled = re.findall(r"^carprice_restore_drill_last_success_\w+ (\S+)$", figures, re.M)
    assert time.time() - float(drilled[0]) < PATIENCE


def test_a_damaged_backup_is_refused_before_anything_is_touched(started: Stack, saved: str) -> None:
    packs = (started.folder / "backups" / "data").rglob("*")
    pack = max((each for each in packs if each.is_file()), key=lambda each: each.stat().st_size)
    whole = pack.read_bytes()
    pack.chmod(0o600)
    pack.write_bytes(whole[:1000] + bytes([whole[1000] ^ 1]) + whole[1001:])
    try:
        told = started.run(LIST, saved, "--yes", check=False, timeout=PATIENCE)
    finally:
        pack.write_bytes(whole)
    assert "is damaged and is not used" in told
    assert "Nothing was changed." in told
    started.wait_until_healthy(5)


def test_all_is_lost_and_comes_back_as_it_was_at_a_moment(
    started: Stack, browser: Browser, stock: dict[str, Any], saved: str, moment: str
) -> None:
    too_far, begun = started.run(*shlex.split(MOMENT), check=False), time.monotonic()
    assert "No backup of 2026-11-27 14:05 was taken." in too_far
    told = started.run(BACKUP, "--moment", moment, timeout=PATIENCE)
    print(f"\n{BACKUP} --moment: {time.monotonic() - begun:.0f} s")
    (made,) = re.findall(r"Backup (\w+) is complete", told)
    assert list_backups(started)[:2] == [made, saved]
    started.compose("--profile=*", "down", "--volumes", "--remove-orphans")
    for name in LOST:
        empty(started.folder / name)
    settings = started.folder / ".env"
    settings.unlink()
    told = started.run(*RESTORE.split(), "--yes", check=False)
    assert "put the one that you kept into .env" in told
    kept = re.findall(r"^CARPRICE_BACKUP_KEY=.*$", stock["settings"], re.M)[0]
    text = re.sub(r"^CARPRICE_BACKUP_KEY=.*$", kept, settings.read_text(), flags=re.M)
    settings.write_text(text)
    began = time.monotonic()
    told = started.run(LIST, made, "--yes", timeout=PATIENCE)
    print(f"\n{LIST}: {time.monotonic() - began:.0f} s")
    assert "all is as it was" in told
    assert ask_airflow(started, NOTES) == "not to be lost"
    assert take_whole_stock(started, browser) == stock
    before = started.mlflow.production()
    assert "is in production" in started.compose("exec", "-T", "streamlit", "carprice", "rollback")
    assert started.mlflow.production() != before


@DRILLED
def test_a_killed_backup_leaves_none_and_the_next_one_goes_through(
    started: Stack, saved: str
) -> None:
    before = list_backups(started)
    kill_in_the_middle(started, [BACKUP], "backup --json")
    assert list_backups(started) == before
    assert take(started) in list_backups(started)


@DRILLED
def test_a_killed_restore_is_gone_on_with(started: Stack, saved: str) -> None:
    kill_in_the_middle(started, [LIST, saved, "--yes", "--unsaved"], "pg_restore")
    told = started.run("./docker-start-full.sh", check=False)
    assert "A restore was ended in the middle" in told
    assert "all is as it was" in started.run(LIST, "--yes", timeout=PATIENCE)
    started.wait_until_healthy()


@DRILLED
def test_a_newer_backup_is_refused_before_anything_is_touched(started: Stack, saved: str) -> None:
    ask_mlflow = ("exec", "-T", "postgres", "psql", "-U", "postgres", "mlflow", "-qAtc")
    known = started.compose(*ask_mlflow, "SELECT version_num FROM alembic_version").strip()
    started.compose(*ask_mlflow, MOVE)
    newer = take(started)
    started.compose(*ask_mlflow, MOVE.replace("ffffffffffff", known))
    told = started.run(LIST, newer, "--yes", check=False, timeout=PATIENCE)
    assert "does not know revision ffffffffffff" in told
    started.wait_until_healthy(5)


def kill_in_the_middle(stack: Stack, command: list[str], program: str) -> None:
    """Run a command, and kill all of it once a program is at work in the backup's container."""
    process = subprocess.Popen(
        command, cwd=stack.folder, env={**os.environ, **stack.variables},
        stdin=subprocess.DEVNULL, start_new_session=True, **stack.user,
    )  # fmt: skip
    name = f"{stack.variables['COMPOSE_PROJECT_NAME']}-backup-run"

    def find() -> str:
        found = stack.run("docker", "ps", "--quiet", "--filter", f"name={name}").split()
        # One may have ended since it was listed.
        works = [each for each in found if program in stack.run("docker", "top", each, check=False)]
        return works[0] if works else ""

    container = wait_until(f"{program} is at work", find, PATIENCE)
    os.killpg(process.pid, signal.SIGKILL)
    stack.run("docker", "kill", container)
    process.wait(timeout=60)
