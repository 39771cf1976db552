"""What README and guide say of the project; their commands are run by the integration tests."""

import re
import runpy
import subprocess
import sys

import yaml
from printed import MEASURED_BY_HAND, PAGES, ROOT, RUN_BY_CI, SERVED, all_commands, stack_commands

from carprice import errors


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
        for name, port, amount, unit in re.findall(row, PAGES[2].read_text("utf-8"), re.M)
    }
    forms = yaml.safe_load((ROOT / "deploy" / "forms.yml").read_text(encoding="utf-8"))
    published = forms["services"]["doors"]["ports"]
    ways = "".join(each.read_text("utf-8") for each in (ROOT / "deploy" / "nginx").glob("*.conf"))
    led = dict(re.findall(r"^proxy_pass http://([a-z-]+):(\d+)", ways, re.M))
    assert sorted(led.values()) == sorted(each.rpartition(":")[2] for each in published)
    (grafana,) = forms["services"]["true-grafana"]["ports"]
    led["grafana"] = re.findall(r":-(\d+)", grafana)[-1]
    led["postgres-door"] = compose["services"]["postgres-door"]["ports"][0].rpartition(":")[2]
    assert told == {
        name: (led.get(name, ""), service["mem_limit"].rpartition(":-")[2].rstrip("}"))
        for name, service in compose["services"].items()
    }


def test_what_monitoring_has_of_the_code_is_of_this_code() -> None:
    """Written by `make monitoring-files`."""
    figures = runpy.run_path(str(ROOT / "scripts" / "build_figures.py"))
    assert (ROOT / "docs" / "figures.md").read_text("utf-8") == figures["render"]()
    boards = runpy.run_path(str(ROOT / "scripts" / "build_boards.py"))
    written = {each.stem: each for each in (ROOT / "deploy/monitoring/boards").glob("*.json")}
    assert written.keys() == boards["read_boards"]().keys()
    for name, board in boards["read_boards"]().items():
        assert written[name].read_text("utf-8") == boards["build"](name, board)


def test_the_table_of_exit_codes_is_that_of_the_errors() -> None:
    _, section = PAGES[1].read_text("utf-8").split("\n## 7. Codes de sortie\n")
    told = re.findall(r"^\| (\d+) \|", section.split("\n## ")[0], re.M)
    named = [each for each in vars(errors).values() if isinstance(each, type)]
    raised = [each.exit_code for each in named if issubclass(each, errors.CarPriceError)]
    assert [*map(int, told)] == sorted({0, 130, *raised})


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


def test_variables_in_the_readme_are_those_that_are_read() -> None:
    package = ROOT / "src" / "carprice"
    readers = "".join((package / name).read_text() for name in ("settings.py", "market/chosen.py"))
    table = re.findall(r"^\| `([A-Z_]+)` \|", PAGES[0].read_text(encoding="utf-8"), re.M)
    assert set(table) == set(re.findall(r"(?:CARPRICE|MLFLOW_TRACKING)_[A-Z_]+", readers))


def test_the_training_script_is_the_train_command() -> None:
    script = ROOT / "scripts" / "train_with_mlflow.py"
    shown = subprocess.run(
        [sys.executable, script, "--help"], capture_output=True, text=True, check=True
    )
    assert "train and register a version" in " ".join(shown.stdout.split())
