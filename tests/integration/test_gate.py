"""What the gate lets through of files as they come: honest ones, and those that are not."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
import yaml
from tests.integration.conftest import LISTINGS, Desk, copy_desk, tidied, write_small_project

from carprice.evaluation.decision import Decision
from carprice.pipeline import steps
from carprice.promotion.receipt import read_receipt
from carprice.registry.history import Fate, read_history
from carprice.simulation.dirt import RawForm, to_raw_form, write_sample
from carprice.simulation.drawing import draw_listings
from carprice.wording.reasons import Code

ROWS = 5_000
Change = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a champion that has learnt from many adverts."""
    home = tmp_path_factory.mktemp("market") / "project"
    write_small_project(home)
    write_sample(home / LISTINGS, ROWS, 0)
    ended = Desk(home, home.parent / "scratch").run("run", "--data", LISTINGS)
    assert ended.code == 0, ended.text
    return home


@pytest.fixture
def desk(market: Path, tmp_path: Path) -> Iterator[Desk]:
    yield from tidied(copy_desk(market, tmp_path))


def stay(adverts: pd.DataFrame) -> pd.DataFrame:
    return adverts


def cheapen(adverts: pd.DataFrame, by: float = 0.25) -> pd.DataFrame:
    return adverts.assign(price_mad=(adverts["price_mad"] * (1 - by)).round())


def forget(adverts: pd.DataFrame) -> pd.DataFrame:
    """The adverts of four makes alone."""
    makes = adverts["make"].value_counts().index[:4]
    return adverts[adverts["make"].isin(makes)].reset_index(drop=True)


def write(desk: Desk, change: Change, times: int = 1) -> Path:
    """A file of changed adverts, each so many times with a kilometre between."""
    raw = pd.concat(to_raw_form(change(draw_listings(ROWS, 1)), RawForm.WITH_UNITS, 1))
    mileage = pd.to_numeric(raw["Kilométrage"])
    copies = [raw.assign(Kilométrage=mileage + apart) for apart in range(times)]
    path = desk.home / f"{times}.csv"
    pd.concat(copies).to_csv(path, index=False, float_format="%.0f")
    return path


def challenge(desk: Desk, change: Change, times: int = 1) -> Decision:
    work = desk.work
    run_id = steps.check_data_quality(work, write(desk, change, times)).run_id
    steps.train_model(work, run_id)
    return steps.evaluate_model(work, run_id)


@pytest.mark.filterwarnings("ignore")  # of MLflow, which trains in other processes else
@pytest.mark.parametrize(
    ("change", "code"), [(cheapen, Code.LEVEL_MOVED), (forget, Code.NAMES_LOST)]
)
def test_a_file_that_is_not_what_it_seems_is_not_let_through(
    desk: Desk, change: Change, code: Code
) -> None:
    decision = challenge(desk, change)
    assert code in {each.code for each in decision.reasons}
    assert decision.outcome in {"held", "refused"}


@pytest.mark.filterwarnings("ignore")
def test_an_honest_file_is_accepted_and_its_copies_make_no_score_better(desk: Desk) -> None:
    once, copied = challenge(desk, stay), challenge(desk, stay, times=5)
    assert once.outcome == "accepted", once.text
    assert once.reasons[-1].code in {Code.RULE_FRESHER, Code.RULE_BETTER}
    assert once.measured
    assert copied.measured
    assert copied.outcome != "accepted"
    assert Code.MANY_COPIES in {each.code for each in copied.reasons}
    assert copied.measured.copies_pct == pytest.approx(80, abs=2)
    # Kilometres typed in thousands become other cars: 120, 121, …
    assert copied.measured.scores.rows == pytest.approx(once.measured.scores.rows, rel=0.15)
    errors = [each.scores.median_error_pct for each in (once.measured, copied.measured)]
    assert errors[1] > errors[0] - 0.5


def test_what_is_held_is_told_everywhere_and_let_through_by_a_person(desk: Desk) -> None:
    ended = desk.run("run", "--data", str(write(desk, partial(cheapen, by=0.13))))
    assert ended.code == 3
    assert "Held: version 2 held for a person's word against version 1" in ended.out
    held = read_history(desk.registry).chapters[0]
    assert (held.fate, held.version.aliases) == (Fate.HELD, ())
    report = desk.registry.read_text(held.version.run_id, "report.md")
    assert "- Outcome: held" in report
    assert "`carprice promote 2 --force` lets it through" in report
    assert desk.run("promote", "2").code == 3
    assert desk.production
    assert desk.production.number == 1

    replayed = desk.run("gate-replay", "--json", "--max-level-shift-pct", "30")
    told = {each["version"]: each for each in json.loads(replayed.out)}
    assert (told[1]["now"], told[2]["then"], told[2]["now"]) == ("accepted", "held", "accepted")
    assert "off those of version 1" in told[2]["reasons_gone"][0]
    params = yaml.safe_load((desk.home / "params.yaml").read_text())
    params["gate"]["max_median_error_pct"] = 1
    (desk.home / "strict.yaml").write_text(yaml.safe_dump(params))
    assert "+ median error" in desk.run("gate-replay", "--params", "strict.yaml").out
    wrong = desk.run("gate-replay", "--max-mean-error-pct", "3")
    assert (wrong.code, "max_mean_error_pct" in wrong.text) == (2, True)

    assert desk.run("promote", "2", "--force").code == 0
    receipt, _ = read_receipt(desk.home / "models" / "CarPricePredictor-v2.json")
    assert (receipt.gate.outcome, receipt.gate.held) == ("forced", True)
    assert receipt.promoted_by == "tests"
    assert receipt.gate.reasons[0].code is Code.LEVEL_MOVED
