"""What a start checks before it touches anything: the machine, its ports, other clones."""

import os
import re
import shutil
import socket
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from machine import RESET, START, STOP, Machine, everything_in

OWN = "carprice"


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
    ended = machine.ask("check_machine")
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
    ended = machine.ask("check_machine")
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
    elsewhere = machine.ask("check_machine")
    images.mkdir()
    here = machine.ask("check_machine")
    assert elsewhere.returncode == 0, elsewhere.stderr
    assert here.returncode == 1
    assert "  - The disk at /my mount has 4 GB free; 5 GB are needed." in here.stderr


def test_one_disk_for_folder_and_images_is_told_once(machine: Machine) -> None:
    (machine.tools / "df").unlink()
    machine.fake("df", 'shift; echo Filesystem; for _ in "$@"; do echo /dev/a 9 9 9 1% /; done')
    machine.scenario(root=str(machine.engine))
    assert machine.ask("check_machine").stderr.count("The disk at / has 0 GB free") == 1


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
        refused = machine.ask("check_machine")
        machine.scenario(**{f"publisher-{port}": f"{OWN}-airflow-webserver-1 {OWN}"})
        accepted = machine.ask("check_machine")
    assert refused.returncode == 1
    assert f"Port {port} is taken by the container old-airflow-1" in refused.stderr
    assert accepted.returncode == 0


@pytest.fixture
def second(machine: Machine) -> Path:
    """Another clone, while the stack of the first one runs."""
    machine.stack_of(machine.project)
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
    machine.stack_of(noted)
    machine.fake("uname", f"echo {system}")
    ended = machine.run(STOP)
    assert ended.returncode == (1 if refused else 0)
    way_out = f"or is gone: docker compose --project-name {OWN} down, then start again"
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
