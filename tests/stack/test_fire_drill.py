"""The fire drill on the running stack: it comes through, and nothing is left of the drill.

Two faults here; `make fire-drill` has them all.
"""

import json
import os
import time

import pytest
from stack import Stack
from test_api import find_told, find_versions
from test_survival import assert_consistent

DRILL = "scripts/fire-drill.sh"
SOME = "scripts/fire-drill.sh scheduler files"
PATIENCE = 2400.0
WRITTEN = ("models", "data/raw", "data/processed", "backups")


def list_files(stack: Stack) -> set[str]:
    """What people have; not what servers keep for themselves, and not the reports of drills."""
    found = [path for name in WRITTEN for path in (stack.folder / name).rglob("*")]
    names = {str(path.relative_to(stack.folder)) for path in found if path.is_file()}
    return {name for name in names if not name.startswith(("models/serving/", "models/drills/"))}


@pytest.mark.parametrize(
    "command",
    [
        SOME,
        pytest.param(
            DRILL,
            marks=pytest.mark.skipif(
                not os.environ.get("CARPRICE_FIRE_DRILL"), reason="make fire-drill runs it"
            ),
        ),
    ],
)
def test_the_stack_comes_through_and_is_as_before(started: Stack, command: str) -> None:
    production, versions = started.mlflow.production(), set(started.mlflow.versions())
    runs, files = {each["run_id"] for each in started.mlflow.runs()}, list_files(started)
    began = time.time()
    shown = started.run(*command.split(), timeout=PATIENCE)
    print(f"\n{shown}\n{command}: {time.time() - began:.0f} s")
    report = max((started.folder / "models" / "drills").glob("fire-drill-*.json"))
    told = json.loads(report.read_text(encoding="utf-8"))
    assert told["grade"] in {"A", "B", "C"}
    assert all(each["asked"] > 0 and each["one_production"] for each in told["faults"])
    assert started.mlflow.production() == production
    assert set(started.mlflow.versions()) == versions
    assert {each["run_id"] for each in started.mlflow.runs()} == runs
    assert list_files(started) == files
    assert find_told(started, "trouble_code") == {None}
    assert find_versions(started) == {production}
    assert_consistent(started)
