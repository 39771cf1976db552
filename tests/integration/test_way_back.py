"""Whatever people or a disk did to production, the ledger decides, and `rollback` leads back."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.conftest import LISTINGS, Desk, serving, tidied, write_small_project
from tests.integration.test_integrity import Vandal, alter_model

from carprice.errors import PromotionRefusedError
from carprice.market.listing import TARGET
from carprice.market.table import to_listings
from carprice.pipeline import steps
from carprice.promotion.receipt import Rehearsal, read_receipt, verify
from carprice.promotion.standing import read_standing
from carprice.promotion.tickets import LEDGER_NAME, tickets
from carprice.registry.client import PRODUCTION, STAGING
from carprice.registry.history import Fate, read_history
from carprice.registry.records import FILES_TAG, MODEL_NAME
from carprice.wording.troubles import TroubleCode


@pytest.fixture
def promoted(desk: Desk) -> Desk:
    """Version 2 in production by force, version 1 before it."""
    assert desk.run("promote", "2", "--force").code == 0
    return desk


def register_by_hand(desk: Desk, **tags: str) -> int:
    """A version as anybody may register one in MLflow: no run, and whatever tags they like."""
    source = desk.home.as_uri() if not desk.tracking_uri else "mlflow-artifacts:/somewhere"
    entry = desk.registry.client.create_model_version(MODEL_NAME, source, tags=tags)
    return int(entry.version)


def put_alias_on_a_foreign_version(desk: Desk) -> TroubleCode:
    forged = {"promoted_at": "2099-01-01", "replaced_version": "2", FILES_TAG: "no JSON"}
    desk.registry.set_alias(PRODUCTION, register_by_hand(desk, **forged))
    return TroubleCode.ALIAS_UNPROVEN


def put_alias_on_a_version_without_tags(desk: Desk) -> TroubleCode:
    desk.registry.set_alias(PRODUCTION, register_by_hand(desk))
    return TroubleCode.ALIAS_UNPROVEN


def remove_alias(desk: Desk) -> TroubleCode:
    desk.registry.clear_alias(PRODUCTION)
    return TroubleCode.ALIAS_MISSING


@pytest.mark.parametrize(
    "deed", [put_alias_on_a_foreign_version, put_alias_on_a_version_without_tags, remove_alias]
)
def test_an_alias_moved_by_hand_changes_nothing_and_rollback_puts_it_back(
    promoted: Desk, deed: Callable[[Desk], TroubleCode]
) -> None:
    trouble = deed(promoted)
    standing = read_standing(promoted.registry)
    assert standing.trouble
    assert (standing.trouble.code, standing.back) == (trouble, 2)
    assert standing.version
    assert standing.version.number == 2
    fates = {each.version.number: each.fate for each in history_of(promoted)}
    assert fates.pop(2) is Fate.PRODUCTION
    assert fates.pop(1) is Fate.REPLACED
    assert set(fates.values()) <= {Fate.UNJUDGED}  # whatever its tags say
    assert "carprice rollback" in promoted.run("status").err
    # The champion is the ledger's.
    ended = promoted.run("evaluate", "1")
    assert ended.code == 3
    assert "same" in ended.out
    assert "version 2" in ended.out
    assert "Traceback" not in ended.text
    ended = promoted.run("rollback", "--json")
    assert ended.code == 0, ended.text
    assert json.loads(ended.out)["to"] == promoted.production.number == 2
    last = tickets(promoted.registry)[-1]
    assert (last.tags["action"], last.tags["trouble"]) == ("rollback", trouble)
    assert read_standing(promoted.registry).trouble is None
    assert promoted.run("verify", "models/CarPricePredictor-v2.json").code == 0


def history_of(desk: Desk) -> list:
    standing = read_standing(desk.registry)
    return read_history(desk.registry).correct(standing.version, standing.proven).chapters


def test_a_promotion_goes_through_beside_an_alias_on_a_foreign_version(desk: Desk) -> None:
    foreign = register_by_hand(desk)
    desk.registry.set_alias(PRODUCTION, foreign)
    ended = desk.run("promote", str(foreign), "--force")
    assert ended.code == 8, ended.text
    assert "was not registered by this pipeline" in ended.err
    assert "Traceback" not in ended.text
    ended = desk.run("promote", "2", "--force")
    assert ended.code == 0, ended.text
    assert desk.production.number == 2
    assert read_receipt(desk.home / "models/CarPricePredictor-v2.json")[0].replaces == 1


def test_rollback_follows_the_ledger_and_not_forged_tags(promoted: Desk) -> None:
    foreign = register_by_hand(promoted, promoted_at="2026-01-01", **{FILES_TAG: "{}"})
    promoted.registry.tag_version(2, {"replaced_version": str(foreign)})
    refused = promoted.run("rollback", "--to", str(foreign))
    assert refused.code == 3
    assert "was never in production" in refused.err
    assert "these were: 1, 2" in refused.err
    assert promoted.run("rollback").code == 0
    assert promoted.production.number == 1
    ended = promoted.run("rollback")
    assert ended.code == 3
    assert "--to N` can bring back: 2" in ended.err
    assert promoted.run("rollback", "--to", "2").code == 0
    assert promoted.production.number == 2


def test_forged_file_hashes_are_replaced_by_those_of_the_receipt(promoted: Desk) -> None:
    promised = promoted.registry.version(1).file_hashes
    promoted.registry.tag_version(1, {FILES_TAG: "no JSON"})
    assert promoted.run("rollback").code == 0
    assert promoted.registry.version(1).file_hashes == promised


def delete_version(desk: Desk) -> None:
    desk.registry.client.delete_model_version(MODEL_NAME, "2")


def damage_files(desk: Desk) -> None:
    vandal = Vandal(desk.registry, 2)
    alter_model(vandal)
    vandal.register_hashes()  # the ledger knows better
    desk.registry.clear_alias(PRODUCTION)


def remove_files(desk: Desk) -> None:
    shutil.rmtree(Vandal(desk.registry, 2).folder)
    desk.registry.clear_alias(PRODUCTION)


@pytest.mark.parametrize("deed", [delete_version, damage_files, remove_files])
def test_what_the_registry_lost_is_made_anew_from_its_copy(
    promoted: Desk, deed: Callable[[Desk], None]
) -> None:
    deed(promoted)
    assert promoted.run("status").code == 0
    ended = promoted.run("rollback", "--json")
    assert ended.code == 0, ended.text
    assert json.loads(ended.out) == {"from": None, "to": 3}
    ensure_anew(promoted, 3)
    # It has taken its place: before it was version 1.
    assert promoted.run("rollback").code == 0
    assert promoted.production.number == 1


def read_way_back(desk: Desk, number: int) -> Rehearsal | None:
    return read_receipt(desk.home / "models" / f"{MODEL_NAME}-v{number}.json")[0].way_back


def test_the_way_back_is_tried_before_each_promotion(promoted: Desk) -> None:
    assert read_way_back(promoted, 1) is None  # there was nothing to go back to
    tried = read_way_back(promoted, 2)
    assert tried is not None
    assert (tried.version, tried.source, tried.trouble) == (1, "registry", "")
    assert 0 < tried.seconds < 30
    work = promoted.work
    golden = work.params.validation.golden_cars
    first = work.registry.open_model(work.registry.version(1))
    prices = first.predict(to_listings([each.car for each in golden]))[TARGET]
    assert [*tried.prices.values()] == prices.tolist()
    assert promoted.run("rollback").code == 0
    assert read_way_back(promoted, 1) is None


@pytest.mark.parametrize("copy_too", [False, True])
def test_a_damaged_way_back_is_told_and_hinders_no_promotion(desk: Desk, copy_too: bool) -> None:
    alter_model(Vandal(desk.registry, 1))
    if copy_too:
        (desk.home / "models" / f"{MODEL_NAME}-v1.skops").write_bytes(b"x")
    assert desk.run("promote", "2", "--force").code == 0
    tried = read_way_back(desk, 2)
    assert tried is not None
    assert (tried.version, tried.source) == ((None, None) if copy_too else (1, "copy"))
    assert ("is not what its receipt says" in tried.trouble) is copy_too


def ensure_anew(desk: Desk, number: int) -> None:
    registry = desk.registry
    production = desk.production
    assert production.number == number
    assert registry.open_model(production)
    assert tickets(registry)[-1].tags["action"] == "restore"
    copy = desk.home / "models" / f"{MODEL_NAME}-v{number}.json"
    assert all(each.holds for each in verify(registry, *read_receipt(copy)))
    told = read_receipt(copy)[0].data
    assert production.facts.data_hash == told.content_hash


def test_an_altered_copy_is_no_way_back(promoted: Desk) -> None:
    delete_version(promoted)
    copy = promoted.home / "models" / f"{MODEL_NAME}-v2.skops"
    copy.write_bytes(copy.read_bytes()[:-1] + b"x")
    assert promoted.run("rollback").code == 0
    assert promoted.production.number == 1  # the newest that is intact
    ended = promoted.run("rollback", "--to", "2")
    assert ended.code == 8
    assert "is not what its receipt says" in ended.err


def test_all_goes_on_with_the_version_in_production_deleted(promoted: Desk) -> None:
    delete_version(promoted)
    told = "version 2, which is in production, is no longer in the registry"
    assert told in promoted.run("status").err
    ended = promoted.run("run", "--data", LISTINGS)
    assert ended.code == 3, ended.text
    assert "Refused" in ended.out
    assert promoted.run("promote", "--force").code == 0
    assert promoted.production.number == 3


@pytest.fixture(params=["embedded", "server"])
def store(request: pytest.FixtureRequest, tmp_path: Path, desk: Desk) -> Iterator[Desk]:
    """A desk with a version in production, in the embedded store and on a server of its own."""
    if request.param == "embedded":
        yield desk
        return
    write_small_project(tmp_path / "served")
    with serving(tmp_path, f"sqlite:///{tmp_path / 'mlflow.db'}") as address:
        served = Desk(tmp_path / "served", tmp_path / "served-scratch", address())
        assert served.run("run", "--data", LISTINGS).code == 0
        yield from tidied(served)


def test_from_an_emptied_database_the_copy_and_its_receipt_lead_back(store: Desk) -> None:
    for name in (MODEL_NAME, LEDGER_NAME):
        store.registry.client.delete_registered_model(name)
    ended = store.run("rollback")
    assert ended.code == 0, ended.text
    ensure_anew(store, 1)


def test_a_refused_version_leaves_staging(desk: Desk) -> None:
    run_id = desk.registry.version(2).run_id
    steps.promote_to_staging(desk.work, run_id, forced=True)
    assert desk.registry.find_alias(STAGING)
    # Meanwhile another was promoted: what was compared with is gone.
    trained = desk.run("run", "--data", LISTINGS, "--force")
    assert trained.code == 0, trained.text
    desk.registry.set_alias(STAGING, 2)
    ended = desk.run("promote", "2")
    assert ended.code == PromotionRefusedError.exit_code, ended.text
    assert desk.registry.find_alias(STAGING) is None
