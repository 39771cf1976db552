"""The predictor's page in a real browser, on an embedded store behind a real MLflow server."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from browsing import visit
from playwright.sync_api import Browser, Page

from carprice.registry.client import Registry
from carprice.settings import Settings, child_environment

ROOT = Path(__file__).parents[2]
LOGAN = {
    "make": "Dacia", "model": "Logan", "model_year": "2018", "mileage_km": "120000",
    "fuel": "diesel", "gearbox": "manual",
}  # fmt: skip
"""As the address of the page holds it."""
STARTING_SECONDS = 90


@dataclass
class Servers:
    """The page, and the MLflow server that it asks; both on ports of their own."""

    home: Path
    page_port: int
    mlflow_port: int
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def page(self) -> str:
        return f"http://127.0.0.1:{self.page_port}"

    @property
    def tracking_uri(self) -> str:
        return f"http://127.0.0.1:{self.mlflow_port}"

    @property
    def registry(self) -> Registry:
        return Registry(Settings(home=self.home, MLFLOW_TRACKING_URI=self.tracking_uri))

    def start_mlflow(self) -> None:
        # Named, or it would be the one that MLflow has put into the environment of the tests.
        embedded = Settings(home=self.home, MLFLOW_TRACKING_URI="")
        self._start(
            "mlflow", f"{self.tracking_uri}/health",
            "mlflow", "server", "--workers=1", "--host=127.0.0.1", f"--port={self.mlflow_port}",
            f"--backend-store-uri={embedded.registry_uri}",
            f"--default-artifact-root={embedded.artifact_root}",
        )  # fmt: skip

    def start_page(self) -> None:
        self._start(
            "page", f"{self.page}/_stcore/health",
            "streamlit", "run", str(ROOT / "streamlit_app" / "server.py"),
            "--server.address=127.0.0.1", f"--server.port={self.page_port}",
        )  # fmt: skip

    def stop(self, name: str) -> None:
        process = self.running.pop(name)
        process.terminate()
        process.wait(30)

    def _start(self, name: str, address: str, *module: str) -> None:
        # Only the page asks a server; the server itself would take the address for its store.
        asked = self.tracking_uri if name == "page" else ""
        environment = child_environment() | {
            "CARPRICE_HOME": str(self.home), "MLFLOW_TRACKING_URI": asked,
        }  # fmt: skip
        with (self.home / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", *module], env=environment, stdout=log, stderr=log
            )
        deadline = time.monotonic() + STARTING_SECONDS
        while time.monotonic() < deadline:
            with suppress(OSError):
                urllib.request.urlopen(address, timeout=2)
                return
            time.sleep(0.2)
        raise AssertionError(f"{name} did not start: {(self.home / f'{name}.log').read_text()}")


def carprice(home: Path, *words: str, code: int = 0, store: str = "") -> None:
    """Run a command in a folder, on its embedded store or a server; it has to end with the code."""
    environment = {**os.environ, "CARPRICE_HOME": str(home), "MLFLOW_TRACKING_URI": store}
    done = subprocess.run(
        [sys.executable, "-m", "carprice", *words],
        env=environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == code, done.stderr.decode()


@contextmanager
def serve(home: Path) -> Iterator[Servers]:
    """Both servers on a folder."""
    with socket.socket() as first, socket.socket() as second:
        for each in (first, second):
            each.bind(("127.0.0.1", 0))
        made = Servers(home, first.getsockname()[1], second.getsockname()[1])
    made.start_mlflow()
    made.start_page()
    yield made
    for name in list(made.running):
        made.stop(name)


def prepare(home: Path) -> Path:
    (home / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    return home


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Version 1 in production, version 2 its equal, which was there before; both servers up.

    Two files have been looked at since.
    """
    home = prepare(tmp_path_factory.mktemp("browser"))
    carprice(home, "run")
    carprice(home, "run", "--again", code=3)
    carprice(home, "promote", "--force")
    carprice(home, "rollback")
    for seed in ("1", "2"):
        listings = str(home / f"semaine-{seed}.csv")
        carprice(home, "sample", listings, "--rows=3000", f"--seed={seed}")
        carprice(home, "monitor", "--data", listings)
    with serve(home) as made:
        yield made


@pytest.fixture
def page(servers: Servers, browser: Browser) -> Iterator[Page]:
    with visit(browser, servers.page) as opened:
        yield opened
