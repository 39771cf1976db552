"""A server's open model follows production, and outlives the registry."""

import gc
import threading
import time
import weakref
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from carprice.errors import CarPriceError, ModelIntegrityError, RegistryError
from carprice.listings.table_store import write_table
from carprice.registry.records import QUALITY_PAGE, Version
from carprice.serving import live_model
from carprice.serving.live_model import LiveModel, State


class FakeRegistry:
    """Versions of one pipeline, and an outage on demand."""

    def __init__(self, pipeline: Pipeline, data_hash: str) -> None:
        self.pipeline, self.data_hash = pipeline, data_hash
        self.production: int | None = 1
        self.tags: dict[str, str] = {}
        self.trouble: CarPriceError | None = None
        self.unopenable: set[int] = set()
        self.opened: list[int] = []
        self.made = "first"
        self.texts: dict[str, str] = {}
        self.runs_away = False
        self.answering = threading.Event()
        self.answering.set()

    def version(self, number: int) -> Version:
        tags = {"data_hash": self.data_hash, "holdout_share": "0.2", **self.tags}
        return Version(number, f"{self.made}-{number}", tags, datetime.now(UTC))

    def versions(self) -> list[Version]:
        self.answering.wait(10)
        return [self.version(3), self.version(2), self.version(1)]

    def find_alias(self, alias: str) -> Version | None:
        assert alias == "production"
        if self.trouble:
            raise self.trouble
        return None if self.production is None else self.version(self.production)

    def read_text(self, _run_id: str, path: str) -> str:
        if path not in self.texts:
            raise RegistryError("no such artifact")
        return self.texts[path]

    def run(self, _run_id: str) -> None:
        if self.runs_away:
            raise RegistryError("no answer")

    def open_model(self, version: Version) -> Pipeline:
        if version.number in self.unopenable:
            raise ModelIntegrityError(f"{version.name} is not what was registered")
        self.opened.append(version.number)
        return self.pipeline


@pytest.fixture
def registry(pipeline: Pipeline, known: pd.DataFrame, tmp_path: Path) -> FakeRegistry:
    return FakeRegistry(pipeline, write_table(known, tmp_path))


@pytest.fixture
def live(registry: FakeRegistry, tmp_path: Path, unsearched: None) -> Iterator[LiveModel]:
    work: Any = SimpleNamespace(
        registry=registry, settings=SimpleNamespace(processed_data=tmp_path)
    )
    made = LiveModel(work)
    yield made
    made.stop()


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
    assert live.state.trouble == ""


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
    assert live.state.trouble == "away"
    assert since is not None
    assert live.state.trouble_since == since, "told from its beginning"
    registry.trouble = None
    live.look()
    assert (live.state.trouble, live.state.trouble_since) == ("", None)


def test_a_registry_away_at_the_start_is_asked_again(
    live: LiveModel, registry: FakeRegistry
) -> None:
    registry.trouble = RegistryError("not there yet")
    live.look()
    assert (serving_number(live), live.state.trouble) == (None, "not there yet")
    registry.trouble = None
    live.look()
    assert (serving_number(live), live.state.trouble) == (1, "")


def test_what_stands_with_the_run_is_at_hand_beside_the_model(
    live: LiveModel, registry: FakeRegistry
) -> None:
    registry.texts[QUALITY_PAGE] = "<!doctype html>"
    live.look()
    registry.texts.clear()
    live.look()
    assert live.state.serving is not None
    assert live.state.serving.record == (None, None, "<!doctype html>")


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
    assert (serving_number(live), live.state.trouble) == (1, "")
    assert live.state.serving is not None
    assert live.state.serving.record == (None, None, None)
    registry.runs_away = False
    live.look()
    assert live.state.serving.record.quality_page


def test_a_registry_that_hangs_holds_up_neither_the_start_nor_a_reader(
    live: LiveModel, registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_model, "FIRST_LOOK_SECONDS", 0.01)
    registry.answering.clear()
    live.start()  # while the registry hangs, which it does until the next line but three
    assert (serving_number(live), live.state.trouble) == (None, "no answer yet")
    assert live.state.trouble_since is not None
    registry.answering.set()
    wait_for_version(live, 1)
    assert live.state.trouble == ""


def test_a_version_that_cannot_be_opened_never_takes_over(
    live: LiveModel, registry: FakeRegistry
) -> None:
    live.look()
    registry.production, registry.unopenable = 2, {2}
    live.look()
    assert serving_number(live) == 1
    assert "not what was registered" in live.state.trouble


def test_a_version_taken_out_of_production_stops_answering(
    live: LiveModel, registry: FakeRegistry
) -> None:
    live.look()
    registry.production = None
    live.look()
    assert serving_number(live) is None
    assert live.state.trouble == ""


def test_estimates_need_no_training_table(live: LiveModel, registry: FakeRegistry) -> None:
    registry.data_hash = "0" * 16
    live.look()
    assert serving_number(live) == 1
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
