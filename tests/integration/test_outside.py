"""What is outside goes wrong: a registry that is down, a folder or disk that takes nothing."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.children import Ended
from tests.integration.conftest import LISTINGS, Desk, closed_port

ONE_COPY = {"CarPricePredictor-v1.skops", "CarPricePredictor-v1.json"}
ROOM = 128 * 1024
"""Bytes of a full disk: less than a model needs."""

Disk = Callable[[Path, int], None]


def ensure_explained(ended: Ended, code: int, words: str) -> None:
    assert ended.code == code, ended.text
    assert words in ended.err
    assert "Traceback" not in ended.text


def ensure_untouched(desk: Desk) -> None:
    """Version 1 is in production, and nothing lies about."""
    assert desk.production.number == 1
    assert desk.copies() == ONE_COPY
    assert all(path.suffix == ".parquet" for path in (desk.home / "data/processed").glob("*"))


def ensure_next_is_fine(desk: Desk) -> None:
    ended = desk.run("promote", "2", "--force")
    assert ended.code == 0, ended.text
    assert desk.production.number == 2
    assert desk.run("verify", "models/CarPricePredictor-v2.json").code == 0


def test_a_registry_that_is_down_is_said_so_within_seconds(desk: Desk) -> None:
    address = f"127.0.0.1:{closed_port()}"
    desk.tracking_uri = f"http://me:secret@{address}"
    started = time.monotonic()
    ended = desk.run("run", "--data", LISTINGS)
    assert time.monotonic() - started < 20
    ensure_explained(ended, 7, f"the registry at http://{address} does not do as asked")
    assert "MLFLOW_TRACKING_URI" in ended.err
    assert "secret" not in ended.text
    desk.tracking_uri = ""
    ensure_untouched(desk)


def test_a_database_that_is_down_is_said_so_at_once(desk: Desk) -> None:
    address = f"127.0.0.1:{closed_port()}"
    desk.tracking_uri = f"postgresql+psycopg2://me:secret@{address}/mlflow"
    ended = desk.run("status")
    ensure_explained(ended, 7, f"the registry at postgresql+psycopg2://{address}/mlflow")
    assert "Connection refused" in ended.err
    assert "secret" not in ended.text


def make_read_only(folder: Path) -> Callable[[], None]:
    """Take the right to write from a folder and what is in it; call the result to give it back."""
    before = {path: path.stat().st_mode for path in (folder, *folder.rglob("*"))}
    for path, mode in before.items():
        path.chmod(mode & ~0o222)
    return lambda: [path.chmod(mode) for path, mode in before.items()]


@pytest.mark.parametrize(
    ("place", "command", "code", "words"),
    [
        ("mlflow", ("run", "--data", LISTINGS, "--force"), 7, "its disk is writable"),
        ("data/processed", ("run", "--data", "other.csv"), 4, "cannot write"),
        ("models", ("promote", "2", "--force"), 4, "cannot write"),
        ("out", ("predict", LISTINGS, "out/estimates.csv"), 4, "cannot write"),
    ],
)
def test_a_folder_that_may_not_be_written_stops_the_work_cleanly(
    desk: Desk, place: str, command: tuple[str, ...], code: int, words: str
) -> None:
    lines = desk.listings.read_text().splitlines(keepends=True)
    (desk.home / "other.csv").write_text("".join(lines[:1800]))
    folder = desk.home / place
    folder.mkdir(exist_ok=True)
    give_back = make_read_only(folder)
    ended = desk.run(*command, without_powers=True)
    give_back()
    ensure_explained(ended, code, words)
    ensure_untouched(desk)
    assert not list((desk.home / "out").glob("*"))
    ensure_next_is_fine(desk)


@pytest.mark.parametrize(
    ("place", "command", "words"),
    [
        ("models", ("promote", "2", "--force"), "No space left on device"),
        ("out", ("predict", LISTINGS, "out/estimates.csv"), "No space left on device"),
    ],
)
def test_a_full_disk_stops_the_work_cleanly(
    desk: Desk, small_disk: Disk, place: str, command: tuple[str, ...], words: str
) -> None:
    size = sum(path.stat().st_size for path in (desk.home / place).glob("*"))
    small_disk(desk.home / place, size + ROOM)
    ended = desk.run(*command)
    ensure_explained(ended, 4, words)
    assert "Free some room" in ended.err
    ensure_untouched(desk)
    assert not list((desk.home / "out").glob("*"))


def test_a_full_disk_under_the_registry_leaves_the_champion_in_place(
    desk: Desk, small_disk: Disk
) -> None:
    store = desk.home / "mlflow"
    size = sum(path.stat().st_size for path in store.rglob("*") if path.is_file())
    small_disk(store, size + 4 * ROOM)
    ended = desk.run("run", "--data", LISTINGS, "--force")
    ensure_explained(ended, 7, "its disk is writable and has room")
    ensure_untouched(desk)


@pytest.mark.parametrize("largest_file", [ROOM])
def test_a_quota_on_files_stops_a_promotion_cleanly(desk: Desk, largest_file: int) -> None:
    """Works where no disk can be mounted: the kernel refuses the bytes above a limit."""
    ended = desk.run("predict", LISTINGS, "estimates.csv", largest_file=largest_file)
    ensure_explained(ended, 4, "cannot write")
    assert not (desk.home / "estimates.csv").exists()
    ensure_untouched(desk)
    ensure_next_is_fine(desk)


def test_no_copy_of_the_store_is_needed_to_go_on_after_the_folder_moved(desk: Desk) -> None:
    """A folder that disappears under the registry is explained as well."""
    shutil.rmtree(desk.home / "mlflow" / "mlruns")
    ended = desk.run("predict", LISTINGS, "estimates.csv")
    ensure_explained(ended, 8, "has no files any more where they were registered")
