"""The scripts of the stack on a fake `docker`: what a start checks, does and says."""

import re
from pathlib import Path

import pytest
from machine import FAKE, PORTS, RESET, START, STOP, Machine, everything_in


@pytest.mark.parametrize("script", [START, STOP, RESET])
def test_help_and_wrong_options_touch_nothing(machine: Machine, script: str) -> None:
    for option, code in (("--help", 0), ("-h", 0), ("--nope", 2), ("extra", 2)):
        ended = machine.run(script, option)
        assert ended.returncode == code
        shown, silent = (ended.stdout, ended.stderr) if code == 0 else (ended.stderr, ended.stdout)
        assert f"Usage: ./{script}" in shown
        assert silent == ""
        assert option in ended.stderr or code == 0
    assert machine.calls == []
    assert not (machine.project / ".env").exists()


def test_a_start_does_everything_in_order(machine: Machine) -> None:
    ended = machine.run(START)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    acts = [act for act in machine.acts() if "psql" not in act]
    assert acts == [
        "build",
        "up --detach postgres redis",
        "exec -T postgres bash /docker-entrypoint-initdb.d/roles.sh",
        "up --detach",
        "exec -T airflow-webserver python /opt/carprice/scripts/run_pipeline.py "
        "--only-if-no-production",
    ]
    assert "7 of 7 ready" in ended.stdout
    assert not list(machine.engine.glob("carprice.*"))
    for name in PORTS:
        assert f"localhost:{machine.settings[name]}" in ended.stdout
    assert "login: admin, password: admin" in ended.stdout
    assert "docker compose ps" in ended.stdout
    assert "Development logins. For a shared machine start with --production" in ended.stderr
    assert "\033" not in ended.stdout + ended.stderr


def test_folders_that_containers_use_are_made_before_them(machine: Machine) -> None:
    machine.run(START)
    made = {"data/raw", "data/processed", "models", "mlflow/mlruns", "airflow/logs", "airflow/dags"}
    assert all((machine.project / folder).is_dir() for folder in made)


def test_a_second_start_stops_the_first_and_changes_no_setting(machine: Machine) -> None:
    machine.run(START)
    before = (machine.project / ".env").read_bytes()
    first = len(machine.calls)
    ended = machine.run(START)
    assert ended.returncode == 0
    assert (machine.project / ".env").read_bytes() == before
    assert "Stopping what runs of an earlier start" in ended.stdout
    acts = [" ".join(call[3:]) for call in machine.calls[first:]]
    assert acts.index("down --remove-orphans") < acts.index("build")


@pytest.mark.parametrize("how", ["absolute", "relative", "cdpath"])
def test_scripts_work_from_any_folder(machine: Machine, tmp_path: Path, how: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "my project").mkdir(parents=True)
    folder, path = elsewhere, f"../my project/{START}"
    if how == "absolute":
        path = str(machine.project / START)
    if how == "cdpath":
        machine.settings["CDPATH"] = str(elsewhere)
        folder, path = tmp_path, f"my project/{START}"
    ended = machine.run(START, folder=folder, path=path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert (machine.project / ".env").exists()
    assert everything_in(elsewhere) == {}


@pytest.mark.parametrize(
    ("service", "states", "told"),
    [
        (
            "mlflow",
            ["running 0 starting 0 false", "running 0 unhealthy 0 false"],
            "mlflow: unhealthy",
        ),
        (
            "airflow-init",
            ["exited 1 none 3 false"],
            "airflow-init: exited with code 1, restarted 3",
        ),
        ("streamlit", ["restarting 137 starting 4 true"], "killed for want of memory"),
    ],
)
def test_a_failed_service_is_told_with_its_last_lines(
    machine: Machine, service: str, states: list[str], told: str
) -> None:
    machine.scenario(**{f"states-{service}": "\n".join(states)})
    ended = machine.run(START)
    assert ended.returncode == 1
    assert told in ended.stderr
    assert f"last words of {service}" in ended.stderr
    assert "last words of redis" not in ended.stderr
    assert [
        "compose",
        "--env-file",
        ".env",
        "logs",
        "--no-color",
        "--no-log-prefix",
        "--tail=30",
        service,
    ] in machine.calls
    assert "./docker-stop-full.sh stops everything" in ended.stderr
    assert not any("run_pipeline" in act for act in machine.acts())
    assert machine.engine_holds("containers")


def test_waiting_shows_progress_and_ends(machine: Machine) -> None:
    slow = ["created 0 none 0 false", "running 0 starting 0 false"]
    machine.scenario(**{"states-streamlit": "\n".join(slow)})
    machine.settings["CARPRICE_START_LIMIT"] = "2"
    ended = machine.run(START)
    assert ended.returncode == 1
    assert re.search(r"^ +\d+ s  6 of 7 ready, waiting for streamlit$", ended.stdout, re.M)
    told = "Not everything was ready after 2 s; CARPRICE_START_LIMIT=4 would wait longer."
    assert told in ended.stderr
    assert "streamlit: starting" in ended.stderr


def test_on_a_terminal_progress_is_one_line_with_colours(machine: Machine) -> None:
    slow = ["running 0 starting 0 false"] * 3 + ["running 0 healthy 0 false"]
    machine.scenario(**{"states-streamlit": "\n".join(slow)})
    code, screen = machine.run_on_terminal(START)
    assert code == 0
    assert len(re.findall(r"\r\033\[K +\d+ s  6 of 7 ready, waiting for streamlit", screen)) >= 2
    assert "\033[1mStarting the services\033[0m" in screen


@pytest.mark.parametrize(
    ("failing", "said"),
    [
        ("build", "The images could not be built"),
        ("roles.sh", "Postgres did not take the passwords"),
        ("up --detach postgres", "The databases did not start"),
    ],
)
def test_a_failing_command_ends_the_start(machine: Machine, failing: str, said: str) -> None:
    machine.scenario(fails_at=failing)
    ended = machine.run(START)
    assert ended.returncode == 1
    assert said in ended.stderr
    assert not any("run_pipeline" in act for act in machine.acts())


def test_a_database_that_falls_is_told_with_its_last_lines(machine: Machine) -> None:
    fallen = ["restarting 1 starting 5 false"]
    machine.scenario(fails_at="SELECT 1", **{"states-postgres": "\n".join(fallen)})
    ended = machine.run(START)
    assert ended.returncode == 1
    assert "postgres: restarting with code 1, restarted 5 times" in ended.stderr
    assert "last words of postgres" in ended.stderr


def test_what_compose_says_is_shown_when_it_fails(machine: Machine) -> None:
    waiting = ["created 0 none 0 false"]
    machine.scenario(**{"states-mlflow": "\n".join(waiting)})
    (machine.tools / "docker").write_text(
        '#!/bin/sh\ncase "$*" in *"up --detach") echo port is already allocated; exit 1 ;; esac\n'
        f'exec "{FAKE}" "$@"\n'
    )
    ended = machine.run(START)
    assert ended.returncode == 1
    assert "port is already allocated" in ended.stderr


@pytest.mark.parametrize(
    ("pipeline", "code", "said"),
    [(0, 0, "All is up."), (1, 1, "first run of the pipeline failed"), (3, 3, "the gate refused")],
)
def test_the_first_run_decides_how_the_start_ends(
    machine: Machine, pipeline: int, code: int, said: str
) -> None:
    machine.scenario(pipeline=str(pipeline))
    ended = machine.run(START)
    assert ended.returncode == code
    assert said in ended.stdout + ended.stderr
    assert "http://localhost:" in ended.stdout
    assert ("airflow/logs" in ended.stderr) == (code == 1)
