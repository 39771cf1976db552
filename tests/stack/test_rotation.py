"""Secrets of the running stack get new values, and databases of another .env are refused.

The last of the story: it ends with a stack that does not start. It takes minutes, so
`make rotation-drill` runs it; tests/doors/test_stack_rotation.py is its short form.
"""

import os
import re
import secrets
import signal
import subprocess
import time

import pytest
from stack import Stack, wait_until
from test_api import find_told
from test_backup import LIST as BACKUPS
from test_backup import list_backups, take
from test_production import log_in
from test_stop import PATIENCE

pytestmark = pytest.mark.skipif(
    not os.environ.get("CARPRICE_ROTATION_DRILL"), reason="make rotation-drill runs it"
)

LIST = "./docker-rotate-full.sh --list"
ALL = "./docker-rotate-full.sh --all"
KEPT = "readable still"
ROLES = {"airflow": "AIRFLOW_DB", "mlflow": "MLFLOW_DB", "postgres": "POSTGRES"}
CONNECT = (
    "import psycopg2, sys; role, said = sys.argv[1:]\n"
    "psycopg2.connect(host='postgres', dbname='postgres', user=role, password=said)"
)

Values = dict[str, str]


def read_values(stack: Stack) -> Values:
    written = re.findall(r"^(\w+)='?(.*?)'?$", (stack.folder / ".env").read_text(), re.M)
    return dict(written)


def read_connection(stack: Stack) -> str:
    ask = ("exec", "-T", "airflow-scheduler", "airflow", "connections", "get", "kept", "-o", "json")
    return stack.compose(*ask)


@pytest.fixture(scope="module")
def rotated(started: Stack) -> tuple[Values, Values, str]:
    """Values before and after, and how a run ended that was under way.

    There are backups, and what is in production is signed.
    """
    env = started.folder / ".env"
    signing = f"CARPRICE_SIGNING_KEY={secrets.token_urlsafe(33)}"
    env.write_text(re.sub("^CARPRICE_SIGNING_KEY=$", signing, env.read_text(), flags=re.M))
    started.run("./docker-start-full.sh", timeout=PATIENCE)
    started.compose("exec", "-T", "streamlit", "carprice", "sign", "--yes")
    take(started)
    before = read_values(started)
    started.airflow.login = before["AIRFLOW_ADMIN_USER"], before["AIRFLOW_ADMIN_PASSWORD"]
    started.airflow.call(
        "POST", "/connections", connection_id="kept", conn_type="http", password=KEPT
    )
    run = started.airflow.trigger(again=True)
    started.airflow.wait_for_task(run, "train_model", "running")
    began = time.monotonic()
    printed = started.run(*ALL.split(), timeout=PATIENCE)
    print(f"\n{ALL}, with a step under way: {time.monotonic() - began:.0f} s")
    after = read_values(started)
    assert not [value for value in after.values() if len(value) > 40 and value in printed]
    started.airflow.login = after["AIRFLOW_ADMIN_USER"], after["AIRFLOW_ADMIN_PASSWORD"]
    started.airflow.token = ""
    attempts = {each["try_number"] for each in started.airflow.tasks(run).values()}
    assert attempts <= {0, 1}, "a step was ended in the middle"
    return before, after, started.airflow.wait_for_end(run)


def test_every_secret_has_a_new_value(started: Stack, rotated: tuple[Values, Values, str]) -> None:
    before, after, _ = rotated
    names = started.run(*LIST.split()).split()
    assert len(names) >= 8
    assert {name for name in before if before[name] != after[name]} == set(names)
    assert "," not in after["AIRFLOW_FERNET_KEY"]


def test_backups_open_with_the_new_key_alone(
    started: Stack, rotated: tuple[Values, Values, str]
) -> None:
    assert len(list_backups(started)) == 1
    with_key = Stack(
        started.folder,
        {**started.variables, "CARPRICE_BACKUP_KEY": rotated[0]["CARPRICE_BACKUP_KEY"]},
        started.user,
    )
    assert "the key does not open the backups" in with_key.run(BACKUPS, check=False)


def test_what_is_in_production_is_signed_with_the_new_key(
    started: Stack, rotated: tuple[Values, Values, str]
) -> None:
    assert "," not in rotated[1]["CARPRICE_SIGNING_KEY"]
    told = started.compose("exec", "-T", "streamlit", "carprice", "status")
    assert ", signed" in told
    assert find_told(started, "trouble_code") == {None}


def test_what_the_old_key_encrypted_is_read_by_the_new_one(
    started: Stack, rotated: tuple[Values, Values, str]
) -> None:
    assert rotated
    assert KEPT in read_connection(started)


def test_a_run_under_way_goes_on(rotated: tuple[Values, Values, str]) -> None:
    assert rotated[2] == "success"


def test_the_new_ones_admit_and_the_old_ones_do_not(
    started: Stack, rotated: tuple[Values, Values, str]
) -> None:
    before, after, _ = rotated
    for values, admitted in ((before, False), (after, True)):
        login = values["AIRFLOW_ADMIN_USER"], values["AIRFLOW_ADMIN_PASSWORD"]
        assert log_in(started, *login) == (201 if admitted else 401)
        for role, name in ROLES.items():
            words = ("python", "-c", CONNECT, role, values[f"{name}_PASSWORD"])
            told = started.compose("exec", "-T", "airflow-scheduler", *words, check=False)
            assert ("password authentication failed" in told) is not admitted
        ask = ("-e", f"REDISCLI_AUTH={values['REDIS_PASSWORD']}", "redis", "redis-cli", "PING")
        assert ("PONG" in started.compose("exec", "-T", *ask)) is admitted


@pytest.mark.usefixtures("rotated")
def test_one_that_was_killed_is_finished_by_the_next(started: Stack) -> None:
    name = "AIRFLOW_FERNET_KEY"
    rotate = (ALL.split(maxsplit=1)[0], name)
    with subprocess.Popen(
        rotate, cwd=started.folder, env={**os.environ, **started.variables},
        start_new_session=True, stdout=subprocess.DEVNULL, **started.user,
    ) as rotation:  # fmt: skip
        wait_until("two keys are in force", lambda: "," in read_values(started)[name])
        new = read_values(started)[name].partition(",")[0]
        groups = {os.getpgid(int(each)) for each in children(rotation.pid)} | {rotation.pid}
        for group in groups:
            os.killpg(group, signal.SIGKILL)
    started.run(*rotate, timeout=PATIENCE)
    assert read_values(started)[name] == new
    assert KEPT in read_connection(started)


def children(process: int) -> list[str]:
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process)], capture_output=True, text=True, check=False
    )
    return listed.stdout.split()


def refuse(stack: Stack, told: str) -> None:
    printed = stack.run("./docker-start-full.sh", check=False, timeout=PATIENCE)
    assert f"The stack was not started. {told}" in printed
    for way in (".env, mlflow/mlruns", "./docker-restore-full.sh", "./docker-reset-full.sh"):
        assert way in printed
    assert "Traceback" not in printed


@pytest.mark.usefixtures("rotated")
def test_databases_of_another_env_are_known_before_a_service_starts(started: Stack) -> None:
    env = started.folder / ".env"
    written = env.read_text()
    env.unlink()
    refuse(started, "The volume ")
    assert not env.exists()
    other = "AIRFLOW_FERNET_KEY=MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
    env.write_text(re.sub("^AIRFLOW_FERNET_KEY=.*", other, written, flags=re.M))
    refuse(started, "AIRFLOW_FERNET_KEY in .env is not the key")
    assert not started.compose("ps", "--all", "--quiet")
    env.write_text(written)
