"""Each container from inside: who it is, what it may, where it writes and what it listens on."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from stack import Stack

ROOT = Path(__file__).parents[2]
TABLES = "cat /proc/1/status; echo; cat /proc/mounts; echo; cat /proc/net/tcp /proc/net/tcp6"
LISTENS = "0A"
WRITTEN_BY_THE_KERNEL = re.compile("/(proc|dev|sys)(/|$)")
"""What the engine hands into every container."""
OF_THE_ENGINE = "127.0.0.11"
CARPRICE, AIRFLOW = "/opt/carprice", ["/opt/airflow/logs"]
STEPS = [f"{CARPRICE}/data", f"{CARPRICE}/models"]
MADE_HERE = ("mlflow", "streamlit", "airflow-webserver")
"""One service of each image that is made here."""
EXPECTED = {
    "postgres": (["/run/postgresql", "/var/lib/postgresql/data"], [5432]),
    "postgres-door": ([], [5432]),
    "redis": (["/data"], [6379]),
    "mlflow": (["/mlflow/mlruns"], [5000]),
    "streamlit": ([*STEPS, "/run/carprice"], [8501]),
    "api": ([f"{CARPRICE}/models/serving"], [8000]),
    "doors": ([], [5000, 8000, 8080, 8082, 8501]),
    "airflow-webserver": ([*AIRFLOW, *STEPS], [8080]),
    "airflow-scheduler": ([*AIRFLOW, *STEPS], [8974]),
    "airflow-dag-processor": ([*AIRFLOW, *STEPS], []),
    "airflow-worker": ([*AIRFLOW, *STEPS], [8793]),
    "airflow-triggerer": ([*AIRFLOW, *STEPS], [8794]),
}
"""Where a service may write, beside /tmp, and the ports that other containers find open."""


def test_every_service_has_its_row(started: Stack) -> None:
    running = started.compose("ps", "--services").split()
    assert sorted(running) == sorted(EXPECTED), "who adds a service says what it may"


def read_address(text: str) -> tuple[str, int]:
    """Of /proc/net/tcp, which writes an address of four bytes backwards."""
    host, port = text.split(":")
    if len(host) > 8:
        return host, int(port, 16)
    return ".".join(str(each) for each in reversed(bytes.fromhex(host))), int(port, 16)


@pytest.mark.parametrize("service", EXPECTED)
def test_a_container_is_what_it_is_said_to_be(started: Stack, service: str) -> None:
    shown = started.compose("exec", "-T", service, "sh", "-c", TABLES)
    status, mounts, sockets = shown.split("\n\n")
    facts = dict(re.findall(r"^(\w+):\t(.*)$", status, re.M))
    assert "0" not in facts["Uid"].split()
    assert {int(facts[name], 16) for name in ("CapPrm", "CapEff", "CapInh", "CapBnd")} == {0}
    assert facts["NoNewPrivs"] == "1"
    assert facts["Seccomp"] == "2", "the engine's filter of system calls"

    rows = [line.split() for line in mounts.splitlines()]
    writable = {
        row[1]
        for row in rows
        if "rw" in row[3].split(",") and not WRITTEN_BY_THE_KERNEL.match(row[1])
    }
    places, ports = EXPECTED[service]
    # A folder of these may be a disk of its own.
    inside = {each for each in writable for place in places if each.startswith(f"{place}/")}
    assert writable - inside - {"/tmp"} == set(places)

    listening = [line.split()[1] for line in sockets.splitlines() if line.split()[3] == LISTENS]
    found = {
        port
        for host, port in map(read_address, listening)
        if not host.startswith("127.") and not host.endswith("01000000")
    }
    assert sorted(found) == ports


def test_images_say_what_they_are_made_of_under_licences_of_the_list(
    started: Stack, tmp_path: Path
) -> None:
    bills = []
    for service in MADE_HERE:
        bill = tmp_path / f"{service}.json"
        told = started.compose("exec", "-T", service, "cat", "/opt/bill-of-materials.json")
        bill.write_text(told, encoding="utf-8")
        bills.append(bill)
        assert '"name": "mlflow"' in told
        assert '"name": "carprice"' in told
    check = (sys.executable, ROOT / "checks" / "licences.py", *bills)
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
