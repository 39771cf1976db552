"""Each step is killed with -9 and called again for the same run, as the DAG's tasks are."""

import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.attempts import (
    call,
    ensure_nothing_is_left_open,
    ensure_promoted,
    statuses,
    succeed,
)
from tests.integration.conftest import LISTINGS, Desk, tidied, write_small_project

from carprice.pipeline import steps
from carprice.promotion.ledger import LEASE_SECONDS, tickets
from carprice.promotion.receipt import read_receipt
from carprice.registry.records import MODEL_NAME, PROFILE, Version
from carprice.registry.stored_model import MODEL_FILE
from carprice.workspace import Workspace

PLACES: dict[str, list[dict[str, str]]] = {
    "check_data_quality": [
        {"where": "carprice.listings.table_store:hash_content"},
        {"where": "carprice.registry.client:Registry.log_text", "matching": "quality/report.html"},
        {"where": "carprice.pipeline.steps:write_table", "moment": "after"},
    ],
    "train_model": [
        {"where": "mlflow.sklearn:save_model"},
        {"where": "carprice.registry.client:digest_files"},
        {"where": "carprice.pipeline.steps:_fit_and_register", "moment": "after"},
    ],
    "evaluate_model": [
        {"where": "carprice.pipeline.steps:measure_importance"},
        {"where": "carprice.pipeline.steps:log_decision"},
    ],
    "promote_to_staging": [
        {"where": "carprice.pipeline.steps:log_decision"},
        {"where": "carprice.registry.client:Registry.set_alias", "matching": "staging"},
    ],
    "validate_staging_model": [
        {"where": "carprice.pipeline.child:run_child"},
        {"where": "carprice.registry.client:Registry.log_text", "matching": "validation.json"},
    ],
    "promote_to_production": [
        {"where": "carprice.promotion.release:export", "moment": "after"},
        {"where": "carprice.promotion.ledger:_ensure_in_time"},
        {
            "where": "carprice.registry.client:Registry.set_alias",
            "matching": "production", "moment": "after",
        },
        {"where": "carprice.registry.client:Registry.clear_alias"},
    ],
    "send_pipeline_report": [
        {"where": "carprice.pipeline.run_record:describe_run"},
        {"where": "carprice.registry.client:Registry.end_run"},
    ],
}  # fmt: skip
"""Where each step is killed, one after the other; the attempt after the last place succeeds."""


def attempt(desk: Desk, step: str, *arguments: object, **options: Any) -> str:
    """Have a step killed in every place that there is, then let it succeed."""
    for place in PLACES[step]:
        child = call(desk, step, *arguments, pause=place, **options)
        child.wait_for_pause()
        assert child.send(signal.SIGKILL).code == -signal.SIGKILL
    return succeed(desk, step, *arguments, **options)


@pytest.fixture(params=["embedded", "server"])
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """A desk on the embedded store with a champion, or on an MLflow server without one."""
    if request.param == "embedded":
        yield request.getfixturevalue("desk")
        return
    address: Callable[[], str] = request.getfixturevalue("empty_server")
    home = tmp_path / "project"
    write_small_project(home)
    yield from tidied(Desk(home, tmp_path / "scratch", address()))


def test_every_step_may_be_killed_anywhere_and_called_again(
    anywhere: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = anywhere
    promoted_before = {each.number for each in tickets(desk.registry)}
    run_id = attempt(desk, "check_data_quality", LISTINGS)
    version = attempt(desk, "train_model", run_id)
    attempt(desk, "evaluate_model", run_id)
    attempt(desk, "promote_to_staging", run_id, forced=True)
    attempt(desk, "validate_staging_model", run_id)
    started = time.monotonic()
    attempt(desk, "promote_to_production", run_id)
    assert time.monotonic() - started < LEASE_SECONDS, "it waited for its own dead tickets"
    report = attempt(desk, "send_pipeline_report", run_id)

    assert "- Outcome: promoted" in report
    production = ensure_promoted(desk, run_id)
    assert str(production.number) in version or production.run_id == version
    receipt = read_receipt(desk.home / "models" / f"{MODEL_NAME}-v{production.number}.json")[0]
    assert receipt.gate.forced == (receipt.replaces is not None)
    ensure_nothing_is_left_open(desk)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "fetched"))
    ensure_only_the_store_keeps_files(desk, production, tmp_path / "fetched")
    ended = statuses(desk)
    assert ended.pop(run_id) == ("FINISHED", "promoted")
    assert set(ended.values()) == {("KILLED", "killed")}
    assert len(ended) == 3  # each attempt at the first step had opened a run
    states = [each.tags["state"] for each in tickets(desk.registry)
              if each.number not in promoted_before]  # fmt: skip
    assert states == ["abandoned", "abandoned", "done"]


def ensure_only_the_store_keeps_files(desk: Desk, version: Version, scratch: Path) -> None:
    """What was fetched from a server to be read is gone; an embedded store lost nothing."""
    scratch.mkdir()
    assert desk.registry.open_model(version)
    assert desk.registry.read_text(version.run_id, PROFILE)
    assert not list(scratch.iterdir())
    with desk.registry.checked_files(version) as folder:
        assert (folder / MODEL_FILE).stat().st_size
    assert folder.exists() == (not desk.tracking_uri)


@pytest.mark.parametrize("step", [name for name in PLACES if name != "send_pipeline_report"])
def test_a_step_killed_for_good_is_told_truthfully(work: Workspace, desk: Desk, step: str) -> None:
    """Its retries are used up: the report is called with the name of the task."""
    run_id: str | None = None
    for name in PLACES:
        arguments = [LISTINGS] if name == "check_data_quality" else [run_id]
        options = {"forced": True} if name == "promote_to_staging" else {}
        if name == step:
            child = call(desk, name, *arguments, pause=PLACES[step][0], **options)
            child.wait_for_pause()
            child.send(signal.SIGKILL)
            break
        found = succeed(desk, name, *arguments, **options)
        run_id = found if name == "check_data_quality" else run_id
    text = steps.send_pipeline_report(work, run_id, [step]).markdown
    assert f"- Failed: {step}" in text
    assert "- Outcome: failed" in text
    assert "- In production now: CarPricePredictor version 1" in text
    assert set(statuses(desk).values()) == {("FAILED", "failed")}
    assert desk.copies() == {f"{MODEL_NAME}-v1.skops", f"{MODEL_NAME}-v1.json"}
    ensure_nothing_is_left_open(desk)
