"""A real `carprice run` is stopped in the middle of each step, and nothing is left half done."""

import json
import signal
from pathlib import Path

import pytest
from tests.integration.children import Ended
from tests.integration.conftest import LISTINGS, Desk

from carprice.promotion.ledger import tickets
from carprice.promotion.receipt import read_receipt

MIDDLES = {
    "check_data_quality": {"where": "carprice.listings.table_store:hash_content"},
    "train_model": {"where": "carprice.registry.client:digest_files"},
    "evaluate_model": {"where": "carprice.pipeline.steps:measure_importance"},
    "promote_to_staging": {
        "where": "carprice.registry.client:Registry.set_alias", "matching": "staging",
    },
    "validate_staging_model": {"where": "carprice.pipeline.child:run_child"},
    "promote_to_production": {"where": "carprice.promotion.ledger:_ensure_in_time"},
    "send_pipeline_report": {"where": "carprice.pipeline.run_record:describe_run"},
}  # fmt: skip
"""A place inside each step, in the order of the steps: a run that is stopped in one has passed
the place where the run before it was stopped."""

PATIENCE = {"carprice.promotion.ledger.LEASE_SECONDS": 0.5}
"""A promotion killed a moment ago is dead; the tests do not wait a minute to be sure."""


def ensure_whole(desk: Desk, *, moved: bool, champion: int) -> int:
    """Production is the old champion, or the new one with receipt and copy; returns which."""
    production = desk.production
    assert production
    assert (production.number > champion) == moved
    copy = desk.home / "models" / f"CarPricePredictor-v{production.number}.json"
    assert copy.with_suffix(".skops").read_bytes() == desk.registry.read_model(production)
    assert read_receipt(copy)[0].version == production.number
    for path in (desk.home / "models").glob("*.json"):
        read_receipt(path)  # whole, whichever version it is of
        assert path.with_suffix(".skops").exists()
    return production.number


def ensure_nothing_half_written(desk: Desk) -> None:
    """Temporary files of a process killed with -9 stay hidden under a dot; no name is half full."""
    for folder, endings in (("data/processed", {".parquet"}), ("models", {".skops", ".json"})):
        found = [each for each in (desk.home / folder).glob("[!.]*") if each.is_file()]
        assert {path.suffix for path in found} <= endings
        assert all(path.stat().st_size for path in found)


def status_of(desk: Desk, run_id: str) -> tuple[str, str]:
    run = desk.registry.client.get_run(run_id)
    return run.info.status, run.data.tags.get("outcome", "")


def last_run(desk: Desk) -> str:
    registry = desk.registry
    runs = registry.client.search_runs([registry.experiment_id], max_results=1)
    return str(runs[0].info.run_id)


def ensure_said_in_one_line(ended: Ended, step: str) -> None:
    assert ended.code == 130, ended.text
    *_, last_step, message = ended.err.splitlines()
    # `promote` ends with the report without naming it as a step.
    assert last_step.endswith(step) or step == "send_pipeline_report"
    assert message.startswith("carprice: interrupted")
    assert "Traceback" not in ended.text


def test_a_run_killed_in_any_step_leaves_everything_whole_and_the_next_goes_on(
    desk: Desk,
) -> None:
    champion = 1
    stopped: dict[str, str] = {}
    for step, pause in MIDDLES.items():
        child = desk.start("run", "--data", LISTINGS, "--force", pause=pause, constants=PATIENCE)
        child.wait_for_pause()
        assert child.send(signal.SIGKILL).code == -signal.SIGKILL
        stopped[step] = last_run(desk)
        assert status_of(desk, stopped[step])[0] == "RUNNING"
        champion = ensure_whole(desk, moved=step == "send_pipeline_report", champion=champion)
        ensure_nothing_half_written(desk)
    ended = desk.run("run", "--data", LISTINGS, "--force", "--json", constants=PATIENCE)
    assert ended.code == 0, ended.text
    assert "closed 1 run(s) whose process had died" in ended.err
    assert json.loads(ended.out)["version"] == ensure_whole(desk, moved=True, champion=champion)
    assert len(set(stopped.values())) == len(MIDDLES)
    after = {step: status_of(desk, run_id) for step, run_id in stopped.items()}
    assert after.pop("send_pipeline_report") == ("KILLED", "promoted")
    assert set(after.values()) == {("KILLED", "killed")}
    assert "open" not in {each.tags["state"] for each in tickets(desk.registry)}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda each: each.name)
def test_a_run_interrupted_in_any_step_says_so_and_leaves_everything_whole(
    desk: Desk, number: signal.Signals
) -> None:
    # The later steps work on version 2, so that it is not trained anew for each of them.
    whole, rest = ("run", "--data", LISTINGS, "--force"), ("promote", "2", "--force")
    for at, (step, pause) in enumerate(MIDDLES.items()):
        child = desk.start(*(whole if at < 3 else rest), pause=pause)
        child.wait_for_pause()
        ensure_said_in_one_line(child.send(number), step)
        run_id = last_run(desk) if at < 3 else desk.registry.version(2).run_id
        promoted = step == "send_pipeline_report"
        assert status_of(desk, run_id) == ("KILLED", "promoted" if promoted else "killed")
        ensure_whole(desk, moved=promoted, champion=1)
        ensure_nothing_half_written(desk)
    ended = desk.run(*whole)
    assert ended.code == 0, ended.text
    ensure_whole(desk, moved=True, champion=2)
    assert "open" not in {each.tags["state"] for each in tickets(desk.registry)}


def test_an_interruption_while_production_moves_is_heard_after_the_move(desk: Desk) -> None:
    """In the middle of the one moment that must not be cut in two."""
    pause = {
        "where": "carprice.registry.client:Registry.set_alias",
        "matching": "production", "moment": "after",
    }  # fmt: skip
    child = desk.start("promote", "2", "--force", pause=pause)
    child.wait_for_pause()
    child.deliver(signal.SIGTERM)
    child.go_on()
    ended = child.end()
    assert ended.code == 130, ended.text
    ensure_whole(desk, moved=True, champion=1)
    assert desk.run("verify", "models/CarPricePredictor-v2.json").code == 0
    assert tickets(desk.registry)[-1].tags["state"] == "done"


def test_a_table_killed_while_it_is_written_is_written_again(desk: Desk) -> None:
    for path in (desk.home / "data" / "processed").iterdir():
        path.unlink()
    pause = {"where": "carprice.files:os.fsync"}
    child = desk.start("run", "--data", LISTINGS, pause=pause)
    child.wait_for_pause()
    child.send(signal.SIGKILL)
    assert not list(Path(desk.home / "data" / "processed").glob("[!.]*"))
    ended = desk.run("run", "--data", LISTINGS)
    assert ended.code == 0, ended.text
    assert "closed 1 run(s) whose process had died" in ended.err
