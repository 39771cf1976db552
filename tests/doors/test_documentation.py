"""Documentation that cannot lie: every command that its pages print is run, in order."""

import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
import yaml
from printed import (
    FOR_THE_STACK,
    PAGES,
    ROOT,
    TO_THE_API,
    all_commands,
    api_commands,
    stack_commands,
)

from carprice import errors

NEEDED = (
    "Makefile", "params.yaml", "uv.lock", "scripts", "streamlit_app", "benchmarks",
    ".pre-commit-config.yaml",
)  # fmt: skip
REFUSED = 3
API_PORT = 8000
SERVED = {
    "make app": (8501, 5000, API_PORT),
    "make app STREAMLIT_PORT=8511 MLFLOW_PORT=5011 API_PORT=8011": (8511, 5011, 8011),
}
RUN_BY_CI = {"make test", "make check", "make docs", "make browser-test"}
MEASURED_BY_HAND = {"make bench", "make stack-bench", "make page-bench"}


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's files in a folder of their own, with this environment."""
    folder = tmp_path_factory.mktemp("clone")
    for name in NEEDED:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    return folder


def run_in(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    words = shlex.split(command)
    if words[0] == "make":
        words[1:1] = ["--old-file=.venv/.complete"]  # the environment is this one
    return subprocess.run(
        words, cwd=folder, capture_output=True, text=True, timeout=240, check=False
    )


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as page:
            return page.status == 200
    except OSError:
        return False


def is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_every_printed_command_works(clone: Path) -> None:
    elsewhere = SERVED.keys() | RUN_BY_CI | MEASURED_BY_HAND
    outcomes = {
        command: run_in(clone, command)
        for command in all_commands()
        if command not in elsewhere and not command.startswith((*FOR_THE_STACK, TO_THE_API))
    }
    failed = {
        command: f"{outcome.returncode}: {outcome.stdout}{outcome.stderr}"
        for command, outcome in outcomes.items()
        # The gate's word on a challenger is an answer, not a failure.
        if outcome.returncode not in ({0, REFUSED} if "evaluate" in command else {0})
    }
    assert not failed
    assert (clone / "estimations.csv").exists()


def test_commands_run_elsewhere_exist() -> None:
    called = (ROOT / ".ci" / "run").read_text()
    assert all(re.search(rf"\b{command.removeprefix('make ')}\b", called) for command in RUN_BY_CI)
    for command in RUN_BY_CI | MEASURED_BY_HAND | SERVED.keys():
        assert command in all_commands()
        assert (
            subprocess.run(["make", "-n", command.split()[1]], cwd=ROOT, check=False).returncode
            == 0
        )


def test_commands_for_the_stack_exist_and_are_run_by_its_tests() -> None:
    printed = stack_commands()
    assert "make stack-test" in printed
    assert subprocess.run(["make", "-n", "stack-test"], cwd=ROOT, check=False).returncode == 0
    scripts = {command.split()[0] for command in printed if command.startswith("./")}
    assert all((ROOT / script).exists() for script in scripts)


def test_the_table_of_services_is_that_of_the_compose_file() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose-full.yml").read_text(encoding="utf-8"))
    row = r"^\| `([a-z-]+)` \|.*\| *(\d*) *\| (\d+) (Mo|Go) \|$"
    told = {
        name: (port, f"{amount}{unit[0].lower()}")
        for name, port, amount, unit in re.findall(row, PAGES[1].read_text("utf-8"), re.M)
    }
    assert told == {
        name: (service.get("ports", [":"])[0].rpartition(":")[2], service["mem_limit"])
        for name, service in compose["services"].items()
    }


def test_the_table_of_exit_codes_is_that_of_the_errors() -> None:
    _, section = PAGES[1].read_text("utf-8").split("\n## 7. Codes de sortie\n")
    told = re.findall(r"^\| (\d+) \|", section.split("\n## ")[0], re.M)
    raised = [each.exit_code for each in vars(errors).values() if isinstance(each, type)]
    assert [*map(int, told)] == sorted({0, 130, *raised})


@pytest.mark.parametrize("command", SERVED)
def test_make_app_serves_the_pages_and_the_api_and_stops_on_interrupt(
    clone: Path, command: str
) -> None:
    ports = SERVED[command]
    deadline = time.monotonic() + 10  # another test may hold one for a moment
    while taken := [port for port in ports if is_taken(port)]:
        if time.monotonic() > deadline:
            pytest.skip(f"port {taken} is taken on this machine")
        time.sleep(0.2)
    if not (clone / "mlflow").exists():  # where this test runs by itself
        assert run_in(clone, "make run").returncode == 0
    words = ["make", "--old-file=.venv/.complete", *shlex.split(command)[1:]]
    with subprocess.Popen(words, cwd=clone, start_new_session=True) as app:
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
    assert {each: done.stdout for each, done in asked.items() if done.returncode} == {}
    assert not any(map(answers, ports))


def test_every_decision_is_listed_under_its_number() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "index.md").read_text(encoding="utf-8")
    listed = re.findall(r"^- \[(\d+)\. .*\]\((.*)\)$", index, re.M)
    assert [name for _, name in listed] == sorted(each.name for each in folder.glob("0*.md"))
    assert [int(number) for number, _ in listed] == [*range(1, len(listed) + 1)]
    assert all(name.startswith(f"{int(number):04d}-") for number, name in listed)


def test_readme_shows_its_first_command_early() -> None:
    lines = PAGES[0].read_text(encoding="utf-8").splitlines()
    assert lines.index("make run") < 25


def test_variables_in_the_readme_are_those_that_settings_read() -> None:
    settings = (ROOT / "src" / "carprice" / "settings.py").read_text()
    table = re.findall(r"^\| `([A-Z_]+)` \|", PAGES[0].read_text(encoding="utf-8"), re.M)
    assert set(table) == set(re.findall(r"(?:CARPRICE|MLFLOW_TRACKING)_[A-Z_]+", settings))


def test_the_training_script_is_the_train_command() -> None:
    script = ROOT / "scripts" / "train_with_mlflow.py"
    shown = subprocess.run(
        [sys.executable, script, "--help"], capture_output=True, text=True, check=True
    )
    assert "train and register a version" in " ".join(shown.stdout.split())
