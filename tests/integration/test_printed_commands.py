"""Documentation that cannot lie: every command that its pages print is run, in order."""

import shlex
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator

import pytest
from printed import (
    API_PORT,
    FOR_THE_STACK,
    MEASURED_BY_HAND,
    ROOT,
    RUN_BY_CI,
    SERVED,
    TO_THE_API,
    all_commands,
    api_commands,
)
from tests.integration.children import Ended
from tests.integration.conftest import Desk, tidied

NEEDED = (
    "Makefile", "params.yaml", "uv.lock", "scripts", "streamlit_app", "benchmarks",
    ".pre-commit-config.yaml",
)  # fmt: skip
CARPRICE = ".venv/bin/carprice"
REFUSED = 3


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The project's files in a folder of their own, with this environment."""
    folder = tmp_path_factory.mktemp("clone")
    for name in NEEDED:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    yield from tidied(Desk(folder, tmp_path_factory.mktemp("scratch")))


def run_in(clone: Desk, command: str) -> Ended:
    words = shlex.split(command)
    if words[0] == CARPRICE:  # started for itself by `make run`, and here without its imports
        return clone.run(*words[1:])
    if words[0] == "make":
        words[1:1] = ["--old-file=.venv/.complete"]  # the environment is this one
    done = subprocess.run(
        words, cwd=clone.home, capture_output=True, text=True, timeout=240, check=False
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as page:
            return page.status == 200
    except OSError:
        return False


def is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_every_printed_command_works(clone: Desk) -> None:
    elsewhere = SERVED.keys() | RUN_BY_CI | MEASURED_BY_HAND
    ends = {
        command: run_in(clone, command)
        for command in all_commands()
        if command not in elsewhere and not command.startswith((*FOR_THE_STACK, TO_THE_API))
    }
    failed = {
        command: f"{end.code}: {end.text}"
        for command, end in ends.items()
        # The gate's word on a challenger is an answer, not a failure.
        if end.code not in ({0, REFUSED} if "evaluate" in command else {0})
    }
    assert not failed
    assert (clone.home / "estimations.csv").exists()


@pytest.mark.parametrize("command", SERVED)
def test_make_app_serves_the_pages_and_the_api_and_stops_on_interrupt(
    clone: Desk, command: str
) -> None:
    ports = SERVED[command]
    deadline = time.monotonic() + 10  # another test may hold one for a moment
    while taken := [port for port in ports if is_taken(port)]:
        if time.monotonic() > deadline:
            pytest.skip(f"port {taken} is taken on this machine")
        time.sleep(0.2)
    if not (clone.home / "mlflow").exists():  # where this test runs by itself
        assert run_in(clone, "make run").code == 0
    words = ["make", "--old-file=.venv/.complete", *shlex.split(command)[1:]]
    with subprocess.Popen(words, cwd=clone.home, start_new_session=True) as app:
        deadline = time.monotonic() + 90
        while not all(map(answers, ports)) and time.monotonic() < deadline:
            time.sleep(0.5)
        served = [port for port in ports if answers(port)]
        asked = {
            each: run_in(
                clone, each.replace(f":{API_PORT}/", f":{ports[-1]}/") + " --fail-with-body"
            )
            for each in api_commands()
        }
        subprocess.run(["pkill", "-INT", "-s", str(app.pid)], check=True)
        app.wait(timeout=30)
    assert served == list(ports)
    assert {each: done.out for each, done in asked.items() if done.code} == {}
    assert not any(map(answers, ports))
