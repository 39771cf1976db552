"""Real stores, real processes: what the integration tests share.

A process that imports MLflow takes seconds to start. The tests' children are therefore forked
from one process that has imported everything and opened nothing (`multiprocessing`'s fork
server): each is a process of its own, with its own signals and exit code, ready in a moment.
"""

import contextlib
import ctypes
import fcntl
import itertools
import json
import multiprocessing
import os
import runpy
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.integration.children import Child, Ended, wait_until

from carprice.registry.client import PRODUCTION, Registry, Version, mlflow
from carprice.settings import Settings
from carprice.simulation.dirt import write_sample
from carprice.workspace import Workspace

PROJECT = Path(__file__).parents[2]
CHILD = Path(__file__).with_name("child.py")
LISTINGS = "listings.csv"
PIPELINE_RUN = "manual__2026-11-23T18:00:00+00:00"
FORKS = multiprocessing.get_context("forkserver")

MLFLOWS_WARNINGS = (
    # Its SQL store asks SQLAlchemy for a loader strategy that version 2.1 deprecates.
    "The ``noload`` loader strategy is deprecated",
)

# Children need no threads on a small machine, and never report to anybody.
QUIET = {
    "OMP_NUM_THREADS": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "MLFLOW_TRACKING_URI": "",
}


@dataclass
class Desk:
    """A project's folder and the command line used in it."""

    home: Path
    scratch: Path
    tracking_uri: str = ""
    signing_key: str = ""
    children: list[Child] = field(default_factory=list)

    @property
    def listings(self) -> Path:
        return self.home / LISTINGS

    @property
    def settings(self) -> Settings:
        return Settings(
            home=self.home, user_name="tests", MLFLOW_TRACKING_URI=self.tracking_uri,
            signing_key=self.signing_key,
        )  # fmt: skip

    @property
    def work(self) -> Workspace:
        return Workspace(self.settings)

    @property
    def registry(self) -> Registry:
        """A connection of the test's own; it also becomes MLflow's current store."""
        return Registry(self.settings)

    @property
    def production(self) -> Version | None:
        return self.registry.find_alias(PRODUCTION)

    def copies(self) -> set[str]:
        """Names of the files in `models/`."""
        return {path.name for path in (self.home / "models").glob("*") if path.is_file()}

    def start(self, *arguments: str, **options: Any) -> Child:
        """Start `carprice …` in a child; the options are those of `command` in child.py."""
        return self.fork("command", arguments=arguments, **options)

    def fork(self, what: str, **options: Any) -> Child:
        folder = self.scratch / f"child-{len(self.children)}"
        folder.mkdir(parents=True)
        order = {
            "what": what,
            "home": str(self.home),
            "folder": str(folder),
            "environment": {
                "CARPRICE_USER_NAME": "tests",
                "CARPRICE_SIGNING_KEY": self.signing_key,
                **({"MLFLOW_TRACKING_URI": self.tracking_uri} if self.tracking_uri else {}),
            },
            "options": options,
        }
        process = FORKS.Process(
            target=runpy.run_path, args=(str(CHILD),), kwargs={"init_globals": {"order": order}}
        )
        process.start()
        self.children.append(Child(process, folder))
        return self.children[-1]

    def run(self, *arguments: str, **options: Any) -> Ended:
        return self.start(*arguments, **options).end()


@pytest.fixture(scope="session", autouse=True)
def quiet_environment() -> Iterator[None]:
    """Fit on one thread, here and in every child; start the process that children fork from."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in QUIET.items():
            patch.setenv(name, value)
        FORKS.set_forkserver_preload(["tests.integration.preloaded"])
        forkserver.ensure_running()
        yield


@pytest.fixture(autouse=True)
def no_remembered_store() -> Iterator[None]:
    """What MLflow keeps of the store in use is not passed on.

    Its address, in the environment; where each run's files lie, by the id of the run, which is
    the same in every copy of a folder.
    """
    mlflow.tracking._tracking_service.utils._artifact_repos_cache.clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", "")
        yield


def write_small_project(home: Path) -> None:
    """The project's own parameters with numbers for a small sample, and the sample."""
    home.mkdir(parents=True)
    params = yaml.safe_load((PROJECT / "params.yaml").read_text())
    params["quality"]["min_priced_rows"] = 200
    params["gate"] |= {"bootstrap_rounds": 100, "large_slice_rows": 50}
    params["validation"]["max_latency_ms"] = 2000  # the machine is shared with other tests
    (home / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True))
    write_sample(home / LISTINGS, rows=2000, seed=0)


@dataclass(frozen=True)
class TwoRuns:
    """A folder in which `carprice run` ran twice on the same listings, then `--again`."""

    home: Path
    first: Ended
    """In processes of its own, as users start it."""
    second: Ended


@pytest.fixture(scope="session")
def two_runs(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> TwoRuns:
    """Made once: of the processes that test side by side, one makes it and the others wait."""
    own = tmp_path_factory.getbasetemp()
    folder = (own if worker_id == "master" else own.parent) / "two-runs"
    folder.mkdir(exist_ok=True)
    ends = folder / "ends.json"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ends.exists():
            ends.write_text(json.dumps([asdict(end) for end in run_twice(folder / "project")]))
    return TwoRuns(folder / "project", *(Ended(**end) for end in json.loads(ends.read_text())))


def run_twice(home: Path) -> tuple[Ended, Ended]:
    write_small_project(home)
    done = subprocess.run(
        [sys.executable, "-m", "carprice", "run", "--data", LISTINGS],
        cwd=home, capture_output=True, text=True, check=False,
    )  # fmt: skip
    first = Ended(done.returncode, done.stdout, done.stderr)
    assert first.code == 0, first.text
    return first, Desk(home, home.parent / "scratch").run("run", "--data", LISTINGS, "--again")


@pytest.fixture
def desk(two_runs: TwoRuns, tmp_path: Path) -> Iterator[Desk]:
    """A copy of the folder of two runs: version 1 in production, version 2 refused as its equal."""
    yield from tidied(copy_desk(two_runs.home, tmp_path))


def copy_desk(project: Path, folder: Path) -> Desk:
    """A copy of a project's folder, with its embedded store, in a folder."""
    home = folder / "project"
    shutil.copytree(project, home)
    move_store(home / "mlflow" / "mlflow.db", str(project), str(home))
    return Desk(home, folder / "scratch")


@pytest.fixture
def work(desk: Desk) -> Workspace:
    """The folder of two runs, seen by a task of one run of the pipeline."""
    return replace(desk.work, pipeline_run=PIPELINE_RUN)


def tidied(desk: Desk) -> Iterator[Desk]:
    """Leave no child behind."""
    yield desk
    for child in desk.children:
        if child.process.is_alive():
            child.process.kill()
        child.process.join()


def move_store(database: Path, old: str, new: str) -> None:
    """The store writes down where its artifacts lie; say where they lie now."""
    places = {
        "experiments": "artifact_location",
        "runs": "artifact_uri",
        "logged_models": "artifact_location",
        "model_versions": "storage_location",
    }
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        for table, column in places.items():
            connection.execute(
                f"UPDATE {table} SET {column} = replace({column}, ?, ?)",  # noqa: S608 - ours
                (old, new),
            )


def find_postgres() -> Path | None:
    """Folder of the newest PostgreSQL server's programs; Debian does not put them on the PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = debian[-1] if debian else shutil.which("initdb")
    return Path(found).parent if found else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[str], str]]:
    """A PostgreSQL server on a Unix socket; call it for the address of a new database."""
    binaries = find_postgres()
    if binaries is None:
        pytest.skip("no PostgreSQL server is installed here (apt install postgresql)")
    # Not in pytest's own folder: the server's user may not enter it, and socket paths are short.
    with tempfile.TemporaryDirectory(prefix="carprice-postgres-") as folder:
        as_user: list[str] = []
        if os.geteuid() == 0:  # PostgreSQL refuses to be root
            as_user = ["runuser", "-u", "postgres", "--"]
            shutil.chown(folder, "postgres", "postgres")
        data = str(Path(folder) / "data")
        options = f"-F -k {folder} -c listen_addresses="

        def call(name: str, *arguments: str) -> None:
            subprocess.run(
                [*as_user, str(binaries / name), *arguments],
                check=True, cwd=folder, stdout=subprocess.DEVNULL,
            )  # fmt: skip

        call("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        call("pg_ctl", "-D", data, "-w", "-o", options, "-l", f"{folder}/log", "start")

        def create_database(name: str) -> str:
            call("createdb", "-h", folder, "-U", "postgres", name)
            return f"postgresql+psycopg2://postgres@/{name}?host={folder}"

        try:
            yield create_database
        finally:
            call("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


@pytest.fixture(scope="session")
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], str]]:
    """An MLflow server starting up, on PostgreSQL where there is one; call it for its address."""
    folder = tmp_path_factory.mktemp("server")
    database = f"sqlite:///{folder / 'mlflow.db'}"
    if find_postgres():
        database = request.getfixturevalue("postgres")("served")
    with serving(folder, database) as address:
        yield address


@pytest.fixture
def empty_server(server: Callable[[], str]) -> Callable[[], str]:
    """The server without what earlier tests of this process promoted there."""

    def address() -> str:
        client = mlflow.MlflowClient(server(), server())
        for model in client.search_registered_models():
            client.delete_registered_model(model.name)
        return server()

    return address


@contextlib.contextmanager
def serving(folder: Path, database: str) -> Iterator[Callable[[], str]]:
    """An MLflow server starting up, its artifacts in a folder's; call it for its address."""
    port = closed_port()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "mlflow", "server", "--workers", "1"),
                "--app-name=carprice",
                *("--host", "127.0.0.1", "--port", str(port)),
                *("--backend-store-uri", database),
                *("--artifacts-destination", str(folder / "artifacts")),
            ],
            cwd=folder, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip

    def answers() -> bool:
        assert process.poll() is None, (folder / "log").read_text()
        with contextlib.suppress(OSError):
            return bool(urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1))
        return False

    def address() -> str:
        wait_until(answers)
        return f"http://127.0.0.1:{port}"

    try:
        yield address
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """MLflow's own deprecated calls are no fault of ours."""
    ours = [item for item in items if item.path.is_relative_to(CHILD.parent)]
    for item, sentence in itertools.product(ours, MLFLOWS_WARNINGS):
        item.add_marker(pytest.mark.filterwarnings(f"ignore:{sentence}"))


def closed_port() -> int:
    """A port of the loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[Path, int], None]]:
    """Give a folder a disk of its own with so many bytes; what lies there is copied onto it."""
    mounted: list[Path] = []
    mount = ctypes.CDLL(None, use_errno=True).mount

    def give(folder: Path, size: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        kept = shutil.copytree(folder, tmp_path / f"kept-{len(mounted)}")
        if mount(b"tmpfs", str(folder).encode(), b"tmpfs", 0, f"size={size}".encode()):
            reason = os.strerror(ctypes.get_errno())
            pytest.skip(f"a disk of a few bytes cannot be mounted here: {reason}")
        mounted.append(folder)
        shutil.copytree(kept, folder, dirs_exist_ok=True)

    yield give
    for folder in mounted:
        subprocess.run(["umount", "--lazy", folder], check=True)
