"""A file looked at by the version in production, from the command line to the registry."""

import hashlib
import json
import re
from dataclasses import replace

import pytest
import yaml
from tests.integration.conftest import Desk

from carprice.errors import EstimatesWorseError
from carprice.listings.table_store import table_path
from carprice.monitoring.consequences import Nothing, choose_file, tell_people
from carprice.monitoring.watch import Looked, NotLooked, choose_version, watch, watch_arrivals
from carprice.promotion.standing import read_standing
from carprice.simulation.dirt import write_sample
from carprice.wording.monitoring import (
    ALERTS_TELL,
    COOLING_DOWN,
    HAS_LEARNT,
    LEARNT_FROM,
    NO_CALL,
    NO_FILE,
    NOT_ALLOWED,
    REPLACED,
    TABLE_GONE,
    TOLD_BEFORE,
)
from carprice.workspace import Workspace

PRICE = re.compile("([\\d\u202f]+) DH")


def test_a_new_file_is_looked_at_once_and_its_report_kept(desk: Desk) -> None:
    raw = desk.home / "data" / "raw"
    write_sample(raw / "new.csv", rows=600, seed=9)
    first = desk.run("monitor", "--json")
    assert first.code == 0, first.text
    told = json.loads(first.out)
    assert (told["source"], told["version"], told["verdict"]) == ("new.csv", 1, "none")
    assert told["look"]["live_error"] > 0
    again = json.loads(desk.run("monitor", "--json").out)
    assert again["run_id"] == told["run_id"]

    facts = desk.registry.read_facts().monitoring
    assert facts is not None
    assert (facts.run_id, facts.late_prices) == (told["run_id"], told["look"]["late_prices"])
    assert facts.drift.keys() == facts.drift_limit.keys() >= {"make", "mileage_km"}
    assert desk.registry.run(told["run_id"]).metrics["coverage"] == facts.coverage


def test_prices_that_rise_by_a_third_call_to_act(desk: Desk) -> None:
    path = desk.home / "dear.csv"
    write_sample(path, rows=600, seed=9)
    path.write_text(PRICE.sub(raise_price, path.read_text(encoding="utf-8-sig")))
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    version = read_standing(desk.registry).version
    assert version is not None
    killed = desk.registry.start_look("killed", {"sha256": sha256, "version_run": version.run_id})
    ended = desk.run("monitor", "--data", "dear.csv")
    assert desk.registry.run(killed).status == "KILLED"
    assert ended.code == EstimatesWorseError.exit_code, ended.text
    assert "the interval holds" in ended.out


def raise_price(found: re.Match[str]) -> str:
    price = int(found[1].replace("\u202f", ""))
    return f"{price * 4 // 3} DH"


def test_nothing_to_compare_with_is_said_and_no_failure(desk: Desk) -> None:
    assert said(desk) == NO_FILE
    ended = desk.run("monitor", "--data", "listings.csv")
    assert (ended.code, LEARNT_FROM.en.format(file="listings.csv") in ended.out) == (0, True)
    write_sample(desk.home / "data" / "raw" / "new.csv", rows=600, seed=9)
    version = read_standing(desk.registry).version
    assert version is not None
    table_path(desk.settings.processed_data, version.facts.data_hash).unlink()
    assert said(desk) == TABLE_GONE


def test_the_version_before_is_asked_where_the_last_has_learnt_from_the_file(desk: Desk) -> None:
    standing = read_standing(desk.registry)
    assert standing.version is not None
    before = standing.version
    learnt = before.tags | {"source_sha256": "new", "data_hash": "table"}
    after = standing._replace(version=type(before)(9, "run", learnt, before.created), way=(before,))
    assert choose_version(after, "new", "other") == before
    assert choose_version(after, "other", "table") == before
    assert choose_version(after, "other", "other") == after.version


def said(desk: Desk) -> object:
    result = watch(desk.work)
    assert isinstance(result, NotLooked)
    return result.why


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Texts that people were told."""
    texts: list[str] = []
    monkeypatch.setattr(
        "carprice.monitoring.consequences.send_notices",
        lambda _settings, _subject, text: texts.append(text),
    )
    return texts


@pytest.fixture
def act(desk: Desk) -> str:
    """Run of a look at a dear file that calls to act."""
    return look_at_dear(desk, "dear.csv", seed=9)


def look_at_dear(desk: Desk, name: str, seed: int) -> str:
    path = desk.home / "data" / "raw" / name
    write_sample(path, rows=600, seed=seed)
    path.write_text(PRICE.sub(raise_price, path.read_text(encoding="utf-8-sig")))
    result = watch_arrivals(desk.work, [name, "gone.csv"])
    assert isinstance(result, Looked)
    assert result.report.verdict == "act"
    return result.run_id


def test_people_are_told_once_while_looks_call_to_act(
    desk: Desk, act: str, sent: list[str]
) -> None:
    write_sample(desk.home / "data" / "raw" / "calm.csv", rows=600, seed=10)
    assert "dear.csv" in str(tell_people(desk.work, act))
    assert "la fourchette contient" in sent[0]
    assert "the interval holds" in sent[0]
    assert tell_people(desk.work, act) == Nothing(TOLD_BEFORE)
    second = look_at_dear(desk, "dearer.csv", seed=11)
    assert tell_people(desk.work, second) == Nothing(TOLD_BEFORE)
    calm = watch_arrivals(desk.work, ["calm.csv"])
    assert isinstance(calm, Looked)
    assert tell_people(desk.work, calm.run_id) == Nothing(NO_CALL)
    third = look_at_dear(desk, "dearest.csv", seed=12)
    alerted = replace(desk.work, settings=desk.settings.model_copy(update={"monitoring": True}))
    assert tell_people(alerted, third) == Nothing(ALERTS_TELL)
    assert "dearest.csv" in str(tell_people(desk.work, third))
    assert len(sent) == 2


def test_the_file_is_learnt_from_unless_there_is_a_reason_not_to(desk: Desk, act: str) -> None:
    first, next_day = (replace(desk.work, pipeline_run=each) for each in ("monday", "tuesday"))
    assert [choose_file(first, act) for _attempt in range(2)] == ["dear.csv", "dear.csv"]
    second = look_at_dear(desk, "dearer.csv", seed=11)
    assert choose_file(next_day, second) == Nothing(COOLING_DOWN)
    at_once = {"cool_down_days": 0}
    assert choose_file(with_policy(next_day, at_once), second) == "dearer.csv"
    never = with_policy(next_day, {"retrain": False})
    assert choose_file(never, second) == Nothing(NOT_ALLOWED)
    run = desk.registry.start_run("a run that decided", {})
    sha256 = desk.registry.run(act).tags["sha256"]
    for outcome in ("refused", "unchanged"):
        desk.registry.log(run, tags={"source_sha256": sha256, "outcome": outcome})
        desk.registry.end_run(run, "FINISHED")
        assert choose_file(first, act) == Nothing(HAS_LEARNT)


def test_a_version_that_was_replaced_calls_nobody(desk: Desk, act: str, sent: list[str]) -> None:
    write_sample(desk.home / "data" / "raw" / "calm.csv", rows=2000, seed=10)
    promoted = desk.run("run", "--data", "data/raw/calm.csv", "--force")
    assert promoted.code == 0, promoted.text
    assert tell_people(desk.work, act) == Nothing(REPLACED)
    assert choose_file(desk.work, act) == Nothing(REPLACED)
    assert not sent


def with_policy(work: Workspace, changed: dict[str, object]) -> Workspace:
    params = work.settings.home / "params.yaml"
    said = yaml.safe_load(params.read_text())
    said["monitoring"] |= changed
    params.write_text(yaml.safe_dump(said, allow_unicode=True))
    return replace(work)
