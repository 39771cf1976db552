"""Stopping and resetting the stack: what goes, what stays, and what is asked."""

import shutil
import signal
from pathlib import Path

import pytest
from machine import RESET, START, STOP, Machine, everything_in, fill


@pytest.mark.parametrize("has_env", [True, False])
def test_stop_takes_containers_away_and_says_what_stays(machine: Machine, has_env: bool) -> None:
    machine.run(START)
    if not has_env:
        (machine.project / ".env").unlink()
    before = everything_in(machine.project)
    ended = machine.run(STOP)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert machine.acts()[-1] == "down --remove-orphans"
    assert "Kept: the databases" in ended.stdout
    assert machine.engine_holds("containers") == []
    assert everything_in(machine.project) == before
    again = machine.run(STOP)
    assert again.returncode == 0
    assert "Nothing of this stack is running." in again.stdout


def test_stop_and_reset_say_when_there_is_no_engine(machine: Machine) -> None:
    machine.scenario(engine_error="Cannot connect")
    stopped = [machine.run(script) for script in (STOP, RESET)]
    (machine.tools / "docker").unlink()
    missing = [machine.run(script) for script in (STOP, RESET)]
    assert {ended.returncode for ended in stopped + missing} == {1}
    assert all("engine is not running" in ended.stderr for ended in stopped)
    assert all("Docker was not found. Install it" in ended.stderr for ended in missing)


def test_stop_needs_no_memory(machine: Machine) -> None:
    machine.run(START)
    machine.scenario(memory="1000000000")
    ended = machine.run(STOP)
    assert ended.returncode == 0, ended.stderr
    assert machine.engine_holds("containers") == []


KEPT = ["data/raw/avito.csv", "data/raw/.hidden", "data/.note"]
OF_AIRFLOW = ["airflow/logs/dag/run.log", "airflow/logs/.partial"]
OF_MODELS = ["mlflow/mlruns/1/run/model.skops", "models/v1/model.skops", "data/processed/a.parquet"]
HOLDERS = ["airflow/logs/.gitkeep", "models/.gitkeep", "data/processed/.gitkeep"]


@pytest.fixture
def used(machine: Machine) -> Machine:
    """A machine whose stack has run and has something to lose."""
    fill(machine.project, *KEPT, *OF_AIRFLOW, *OF_MODELS, *HOLDERS, "mlflow/mlflow.db")
    machine.write_env()
    (machine.engine / "containers").write_text("postgres\nredis\nmlflow\nairflow-webserver")
    (machine.engine / "volumes").write_text("carprice_redis-data")
    (machine.engine / "databases").write_text("airflow\nmlflow")
    return machine


def lost(machine: Machine, before: dict[str, bytes]) -> set[str]:
    now = everything_in(machine.project)
    assert all(now[name] == before[name] for name in now.keys() & before.keys())
    return before.keys() - now.keys()


def dropped(machine: Machine) -> list[str]:
    return [act.split()[-3] for act in machine.acts() if "DROP DATABASE" in act]


@pytest.mark.parametrize("all_of_it", [False, True])
def test_reset_deletes_what_it_lists_and_starts_again(used: Machine, all_of_it: bool) -> None:
    before = everything_in(used.project)
    ended = used.run(RESET, "--yes", *["--all"] * all_of_it)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    doomed = [*OF_AIRFLOW, *(OF_MODELS if all_of_it else []), *["mlflow/mlflow.db"] * all_of_it]
    assert lost(used, before) == set(doomed)
    assert dropped(used) == (["airflow", "mlflow"] if all_of_it else ["airflow"])
    acts = used.acts()
    stopped = "airflow-init airflow-webserver" + " streamlit api" * all_of_it
    removal = f"rm --stop --force redis {'mlflow ' * all_of_it}{stopped}"
    assert acts.index(removal) < next(i for i, act in enumerate(acts) if "DROP" in act)
    assert ["volume", "rm", "carprice_redis-data"] in used.calls
    assert acts[-1].endswith("run_pipeline.py --only-if-no-production")
    goes, stays = ended.stdout.split("This stays:")
    assert "Airflow's database" in goes
    assert "airflow/logs" in goes
    assert ("mlflow/mlruns" in goes) == ("models (exported" in goes) == all_of_it
    assert "  - data/raw\n  - .env" in stays


@pytest.mark.parametrize("words", [(), ("--all",)])
def test_reset_without_a_terminal_needs_yes_said(used: Machine, words: tuple[str, ...]) -> None:
    before = everything_in(used.project)
    ended = used.run(RESET, *words)
    assert ended.returncode == 1
    assert "Nothing was deleted: there is no terminal to ask on. Say --yes" in ended.stderr
    assert lost(used, before) == set()
    assert used.acts() == []


@pytest.mark.parametrize("typed", ["no", "y", ""])
def test_reset_on_a_terminal_takes_nothing_but_yes(used: Machine, typed: str) -> None:
    before = everything_in(used.project)
    code, screen = used.run_on_terminal(RESET, typed=typed + "\n")
    assert code == 1
    assert "Type yes to delete:" in screen
    assert "Nothing was deleted." in screen
    assert lost(used, before) == set()
    assert used.acts() == []


def test_reset_on_a_terminal_goes_on_after_yes(used: Machine) -> None:
    before = everything_in(used.project)
    code, screen = used.run_on_terminal(RESET, typed="yes\n")
    assert code == 0, screen
    assert lost(used, before) == set(OF_AIRFLOW)


@pytest.mark.parametrize(
    "moment",
    [
        "rm --stop",
        "volume rm",
        "up --detach postgres",
        "EXISTS airflow",
        "EXISTS mlflow",
        "roles.sh",
    ],
)
def test_an_interrupted_reset_is_finished_by_running_it_again(used: Machine, moment: str) -> None:
    before = everything_in(used.project)
    used.scenario(dies_at=moment)
    assert used.run(RESET, "--all", "--yes").returncode == 128 + signal.SIGKILL
    used.scenario()
    again = used.run(RESET, "--all", "--yes")
    assert again.returncode == 0, again.stderr
    assert lost(used, before) == {*OF_AIRFLOW, *OF_MODELS, "mlflow/mlflow.db"}
    assert used.engine_holds("databases") == ["airflow", "mlflow", "made", "anew"]


def test_reset_needs_no_memory_but_for_the_start_that_follows(used: Machine) -> None:
    used.scenario(memory="1000000000")
    ended = used.run(RESET, "--yes")
    assert dropped(used) == ["airflow"]
    assert "Everything listed is gone." in ended.stdout
    assert "has 1.0 GB of memory; 4 GB are needed" in ended.stderr


def test_a_database_is_never_gone_after_its_files_are(used: Machine) -> None:
    before = everything_in(used.project)
    used.scenario(fails_at="EXISTS mlflow")
    ended = used.run(RESET, "--all", "--yes")
    assert ended.returncode == 1
    assert "The database mlflow could not be deleted; no file was." in ended.stderr
    assert lost(used, before) == set()


def test_a_linked_folder_is_emptied_and_what_links_in_it_lead_to_stays(
    used: Machine, tmp_path: Path
) -> None:
    outside, precious = tmp_path / "big disk", tmp_path / "precious"
    fill(outside, "old.log")
    fill(precious, "kept")
    (outside / "link").symlink_to(precious)
    shutil.rmtree(used.project / "airflow" / "logs")
    (used.project / "airflow" / "logs").symlink_to(outside)
    assert used.run(RESET, "--yes").returncode == 0
    assert list(outside.iterdir()) == []
    assert (precious / "kept").exists()
