"""What the tests share that call one step after the other for one run, as the DAG's tasks do."""

import json
from typing import Any

import pytest
from tests.integration.children import Child
from tests.integration.conftest import PIPELINE_RUN, Desk

from carprice.pipeline import steps
from carprice.pipeline.child import validate_version
from carprice.promotion.ledger import tickets
from carprice.promotion.receipt import read_receipt, verify
from carprice.registry.client import PRODUCTION, STAGING
from carprice.registry.records import MODEL_NAME, Version
from carprice.workspace import Workspace


def call(desk: Desk, step: str, *arguments: object, **options: Any) -> Child:
    return desk.fork(
        "step", name=step, arguments=arguments, pipeline_run=PIPELINE_RUN, **options
    )  # fmt: skip


def answer(child: Child) -> dict[str, str]:
    ended = child.end()
    assert ended.code == 0, ended.text
    found: dict[str, str] = json.loads((child.folder / "outcome.json").read_text())
    return found


def succeed(desk: Desk, step: str, *arguments: object, **options: Any) -> str:
    return answer(call(desk, step, *arguments, **options))["result"]


def statuses(desk: Desk) -> dict[str, tuple[str, str]]:
    """Status and outcome of every run of the pipeline's run."""
    found = desk.registry.runs(pipeline_run=PIPELINE_RUN)
    return {run.run_id: (run.status, run.tags.get("outcome", "")) for run in found}


def versions_of(desk: Desk, run_id: str) -> list[int]:
    return [each.number for each in desk.registry.versions() if each.run_id == run_id]


def ensure_nothing_is_left_open(desk: Desk) -> None:
    registry = desk.registry
    assert not registry.runs(status="RUNNING", pipeline_run=PIPELINE_RUN)
    assert not registry.find_alias(STAGING)
    assert "open" not in {each.tags["state"] for each in tickets(registry)}
    models = registry.client.search_logged_models([registry.experiment_id])
    assert "PENDING" not in {str(each.status) for each in models}


def ensure_promoted(desk: Desk, run_id: str) -> Version:
    """Production is the one version of a run, its receipt holds and its copy is whole."""
    registry = desk.registry
    production = registry.find_alias(PRODUCTION)
    assert production
    assert versions_of(desk, run_id) == [production.number]
    copy = desk.home / "models" / f"{MODEL_NAME}-v{production.number}.json"
    assert copy.with_suffix(".skops").exists()
    assert all(check.holds for check in verify(registry, *read_receipt(copy)))
    return production


def status(work: Workspace, run_id: str) -> tuple[str, str | None, bool]:
    run = work.registry.run(run_id)
    return run.status, run.tags.get("outcome"), "reason" in run.tags


def validate_here(work: Workspace, version: Version) -> Any:
    return validate_version(work, version)


def stage_and_validate(work: Workspace, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of the second version's run, taken as far as staging whatever the gate said."""
    run_id = desk.registry.version(2).run_id
    monkeypatch.setattr(steps, "validate_in_fresh_process", validate_here)
    steps.promote_to_staging(work, run_id, forced=True)
    steps.validate_staging_model(work, run_id)
    return run_id
