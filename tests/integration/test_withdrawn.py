"""A version that was found to be wrong: nothing chooses it any more, unless it is asked for."""

import json
import signal

import pytest
import yaml
from tests.integration.conftest import LISTINGS, Desk

from carprice.promotion.receipt import read_receipt
from carprice.promotion.standing import Standing, read_standing
from carprice.promotion.tickets import LEDGER_NAME, tickets
from carprice.registry.client import PRODUCTION
from carprice.registry.records import MODEL_NAME
from carprice.wording.troubles import TroubleCode

WHY = "kilometres were miles"
PATIENCE = {"carprice.promotion.ledger.LEASE_SECONDS": 0.1}


@pytest.fixture
def promoted(desk: Desk) -> Desk:
    """Version 2 in production by force, version 1 before it."""
    assert desk.run("promote", "2", "--force").code == 0
    return desk


def succeed(desk: Desk, *command: str) -> str:
    ended = desk.run(*command)
    assert ended.code == 0, ended.text
    return ended.out


def ensure_refused(desk: Desk, *command: str, told: str) -> None:
    before = desk.production.number
    ended = desk.run(*command)
    assert ended.code == 3, ended.text
    assert told in ended.err
    assert desk.production.number == before


def stand(desk: Desk) -> tuple[Standing, set[int]]:
    standing = read_standing(desk.registry)
    return standing, {each.number for each in standing.withdrawn}


def test_it_gives_way_to_the_one_before_and_nothing_brings_it_back_by_accident(
    promoted: Desk,
) -> None:
    told = json.loads(succeed(promoted, "withdraw", "--because", WHY, "--json"))
    assert told == {"withdrawn": 2, "production": 1}
    standing, withdrawn = stand(promoted)
    assert (standing.champion.number, standing.trail, standing.trouble) == (1, (), None)
    assert withdrawn == {2}
    receipt, _ = read_receipt(promoted.home / "models" / "CarPricePredictor-v1.json")
    assert (receipt.withdraws.version, receipt.withdraws.because) == (2, WHY)
    version = promoted.registry.version(2)
    assert version.facts.withdrawn_because == WHY
    card = promoted.registry.read_text(version.run_id, "card.md")
    assert "found to be wrong and withdrawn" in card
    checks = promoted.run("verify", "models/CarPricePredictor-v2.json").out
    assert f"version 2 was withdrawn by tests at {receipt.withdraws.at[:13]}" in checks
    by_tests = "version 2 was withdrawn by tests"
    assert by_tests in promoted.run("status").err
    ensure_refused(promoted, "promote", "2", "--force", told=by_tests)
    ensure_refused(promoted, "rollback", "--to", "2", told=by_tests)
    ensure_refused(promoted, "rollback", "--to", "models/CarPricePredictor-v2.json", told=by_tests)
    ensure_refused(promoted, "rollback", told="version 1 replaced no earlier version")
    promoted.registry.set_alias(PRODUCTION, 2)
    standing, _ = stand(promoted)
    assert (standing.version.number, standing.trouble.code, standing.back) == (
        1, TroubleCode.ALIAS_WITHDRAWN, 1,
    )  # fmt: skip
    succeed(promoted, "rollback")
    succeed(promoted, "rollback", "--to", "2", "--withdrawn")
    standing, withdrawn = stand(promoted)
    assert (standing.version.number, standing.trouble, withdrawn) == (2, None, set())
    assert not (promoted.home / "models" / "CarPricePredictor-v2.withdrawn").exists()


def test_with_no_version_before_it_nothing_changes(desk: Desk) -> None:
    ensure_refused(desk, "withdraw", "--because", WHY, told="no version before it could take")
    assert stand(desk)[1] == set()
    assert len(tickets(desk.registry)) == 1
    assert desk.run("withdraw", "--because", " ").code == 2


def test_out_of_production_it_is_marked_alone_and_the_way_back_leads_past_it(desk: Desk) -> None:
    succeed(desk, "withdraw", "2", "--because", WHY)
    ensure_refused(desk, "promote", "2", "--force", told=WHY)
    assert stand(desk)[0].trouble is None
    succeed(desk, "run", "--data", LISTINGS, "--force")  # version 3
    params = desk.home / "params.yaml"
    said = yaml.safe_load(params.read_text())
    said["model"]["seed"] += 1
    params.write_text(yaml.safe_dump(said, allow_unicode=True))
    succeed(desk, "run", "--data", LISTINGS, "--force")  # version 4
    succeed(desk, "withdraw", "3", "--because", WHY)
    succeed(desk, "withdraw", "--because", WHY)
    assert desk.production.number == 1
    # What would learn the same as what was withdrawn is not trained unless it is asked for.
    before = len(desk.registry.versions())
    ended = desk.run("run", "--data", LISTINGS)
    assert ended.code == 3, ended.text
    assert "it would come to version 4 once more" in ended.out
    assert len(desk.registry.versions()) == before
    assert desk.registry.runs()[0].tags["outcome"] == "refused"


@pytest.mark.parametrize(
    ("where", "moved"),
    [
        ("carprice.promotion.ledger:_move_alias", False),
        ("carprice.promotion.release:take_mark_away", True),
        ("carprice.promotion.withdrawal:_tell", True),
    ],
)
def test_killed_in_the_middle_it_is_withdrawn_as_a_whole_or_not(
    promoted: Desk, where: str, moved: bool
) -> None:
    child = promoted.start("withdraw", "2", "--because", WHY, pause={"where": where})
    child.wait_for_pause()
    assert child.send(signal.SIGKILL).code == -signal.SIGKILL
    standing, withdrawn = stand(promoted)
    assert (standing.version.number, withdrawn) == ((1, {2}) if moved else (2, set()))
    ended = promoted.run("withdraw", "2", "--because", "once more", constants=PATIENCE)
    assert ended.code == 0, ended.text
    standing, withdrawn = stand(promoted)
    assert (standing.version.number, standing.trouble, withdrawn) == (1, None, {2})
    because = WHY if moved else "once more"
    assert promoted.registry.version(2).facts.withdrawn_because == because
    assert (promoted.home / "models" / "CarPricePredictor-v2.withdrawn").exists()


def test_from_an_emptied_database_its_copy_is_not_taken_unless_it_is_named(promoted: Desk) -> None:
    succeed(promoted, "withdraw", "--because", WHY)
    for name in (MODEL_NAME, LEDGER_NAME):
        promoted.registry.client.delete_registered_model(name)
    (promoted.home / "models" / "CarPricePredictor-v1.skops").unlink()
    receipt = "models/CarPricePredictor-v2.json"
    assert promoted.run("rollback").code == 8
    ended = promoted.run("rollback", "--to", receipt)
    assert (ended.code, WHY in ended.err) == (3, True)
    succeed(promoted, "rollback", "--to", receipt, "--withdrawn")
