"""What parts of the stack cannot reach, read or take from each other."""

import os
import re
import shlex
import socket
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from stack import SERVICES, Stack

SENDS_REPORTS = ("streamlit", "airflow-worker")
PUBLISHES = "doors"
"""Whose answers find their way to whoever asked, and whose questions would not be answered."""
CREDENTIALS = "169.254.169.254/80"
NO_WAY = re.compile("No route to host|Network is unreachable")
AT_ONCE = 10
SMALL = "/tmp/dix.csv"


@pytest.fixture(scope="module")
def outside() -> Iterator[str]:
    """A server of this machine, under the address that others have for it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing
        host = probe.getsockname()[0]
    with socket.create_server((host, 0)) as server:
        threading.Thread(target=answer, args=(server,), daemon=True).start()
        yield f"{host}/{server.getsockname()[1]}"


def answer(server: socket.socket) -> None:
    while True:
        try:
            server.accept()[0].close()
        except OSError:
            return


def reach(stack: Stack, service: str, place: str) -> str:
    """What a container says that tries; nothing where it got there."""
    trial = f"exec 3<>/dev/tcp/{place}"
    return stack.compose("exec", "-T", service, "timeout", "5", "bash", "-c", trial, check=False)


@pytest.mark.parametrize(
    "service", [each for each in SERVICES if each not in (*SENDS_REPORTS, PUBLISHES)]
)
def test_a_service_that_needs_no_way_out_has_none(
    started: Stack, outside: str, service: str
) -> None:
    assert NO_WAY.search(reach(started, service, outside))
    assert NO_WAY.search(reach(started, service, CREDENTIALS))


@pytest.mark.parametrize("service", SENDS_REPORTS)
def test_reports_find_their_way_out(started: Stack, outside: str, service: str) -> None:
    assert reach(started, service, outside) == ""


def test_roles_of_postgres_reach_their_own_database_alone(started: Stack) -> None:
    connect = (
        "import sys, psycopg2\n"
        "role, base = sys.argv[1:]\n"
        "psycopg2.connect(host='postgres', user=role, dbname=base).cursor().execute('SELECT 1')"
    )

    def ask(service: str, role: str, base: str) -> str:
        asked = ("exec", "-T", service, "python", "-c", connect, role, base)
        return started.compose(*asked, check=False)

    assert ask("airflow-worker", "airflow", "airflow") == ""
    assert "rejects connection" in ask("airflow-worker", "airflow", "mlflow")
    assert ask("mlflow", "mlflow", "mlflow") == ""
    assert "rejects connection" in ask("mlflow", "mlflow", "airflow")


def test_who_guesses_passwords_locks_out_nobody_else(started: Stack) -> None:
    """And is counted as one, whatever address a guess claims to come from."""
    body = '{"username": "admin", "password": "wrong"}'
    guess = ("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--json", body)
    network = f"{started.variables['COMPOSE_PROJECT_NAME']}_published"
    (doors,) = started.containers("doors")
    image = started.inspect(doors)["Config"]["Image"]
    many = f"for each in $(seq 9); do {shlex.join(guess)} -H X-Forwarded-For:192.0.2.$each $0; done"
    elsewhere = ("docker", "run", "--rm", "--network", network, image, "sh", "-c", many)
    assert started.run(*elsewhere, "http://doors:8080/auth/token") == "401" * 5 + "429" * 4
    assert started.run(*guess, f"{started.address('airflow-webserver')}/auth/token") == "401"


def test_ten_commands_at_once_leave_the_page_where_it_is(started: Stack) -> None:
    started.compose("exec", "-T", "streamlit", "carprice", "sample", SMALL, "--rows=3000")
    (page,) = started.containers("streamlit")
    before = started.inspect(page)["State"]["StartedAt"]
    check = ("docker", "compose", "exec", "-T", "streamlit", "carprice", "check", SMALL)

    def run(_: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            check, cwd=started.folder, env={**os.environ, **started.variables},
            capture_output=True, text=True, check=False, timeout=600, **started.user,
        )  # fmt: skip

    with ThreadPoolExecutor(AT_ONCE) as people:
        ended = list(people.map(run, range(AT_ONCE)))
    for each in ended:
        refused = each.returncode == 1 and "of memory, and of the" in each.stderr
        assert each.returncode == 0 or refused, each.stderr
    assert sum("waiting for carprice check (process" in each.stderr for each in ended) >= 5
    assert sum(each.returncode == 0 for each in ended) >= 5
    assert started.inspect(page)["State"]["StartedAt"] == before
    assert started.health()["streamlit"] == ["healthy"]
