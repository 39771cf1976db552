"""When the service takes a backup, and what page and API tell of the last ones."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import repository
import schedule
import status
import texts
from asking import figures
from ground import BackupError
from page import LiveModel as StillModel
from page import everything, run_page
from starlette.testclient import TestClient

from carprice.serving.backups import backups_path
from carprice.settings import Settings
from carprice.workspace import Workspace

AT = (2, 30)
TODAY = datetime(2026, 11, 27, 2, 30, tzinfo=UTC)
PREFIX = ("carprice_backup", "carprice_restore_drill")


@pytest.mark.parametrize(
    ("now", "newest", "due"),
    [
        (TODAY - timedelta(minutes=1), TODAY - timedelta(days=1), False),
        (TODAY, TODAY - timedelta(minutes=1), True),
        (TODAY + timedelta(minutes=1), TODAY, False),
        (TODAY + timedelta(days=9, hours=5), TODAY, True),  # nothing ran for nine days
        (TODAY, None, True),
    ],
)
def test_a_backup_is_due_once_a_day_and_a_missed_one_is_made_up(
    now: datetime, newest: datetime | None, due: bool
) -> None:
    assert schedule.is_due(now, AT, newest.timestamp() if newest else None) is due


@pytest.mark.parametrize("wrong", ["2", "24:00", "02:60", "at night"])
def test_a_time_that_is_none_is_refused(wrong: str) -> None:
    assert schedule.read_time("2:30") == AT
    with pytest.raises(BackupError, match="is no time such as 02:30"):
        schedule.read_time(wrong)


def test_the_rule_of_what_is_kept_is_read_or_refused() -> None:
    assert repository.read_rule("7d 4w 12m") == ["7d", "4w", "12m"]
    with pytest.raises(BackupError, match="is no rule such as 7d 4w 6m"):
        repository.read_rule("everything")


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a restic was asked that goes on asking its place again."""
    restic = tmp_path / "restic"
    restic.write_text(
        '#!/bin/sh\necho "$*" >>"$0.asked"\ncase "$*" in *config*) '
        'echo "retrying: $SAID" >&2; exec sleep 30;; esac\n'
    )
    restic.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("RESTIC_REPOSITORY", "s3:http://depot.example.com/cars")
    monkeypatch.setattr(repository, "ANSWER_SECONDS", 0.5)
    return tmp_path / "restic.asked"


def test_a_bucket_that_is_not_there_is_made(asked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAID", "The specified bucket does not exist")
    with pytest.raises(BackupError, match="there is no backup at s3:http://depot"):
        repository.reach(create=False)
    repository.open_repository(create=True)
    assert " init\n" in asked.read_text()


def test_a_place_that_lets_nobody_in_is_told_soon(
    asked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAID", "Access Denied")
    with pytest.raises(BackupError, match=r"does not let us in: retrying: Access Denied\. Look at"):
        repository.open_repository(create=True)
    assert " init\n" not in asked.read_text()


@pytest.fixture
def note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the service writes what page and API read."""
    path = backups_path(Settings(home=tmp_path))
    path.parent.mkdir(parents=True, exist_ok=True)
    monkeypatch.setattr(status, "FILE", path)
    return path


def test_a_failure_is_told_until_the_next_success_and_hides_no_earlier_one(note: Path) -> None:
    status.Status().succeed("backup", 12.34, bytes=5)
    status.Status().fail("backup", "no room")
    told = json.loads(note.read_text())["backup"]
    assert (told["seconds"], told["bytes"], told["failure"]) == (12.3, 5, "no room")
    status.Status().succeed("backup", 1, bytes=6)
    assert "failure" not in json.loads(note.read_text())["backup"]


def test_a_drill_is_due_each_week(note: Path) -> None:
    assert schedule.is_drill_due(time.time())
    status.Status().succeed("drill", 1)
    assert not schedule.is_drill_due(time.time() + timedelta(days=6).total_seconds())
    assert schedule.is_drill_due(time.time() + timedelta(days=8).total_seconds())


def show(live_model: StillModel, home: Path) -> str:
    live_model.work = Workspace(Settings(home=home))
    page = run_page("model")
    return "\n".join([everything(page), *(str(each.value) for each in page.text)])


def test_the_page_tells_of_backups_only_where_some_are_taken(
    live_model: StillModel, tmp_path: Path, note: Path
) -> None:
    well, unwell = (
        each.fr.partition("{")[0] for each in (texts.BACKUPS_WELL, texts.BACKUPS_UNWELL)
    )
    assert well not in show(live_model, tmp_path)
    status.Status().succeed("backup", 3)
    status.Status().succeed("drill", 3)
    assert well in show(live_model, tmp_path)
    status.Status().fail("drill", "backup 0123abcd is damaged")
    shown = show(live_model, tmp_path)
    assert unwell in shown
    assert "backup 0123abcd is damaged" in shown


def test_the_api_has_figures_of_backups_only_where_some_are_taken(
    client: TestClient, note: Path
) -> None:
    assert not [name for name in figures(client) if name.startswith(PREFIX)]
    status.Status().succeed("backup", 3, bytes=1_000_000)
    told = figures(client)
    assert told["carprice_backup_size_bytes"] == 1_000_000
    assert time.time() - told["carprice_backup_last_success_timestamp_seconds"] < 60
    assert told["carprice_restore_drill_last_success_timestamp_seconds"] == 0
