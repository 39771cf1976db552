"""The recipes of docs/recettes.fr.md, each followed to the letter."""

import importlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from starlette.testclient import TestClient
from tests.integration.conftest import (
    LISTINGS,
    PROJECT,
    Desk,
    move_store,
    serving,
    write_small_project,
)

from carprice import load
from carprice.errors import ConfigurationError, RegistryError
from carprice.registry.client import mlflow

PAGE = (PROJECT / "docs" / "recettes.fr.md").read_text(encoding="utf-8")
# MLflow warns of type hints of its own.
pytestmark = pytest.mark.filterwarnings("ignore:.*type hint")
MODEL_URI = "models:/CarPricePredictor@production"


def blocks(title: str) -> list[str]:
    """The blocks of code of a recipe, in order."""
    (recipe,) = re.findall(rf"^## {title}.*?\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    return re.findall(r"^```\w+\n(.*?)^```", recipe, re.DOTALL | re.MULTILINE)


def follow(*codes: str) -> dict[str, Any]:
    """What the names of some Python stand for once it has run."""
    names: dict[str, Any] = {}
    for code in codes:
        exec(code, names)  # noqa: S102 - of our own page
    return names


@pytest.fixture
def here(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The folder of two runs, where a notebook is open."""
    monkeypatch.chdir(desk.home)
    return desk


def test_a_notebook_asks_for_a_car_and_for_a_table(here: Desk) -> None:
    told = follow(*blocks("Demander un prix"))
    logan, prices, model = told["logan"], told["prix"], told["model"]
    assert logan.wide_low < logan.low < logan.price < logan.high < logan.wide_high
    assert logan.remarks
    assert "DH" in repr(logan)
    coded = {"make": "dacia", "model": "LOGAN", "model_year": 2018.0, "mileage_km": 120_000}
    assert model.estimate(**coded, fuel="diesel", gearbox=None) == logan
    assert [*prices.index] == ["a", "b"]
    assert prices["price_mad"].between(prices["low_mad"], prices["high_mad"]).all()
    assert prices["remark"].str.contains("kilométrage").all()
    with pytest.raises(ConfigurationError, match="a car has no 'colour'; its fields are: make, "):
        model.estimate(make="Dacia", colour="red")


def test_where_there_is_no_registry_none_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RegistryError, match="set CARPRICE_HOME"):
        load()
    assert not [*tmp_path.iterdir()]


def test_mlflow_answers_as_the_notebook_does_embedded_and_over_http(here: Desk) -> None:
    told = follow(*blocks("Par MLflow")[:1])
    cars = pd.DataFrame(
        {"make": ["Dacia", None], "model_year": [2018, 2020], "gearbox": ["manual", "Manuelle"]}
    )
    expected = load().estimate(cars)
    pd.testing.assert_frame_equal(told["served"].predict(cars), expected)
    assert told["answer"]["price_mad"].notna().all()

    asked = json.loads(re.findall(r"-d '(.*)'", blocks("Par MLflow")[1])[0])
    with TestClient(
        importlib.import_module("mlflow.pyfunc.scoring_server").init(told["served"])
    ) as client:
        answer = client.post("/invocations", json=asked)
    assert answer.status_code == 200, answer.text
    (served,) = answer.json()["predictions"]
    (car,) = asked["dataframe_records"]
    assert served["price_mad"] == pytest.approx(load().estimate(**car).price)


def test_mlflow_answers_the_same_from_a_server(
    here: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = load().estimate(make="Kia", model="Picanto", model_year=2019, gearbox="Manuelle")
    database, files = here.home / "mlflow" / "mlflow.db", here.home / "mlflow" / "mlruns"
    move_store(database, files.as_uri(), "mlflow-artifacts:")
    (tmp_path / "artifacts").symlink_to(files)
    monkeypatch.chdir(tmp_path)
    with serving(tmp_path, f"sqlite:///{database}") as address:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address())
        car = {"make": "Kia", "model": "Picanto", "model_year": 2019, "gearbox": "manual"}
        assert load().estimate(**car) == expected
        mlflow.set_tracking_uri(address())
        answer = mlflow.pyfunc.load_model(MODEL_URI).predict(pd.DataFrame([car]))
    assert answer["price_mad"].tolist() == [pytest.approx(expected.price)]


def test_thresholds_of_ones_own_are_tried_and_hold(here: Desk) -> None:
    thresholds, command = blocks("Régler la comparaison")
    params = yaml.safe_load((here.home / "params.yaml").read_text())
    params["gate"] |= yaml.safe_load(thresholds)["gate"]
    (here.home / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True))
    replayed = here.run(*command.split()[1:])
    assert replayed.code == 0, replayed.text
    assert "at least 90 %" in " ".join(replayed.out.split())
    assert here.run("evaluate", "2").code == 3


def test_a_line_of_cron_trains_on_the_newest_file_where_something_changed(here: Desk) -> None:
    (line,) = blocks("Entraîner à son propre rythme")
    command = line.split(maxsplit=5)[5].replace("/chemin/de/carprice", str(here.home))
    (here.home / ".venv").symlink_to(PROJECT / ".venv")
    (here.home / "data" / "raw").mkdir(exist_ok=True)
    shutil.copy(here.listings, here.home / "data" / "raw")
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)  # noqa: S602
    assert done.returncode == 0, done.stderr
    assert json.loads((here.home / "runs.json").read_text())["unchanged"]


def test_production_goes_back(here: Desk) -> None:
    assert here.run("promote", "2", "--force").code == 0
    for command in blocks("Revenir en arrière")[0].splitlines():
        assert here.run(*command.split()[1:]).code == 0
    assert here.production.number == 1


@pytest.fixture
def changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project with the recipes' hyperparameters and column, in its code and in its file."""
    shutil.copytree(PROJECT / "src", tmp_path / "src")
    market = tmp_path / "src" / "carprice" / "market" / "morocco.py"
    field, entry = blocks("Ajouter une colonne")
    code = market.read_text(encoding="utf-8")
    market.write_text(
        code.replace("FIELDS = (\n", f"{field}FIELDS = (\n{entry}", 1), encoding="utf-8"
    )
    home = tmp_path / "home"
    write_small_project(home)
    params = yaml.safe_load((home / "params.yaml").read_text())
    params |= yaml.safe_load(blocks("Changer les hyperparamètres")[0])
    (home / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True))
    adverts = pd.read_csv(home / LISTINGS, dtype=str)
    digits = adverts["Price_Raw"].str.replace(r"\D", "", regex=True).replace("", None).astype(float)
    dark = pd.Series(range(len(adverts))) % 2 == 0
    adverts["Teinte"] = dark.map({True: "Noir", False: "Blanc"})
    adverts["Price_Raw"] = (digits * dark.map({True: 1.05, False: 1.0})).round()
    adverts.to_csv(home / LISTINGS, index=False)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "src"))
    monkeypatch.setenv("CARPRICE_HOME", str(home))
    return home


ASK = """
import json, sys
sys.path.insert(0, sys.argv[1])
import form
from carprice import load
from carprice.api.schema import Listing
model = load()
logan = dict(make="Dacia", model="Logan", model_year=2018, mileage_km=90_000, fuel="diesel")
prices = [model.estimate(**logan, colour=each).price for each in ("Noir", "light")]
print(json.dumps([prices, "colour" in form.DETAILS, "colour" in Listing.model_fields]))
"""


def test_a_column_reaches_model_form_and_api_beside_other_hyperparameters(changed: Path) -> None:
    def run(*arguments: str | Path) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=changed, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("-m", "carprice", "run", "--data", LISTINGS)
    (dark, light), in_form, in_api = json.loads(run("-c", ASK, PROJECT / "streamlit_app"))
    assert dark > 1.01 * light
    assert in_form
    assert in_api


def test_the_notebook_runs_from_a_file_to_a_comparison_and_its_pictures(here: Desk) -> None:
    notebook = json.loads((PROJECT / "docs" / "comparer.fr.ipynb").read_text(encoding="utf-8"))
    codes = ["".join(each["source"]) for each in notebook["cells"] if each["cell_type"] == "code"]
    here.listings.rename(here.home / "annonces.csv")
    told = follow(*codes[:-2])
    assert len(told["held_out"]) > 100
    overall = told["comparison"].overall
    assert overall.low <= overall.points <= overall.high
    for picture in codes[-2:]:
        assert eval(picture, told).axes, picture  # noqa: S307 - of our own page
