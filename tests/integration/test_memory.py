"""Big files and little memory: within a bound, refused in time, and never killed twice."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.attempts import call, status, succeed
from tests.integration.conftest import Desk

from carprice import memory
from carprice.errors import DatasetError
from carprice.listings.reading import BYTES_PER_ROW
from carprice.pipeline import steps
from carprice.simulation.dirt import write_sample
from carprice.workspace import Workspace

MEASURE = """
import resource, sys
from pathlib import Path
from carprice.listings.cleaning import clean
from carprice.listings.reading import read_listings
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(len(clean(read_listings(Path(sys.argv[1]))).parsed.values))
print(1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before))
"""


@pytest.fixture
def container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Give this process a container's files about memory."""
    killed = memory.count_kills()  # of this machine, which the steps in other processes count on
    folder = tmp_path / "cgroup"
    folder.mkdir()
    monkeypatch.setattr(memory, "CGROUP", folder)

    def write(limit: int, used: int = 0, kept: int = 0, kills: int = 0) -> None:
        (folder / "memory.max").write_text(f"{limit}\n")
        (folder / "memory.current").write_text(f"{used}\n")
        (folder / "memory.stat").write_text(f"anon 7\ninactive_file {kept}\nactive_file 0\n")
        (folder / "memory.events").write_text(f"low 0\noom 1\noom_kill {killed + kills}\n")

    return write


def test_reading_and_cleaning_stay_within_their_bytes_for_each_row(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    write_sample(path, rows=200_000, seed=0)
    told = subprocess.run(
        [sys.executable, "-c", MEASURE, path], capture_output=True, text=True, check=True
    )
    rows, taken = map(int, told.stdout.split())
    assert rows > 200_000
    assert taken < rows * BYTES_PER_ROW


def test_a_file_beyond_the_memory_is_refused_before_it_is_read(
    work: Workspace, desk: Desk, container: Callable[..., None]
) -> None:
    container(limit=10**9, used=10**9 - 10**6, kept=200_000)
    with pytest.raises(DatasetError, match=r"CARPRICE_WORKER_MEMORY") as caught:
        steps.check_data_quality(work, desk.listings)
    assert not caught.value.retryable
    assert "about 2\u202f0" in str(caught.value)
    assert "takes 0." in str(caught.value)  # a twentieth of the limit is for others
    container(limit=10**9, used=0)
    assert steps.check_data_quality(work, desk.listings).report.summary.rows_read > 2000


def test_a_step_killed_for_memory_is_not_tried_again(
    work: Workspace, desk: Desk, container: Callable[..., None]
) -> None:
    run_id = succeed(desk, "check_data_quality", desk.listings.name)
    place = {"where": "carprice.pipeline.steps:fit_prepared"}
    child = call(desk, "train_model", run_id, pause=place)
    child.wait_for_pause()
    assert child.send(signal.SIGKILL).code == -signal.SIGKILL
    container(limit=10**9, kills=1)
    with pytest.raises(DatasetError, match="killed for want of memory") as caught:
        steps.train_model(work, run_id)
    assert not caught.value.retryable
    assert status(work, run_id) == ("FAILED", "failed", True)
    # In a container where no more were killed, it was a person: it is tried again.
    succeed(desk, "train_model", run_id)
