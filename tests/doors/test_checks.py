"""What `checks/` refuses, where no tool of others decides it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNKNOWN = "echo 'ERROR: not found on PyPI and could not be audited' >&2; exit 1"


@pytest.mark.parametrize(
    ("audit", "code", "said"),
    [
        ("echo 'No known vulnerabilities found' >&2", 0, "No known"),
        ("echo 'name 1.0 PYSEC-1'; exit 1", 1, "PYSEC-1"),
        (UNKNOWN, 2, "THE AUDIT COULD NOT BE MADE"),
    ],
)
def test_an_audit_that_could_not_be_made_is_not_taken_for_a_good_one(
    tmp_path: Path, audit: str, code: int, said: str
) -> None:
    for name, script in (("uv", "true"), ("pip-audit", audit)):
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    command = ("bash", ROOT / "checks" / "audit.sh", tmp_path / "uv", tmp_path / "pip-audit")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert said in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("licences", "allowed"),
    [
        ([{"license": {"id": "MIT"}}], True),
        ([{"expression": "AGPL-3.0-only OR (MIT AND ISC)"}], True),
        ([{"expression": "MIT AND BUSL-1.1"}], False),
        ([{"license": {"id": "MIT"}}, {"license": {"id": "AGPL-3.0-only"}}], False),
        ([], False),
    ],
)
def test_a_licence_that_is_not_listed_is_refused(
    tmp_path: Path, licences: list[dict[str, object]], allowed: bool
) -> None:
    bill = tmp_path / "bill.json"
    package = {"name": "thing", "version": "1.0", "licenses": licences}
    bill.write_text(json.dumps({"components": [package]}))
    command = (sys.executable, ROOT / "checks" / "licences.py", bill)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == (0 if allowed else 1)
    assert ("thing 1.0" in done.stderr) is not allowed
