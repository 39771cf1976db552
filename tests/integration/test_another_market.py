"""A market of its own, from a raw file to a price, with no module of carprice touched."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from carprice.errors import ConfigurationError, ModelIntegrityError
from carprice.market.chosen import load_market
from carprice.registry.client import Registry
from carprice.settings import Settings

MARKETS = Path(__file__).parent / "markets"
ROOT = MARKETS.parents[2]
RECIPE = ROOT / "docs" / "another-market.md"
SOUP = {"make": "Duck", "model": "Soup", "model_year": "2018", "mileage_km": "90000"}
GOLDEN = {"car": {**SOUP, "model_year": 2018, "mileage_km": 90_000}, "low_frd": 1, "high_frd": 1e5}


def call(home: Path, *arguments: str, market: str) -> subprocess.CompletedProcess[str]:
    """How a Python program ends that serves a market in a folder."""
    with pytest.MonkeyPatch.context() as surroundings:
        surroundings.setenv("CARPRICE_HOME", str(home))
        surroundings.setenv("CARPRICE_MARKET", market)
        surroundings.setenv("PYTHONPATH", str(MARKETS))
        return subprocess.run(
            [sys.executable, *arguments],
            capture_output=True, text=True, check=False, timeout=300,
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
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with adverts and cars of Freedonia, and what is decided there."""
    home = tmp_path_factory.mktemp("freedonia")
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    params["quality"]["max_missing_share"] = dict.fromkeys(SOUP, 0.2) | {"body": 0.5}
    params["gate"]["bootstrap_rounds"] = 100
    params["validation"]["golden_cars"] = [GOLDEN]
    (home / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    write_adverts(home / "adverts.csv")
    cars = 'Make,Model,Year,Mileage,Body\nDuck,Soup,2018,"90,000",Estate\nGoose,,,,\n'
    (home / "cars.csv").write_text(cars, encoding="utf-8")
    return home


@pytest.fixture(scope="module")
def said(home: Path) -> dict[str, Any]:
    """What the doors say once a model of Freedonia is in production."""
    files = str(home / "adverts.csv"), str(home / "cars.csv")
    journey = str(MARKETS / "journey.py")
    ended = call(home, journey, *files, json.dumps(SOUP), market="freedonia")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    told: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return told


def test_a_raw_file_becomes_estimates_in_its_currency_and_language(said: dict[str, Any]) -> None:
    known, unknown = said["file"]
    assert known["low_price"] < known["estimated_price"] < known["high_price"]
    assert 10_000 < known["estimated_price"] < 25_000
    assert unknown["remark"].startswith("no estimate: too little is known")


def test_schema_and_form_ask_for_its_fields_alone(said: dict[str, Any]) -> None:
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
    assert said["families"] == ["Make", "Body", "Price", "Year"]
    assert said["filters"] == ["Make", "Body", "Models to compare, four at most"]
    assert said["price"].endswith("\u00a0F$")
    assert re.search(r"<li><b>[\d\u202f]+\u00a0F\$</b>", said["cards"])


@pytest.mark.usefixtures("said")
def test_a_model_of_another_market_is_refused(home: Path) -> None:
    registry = Registry(Settings(home=home))
    version = registry.version(1)
    assert version.facts.market == "freedonia"
    with pytest.raises(ModelIntegrityError, match=r"market freedonia, and morocco .* CARPRICE_"):
        registry.open_model(version)


@pytest.mark.parametrize(
    ("named", "said"),
    [("elsewhere", "no module that can be imported"), ("json", "has no MARKET of the type Market")],
)
def test_a_module_that_is_no_market_is_named(named: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        load_market(named)


def test_a_command_without_a_market_ends_as_other_configuration_does(home: Path) -> None:
    ended = call(home, "-m", "carprice", "status", market="elsewhere")
    assert (ended.returncode, "Traceback" in ended.stderr) == (2, False), ended.stderr


def test_the_recipe_shows_the_market_that_is_run_here() -> None:
    recipe = RECIPE.read_text(encoding="utf-8")
    assert (MARKETS / "freedonia.py").read_text(encoding="utf-8") in recipe
