"""A server's open model follows production, and outlives the registry."""

import gc
import json
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from carprice.errors import CarPriceError, ModelIntegrityError, RegistryError
from carprice.listings.table_store import write_table
from carprice.promotion.standing import Standing
from carprice.registry.archive import RefusedModelError
from carprice.registry.history import NO_RECORD, Record
from carprice.registry.model_facts import LAST_PIPELINE, LastPipeline, ModelFacts
from carprice.registry.records import FILES_TAG, QUALITY_PAGE, Version
from carprice.registry.stored_model import MODEL_FILE
from carprice.serving import live_model
from carprice.serving.last_good import NOTE
from carprice.serving.live_model import NO_ANSWER_YET, LiveModel, State
from carprice.settings import Settings
from carprice.wording.troubles import Trouble, TroubleCode


class FakeRegistry:
    """Versions of one pipeline, and an outage on demand."""

    def __init__(self, pipeline: Pipeline, data_hash: str) -> None:
        self.pipeline, self.data_hash = pipeline, data_hash
        self.production: int | None = 1
        self.told: Trouble | None = None
        self.way: list[int] = []
        self.tags: dict[str, str] = {}
        self.model_tags: dict[str, str] = {}
        self.trouble: CarPriceError | None = None
        self.altered: set[int] = set()
        self.refused: set[bytes] = set()
        self.opened: list[int] = []
        self.made = "first"
        self.texts: dict[str, str] = {}
        self.runs_away = False
        self.answering = threading.Event()
        self.answering.set()

    def version(self, number: int) -> Version:
        hashes = {MODEL_FILE: sha256(self.stored(number)).hexdigest()}
        facts = {"data_hash": self.data_hash, "holdout_share": "0.2", "rows": "100000"}
        tags = {FILES_TAG: json.dumps(hashes), **facts, **self.tags}
        return Version(number, f"{self.made}-{number}", tags, datetime.now(UTC))

    def stored(self, number: int) -> bytes:
        return f"model file {self.made} {number}".encode()

    def versions(self) -> list[Version]:
        self.answering.wait(10)
        return [self.version(3), self.version(2), self.version(1)]

    def read_standing(self) -> Standing:
        """Stands in for the ledger's."""
        self.answering.wait(10)
        if self.trouble:
            raise self.trouble
        version = None if self.production is None else self.version(self.production)
        way = tuple(map(self.version, self.way))
        return Standing(
            version=version,
            alias=self.production,
            trouble=self.told,
            back=way[0].number if way else None,
            kept=frozenset(),
            champion=version,
            trail=tuple(each.identity for each in way),
            way=way,
            proven=frozenset(),
        )

    def read_facts(self) -> ModelFacts:
        return ModelFacts.from_tags(self.model_tags)

    def read_text(self, _run_id: str, path: str) -> str:
        if path not in self.texts:
            raise RegistryError("no such artifact")
        return self.texts[path]

    def run(self, _run_id: str) -> None:
        if self.runs_away:
            raise RegistryError("no answer")

    def read_model(self, version: Version) -> bytes:
        if version.number in self.altered:
            raise ModelIntegrityError(f"{version.name} is not what was registered")
        return self.stored(version.number)

    def open(self, stored: bytes, name: str) -> Pipeline:
        """Stands in for the trial's."""
        if stored in self.refused:
            raise RefusedModelError(f"{name} is not opened: it takes too much")
        self.opened.append(int(name.rsplit(maxsplit=1)[-1]))
        return self.pipeline


@pytest.fixture
def registry(pipeline: Pipeline, known: pd.DataFrame, tmp_path: Path) -> FakeRegistry:
    return FakeRegistry(pipeline, write_table(known, Settings(home=tmp_path).processed_data))


@pytest.fixture
def make(
    registry: FakeRegistry, tmp_path: Path, unsearched: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], LiveModel]]:
    """A server, or the next one on the same folder, as after a restart."""
    work: Any = SimpleNamespace(registry=registry, settings=Settings(home=tmp_path))
    monkeypatch.setattr(live_model, "read_standing", FakeRegistry.read_standing)
    monkeypatch.setattr(live_model, "Trials", lambda _: registry)
    made: list[LiveModel] = []

    def make_one() -> LiveModel:
        made.append(LiveModel(work))
        return made[-1]

    yield make_one
    for each in made:
        each.stop()


@pytest.fixture
def live(make: Callable[[], LiveModel]) -> LiveModel:
    return make()


@pytest.fixture
def examined_at_each_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_model, "EXAMINE_AGAIN_SECONDS", 0)


def code(live: LiveModel) -> TroubleCode | None:
    return live.state.trouble.code if live.state.trouble else None


def serving_number(live: LiveModel) -> int | None:
    return live.state.serving.version.number if live.state.serving else None


def wait_for_version(live: LiveModel, number: int) -> None:
    deadline = time.monotonic() + 10
    while serving_number(live) != number:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_production_answers_after_the_first_look(live: LiveModel, registry: FakeRegistry) -> None:
    assert live.state == State()
    live.look()
    assert serving_number(live) == 1
    assert live.state.serving is not None
    assert live.state.serving.model.coverage == 0.8
    assert live.state.serving.reference is not None
    assert live.state.newest is not None
    assert live.state.newest.number == 3
    assert live.state.trouble is None


def test_a_promotion_takes_over_and_is_opened_once(live: LiveModel, registry: FakeRegistry) -> None:
    for promoted in (1, 1, 2, 2):
        registry.production = promoted
        live.look()
        assert serving_number(live) == promoted
    assert registry.opened == [1, 2]


def test_version_1_of_a_registry_made_anew_is_another_one(
    live: LiveModel, registry: FakeRegistry
) -> None:
    live.look()
    registry.made = "again"
    live.look()
    assert registry.opened == [1, 1]


def test_new_tags_of_the_same_version_are_taken_up(live: LiveModel, registry: FakeRegistry) -> None:
    live.look()
    registry.tags = {"promoted_at": "2026-11-23"}
    live.look()
    assert live.state.serving is not None
    assert live.state.serving.version.tags["promoted_at"] == "2026-11-23"
    assert registry.opened == [1]


def test_the_last_good_version_goes_on_while_the_registry_is_away(
    live: LiveModel, registry: FakeRegistry
) -> None:
    live.look()
    registry.trouble = RegistryError("away")
    live.look()
    since = live.state.trouble_since
    live.look()
    assert serving_number(live) == 1
    assert live.state.trouble == Trouble(TroubleCode.REGISTRY_AWAY, {"message": "away"})
    assert since is not None
    assert live.state.trouble_since == since, "told from its beginning"
    registry.trouble = None
    live.look()
    assert (live.state.trouble, live.state.trouble_since) == (None, None)


def test_a_registry_away_at_the_start_is_asked_again(
    live: LiveModel, registry: FakeRegistry
) -> None:
    registry.trouble = RegistryError("not there yet")
    live.look()
    assert (serving_number(live), code(live)) == (None, TroubleCode.REGISTRY_AWAY)
    registry.trouble = None
    live.look()
    assert (serving_number(live), code(live)) == (1, None)


def test_what_stands_with_the_run_is_at_hand_beside_the_model(
    live: LiveModel, registry: FakeRegistry
) -> None:
    registry.texts[QUALITY_PAGE] = "<!doctype html>"
    live.look()
    registry.texts.clear()
    live.look()
    assert live.state.serving is not None
    assert live.state.serving.record == Record(None, None, "<!doctype html>")


def test_what_sessions_left_behind_is_thrown_away_when_a_version_takes_over(
    live: LiveModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_model, "gc", gc)  # searched after all

    class Left:
        """An object that only a search for garbage finds to be one."""

        def __init__(self) -> None:
            self.itself = self

    left = weakref.ref(Left())
    gc.freeze()
    assert left()
    live.look()
    assert left() is None


def test_a_version_whose_record_cannot_be_read_answers_and_the_record_follows(
    live: LiveModel, registry: FakeRegistry
) -> None:
    registry.texts[QUALITY_PAGE] = "<!doctype html>"
    registry.runs_away = True
    live.look()
    assert (serving_number(live), code(live)) == (1, None)
    assert live.state.serving is not None
    assert live.state.serving.record == NO_RECORD
    registry.runs_away = False
    live.look()
    assert live.state.serving.record.quality_page


def test_a_registry_that_hangs_holds_up_neither_the_start_nor_a_reader(
    live: LiveModel, registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_model, "FIRST_LOOK_SECONDS", 0.01)
    registry.answering.clear()
    live.start()  # while the registry hangs, which it does until the next line but three
    assert (serving_number(live), live.state.trouble) == (None, NO_ANSWER_YET)
    assert live.state.trouble_since is not None
    registry.answering.set()
    wait_for_version(live, 1)
    assert live.state.trouble is None


def test_a_version_that_cannot_be_opened_never_takes_over(
    live: LiveModel, registry: FakeRegistry
) -> None:
    live.look()
    registry.production, registry.altered = 2, {2}
    live.look()
    assert (serving_number(live), code(live)) == (1, TroubleCode.FILES_CHANGED)
    assert live.state.trouble is not None
    assert "not what was registered" in live.state.trouble.say("en")


def test_a_version_that_did_not_pass_is_not_tried_again_at_each_look(
    live: LiveModel, registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.look()
    registry.production, registry.refused = 2, {registry.stored(2)}
    live.look()
    assert (serving_number(live), code(live)) == (1, TroubleCode.MODEL_REFUSED)
    registry.refused = set()
    live.look()
    assert (serving_number(live), code(live)) == (1, TroubleCode.MODEL_REFUSED)
    monkeypatch.setattr(live_model, "EXAMINE_AGAIN_SECONDS", 0)
    live.look()
    assert (serving_number(live), code(live)) == (2, None)


@pytest.mark.usefixtures("examined_at_each_look")
def test_files_altered_under_a_version_that_answers_are_told_of(
    live: LiveModel, registry: FakeRegistry, make: Callable[[], LiveModel]
) -> None:
    live.look()
    registry.altered = {1}
    for each in (live, make()):
        each.look()
        assert (serving_number(each), code(each)) == (1, TroubleCode.FILES_CHANGED)
    registry.altered = set()
    live.look()
    assert (serving_number(live), code(live)) == (1, None)


def test_hashes_forged_in_the_registry_change_nothing_and_are_told_of(
    live: LiveModel, registry: FakeRegistry, make: Callable[[], LiveModel]
) -> None:
    live.look()
    registry.tags = {FILES_TAG: json.dumps({MODEL_FILE: sha256(b"forged").hexdigest()})}
    restarted = make().start()
    for each in (live, restarted):
        each.look()
        assert (serving_number(each), code(each)) == (1, TroubleCode.FILES_CHANGED)


def test_what_is_no_longer_in_production_goes_on_and_the_reason_is_told(
    live: LiveModel, registry: FakeRegistry, make: Callable[[], LiveModel]
) -> None:
    live.look()
    registry.production = None
    live.look()
    assert (serving_number(live), code(live)) == (1, TroubleCode.REGISTRY_EMPTY)
    registry.told = Trouble(TroubleCode.VERSION_DELETED, {"version": 1})
    restarted = make()
    restarted.look()
    assert (serving_number(restarted), restarted.state.trouble) == (1, registry.told)


def test_without_a_copy_the_version_before_it_answers(
    live: LiveModel, registry: FakeRegistry
) -> None:
    registry.told = Trouble(TroubleCode.VERSION_DELETED, {"version": 4}, 3)
    registry.production, registry.way, registry.altered = None, [3, 2], {3}
    live.look()
    assert (serving_number(live), code(live)) == (2, TroubleCode.VERSION_DELETED)


def test_a_restart_answers_by_the_copy_before_the_registry_is_asked(
    live: LiveModel, registry: FakeRegistry, make: Callable[[], LiveModel]
) -> None:
    live.look()
    registry.answering.clear()
    registry.trouble = RegistryError("away")
    restarted = make().start()  # while the registry hangs
    assert (serving_number(restarted), restarted.state.trouble) == (1, NO_ANSWER_YET)
    registry.answering.set()
    restarted.look()
    assert (serving_number(restarted), code(restarted)) == (1, TroubleCode.REGISTRY_AWAY)


@pytest.mark.parametrize("damage", [b"other bytes", None])
def test_a_copy_that_was_altered_is_refused_and_made_anew(
    live: LiveModel, registry: FakeRegistry, make: Callable[[], LiveModel], damage: bytes | None
) -> None:
    live.look()
    folder = live.work.settings.serving_copies
    (copy,) = folder.glob("*.skops")
    copy.unlink() if damage is None else copy.write_bytes(damage)
    registry.trouble = RegistryError("away")
    restarted = make()
    restarted.look()
    assert serving_number(restarted) is None
    registry.trouble = None
    restarted.look()
    assert copy.read_bytes() == registry.stored(1)


def test_one_copy_is_kept_that_of_the_last_good_version(
    live: LiveModel, registry: FakeRegistry
) -> None:
    for registry.production in (1, 2):
        live.look()
    (copy,) = live.work.settings.serving_copies.glob("*.skops")
    assert copy.read_bytes() == registry.stored(2)


def test_a_disk_that_takes_no_copy_is_told_of(live: LiveModel, registry: FakeRegistry) -> None:
    live.work.settings.serving_copies.parent.mkdir()
    live.work.settings.serving_copies.write_text("a file where a folder should be")
    live.look()
    assert (serving_number(live), code(live)) == (1, TroubleCode.COPY_NOT_KEPT)


def test_a_copy_of_a_note_that_names_another_file_is_not_opened(
    live: LiveModel, registry: FakeRegistry, make: Callable[[], LiveModel]
) -> None:
    live.look()
    note = live.work.settings.serving_copies / NOTE
    forged = live.work.settings.serving_copies / f"{sha256(b'forged').hexdigest()}.skops"
    forged.write_bytes(b"forged")
    told = json.loads(note.read_text())
    note.write_text(json.dumps(told | {"model_sha256": forged.stem}))
    registry.trouble = RegistryError("away")
    restarted = make()
    restarted.look()
    assert serving_number(restarted) is None


def test_estimates_need_no_training_table(live: LiveModel, registry: FakeRegistry) -> None:
    registry.data_hash = "0" * 16
    live.look()
    assert serving_number(live) == 1
    assert live.state.serving is not None
    assert live.state.serving.reference is None


def test_a_table_of_more_rows_than_were_learnt_from_is_not_read(
    live: LiveModel, registry: FakeRegistry
) -> None:
    registry.tags = {"rows": "10"}
    live.look()
    assert live.state.serving is not None
    assert live.state.serving.reference is None


def test_it_looks_by_itself_until_it_is_stopped(
    live: LiveModel, registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_model, "LOOK_AGAIN_SECONDS", 0.01)
    live.start()
    registry.production = 2
    wait_for_version(live, 2)
    live.stop()
    live._thread.join(5)
    assert not live._thread.is_alive()


def test_what_stands_of_the_model_is_read_now_and_then_and_outlives_an_outage(
    live: LiveModel, registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.look()
    assert live.state.facts == ModelFacts()
    told = LastPipeline(at=2.0, outcome="failed", success_at=1.0)
    registry.model_tags = {LAST_PIPELINE: told.model_dump_json(), "monitoring": "{by hand"}
    live.look()
    assert live.state.facts == ModelFacts()
    monkeypatch.setattr(live_model, "READ_FACTS_SECONDS", 0)
    live.look()
    registry.trouble = RegistryError("no answer")
    live.look()
    assert live.state.facts == ModelFacts(last_pipeline=told)
