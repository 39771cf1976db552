"""The fire drill: whom it refuses, what it tells and keeps, and what it puts back."""

import json
import os
import shutil
import signal
import subprocess
import time

import pytest
from machine import FIRE_DRILL, Machine, fill


@pytest.fixture
def used(machine: Machine) -> Machine:
    """A machine whose stack runs, with waits that are short."""
    sleep = machine.tools / "sleep"
    sleep.unlink()
    machine.fake("sleep", f"exec {shutil.which('sleep')} 0.05")
    fill(machine.project, "data/raw/annonces.csv")
    machine.write_env()
    names = ["postgres", "redis", "mlflow", "airflow-init", "airflow-webserver", "streamlit", "api"]
    (machine.engine / "containers").write_text("\n".join(names))
    machine.scenario(pipeline="3")
    return machine


def read_report(machine: Machine) -> dict:
    (report,) = (machine.project / "models" / "drills").glob("fire-drill-*.json")
    return json.loads(report.read_text())


def test_a_production_stack_is_drilled_when_it_was_said_twice(used: Machine) -> None:
    used.settings["PRODUCTION"] = "true"
    for words in ((), ("--production",)):
        ended = used.run(FIRE_DRILL, *words, "challenger")
        assert ended.returncode == 1
        assert "This is a production stack" in ended.stderr
    assert used.acts() == []
    ended = used.run(FIRE_DRILL, "--production", "--production", "challenger")
    assert ended.returncode == 0, ended.stderr


def test_a_fault_that_is_none_is_named(used: Machine) -> None:
    ended = used.run(FIRE_DRILL, "worker", "wroker")
    assert ended.returncode == 2
    assert "wroker is no fault; these are: worker scheduler postgres" in ended.stderr
    assert used.acts() == []


def test_what_came_of_a_fault_is_shown_and_kept(used: Machine) -> None:
    ended = used.run(FIRE_DRILL, "challenger")
    assert ended.returncode == 0, ended.stderr
    (row,) = [line.split() for line in ended.stdout.splitlines() if " refused " in line][-1:]
    assert row[:2] + row[3:6] == ["challenger", "refused", "20", "0", "refused"]
    assert "monitoring is off" in ended.stdout
    told = read_report(used)
    assert (told["production"], told["grade"]) == (3, "A")
    (fault,) = told["faults"]
    assert fault["one_production"] is True
    assert fault["run_seconds"] >= 0
    assert [*(used.project / "data" / "raw").iterdir()] == [used.project / "data/raw/annonces.csv"]
    assert not (used.project / ".fire-drill").exists()


def test_where_somebody_watches_the_report_names_the_alerts(used: Machine) -> None:
    with (used.engine / "containers").open("a") as containers:
        containers.write("\nprometheus")
    lines = ['{alertname="PipelineFailed"} => 2 @[1.5]', '{alertname="MlflowErrors"} => 9 @[1.5]']
    used.scenario(pipeline="3", alerts="\n".join(lines))
    assert used.run(FIRE_DRILL, "challenger").returncode == 0
    assert read_report(used)["faults"][0]["alerts"] == ["MlflowErrors", "PipelineFailed"]


@pytest.mark.parametrize(
    ("scenario", "grade"),
    [
        ({"pipeline": "0"}, "F"),
        ({"pipeline": "3", "asked": "ok api 4"}, "F"),
        ({"pipeline": "3", "asked": "ok api 3\nlost page ValueError: no price"}, "B"),
    ],
)
def test_the_grade_falls_with_what_people_notice(
    used: Machine, scenario: dict[str, str], grade: str
) -> None:
    used.scenario(**scenario)
    used.settings["CARPRICE_HEAL_LIMIT"] = "3"
    ended = used.run(FIRE_DRILL, "challenger")
    assert read_report(used)["grade"] == grade
    assert ended.returncode == (1 if grade == "F" else 0)


@pytest.mark.parametrize(
    ("scenario", "told"),
    [
        ({"states-redis": "exited 137 none 0 false"}, "redis (exited with code 137)"),
        ({"standing": "3 4 0"}, "half done): 3 4 0"),
    ],
)
def test_a_drill_begins_with_a_stack_that_is_well(
    used: Machine, scenario: dict[str, str], told: str
) -> None:
    used.scenario(**scenario)
    ended = used.run(FIRE_DRILL)
    assert ended.returncode == 1
    assert told in ended.stderr
    assert not (used.project / "models" / "drills").exists()


def test_who_interrupts_it_finds_everything_put_back(used: Machine) -> None:
    used.scenario(hangs_at="sys.argv[2:]) poison")
    with subprocess.Popen(
        [used.project / FIRE_DRILL, "poison"], cwd=used.project, env=used.environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as process:  # fmt: skip
        deadline = time.monotonic() + 60
        while not (used.project / ".fire-drill" / "fault").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGTERM)
        shown, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert "Putting back: poison" in shown
    assert "Interrupted. What was broken is put back" in told
    assert not (used.project / ".fire-drill").exists()


@pytest.mark.parametrize(("paused", "switched"), [("f", ["pause", "unpause"]), ("t", [])])
def test_nobody_looks_at_its_listings(used: Machine, paused: str, switched: list[str]) -> None:
    used.scenario(pipeline="3", is_paused=paused)
    assert used.run(FIRE_DRILL, "challenger").returncode == 0
    acts = [act for act in used.acts() if "car_price_monitoring" in act and "psql" not in act]
    assert [act.split()[-3] for act in acts] == switched


def test_killed_in_the_middle_the_next_one_puts_back_first(used: Machine) -> None:
    fill(used.project, ".fire-drill/fault", ".fire-drill/production")
    (used.project / ".fire-drill" / "fault").write_text("poison\n")
    (used.project / ".fire-drill" / "production").write_text("3\n")
    ended = used.run(FIRE_DRILL, "challenger")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("Putting back: poison")
