"""The scripts of the stack on a fake `docker`: what a start checks, does and says."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from machine import FAKE, PORTS, RESET, START, STOP, Machine, everything_in, fill

OWN = "carprice"


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
    acts = [act for act in machine.acts() if "SELECT 1" not in act]
    assert acts == [
        "build",
        "up --detach postgres redis",
        "exec -T postgres bash /docker-entrypoint-initdb.d/roles.sh",
        "up --detach",
        "exec -T -e AIRFLOW_ADMIN_USER -e AIRFLOW_ADMIN_PASSWORD airflow-webserver "
        "python /opt/carprice/scripts/run_pipeline.py --only-if-no-production",
    ]
    assert "7 of 7 ready" in ended.stdout
    assert not list(machine.engine.glob("carprice.*"))
    for name in PORTS:
        assert f"http://localhost:{machine.settings[name]}" in ended.stdout
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


def without_docker(machine: Machine) -> None:
    (machine.tools / "docker").unlink()


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (without_docker, "Docker was not found. Install it"),
        (
            {"engine_error": "Cannot connect to the Docker daemon"},
            "engine is not running",
        ),
        ({"version": "", "memory": "0"}, "engine is not running"),
        ({"engine_error": "permission denied while trying"}, "usermod -aG docker"),
        ({"compose": "2.19.1"}, "2.20 or newer is needed (found: 2.19.1)"),
        ({"compose": "v1.29.2"}, "(found: v1.29.2)"),
        ({"compose": ""}, "(found: none)"),
        ({"memory": "3900000000"}, "has 3.9 GB of memory; 4 GB are needed"),
    ],
)
def test_what_is_missing_is_said_and_nothing_changed(
    machine: Machine, trouble: dict[str, str] | Callable[[Machine], None], said: str
) -> None:
    trouble(machine) if callable(trouble) else machine.scenario(**trouble)
    before = everything_in(machine.project)
    ended = machine.run(START)
    assert ended.returncode == 1
    assert said in ended.stderr
    assert everything_in(machine.project) == before
    assert machine.acts() == []


def test_newer_compose_and_little_memory_are_no_hindrance(machine: Machine) -> None:
    machine.scenario(compose="v5.0.1", memory="5200000000")
    ended = machine.run(START)
    assert ended.returncode == 0
    assert "has 5.2 GB of memory; with 6 GB the stack runs better" in ended.stderr


@pytest.mark.parametrize(
    ("free_kilobytes", "images", "said"),
    [
        (4_000_000, {}, "has 4 GB free; 5 GB are needed"),
        (4_000_000, {"image-carprice-airflow:latest": "there"}, None),
        (500_000, {"image-carprice-airflow:latest": "there"}, "has 0 GB free; 1 GB are needed"),
    ],
)
def test_disk_must_hold_what_is_still_to_be_built(
    machine: Machine, free_kilobytes: int, images: dict[str, str], said: str | None
) -> None:
    (machine.tools / "df").unlink()
    machine.fake("df", f"echo Filesystem; echo C:/My Disk 9 9 {free_kilobytes} 1% /my mount")
    machine.scenario(**images)
    ended = machine.run(START)
    assert ended.returncode == (1 if said else 0)
    assert said is None or said in ended.stderr


def test_the_disk_of_the_engine_must_hold_it_too_where_it_is_one_of_this_machine(
    machine: Machine,
) -> None:
    (machine.tools / "df").unlink()
    machine.fake(
        "df",
        "echo Filesystem; echo /dev/a 9 9 90000000 1% /\n"
        'case "$3" in */images) echo /dev/b 9 9 4000000 9% /my mount ;; ?*) exit 1 ;; esac',
    )
    images = machine.engine / "images"
    machine.scenario(root=str(images))
    elsewhere = machine.run(START)
    images.mkdir()
    here = machine.run(START)
    assert elsewhere.returncode == 0, elsewhere.stderr
    assert here.returncode == 1
    assert "  - The disk at /my mount has 4 GB free; 5 GB are needed." in here.stderr


def test_one_disk_for_folder_and_images_is_told_once(machine: Machine) -> None:
    (machine.tools / "df").unlink()
    machine.fake("df", 'shift; echo Filesystem; for _ in "$@"; do echo /dev/a 9 9 9 1% /; done')
    machine.scenario(root=str(machine.engine))
    assert machine.run(START).stderr.count("The disk at / has 0 GB free") == 1


@pytest.mark.parametrize("tool", ["lsof", "ss", "netstat", "none of them"])
def test_a_taken_port_is_told_with_its_holder_and_variable(machine: Machine, tool: str) -> None:
    if tool != "none of them":
        if not (found := shutil.which(tool)):
            pytest.skip(f"{tool} is not installed here")
        (machine.tools / tool).symlink_to(found)
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        machine.settings["MLFLOW_PORT"] = str(port)
        ended = machine.run(START)
    assert ended.returncode == 1
    assert f"Port {port} is taken by " in ended.stderr
    assert "set MLFLOW_PORT to a free port in .env" in ended.stderr
    if tool == "none of them":
        assert "another program" in ended.stderr
    else:
        assert f"(process {os.getpid()})" in ended.stderr


def test_a_port_held_by_another_container_names_it_and_one_of_ours_is_free(
    machine: Machine,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = str(held.getsockname()[1])
        machine.settings["AIRFLOW_PORT"] = port
        machine.scenario(**{f"publisher-{port}": "old-airflow-1 other"})
        refused = machine.run(START)
        machine.scenario(**{f"publisher-{port}": f"{OWN}-airflow-webserver-1 {OWN}"})
        accepted = machine.run(START)
    assert refused.returncode == 1
    assert f"Port {port} is taken by the container old-airflow-1" in refused.stderr
    assert accepted.returncode == 0


@pytest.fixture
def second(machine: Machine) -> Path:
    """Another clone, while the stack of the first one runs."""
    machine.run(START)
    folder = machine.project.parent / "second clone"
    shutil.copytree(machine.project, folder)
    return folder


@pytest.mark.parametrize("script", [START, STOP, RESET])
def test_a_second_clone_leaves_the_stack_of_the_first_alone(
    machine: Machine, second: Path, script: str
) -> None:
    before, acts = everything_in(second), machine.acts()
    ended = machine.run(script, *["--yes"] * (script == RESET), path=str(second / script))
    assert ended.returncode == 1
    told = f"The containers named {OWN} belong to the clone in {machine.project}: run"
    assert told in ended.stderr
    assert "another COMPOSE_PROJECT_NAME in .env" in ended.stderr
    assert "is gone" not in ended.stderr
    assert everything_in(second) == before
    assert machine.acts() == acts


def test_a_second_clone_starts_under_a_name_of_its_own(machine: Machine, second: Path) -> None:
    (second / ".env").write_text("COMPOSE_PROJECT_NAME=second\n")
    ended = machine.run(START, path=str(second / START))
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize(
    ("system", "noted", "refused"),
    [
        ("Linux", "/gone/clone", True),
        ("Darwin", "/gone/clone", True),
        ("MINGW64_NT-10.0-22631", "/mnt/c/clone", False),
        ("Linux", r"C:\Users\me\clone", False),
    ],
)
def test_a_folder_that_is_not_found_is_another_one_but_for_the_spellings_of_windows(
    machine: Machine, system: str, noted: str, refused: bool
) -> None:
    fill(machine.engine, "containers")
    (machine.engine / f"folder-{OWN}").write_text(noted)
    machine.fake("uname", f"echo {system}")
    ended = machine.run(STOP)
    assert ended.returncode == (1 if refused else 0)
    way_out = f"If {noted} is gone: docker compose --project-name {OWN} down"
    assert (way_out in ended.stderr) == refused


def test_one_folder_under_two_names_is_one_clone(machine: Machine) -> None:
    linked = machine.project.parent / "link"
    linked.symlink_to(machine.project)
    for path in (linked / START, machine.project / START, linked / STOP):
        ended = machine.run("", path=str(path))
        assert ended.returncode == 0, ended.stderr


def test_macos_names_airplay_where_it_may_hold_the_port(machine: Machine) -> None:
    machine.fake("uname", "echo Darwin")
    machine.settings["MLFLOW_PORT"] = "5000"
    with ExitStack() as held:
        with suppress(OSError):  # taken already: just as good
            held.enter_context(socket.create_server(("127.0.0.1", 5000)))
        assert "AirPlay Receiver" in machine.run(START).stderr


def test_all_problems_are_told_at_once(machine: Machine) -> None:
    machine.scenario(compose="2.1", memory="1000000000")
    same = machine.settings["STREAMLIT_PORT"]
    machine.settings |= {"AIRFLOW_PORT": "80a", "MLFLOW_PORT": same}
    told = machine.run(START).stderr
    for part in (
        "2.20 or newer",
        "1.0 GB of memory",
        "AIRFLOW_PORT=80a is no port",
        f"STREAMLIT_PORT={same} is given",
    ):
        assert part in told
    assert len(re.findall(r"^  - ", told, re.M)) == 4


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


def start_that_hangs(machine: Machine, moment: str, act: Callable[[int], None]) -> tuple[int, str]:
    """Exit code and messages of a start that meets `act` at a moment, and leaves nothing behind."""
    with subprocess.Popen(
        [machine.project / START], cwd=machine.project, env=machine.environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as process:  # fmt: skip
        deadline = time.monotonic() + 60
        while not any(act.endswith(moment) for act in machine.acts()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        act(process.pid)
        _, told = process.communicate(timeout=60)
    assert not list(machine.engine.glob("carprice.*"))
    ensure_gone(process.pid)
    return process.returncode, told


def ensure_gone(group: int) -> None:
    """What was interrupted with the script may be a moment later than it."""
    deadline = time.monotonic() + 10
    with suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.killpg(group, 0)
            time.sleep(0.05)
        raise AssertionError(f"the process group {group} goes on")


@pytest.mark.parametrize("moment", [
    "build", "up --detach postgres redis", "up --detach", "run_pipeline.py --only-if-no-production",
])  # fmt: skip
def test_an_interruption_leaves_nothing_of_the_script_behind(machine: Machine, moment: str) -> None:
    machine.scenario(hangs_at=moment)
    code, told = start_that_hangs(machine, moment, lambda pid: os.killpg(pid, signal.SIGINT))
    assert code == 130, told
    assert "Interrupted. What runs goes on" in told


def test_who_ends_the_script_alone_ends_what_it_started(machine: Machine) -> None:
    machine.scenario(hangs_at="up --detach")
    code, told = start_that_hangs(machine, "up --detach", lambda pid: os.kill(pid, signal.SIGTERM))
    assert code == 130, told
    assert "Interrupted. What runs goes on" in told


def test_a_failed_start_starts_nothing_any_more(machine: Machine) -> None:
    unwell = ["running 0 unhealthy 0 false"]
    machine.scenario(hangs_at="up --detach", **{"states-redis": "\n".join(unwell)})
    code, told = start_that_hangs(machine, "up --detach", lambda _: None)
    assert code == 1
    assert "redis: unhealthy" in told
