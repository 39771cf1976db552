"""Old versions and runs are deleted for good; production, and the way back to it, never."""

import json
import shutil
import signal
from pathlib import Path

import pytest
from tests.integration.conftest import LISTINGS, Desk, serving, tidied

from carprice.listings.table_store import read_table, table_path
from carprice.market.listing import FEATURES
from carprice.promotion.ledger import Move, move_production, tickets
from carprice.promotion.release import export_trained
from carprice.registry.client import PRODUCTION
from carprice.registry.records import FILES_TAG, MODEL_NAME

pytestmark = pytest.mark.filterwarnings("ignore")  # of MLflow, when it stores a model
TABLE = "0123456789abcdef"
EVERYTHING = ("prune", "--keep", "0", "--yes")


def register_more(pattern: Desk, target: Desk, times: int) -> list[int]:
    """Versions as more runs would have left them, on listings of their own, with a copy each."""
    version = pattern.registry.version(2)
    pipeline = pattern.registry.open_model(version)
    processed = pattern.settings.processed_data
    example = read_table(processed, version.facts.data_hash)[list(FEATURES)].head(3)
    table_path(processed, TABLE).write_bytes(bytes(50_000))
    tags = {key: value for key, value in version.tags.items() if key != FILES_TAG}
    tags["data_hash"] = TABLE
    registry, made = target.registry, []
    for _ in range(times):
        run_id = registry.start_run(LISTINGS, {"data_hash": TABLE})
        registry.log_text(run_id, "<p>a report</p>" * 10_000, "quality/report.html")
        made.append(registry.register_model(run_id, pipeline, example, tags))
        registry.end_run(run_id, "FINISHED")
    for each in made:
        if each.number > 2:  # two registries share the folder: not over copies of the other
            export_trained(target.work, each)
    return [each.number for each in made]


def measure(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def numbers(desk: Desk) -> set[int]:
    return {each.number for each in desk.registry.versions()}


def copies(*versions: int) -> set[str]:
    return {f"{MODEL_NAME}-v{at}.{ending}" for at in versions for ending in ("skops", "json")}


def test_what_is_old_goes_and_the_way_back_stays(desk: Desk) -> None:
    assert desk.run("promote", "2", "--force").code == 0
    assert register_more(desk, desk, 3) == [3, 4, 5]
    registry, store = desk.registry, desk.home / "mlflow" / "mlruns"
    failed = registry.start_run("poor.csv", {"outcome": "failed"})
    registry.end_run(failed, "FAILED")
    under_way = registry.start_run("now.csv", {})
    known, before = len(tickets(registry)), measure(store)

    shown = desk.run("prune", "--keep", "1")
    assert shown.code == 0, shown.text
    assert f"{MODEL_NAME} version 3 (" in shown.out
    assert "Nothing was deleted yet" in shown.out
    assert (numbers(desk), measure(store)) == ({1, 2, 3, 4, 5}, before)

    told = json.loads(desk.run("prune", "--keep", "1", "--yes", "--json").out)
    assert [each.partition(" (")[0] for each in told["items"]] == [
        f"{MODEL_NAME} version 4", f"{MODEL_NAME} version 3",
    ]  # fmt: skip
    assert numbers(desk) == {1, 2, 5}
    assert before - measure(store) > 2 * 150_000
    assert table_path(desk.settings.processed_data, TABLE).exists(), "version 5 learnt from it"
    assert {run.run_id for run in registry.runs()} >= {failed, under_way}

    ended = desk.run(*EVERYTHING, "--json")
    assert ended.code == 0, ended.text
    assert len(json.loads(ended.out)["items"]) == 3, ended.text
    assert numbers(desk) == {1, 2}
    assert {run.run_id for run in registry.runs(status="RUNNING")} == {under_way}
    assert failed not in {run.run_id for run in registry.runs()}
    assert not table_path(desk.settings.processed_data, TABLE).exists()
    assert desk.copies() == copies(1, 2)
    assert len(tickets(desk.registry)) == known
    assert desk.run("predict", LISTINGS, "out.csv").code == 0
    assert desk.run("rollback").code == 0
    assert desk.run("verify", "models/CarPricePredictor-v1.json").code == 0

    # Taken back from, version 2 is on no way any more; its receipt is kept by somebody.
    receipt = shutil.copy(desk.home / "models" / f"{MODEL_NAME}-v2.json", desk.home / "kept.json")
    assert desk.run(*EVERYTHING).code == 0
    assert desk.copies() == copies(1)
    verified = desk.run("verify", str(receipt))
    assert verified.code == 8
    assert "none: it was pruned or deleted" in verified.err
    assert desk.run("status").code == 0
    assert desk.run("prune", "--keep", "0").out.startswith("nothing is old enough")
    assert desk.run("prune", "--yes").code == 2


@pytest.mark.parametrize("method", ["delete_version", "delete_run"])
def test_what_was_killed_in_the_middle_is_gone_on_with(desk: Desk, method: str) -> None:
    register_more(desk, desk, 1)
    pause = {"where": f"carprice.registry.client:Registry.{method}"}
    child = desk.start("prune", "--keep", "0", "--older-than", "0", "--yes", pause=pause)
    child.wait_for_pause()
    child.send(signal.SIGKILL)
    # Its deletion has begun: what would keep it otherwise comes too late.
    ended = desk.run("prune", "--keep", "9", "--yes", "--json")
    assert len(json.loads(ended.out)["items"]) == 2, ended.text
    assert numbers(desk) == {1}
    assert len(desk.registry.runs()) == 1
    assert desk.copies() == copies(1)


def test_a_server_gives_the_room_back_over_http(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "server"
    folder.mkdir()
    with serving(folder, f"sqlite:///{folder / 'mlflow.db'}") as address:
        served = Desk(desk.home, tmp_path / "served", address())
        register_more(desk, served, 3)
        registry = served.registry
        for at, expected in ((1, None), (2, 1)):
            move_production(registry, Move(registry.version(at), expected, "promote", "tests"))
        before = measure(folder / "artifacts")
        ended = next(tidied(served)).run(*EVERYTHING)
        assert ended.code == 0, ended.text
        registry = served.registry
        assert numbers(served) == {1, 2}
        assert measure(folder / "artifacts") < before * 3 / 4
        production = registry.find_alias(PRODUCTION)
        assert production
        assert registry.open_model(production)
    assert desk.copies() == copies(1), "what is of the other registry stays"
