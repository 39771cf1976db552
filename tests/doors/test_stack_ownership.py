"""Databases that belong to another .env or folder are known before a service starts."""

from machine import RESET, START, VOLUME, Machine, fill

WAYS_OUT = ("bring back the folder", "./docker-restore-full.sh", "./docker-reset-full.sh")


def refuse(machine: Machine, told: str) -> None:
    ended = machine.run(START)
    assert ended.returncode == 1
    assert f"The stack was not started. {told}" in ended.stderr
    assert all(way in ended.stderr for way in WAYS_OUT)
    assert "up --detach" not in machine.acts()


def test_a_clone_made_anew_over_an_old_volume_makes_no_env(machine: Machine) -> None:
    (machine.engine / "volumes").write_text(VOLUME)
    refuse(machine, f"The volume {VOLUME} holds databases, and the .env they were made with is not")
    assert not (machine.project / ".env").exists(), "a second start would take it for the right one"
    assert machine.acts() == []
    assert machine.run(RESET, "--yes").returncode == 0, "it is one of the ways out"


def test_another_key_is_told_while_only_the_databases_run(machine: Machine) -> None:
    machine.write_env()
    (machine.engine / "volumes").write_text(VOLUME)
    machine.scenario(airflow_is_new="f", key="3")
    refuse(machine, "AIRFLOW_FERNET_KEY in .env is not the key that Airflow's database was")
    assert machine.engine_holds("containers") == [], "and then nothing"
    machine.scenario(airflow_is_new="f", key="0")
    assert machine.run(START).returncode == 0


def test_a_key_that_could_not_be_tried_is_no_wrong_one(machine: Machine) -> None:
    machine.write_env()
    machine.scenario(airflow_is_new="f", key="1")
    ended = machine.run(START)
    assert ended.returncode == 1
    assert "It could not be found out whether the databases belong to this .env" in ended.stderr


def test_versions_without_their_files_are_told(machine: Machine) -> None:
    machine.write_env()
    machine.scenario(versions="4")
    refuse(machine, "The databases name 4 versions of models, and mlflow/mlruns, where")
    fill(machine.project, "mlflow/mlruns/1/run/model.skops")
    assert machine.run(START).returncode == 0
