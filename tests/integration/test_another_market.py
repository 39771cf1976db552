"""A market of its own, from a raw file to a price, with no module of carprice touched."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

MARKETS = Path(__file__).parent / "markets"
ROOT = MARKETS.parents[2]
RECIPE = ROOT / "docs" / "another-market.md"
SOUP = {"make": "Duck", "model": "Soup", "model_year": "2018", "mileage_km": "90000"}
GOLDEN = {"car": {**SOUP, "model_year": 2018, "mileage_km": 90_000}, "low_frd": 1, "high_frd": 1e5}


@dataclass(frozen=True)
class Project:
    home: Path

    def call(self, *arguments: str, market: str = "freedonia") -> subprocess.CompletedProcess[str]:
        with pytest.MonkeyPatch.context() as surroundings:
            surroundings.setenv("CARPRICE_HOME", str(self.home))
            surroundings.setenv("CARPRICE_MARKET", market)
            surroundings.setenv("PYTHONPATH", str(MARKETS))
            return subprocess.run(
                [sys.executable, *arguments],
                capture_output=True, text=True, check=False, timeout=120,
            )  # fmt: skip


def write_adverts(path: Path) -> None:
    """900 raw adverts with English headers and numbers, some of them dirty."""
    random = np.random.default_rng(0)
    rows = 900
    year, km = random.integers(2005, 2026, rows), random.integers(1, 250, rows) * 1_000
    dear = random.random(rows) < 0.5
    estate = random.random(rows) < 0.4
    price = 20_000 * 0.92 ** (2026 - year) * np.exp(-km / 4e5) * (1 + dear) * (1 + 0.1 * estate)
    price = (price * np.exp(random.normal(0, 0.08, rows))).round(-1)
    adverts = pd.DataFrame(
        {
            "Asking price": [f"{each:,.0f} F$" for each in price],
            "Make": np.where(dear, "Duck", "Goose"),
            "Model": np.where(dear, "Soup", "Pie"),
            "Year": year,
            "Odometer": [f"{each:,} km" for each in km],
            "Body": np.where(estate, "Station wagon", "Saloon"),
            "Seller": "is no field",
        }
    )
    adverts.loc[0, ["Asking price", "Body"]] = ["POA", "unknown"]
    adverts.loc[1, "Odometer"] = "over 120,000 km"
    adverts.to_csv(path, index=False)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A folder whose model in production is one of Freedonia."""
    home = tmp_path_factory.mktemp("freedonia")
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    params["quality"]["max_missing_share"] = dict.fromkeys(SOUP, 0.2) | {"body": 0.5}
    params["validation"]["golden_cars"] = [GOLDEN]
    (home / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    write_adverts(home / "adverts.csv")
    project = Project(home)
    ended = project.call("-m", "carprice", "run", "--data", str(home / "adverts.csv"))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return project


def test_a_raw_file_becomes_estimates_in_its_currency_and_language(project: Project) -> None:
    cars = project.home / "cars.csv"
    cars.write_text('Make,Model,Year,Mileage,Body\nDuck,Soup,2018,"90,000",Estate\nGoose,,,,\n')
    target = project.home / "priced.csv"
    ended = project.call("-m", "carprice", "predict", str(cars), str(target))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    known, unknown = pd.read_csv(target).to_dict("records")
    assert known["low_price"] < known["estimated_price"] < known["high_price"]
    assert 10_000 < known["estimated_price"] < 25_000
    assert unknown["remark"].startswith("no estimate: too little is known")


def test_form_and_schema_ask_for_its_fields_alone(project: Project) -> None:
    ended = project.call(str(MARKETS / "doors.py"), json.dumps(SOUP))
    assert ended.returncode == 0, ended.stderr
    said: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    assert said["about"].startswith("Prices of used cars in Freedonia, in dollars")
    assert list(said["asked"]) == ["make", "model", "model_year", "mileage_km", "body"]
    assert said["asked"]["body"] == "Body (Carrosserie); saloon or Saloon, estate or Estate"
    assert said["answered"][:3] == ["price_frd", "low_frd", "high_frd"]
    answer = said["answer"]
    assert answer["low_frd"] < answer["price_frd"] < answer["high_frd"]
    assert answer["remark"] == "not given: body"
    assert said["faults"] == []
    assert said["title"] == "The price of a used car in Freedonia"
    assert said["form"][:5] == ["Make", "Model", "Year", "Body", "Mileage (km)"]
    assert said["price"].endswith("\u00a0F$")
    assert said["tables"] == [["Price (F$)", "Year", "Mileage (km)", "Body"]]


def test_a_model_of_another_market_is_refused(project: Project) -> None:
    ended = project.call("-m", "carprice", "validate", "1", market="")
    assert ended.returncode == 8
    assert "belongs to the market freedonia, and morocco is served here" in ended.stderr
    assert "CARPRICE_MARKET" in ended.stderr


@pytest.mark.parametrize(
    ("named", "said"),
    [("elsewhere", "no module that can be imported"), ("json", "has no MARKET of the type Market")],
)
def test_a_module_that_is_no_market_is_named(project: Project, named: str, said: str) -> None:
    ended = project.call("-m", "carprice", "status", market=named)
    assert (ended.returncode, said in ended.stderr) == (2, True), ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_recipe_shows_the_market_that_is_run_here() -> None:
    recipe = RECIPE.read_text(encoding="utf-8")
    assert (MARKETS / "freedonia.py").read_text(encoding="utf-8") in recipe
