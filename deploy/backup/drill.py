"""The restore drill: a backup comes back into a folder and a server that are thrown away."""

import http.client
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import databases
import repository
from cryptography.fernet import Fernet, InvalidToken
from ground import PROJECT, WORK, BackupError, make_empty, run

FOLDER = WORK / "drill"
MLFLOW_LOG = WORK / "mlflow.log"
SPOOL = "/work/now"
PATIENCE_SECONDS = 900
"""On a machine that is busy, imports alone take minutes."""
ENCRYPTED = (
    "SELECT password FROM connection WHERE is_encrypted UNION ALL "
    "SELECT val FROM variable WHERE is_encrypted"
)


def rehearse(snapshot: str, manifest: dict[str, Any]) -> str:
    """What was found to be whole. Raises BackupError naming what is not."""
    folder, facts = make_empty(FOLDER), manifest["databases"]
    try:
        repository.restic("check", "--with-cache")
        stack, dumps = folder / "stack", folder / "dumps"
        repository.restore_folder(snapshot, "/stack", stack)
        repository.restore_folder(snapshot, SPOOL, dumps)
        roles = (dumps / "roles.sql").read_text(encoding="utf-8")
        with databases.throw_away_server(folder, roles) as place:
            for name in databases.NAMES:
                databases.load(snapshot, f"{SPOOL}/{name}.dump", name, facts[name]["rows"], place)
            if facts["airflow"]["heads"]:
                ensure_key_fits(snapshot, place)
            databases.convert(manifest, "mlflow", place)
            with mlflow_server(place, stack / "mlruns") as server:
                told = run(
                    "carprice", "inventory", "--against", dumps / "inventory.json",
                    env={"MLFLOW_TRACKING_URI": server, "CARPRICE_HOME": str(stack)},
                ).stdout  # fmt: skip
        rows = sum(sum(facts[name]["rows"].values()) for name in databases.NAMES)
        return f"{told.strip()}, {rows} rows in two databases"
    finally:
        make_empty(folder)


def ensure_key_fits(snapshot: str, place: str) -> None:
    """Raise BackupError where .env of the backup does not read what Airflow has encrypted."""
    text = repository.read_file(snapshot, str(PROJECT / ".env")).decode()
    lines = [each.partition("=") for each in text.splitlines()]
    keys = {name.strip(): value.strip().strip("'\"") for name, _, value in lines}
    with closing(databases.connect("airflow", place)) as link, link.cursor() as cursor:
        cursor.execute(ENCRYPTED)
        secrets = [each for (each,) in cursor.fetchall() if each]
    first = keys["AIRFLOW_FERNET_KEY"].split(",")
    for secret in secrets:
        if not any(_reads(key, secret) for key in first):
            raise BackupError(
                "AIRFLOW_FERNET_KEY of the backup's .env does not read the connections of Airflow"
            )


def _reads(key: str, secret: str) -> bool:
    try:
        Fernet(key).decrypt(secret.encode())
    except (InvalidToken, ValueError):
        return False
    return True


@contextmanager
def mlflow_server(place: str, artifacts: Path) -> Iterator[str]:
    """MLflow on a throw-away server, for this container alone; its address."""
    store = f"postgresql+psycopg2://postgres@/mlflow?host={place}"
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [
        "mlflow", "server", "--host=127.0.0.1", f"--port={port}", "--workers=1",
        "--default-artifact-root=mlflow-artifacts:/", f"--artifacts-destination={artifacts}",
    ]  # fmt: skip
    # Without seven processes for language models that nobody here uses.
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    environment = {**os.environ, **quiet, "MLFLOW_BACKEND_STORE_URI": store}
    with MLFLOW_LOG.open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        wait_for(port, server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            asked = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            asked.request("GET", "/health")
            if asked.getresponse().status == http.client.OK:
                return
        except (OSError, http.client.HTTPException):
            time.sleep(0.5)
    said = MLFLOW_LOG.read_text(encoding="utf-8").strip().splitlines()[-1:]
    raise BackupError(f"MLflow did not start on what was restored: {said or 'no word'}")
