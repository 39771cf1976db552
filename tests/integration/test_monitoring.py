"""A file looked at by the version in production, from the command line to the registry."""

import json
import re

from tests.integration.conftest import Desk

from carprice.errors import EstimatesWorseError
from carprice.listings.table_store import table_path
from carprice.monitoring.watch import NotLooked, choose_version, watch
from carprice.promotion.standing import read_standing
from carprice.simulation.dirt import write_sample
from carprice.wording.monitoring import LEARNT_FROM, NO_FILE, TABLE_GONE

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
    ended = desk.run("monitor", "--data", "dear.csv")
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
