"""Giving secrets new values: what is asked, what is waited for, what is changed."""

import pytest
from machine import ROTATE, START, Machine, fill

NAME = "AIRFLOW_JWT_SECRET"


@pytest.fixture
def running(machine: Machine) -> Machine:
    machine.write_env()
    assert machine.run(START).returncode == 0
    (machine.engine / "calls").unlink()
    return machine


def test_it_waits_for_steps_then_changes_one_secret_and_starts_what_knows_it(
    running: Machine,
) -> None:
    running.scenario(steps="2")
    before = running.read_env()
    ended = running.run(ROTATE, NAME)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    after = running.read_env()
    assert {name for name in before if before[name] != after[name]} == {NAME}
    assert after[NAME] not in ended.stdout + ended.stderr + str(running.calls)
    assert "2 under way" in ended.stdout
    words = [" ".join(call) for call in running.calls]
    looks = [at for at, each in enumerate(words) if "task_instance" in each]
    assert len(looks) == 3
    assert looks[-1] < next(at for at, each in enumerate(words) if each.startswith("stop "))
    (others,) = (each for each in words if each.startswith("start "))
    assert "airflow-scheduler" not in others.split()
    assert running.acts()[-1] == "start airflow-scheduler"
    assert not (running.project / ".secrets" / "rotating").exists()


def test_a_step_that_does_not_end_changes_nothing(running: Machine) -> None:
    running.settings["CARPRICE_STEP_LIMIT"] = "0"
    running.scenario(steps="2")
    before = running.read_env()
    ended = running.run(ROTATE, NAME)
    assert ended.returncode == 1
    assert "Nothing was changed: steps were still under way after 0 s" in ended.stderr
    assert running.read_env() == before
    assert running.acts()[-1] == "start airflow-scheduler"


def test_what_a_killed_rotation_left_is_finished_by_any_other(running: Machine) -> None:
    running.scenario(dies_at="stop postgres")
    assert running.run(ROTATE, NAME).returncode != 0
    begun = running.read_env()[NAME]
    running.scenario()
    ended = running.run(ROTATE, "REDIS_PASSWORD")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert running.read_env()[NAME] != begun
    assert not (running.project / ".secrets" / "rotating").exists()


@pytest.mark.parametrize("words", [(), ("CARPRICE_SMTP_URL",), ("--nothing",), ("nobody's",)])
def test_what_cannot_be_rotated_is_said(running: Machine, words: tuple[str, ...]) -> None:
    before = running.read_env()
    ended = running.run(ROTATE, *words)
    assert ended.returncode == 2
    assert ended.stderr
    assert running.read_env() == before
    assert NAME in running.run(ROTATE, "--list").stdout.split()


def test_a_stack_that_does_not_run_is_said(machine: Machine) -> None:
    machine.write_env()
    ended = machine.run(ROTATE, NAME)
    assert ended.returncode == 1
    assert "Nothing of this stack is running: start it first" in ended.stderr


def test_the_key_of_backups_opens_them_before_it_is_in_env(running: Machine) -> None:
    name, before = "CARPRICE_BACKUP_KEY", running.read_env()
    fill(running.project, "backups/config")
    running.scenario(fails_at="add-key")
    ended = running.run(ROTATE, name)
    assert (ended.returncode, running.read_env()) == (1, before)
    assert "The one in .env opens them as before" in ended.stderr
    running.scenario()
    ended = running.run(ROTATE, name)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert running.read_env()[name] not in {before[name], *ended.stdout.split()}
    done = [each.split()[-1] for each in running.acts() if "backup.py" in each]
    assert done == ["add-key", "add-key", "drop-keys"]
