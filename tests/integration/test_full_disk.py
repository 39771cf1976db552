"""A disk without room: said within a minute, nothing half-written, and well again with room."""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.conftest import (
    LISTINGS,
    PIPELINE_RUN,
    Desk,
    serving,
    write_small_project,
)

from carprice.errors import DatasetError, RegistryError
from carprice.pipeline import steps
from carprice.pipeline.run_record import NOTE
from carprice.workspace import Workspace

ROOM = 4_000_000
MINUTE = 60.0
Disk = Callable[[Path, int], None]


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """As workers of the stack are: an outage is waited for, here two minutes for each file."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "7")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "1")


@pytest.fixture
def artifacts(tmp_path: Path, small_disk: Disk) -> Path:
    """The artifacts of a server, on a small disk."""
    small_disk(tmp_path / "server" / "artifacts", ROOM)
    return tmp_path / "server" / "artifacts"


@pytest.fixture
def work(artifacts: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A task's workspace, its registry a real server."""
    home = tmp_path / "project"
    write_small_project(home)
    with serving(artifacts.parent, f"sqlite:///{artifacts.parent / 'mlflow.db'}") as address:
        desk = Desk(home, tmp_path / "scratch", address())
        yield replace(desk.work, pipeline_run=PIPELINE_RUN)


def fill(folder: Path) -> Path:
    """A file that takes all the room there is."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (100_000, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return filler


def tell(work: Workspace, failed: str) -> str:
    """The report of a failed run, which is closed with it and has it as its note."""
    report = steps.send_pipeline_report(work, None, [failed])
    run = work.registry.runs(pipeline_run=PIPELINE_RUN)[0]
    assert (run.status, run.tags["outcome"]) == ("FAILED", "failed")
    assert run.tags[NOTE] == report.note
    return report.markdown


@pytest.mark.usefixtures("patient")
@pytest.mark.filterwarnings("ignore")  # of MLflow, when it stores a model
def test_a_server_without_room_for_artifacts_fails_the_run_at_once_and_heals(
    work: Workspace, artifacts: Path
) -> None:
    listings = work.settings.home / LISTINGS
    filler, since = fill(artifacts), time.monotonic()
    with pytest.raises(RegistryError, match="Make room") as caught:
        steps.check_data_quality(work, listings)
    assert not caught.value.retryable
    assert "Make room" in tell(work, "check_data_quality")
    assert time.monotonic() - since < MINUTE
    filler.unlink()
    run_id = steps.check_data_quality(work, listings).run_id

    filler = fill(artifacts)
    with pytest.raises(RegistryError, match="Make room"):
        steps.train_model(work, run_id)
    assert not work.registry.versions()
    assert not [path for path in artifacts.rglob("*") if "uploading" in path.name]
    filler.unlink()
    assert steps.train_model(work, run_id).number == 1
    steps.send_pipeline_report(work, run_id)
    assert work.registry.read_text(run_id, "report.md")
    assert work.registry.run(run_id).status == "FINISHED"


@pytest.mark.parametrize(("place", "named"), [("processed", LISTINGS), ("sample", None)])
def test_a_file_without_room_fails_its_run_at_once(
    desk: Desk, small_disk: Disk, place: str, named: str | None
) -> None:
    work, folder = replace(desk.work, pipeline_run=PIPELINE_RUN), desk.home / "data" / place
    shutil.rmtree(folder, ignore_errors=True)
    small_disk(folder, 4096)
    with pytest.raises(DatasetError, match="Free some room") as caught:
        steps.check_data_quality(work, named and desk.home / named)
    assert not caught.value.retryable, "a full disk is as full some seconds later"
    assert not list(folder.iterdir())
    assert "Free some room" in tell(work, "check_data_quality")


def test_a_step_without_room_for_its_log_is_not_begun(desk: Desk, small_disk: Disk) -> None:
    work = replace(desk.work, pipeline_run=PIPELINE_RUN, logs=desk.home / "logs")
    small_disk(desk.home / "logs", 4096)
    with pytest.raises(DatasetError, match="logs: No space left"):
        steps.check_data_quality(work, desk.listings)
    assert "logs: No space left" in tell(work, "check_data_quality")
