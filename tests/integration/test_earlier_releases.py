"""What earlier releases stored still opens, answers the same, and can be gone back to.

The registry in `data/` was made by the releases themselves (`carprice sample --rows 1200`, then
`carprice run`): version 1 by 0.1.0, version 2, in production, by the last commit before the
package was laid out in rooms. `earlier_estimates.json` holds what each then answered for eight cars
told in full.
"""

import json
import shutil
import sqlite3
import tarfile
from pathlib import Path

import pandas as pd
import pytest

from carprice.market.listing import HIGH, LOW, TARGET, WIDE_HIGH, WIDE_LOW
from carprice.params import read_params
from carprice.pipeline import steps
from carprice.pipeline.replay import replay
from carprice.promotion.receipt import read_receipt, verify
from carprice.promotion.release import roll_back
from carprice.promotion.signing import list_moves, sign
from carprice.promotion.standing import read_standing
from carprice.registry.client import PRODUCTION
from carprice.registry.stored_model import MODEL_FILE, MOVED, open_pipeline
from carprice.settings import Settings
from carprice.simulation.dirt import write_sample
from carprice.wording.troubles import TroubleCode
from carprice.workspace import Workspace

DATA = Path(__file__).parent / "data"
PROJECT = Path(__file__).parents[2]


@pytest.fixture
def work(tmp_path: Path) -> Workspace:
    """The registry of earlier releases, moved to a folder of this test."""
    with tarfile.open(DATA / "earlier_registry.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    with sqlite3.connect(tmp_path / "mlflow" / "mlflow.db") as database:
        (made_in,) = database.execute(
            "SELECT artifact_location FROM experiments WHERE name = 'car_price_prediction'"
        ).fetchone()
        here = (tmp_path / "mlflow" / "mlruns").as_uri()
        for table, column in (
            ("experiments", "artifact_location"), ("runs", "artifact_uri"),
            ("logged_models", "artifact_location"), ("model_versions", "storage_location"),
        ):  # fmt: skip
            database.execute(
                f"UPDATE {table} SET {column} = replace({column}, ?, ?)",  # noqa: S608
                (made_in, here),
            )
    return Workspace(Settings(home=tmp_path, user_name="tester"))


def test_models_of_earlier_releases_answer_the_same_to_the_dirham(work: Workspace) -> None:
    told = json.loads((DATA / "earlier_estimates.json").read_text())
    cars = pd.DataFrame(told["cars"])
    for number, expected in told["estimates"].items():
        pipeline = work.registry.open_model(work.registry.version(int(number)))
        answers = pipeline.predict(cars)
        assert answers[[TARGET, LOW, HIGH]].round().astype(int).to_numpy().tolist() == expected
        assert answers[[WIDE_LOW, WIDE_HIGH]].isna().all(axis=None), "there was none yet"


def test_a_receipt_holds_and_production_goes_back_to_the_version_before(work: Workspace) -> None:
    for number in (1, 2):
        receipt, text = read_receipt(
            work.settings.home / f"models/CarPricePredictor-v{number}.json"
        )
        assert all(each.holds for each in verify(work.registry, receipt, text))
    left, back = roll_back(work)
    assert (left.number, back.number) == (2, 1)


def test_what_an_earlier_release_promoted_is_signed_by_what_its_receipts_tell(
    work: Workspace,
) -> None:
    signing = Workspace(work.settings.model_copy(update={"signing_key": "k" * 44}))
    standing = read_standing(signing.registry)
    assert standing.version is None
    assert standing.trouble
    assert standing.trouble.code is TroubleCode.LEDGER_UNSIGNED
    sign(signing, list_moves(signing))
    standing = read_standing(signing.registry)
    assert standing.version
    assert (standing.version.number, standing.trouble) == (2, None)
    receipt = read_receipt(work.settings.home / "models/CarPricePredictor-v2.json")
    assert all(each.holds for each in verify(signing.registry, *receipt))
    left, back = roll_back(signing)
    assert (left.number, back.number) == (2, 1)


@pytest.mark.filterwarnings("ignore")  # of MLflow, which trains in other processes else
def test_a_new_version_is_compared_with_a_champion_of_an_earlier_release(work: Workspace) -> None:
    shutil.copy(PROJECT / "params.yaml", work.settings.home)  # its hyperparameters are others
    path = work.settings.home / "new.csv"
    write_sample(path, 3_000, 3, 1)  # enough that both splits hold out many
    run_id = steps.check_data_quality(work, path).run_id
    version = steps.train_model(work, run_id)
    decision = steps.evaluate_model(work, run_id)
    assert (decision.challenger, decision.champion) == (version.number, 2)
    assert decision.comparison is not None
    champion = work.registry.find_alias(PRODUCTION)
    assert champion is not None
    assert champion.number == 2


def test_decisions_of_earlier_releases_are_judged_by_what_they_have(work: Workspace) -> None:
    first, second = replay(
        work.registry, read_params(PROJECT).gate.model_copy(update={"max_detectable_points": 2})
    )
    assert (first.now.outcome, second.then.outcome, second.now.outcome) == (
        "accepted", "accepted", "held",
    )  # fmt: skip
    assert second.added == [
        "*not worse* proves nothing here: a worsening of 3.15 points might well go unnoticed; "
        "beyond 2 a person decides"
    ]
    assert not second.is_whole


def test_each_moved_name_is_one_that_an_earlier_model_needs(
    work: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = work.settings.home / "models" / f"CarPricePredictor-v2{Path(MODEL_FILE).suffix}"
    for name in MOVED:
        fewer = {old: new for old, new in MOVED.items() if old != name}
        monkeypatch.setattr("carprice.registry.stored_model.MOVED", fewer)
        with pytest.raises(Exception, match="trusted"):
            open_pipeline(stored, "the model")
