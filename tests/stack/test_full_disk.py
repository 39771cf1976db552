"""A disk under the running stack is full: a run fails with the remedy, and the next succeeds."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from stack import Stack
from test_survival import LISTINGS, PROMOTED, assert_consistent, listings  # noqa: F401

MINUTE = 60.0


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """No room is left on the disk of a folder."""
    if not folder.is_mount():
        pytest.skip("only root can give a stack disks of its own, which a test may fill")
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1_000_000, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    try:
        yield
    finally:
        filler.unlink()


def fail(stack: Stack, folder: str) -> tuple[str, dict[str, str]]:
    """A run with a folder's disk full: its name, and the tags of its MLflow run."""
    production = stack.mlflow.production()
    with full(stack.folder / folder):
        began = time.monotonic()
        run = stack.airflow.trigger(data=LISTINGS, force=True)
        assert stack.airflow.wait_for_end(run) == "failed"
        print(f"\n{folder} full: the run failed after {time.monotonic() - began:.0f} s")
        assert time.monotonic() - began < MINUTE
    states = stack.airflow.states(run)
    assert (states["check_data_quality"], states["send_pipeline_report"]) == ("failed", "success")
    assert stack.airflow.tasks(run)["check_data_quality"]["try_number"] == 1
    assert stack.mlflow.production() == production
    found = stack.mlflow.run_of(run)
    assert found["status"] == "FAILED"
    return run, found["tags"]


def test_no_room_for_artifacts_is_told_with_the_remedy(started: Stack) -> None:
    run, tags = fail(started, "mlflow/mlruns")
    assert "Make room" in tags["mlflow.note.content"]
    assert "Make room" in json.dumps(started.airflow.log(run, "check_data_quality"))


def test_no_room_for_logs_is_told_in_the_report(started: Stack) -> None:
    _, tags = fail(started, "airflow/logs")
    assert "/airflow/logs: No space left on device. Free some room" in tags["mlflow.note.content"]


def test_with_room_again_the_next_run_is_promoted(started: Stack) -> None:
    run = started.airflow.trigger(data=LISTINGS, force=True)
    assert started.airflow.wait_for_end(run) == "success"
    assert started.airflow.states(run) == PROMOTED
    assert started.airflow.log(run, "train_model"), "it logs where people look"
    assert_consistent(started)
