"""Backup and restore: what is asked of the containers, in which order, and what stops it."""

import pytest
from machine import BACKUP, RESTORE, START, Machine, fill

KEY = "the key of the place="
RESTORED = "\n".join(
    ["AIRFLOW_FERNET_KEY=the old key", "AIRFLOW_UID=501", "CARPRICE_BACKUP_KEY=an older key",
     "API_PORT=8123", "POSTGRES_IMAGE=postgres:16"]
)  # fmt: skip
STOPPED = "--profile * down --remove-orphans"


@pytest.fixture
def used(machine: Machine) -> Machine:
    """A machine whose stack has run and has something to lose."""
    fill(machine.project, "mlflow/mlruns/1/run/model.skops", "params.yaml")
    machine.write_env(CARPRICE_BACKUP_KEY=KEY)
    (machine.engine / "containers").write_text("postgres\nredis\nmlflow")
    (machine.engine / "volumes").write_text("carprice_postgres-db-volume\ncarprice_redis-data")
    machine.scenario(settings=RESTORED)
    return machine


def steps(machine: Machine) -> list[str]:
    """The words of the backup's container, and what happens to all the others, in order."""
    told = []
    for act in machine.acts():
        if "backup.py" in act:
            told.append(act.partition("backup.py ")[2].split()[0])
        elif act in {STOPPED, "build"} or act.startswith("up --detach"):
            told.append(act)
    return told


def test_a_backup_is_taken_and_says_what_it_is_worth(used: Machine) -> None:
    ended = used.run(BACKUP)
    assert ended.returncode == 0, ended.stderr
    assert "Backup 0123abcd is complete." in ended.stderr
    assert "without CARPRICE_BACKUP_KEY of .env nobody can read them" in ended.stderr
    assert "./backups is on the disk of what it saves" in ended.stderr
    assert KEY not in ended.stdout + ended.stderr
    assert (used.project / "backups").is_dir()


@pytest.mark.parametrize(
    ("place", "warned"), [("s3:https://s3.example.com/carprice", False), ("", True)]
)
def test_another_machine_is_no_disk_of_this_one(used: Machine, place: str, warned: bool) -> None:
    used.settings["CARPRICE_BACKUP_TO"] = place
    assert ("is on the disk of what it saves" in used.run(BACKUP).stderr) is warned


def test_a_backup_needs_what_it_asks(used: Machine) -> None:
    (used.engine / "containers").write_text("postgres")
    ended = used.run(BACKUP)
    assert ended.returncode == 1
    assert "mlflow does not run: ./docker-start-full.sh" in ended.stderr
    assert steps(used) == []


@pytest.mark.parametrize("words", [(), ("--drill",)])
def test_what_fails_inside_fails(used: Machine, words: tuple[str, ...]) -> None:
    used.scenario(fails_at="backup.py")
    assert used.run(BACKUP, *words).returncode == 1


def test_a_moment_is_saved_by_the_journal(used: Machine) -> None:
    moment = "2026-11-27 14:05"
    assert "There is no journal to go back by" in used.run(BACKUP, "--moment", moment).stderr
    assert steps(used) == []
    used.settings["CARPRICE_JOURNAL_FOLDER"] = "./journal"
    ended = used.run(BACKUP, "--moment", moment)
    assert ended.returncode == 0, ended.stderr
    (act,) = (each for each in used.acts() if "backup.py rewind" in each)
    assert f"--volume {used.project}/journal:/journal:ro backup" in act
    assert act.endswith(moment)
    assert used.run(BACKUP, "--moment").returncode == 2


def test_without_a_name_backups_are_listed_and_nothing_is_changed(used: Machine) -> None:
    ended = used.run(RESTORE)
    assert ended.returncode == 0, ended.stderr
    assert "0123abcd  2026-11-27 02:31 UTC  daily" in ended.stdout
    assert steps(used) == ["list"]


def test_a_restore_goes_from_what_it_reads_to_what_it_shows(used: Machine) -> None:
    ended = used.run(RESTORE, "latest", "--yes")
    assert ended.returncode == 0, ended.stderr
    told = steps(used)
    first = ["examine", "up --detach postgres", "up --detach --wait mlflow", "take", STOPPED]
    assert told[: len(first)] == first
    then = ["settings", "up --detach postgres", "restore", "params", "build"]
    assert told[len(first) :][: len(then)] == then
    assert told[-1] == "verify"
    assert ["volume", "rm", "carprice_redis-data"] in used.calls
    settings = (used.project / ".env").read_text()
    assert "AIRFLOW_FERNET_KEY=the old key" in settings
    assert "API_PORT=8123" in settings
    assert f"CARPRICE_BACKUP_KEY={KEY}" in settings, "the one that opens the place goes on to"
    assert "AIRFLOW_UID=1234" in settings, "whoever owns this folder"
    assert "POSTGRES_IMAGE=postgres:16" not in settings, "what was chosen here, as a newer one"
    assert (used.project / "params.yaml").read_text() == "model: restored\n"
    assert not (used.project / ".restoring").exists()


@pytest.mark.parametrize("trouble", ["backup.py examine", "grep -rqE", "backup.py take"])
def test_what_cannot_come_back_or_not_be_saved_touches_nothing(used: Machine, trouble: str) -> None:
    before = (used.project / ".env").read_text()
    used.scenario(fails_at=trouble, settings=RESTORED)
    ended = used.run(RESTORE, "latest", "--yes")
    assert ended.returncode == 1
    assert "othing was changed" in ended.stderr
    assert STOPPED not in steps(used)
    assert (used.project / ".env").read_text() == before


def test_a_restore_asks_and_without_a_yes_does_nothing(used: Machine) -> None:
    code, shown = used.run_on_terminal(RESTORE, "latest", typed="oui\n")
    assert code == 1
    assert "Nothing was replaced." in shown
    assert STOPPED not in steps(used)


def test_an_empty_stack_has_nothing_to_save_first(used: Machine) -> None:
    (used.engine / "volumes").write_text("")
    assert used.run(RESTORE, "latest", "--yes").returncode == 0
    assert "take" not in steps(used)


@pytest.mark.parametrize("moment", ["backup.py settings", "backup.py restore", "backup.py params"])
def test_killed_in_the_middle_nothing_starts_until_it_was_run_again(
    used: Machine, moment: str
) -> None:
    used.scenario(dies_at=moment, settings=RESTORED)
    assert used.run(RESTORE, "latest", "--yes").returncode != 0
    used.scenario(settings=RESTORED)
    refused = used.run(START)
    assert refused.returncode == 1
    assert "A restore was ended in the middle" in refused.stderr
    (used.engine / "calls").unlink()
    ended = used.run(RESTORE, "--yes")
    assert ended.returncode == 0, ended.stderr
    assert "take" not in steps(used), "what is half made is no backup"
    assert steps(used)[-1] == "verify"
    assert not (used.project / ".restoring").exists()


def test_a_restore_that_does_not_hold_is_said_so(used: Machine) -> None:
    used.scenario(fails_at="backup.py verify", settings=RESTORED)
    ended = used.run(RESTORE, "latest", "--yes")
    assert ended.returncode == 1
    assert "Not all came back as the backup promised" in ended.stderr
