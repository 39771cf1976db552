"""The estimator that the guide writes: it trains, passes the gate, is stored, opened and asked."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tests.integration.conftest import LISTINGS, PROJECT, write_small_project

TABLE = "ESTIMATORS: Mapping[str, type[CalibratedRegressor]] = {\n"
CODE = re.compile(r"`own\.py` :\n\n```python\n(.*?)```", re.DOTALL)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A project whose package has the guide's file and a line for it, and whose params name it."""
    shutil.copytree(PROJECT / "src", tmp_path / "src")
    room = tmp_path / "src" / "carprice" / "pricing"
    (code,) = CODE.findall((PROJECT / "docs" / "guide.fr.md").read_text(encoding="utf-8"))
    assert sum(map(bool, code.splitlines())) <= 30
    (room / "own.py").write_text(code, encoding="utf-8")
    table = (room / "estimators.py").read_text(encoding="utf-8")
    table = table.replace(TABLE, f'{TABLE}    "own": OwnRegressor,\n')
    line = "from carprice.pricing.own import OwnRegressor\n"
    (room / "estimators.py").write_text(
        table.replace("\nfrom carprice", f"\n{line}from carprice", 1)
    )
    home = tmp_path / "home"
    write_small_project(home)
    params = yaml.safe_load((home / "params.yaml").read_text())
    params["model"] = {"estimator": "own", "trees": 50, "coverage": 0.8, "seed": 0}
    (home / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True))
    return home


def test_an_estimator_of_ones_own_goes_the_way_of_all(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(home.parent / "src"))
    monkeypatch.setenv("CARPRICE_HOME", str(home))

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "carprice", *arguments],
            cwd=home, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "In production" in run("run", "--data", LISTINGS)
    run("predict", LISTINGS, "out.csv")
    priced = [line.split(",")[-6] for line in (home / "out.csv").read_text().splitlines()[1:]]
    assert sum(price.isdigit() for price in priced) > 0.8 * len(priced)
