"""With a key, page and API open what a signed promotion names, whatever is written to MLflow."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.integration.children import wait_until
from tests.integration.conftest import LISTINGS, Desk, TwoRuns, copy_desk, tidied
from tests.integration.test_api import CAR
from tests.integration.test_integrity import Vandal
from tests.integration.test_last_good import put_a_bomb_in_its_place, put_the_alias_on_a_stranger

from carprice.api.app import serve_model
from carprice.promotion.receipt import read_receipt, verify
from carprice.promotion.signatures import SIGNATURE_TAG
from carprice.promotion.standing import read_standing
from carprice.promotion.tickets import LEDGER_NAME, RECEIPT_TAG, tickets
from carprice.registry import trial
from carprice.registry.client import MODEL_NAME, PRODUCTION
from carprice.serving import live_model
from carprice.serving.last_good import NOTE
from carprice.serving.live_model import LiveModel
from carprice.wording.troubles import TroubleCode

KEY, OTHER_KEY = "k" * 44, "o" * 44


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Hashes of the model files that a server of this process has opened."""
    found: list[str] = []
    usual = trial.open_stored

    def open_stored(stored: bytes, name: str) -> object:
        found.append(sha256(stored).hexdigest())
        return usual(stored, name)

    monkeypatch.setattr(trial, "open_stored", open_stored)
    monkeypatch.setattr(trial, "ensure_opens", lambda stored, _: open_stored(stored, "a model"))
    monkeypatch.setattr(live_model, "EXAMINE_AGAIN_SECONDS", 0)
    return found


def give_key(desk: Desk, *keys: str) -> Desk:
    return replace(desk, signing_key=",".join(keys))


@pytest.fixture(scope="module")
def signed_once(two_runs: TwoRuns, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which version 1, then 2 is in production, both promotions signed."""
    desk = give_key(copy_desk(two_runs.home, tmp_path_factory.mktemp("signed")), KEY)
    for command in (("sign", "--yes"), ("promote", "2", "--force")):
        ended = desk.run(*command)
        assert ended.code == 0, ended.text
    return desk.home


@pytest.fixture
def signed(signed_once: Path, tmp_path: Path) -> Iterator[Desk]:
    yield from tidied(give_key(copy_desk(signed_once, tmp_path), KEY))


def look(desk: Desk, live: LiveModel | None = None) -> tuple[LiveModel, int | None, str | None]:
    """A server, started anew unless it is given; the version that answers, and the trouble."""
    live = live or LiveModel(desk.work, for_page=False)
    live.look()
    serving, trouble = live.state.serving, live.state.trouble
    return live, serving and serving.version.number, trouble and trouble.code


def write_ticket(desk: Desk, number: int, **tags: str) -> None:
    """A ticket that somebody wrote by hand, which says that a version was promoted."""
    client = desk.registry.client
    told = {"action": "promote", "to": str(number), "state": "done", RECEIPT_TAG: "0" * 64}
    run_id = desk.registry.version(number).run_id or None
    source = f"models:/{MODEL_NAME}/{number}"
    client.create_model_version(LEDGER_NAME, source, run_id, tags=told | tags)
    desk.registry.set_alias(PRODUCTION, number)


def register_crafted(desk: Desk) -> int:
    """A version whose small file unpacks to hundreds of megabytes, under its honest hashes."""
    client, like = desk.registry.client, desk.registry.client.get_model_version(MODEL_NAME, "1")
    made = client.create_model_version(
        MODEL_NAME, like.source, desk.registry.version(1).run_id, tags=dict(like.tags)
    )
    put_a_bomb_in_its_place(desk)  # version 1 shares the files
    desk.registry.tag_version(int(made.version), desk.registry.version(1).tags)
    return int(made.version)


def write_an_unsigned_ticket(desk: Desk) -> TroubleCode:
    write_ticket(desk, register_crafted(desk))
    return TroubleCode.ALIAS_UNSIGNED


def write_a_signed_ticket_again(desk: Desk) -> TroubleCode:
    number, last = register_crafted(desk), tickets(desk.registry)[-1]
    write_ticket(desk, number, **last.tags | {"to": str(number)})
    return TroubleCode.ALIAS_UNSIGNED


def write_an_open_ticket(desk: Desk) -> TroubleCode:
    write_ticket(desk, register_crafted(desk), state="open")
    return TroubleCode.ALIAS_UNSIGNED


def put_the_alias_on_an_earlier_version(desk: Desk) -> TroubleCode:
    desk.registry.set_alias(PRODUCTION, 1)
    return TroubleCode.ALIAS_UNSIGNED


def put_the_alias_on_a_crafted_version(desk: Desk) -> TroubleCode:
    put_a_bomb_in_its_place(desk)
    put_the_alias_on_a_stranger(desk)
    return TroubleCode.ALIAS_UNPROVEN


def change_a_signed_ticket(desk: Desk) -> TroubleCode:
    number, last = register_crafted(desk), tickets(desk.registry)[-1].number
    desk.registry.client.set_model_version_tag(LEDGER_NAME, str(last), "to", str(number))
    desk.registry.set_alias(PRODUCTION, number)
    return TroubleCode.LEDGER_SHORTENED


def delete_the_last_ticket(desk: Desk) -> TroubleCode:
    last = tickets(desk.registry)[-1].number
    desk.registry.client.delete_model_version(LEDGER_NAME, str(last))
    put_a_bomb_in_its_place(desk)
    desk.registry.set_alias(PRODUCTION, 1)
    return TroubleCode.LEDGER_SHORTENED


def take_the_signatures_away(desk: Desk) -> TroubleCode:
    for each in tickets(desk.registry):
        desk.registry.client.delete_model_version_tag(LEDGER_NAME, str(each.number), SIGNATURE_TAG)
    write_ticket(desk, register_crafted(desk))
    return TroubleCode.LEDGER_UNSIGNED


def change_files_and_hashes(desk: Desk) -> TroubleCode:
    put_a_bomb_in_its_place(desk, 2)
    return TroubleCode.FILES_CHANGED


@pytest.mark.parametrize(
    "deed",
    [
        write_an_unsigned_ticket, write_a_signed_ticket_again, write_an_open_ticket,
        put_the_alias_on_an_earlier_version, put_the_alias_on_a_crafted_version,
        change_a_signed_ticket, delete_the_last_ticket, take_the_signatures_away,
        change_files_and_hashes,
    ],
)  # fmt: skip
def test_what_is_forged_in_mlflow_is_never_opened_and_the_last_good_version_goes_on(
    signed: Desk, deed: Callable[[Desk], TroubleCode], opened: list[str]
) -> None:
    running, *found = look(signed)
    assert found == [2, None]
    honest = {signed.registry.version(each).file_hashes["model.skops"] for each in (1, 2)}
    code = deed(signed)
    assert look(signed, running)[1:] == (2, code)
    assert look(signed)[1:] == (2, code)
    live = LiveModel(signed.work, for_page=False)
    with TestClient(serve_model(live, signed.settings), base_url="http://localhost") as client:
        assert client.post("/v1/estimate", json=CAR).json()["version"] == 2
        wait_until(lambda: client.get("/healthz").json()["trouble_code"] == code)
    assert set(opened) <= honest


def test_rollback_leads_back_from_what_was_forged(signed: Desk) -> None:
    write_an_unsigned_ticket(signed)
    ended = signed.run("rollback")
    assert ended.code == 0, ended.text
    assert signed.production.number == 2
    assert look(signed)[1:] == (2, None)
    assert "version 2 was put into production by tests" in signed.run("status").err
    live = look(signed)[0]
    delete_the_last_ticket(signed)
    told = look(signed, live)[0].state.trouble
    assert told
    command = told.say("en").split("`")[1].split()
    assert command[:2] == ["carprice", "rollback"]
    assert signed.run(*command[1:]).code == 0
    assert look(signed, live)[2] is None


def test_a_stack_that_gets_a_key_goes_on_and_is_told_to_sign_what_receipts_tell(
    desk: Desk,
) -> None:
    assert look(desk)[1:] == (1, None)
    crafted = register_crafted(desk)
    write_ticket(desk, crafted)  # before there was a key: nobody signs it by mistake
    desk = give_key(desk, KEY)
    live, *found = look(desk)
    assert found == [1, TroubleCode.LEDGER_UNSIGNED]
    for command in (("evaluate", "2"), ("promote", "2", "--force"), ("rollback",)):
        ended = desk.run(*command)
        assert ended.code == 3, ended.text
        assert "carprice sign" in ended.err
    shown = desk.run("sign")
    assert "✓ ticket 1, promote of version 1 by" in shown.out
    assert f"version {crafted} by None" in shown.out
    assert "Nothing was signed yet" in shown.out
    assert look(desk, live)[2] is TroubleCode.LEDGER_UNSIGNED
    assert desk.run("sign", "--yes").code == 0
    standing = read_standing(desk.registry)
    assert standing.version
    assert standing.version.number == 1
    assert standing.promise
    assert standing.promise.tags["by"] != "tests"  # whoever promoted it then
    checks = verify(desk.registry, *read_receipt(desk.home / "models/CarPricePredictor-v1.json"))
    assert "the stack signed the promotion" in {each.statement for each in checks if each.holds}


def test_a_key_is_changed_without_a_moment_in_which_nothing_is_believed(signed: Desk) -> None:
    live = look(signed)[0]
    both = give_key(signed, OTHER_KEY, KEY)
    assert look(both)[1:] == (2, None)
    assert both.run("sign", "--yes").code == 0
    assert "signed with an earlier key" not in both.run("sign").out
    alone = give_key(signed, OTHER_KEY)
    assert look(alone)[1:] == (2, None)
    assert alone.run("rollback").code == 0
    assert look(alone)[1:] == (1, None)
    lost = give_key(signed, "w" * 44)
    assert look(lost)[1:] == (1, TroubleCode.LEDGER_UNSIGNED)
    assert live.state.serving


def test_marks_of_what_is_withdrawn_are_believed_where_they_are_signed(signed: Desk) -> None:
    live = look(signed)[0]
    assert signed.run("withdraw", "--because", "wrong", "--json").code == 0
    write_ticket(signed, 1, action="withdraw", state="noted", withdraws="1",
                 withdraws_run=signed.registry.version(1).run_id)  # fmt: skip
    signed.registry.set_alias("production", 1)
    assert look(signed, live)[1:] == (1, None)
    trained = signed.run("train", "--data", LISTINGS)
    assert trained.code == 0, trained.text
    assert signed.run("withdraw", "3", "--because", "wrong").code == 0
    assert {each.number for each in read_standing(signed.registry).withdrawn} == {2, 3}
    both = give_key(signed, OTHER_KEY, KEY)
    assert both.run("sign", "--yes").code == 0
    alone = give_key(signed, OTHER_KEY)
    assert {each.number for each in read_standing(alone.registry).withdrawn} == {2, 3}
    # A mark that is taken off by hand takes its whole ticket out of what is believed.
    live = look(alone)[0]
    mark = next(each for each in tickets(alone.registry) if each.tags.get("withdraws") == "2")
    alone.registry.client.delete_model_version_tag(LEDGER_NAME, str(mark.number), "withdraws")
    assert look(alone, live)[1:] == (1, TroubleCode.LEDGER_SHORTENED)


def test_from_an_emptied_database_signed_receipts_alone_lead_back(signed: Desk) -> None:
    for name in (MODEL_NAME, LEDGER_NAME):
        signed.registry.client.delete_registered_model(name)
    forged = signed.home / "models" / "CarPricePredictor-v2.json"
    forged.write_text(forged.read_text().replace('"promoted_by": "', '"promoted_by": "not '))
    ended = signed.run("rollback", "--to", str(forged))
    assert ended.code == 8
    assert "is not signed with the key of this stack" in ended.err
    assert signed.run("rollback").code == 0
    told = read_standing(signed.registry).promise
    assert told
    first = read_receipt(signed.home / "models" / "CarPricePredictor-v1.json")[0]
    assert told.file_hashes["model.skops"] == first.file_sha256["model.skops"]


def test_a_forged_copy_is_not_opened_while_mlflow_is_away(
    signed: Desk, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    look(signed)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    away = replace(signed, tracking_uri="http://127.0.0.1:9")
    assert look(away)[1:] == (2, TroubleCode.REGISTRY_AWAY)
    forge_the_copy(signed.home / "models" / "serving", Vandal(signed.registry, 1).model)
    opened.clear()
    assert look(away)[1:] == (None, TroubleCode.REGISTRY_AWAY)
    assert not opened


def forge_the_copy(folder: Path, model: Path) -> None:
    """Another model in the place of the copy, under its own hashes and the promise of the copy."""
    note, digest = json.loads((folder / NOTE).read_text()), sha256(model.read_bytes()).hexdigest()
    (folder / f"{digest}.skops").write_bytes(model.read_bytes())
    note["model_sha256"] = digest
    note["tags"]["file_hashes"] = json.dumps({"model.skops": digest})
    (folder / NOTE).write_text(json.dumps(note))
