"""Each step is killed with -9 and called again for the same run, as the DAG's tasks are."""

import json
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.integration.conftest import (
    LISTINGS,
    Child,
    Desk,
    closed_port,
    tidied,
    write_small_project,
)

from carprice import runs, steps
from carprice.errors import (
    DatasetError,
    NoticeError,
    PromotionRefusedError,
    QualityError,
    RegistryError,
    ValidationFailedError,
)
from carprice.ledger import LEASE_SECONDS, tickets
from carprice.receipts import read_receipt, verify
from carprice.registry import PRODUCTION, STAGING
from carprice.release import release
from carprice.versions import FILES_TAG, MODEL_NAME, Version
from carprice.workspace import Workspace

PIPELINE_RUN = "manual__2026-11-23T18:00:00+00:00"

PLACES: dict[str, list[dict[str, str]]] = {
    "check_data_quality": [
        {"where": "carprice.dataset:hash_content"},
        {"where": "carprice.registry:Registry.log_text", "matching": "quality/report.html"},
        {"where": "carprice.dataset:write_table", "moment": "after"},
    ],
    "train_model": [
        {"where": "mlflow.sklearn:save_model"},
        {"where": "carprice.registry:digest_files"},
        {"where": "carprice.steps:_fit_and_register", "moment": "after"},
    ],
    "evaluate_model": [
        {"where": "carprice.steps:measure_importance"},
        {"where": "carprice.steps:_tag_decision"},
    ],
    "promote_to_staging": [
        {"where": "carprice.steps:_tag_decision"},
        {"where": "carprice.registry:Registry.set_alias", "matching": "staging"},
    ],
    "validate_staging_model": [
        {"where": "carprice.steps:run_command"},
        {"where": "carprice.registry:Registry.log_text", "matching": "validation.json"},
    ],
    "promote_to_production": [
        {"where": "carprice.release:_export", "moment": "after"},
        {"where": "carprice.ledger:_ensure_in_time"},
        {
            "where": "carprice.registry:Registry.set_alias",
            "matching": "production", "moment": "after",
        },
        {"where": "carprice.registry:Registry.clear_alias"},
    ],
    "send_pipeline_report": [
        {"where": "carprice.runs:describe_run"},
        {"where": "carprice.registry:Registry.end_run"},
    ],
}  # fmt: skip
"""Where each step is killed, one after the other; the attempt after the last place succeeds."""


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


def attempt(desk: Desk, step: str, *arguments: object, **options: Any) -> str:
    """Have a step killed in every place that there is, then let it succeed."""
    for place in PLACES[step]:
        child = call(desk, step, *arguments, pause=place, **options)
        child.wait_for_pause()
        assert child.send(signal.SIGKILL).code == -signal.SIGKILL
    return succeed(desk, step, *arguments, **options)


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


@pytest.fixture(params=["embedded", "server"])
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """A desk on the embedded store with a champion, or on an MLflow server without one."""
    if request.param == "embedded":
        yield request.getfixturevalue("desk")
        return
    address: Callable[[], str] = request.getfixturevalue("server")
    home = tmp_path / "project"
    write_small_project(home)
    served = Desk(home, tmp_path / "scratch", address())
    served.registry.clear_alias(PRODUCTION)
    yield from tidied(served)
    served.registry.clear_alias(PRODUCTION)


def test_every_step_may_be_killed_anywhere_and_called_again(anywhere: Desk) -> None:
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
    ended = statuses(desk)
    assert ended.pop(run_id) == ("FINISHED", "promoted")
    assert set(ended.values()) == {("KILLED", "killed")}
    assert len(ended) == 3  # each attempt at the first step had opened a run
    states = [each.tags["state"] for each in tickets(desk.registry)
              if each.number not in promoted_before]  # fmt: skip
    assert states == ["abandoned", "abandoned", "done"]


@pytest.mark.parametrize("step", [name for name in PLACES if name != "send_pipeline_report"])
def test_a_step_killed_for_good_is_told_truthfully(desk: Desk, step: str) -> None:
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
    work = replace(desk.work, pipeline_run=PIPELINE_RUN)
    text = steps.send_pipeline_report(work, run_id, [step])
    assert f"- Failed: {step}" in text
    assert "- Outcome: failed" in text
    assert "- In production now: CarPricePredictor version 1" in text
    assert set(statuses(desk).values()) == {("FAILED", "failed")}
    assert desk.copies() == {f"{MODEL_NAME}-v1.skops", f"{MODEL_NAME}-v1.json"}
    ensure_nothing_is_left_open(desk)


@pytest.fixture
def work(desk: Desk) -> Workspace:
    return replace(desk.work, pipeline_run=PIPELINE_RUN)


def status(work: Workspace, run_id: str) -> tuple[str, str | None, bool]:
    run = work.registry.run(run_id)
    return run.status, run.tags.get("outcome"), "reason" in run.tags


def test_a_run_that_failed_is_open_again_once_its_step_is_called_again(
    work: Workspace, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = steps.check_data_quality(work, desk.listings).run_id
    with monkeypatch.context() as patch:
        patch.setattr(steps, "fit", lambda *_: _raise(RegistryError("it is down")))
        with pytest.raises(RegistryError):
            steps.train_model(work, run_id)
    assert status(work, run_id) == ("FAILED", "failed", True)
    succeed(desk, "train_model", run_id)
    assert status(work, run_id) == ("RUNNING", None, False)
    assert steps.evaluate_model(work, run_id).promote is False
    with pytest.raises(PromotionRefusedError):
        steps.promote_to_staging(work, run_id)
    assert status(work, run_id) == ("FINISHED", "refused", True)
    steps.send_pipeline_report(work, run_id)
    assert status(work, run_id) == ("FINISHED", "refused", True)
    # A person clears the task and forces it.
    monkeypatch.setattr(steps, "_validate_in_fresh_process", validate_here)
    steps.promote_to_staging(work, run_id, forced=True)
    steps.validate_staging_model(work, run_id)
    steps.promote_to_production(work, run_id)
    steps.send_pipeline_report(work, run_id)
    assert status(work, run_id) == ("FINISHED", "promoted", False)
    ensure_promoted(desk, run_id)
    ensure_nothing_is_left_open(desk)


def validate_here(work: Workspace, version: Version) -> Any:
    return steps.validate_version(work, version)


def _raise(error: BaseException) -> Any:
    raise error


def test_a_validation_that_lost_the_registry_is_worth_another_attempt(
    work: Workspace, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = desk.registry.version(2)
    steps.promote_to_staging(work, version.run_id, forced=True)
    for code, retryable in ((7, True), (-9, True), (1, False)):
        ended = _Ended(code)
        monkeypatch.setattr(steps, "run_command", lambda *_, ended=ended: ended)
        with pytest.raises(ValidationFailedError, match="could not be validated") as caught:
            steps.validate_staging_model(work, version.run_id)
        assert caught.value.retryable == retryable
        assert desk.registry.find_alias(STAGING) is None
    monkeypatch.setattr(steps, "_validate_in_fresh_process", validate_here)
    steps.validate_staging_model(work, version.run_id)
    staged = desk.registry.find_alias(STAGING)
    assert staged
    assert (staged.number, staged.tags["validation"]) == (2, "passed")


class _Ended:
    def __init__(self, code: int) -> None:
        self.returncode, self.stdout, self.stderr = code, "", "it went away"


def test_a_version_registered_twice_is_kept_once(work: Workspace, desk: Desk) -> None:
    """A request sent again because its answer was lost registers a second time."""
    first = desk.registry.version(2)
    client = work.registry.client
    for tags in (first.tags, {"made": "by hand, in MLflow"}):
        source = client.get_model_version(MODEL_NAME, "2").source
        client.create_model_version(MODEL_NAME, source, first.run_id, tags=tags)
    found = steps.train_model(work, first.run_id)
    assert found.number == 2
    left = desk.registry.versions()
    assert [(each.number, FILES_TAG in each.tags) for each in left] == [
        (4, False), (2, True), (1, True),
    ]  # fmt: skip


def test_who_was_taken_for_dead_and_is_not_leaves_production_alone(desk: Desk) -> None:
    run_id = desk.registry.version(2).run_id
    work = replace(desk.work, pipeline_run=PIPELINE_RUN)
    steps.promote_to_staging(work, run_id, forced=True)
    succeed(desk, "validate_staging_model", run_id)
    slow = call(desk, "promote_to_production", run_id, pause={"where": "carprice.ledger:_is_open"})
    slow.wait_for_pause()
    succeed(desk, "promote_to_production", run_id)
    slow.go_on()
    told = answer(slow)
    assert told["error"] == "RegistryError"
    assert "taken over by another attempt" in told["message"]
    assert desk.copies() == {
        f"{MODEL_NAME}-v{at}.{ending}" for at in (1, 2) for ending in ("skops", "json")
    }
    ensure_promoted(desk, run_id)
    steps.send_pipeline_report(work, run_id)
    ensure_nothing_is_left_open(desk)


def stage_and_validate(work: Workspace, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of the second version's run, taken as far as staging whatever the gate said."""
    run_id = desk.registry.version(2).run_id
    monkeypatch.setattr(steps, "_validate_in_fresh_process", validate_here)
    steps.promote_to_staging(work, run_id, forced=True)
    steps.validate_staging_model(work, run_id)
    return run_id


def test_a_promotion_that_was_taken_back_since_is_not_made_again(
    work: Workspace, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = stage_and_validate(work, desk, monkeypatch)
    steps.promote_to_production(work, run_id)
    assert desk.run("rollback").code == 0
    with pytest.raises(PromotionRefusedError, match="was promoted with ticket 2; production has"):
        steps.promote_to_production(work, run_id)
    production = desk.production
    assert production
    assert production.number == 1
    assert status(work, run_id)[:2] == ("FINISHED", "promoted")


def test_a_promotion_by_hand_meanwhile_is_not_taken_for_ones_own(
    work: Workspace, desk: Desk
) -> None:
    run_id = desk.registry.version(2).run_id
    child = call(desk, "promote_to_staging", run_id, forced=True)
    answer(child)
    succeed(desk, "validate_staging_model", run_id)
    dead = call(desk, "promote_to_production", run_id,
                pause={"where": "carprice.release:_build_receipt"})  # fmt: skip
    dead.wait_for_pause()
    dead.send(signal.SIGKILL)
    patience = {"carprice.ledger.LEASE_SECONDS": 0.1}
    assert desk.run("promote", "2", "--force", constants=patience).code == 0
    with pytest.raises(PromotionRefusedError, match="production has changed since it was compared"):
        steps.promote_to_production(work, run_id)
    assert status(work, run_id)[:2] == ("FINISHED", "promoted")
    ensure_promoted(desk, run_id)


# The report


def test_listings_that_break_a_rule_are_reported_without_an_id(work: Workspace, desk: Desk) -> None:
    lines = desk.listings.read_text().splitlines(keepends=True)
    few = desk.home / "few.csv"
    few.write_text("".join(lines[:50]))
    with pytest.raises(QualityError):
        steps.check_data_quality(work, few)
    text = steps.send_pipeline_report(work, None, ["check_data_quality"])
    assert "clean listings from `few.csv`" in text
    assert "- Reason: the listings break quality rules" in text
    (run,) = work.registry.runs(pipeline_run=PIPELINE_RUN)
    assert (run.status, run.tags["outcome"]) == ("FAILED", "failed")
    assert run.tags[runs.NOTE] == text == work.registry.read_text(run.run_id, "report.md")


def test_a_file_that_cannot_be_read_is_reported_with_the_reason(
    work: Workspace, desk: Desk
) -> None:
    page = desk.home / "page.csv"
    page.write_text("<html>")
    with pytest.raises(DatasetError):
        steps.check_data_quality(work, page)
    text = steps.send_pipeline_report(work, None, ["check_data_quality"])
    assert "- Data: `page.csv`, of which nothing could be used" in text
    assert "this is a web page" in text
    assert list(statuses(desk).values()) == [("FAILED", "failed")]


def test_a_pipeline_that_opened_no_run_is_reported_all_the_same(work: Workspace) -> None:
    text = steps.send_pipeline_report(work, None, ["check_data_quality"])
    assert "no file could be read as listings" in text
    assert "- In production now: CarPricePredictor version 1" in text


def test_a_task_that_failed_once_production_had_moved_does_not_hide_the_promotion(
    work: Workspace, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = stage_and_validate(work, desk, monkeypatch)
    monkeypatch.setattr(steps, "release", release_and_lose_the_registry)
    with pytest.raises(RegistryError):
        steps.promote_to_production(work, run_id)
    assert status(work, run_id)[:2] == ("FAILED", "failed")
    text = steps.send_pipeline_report(work, run_id, ["promote_to_production"])
    assert "- Outcome: promoted\n- Failed: promote_to_production\n- Reason: it is down" in text
    assert status(work, run_id)[:2] == ("FAILED", "promoted")
    ensure_promoted(desk, run_id)
    ensure_nothing_is_left_open(desk)


def release_and_lose_the_registry(*arguments: Any) -> None:
    release(*arguments)
    raise RegistryError("it is down")


def test_a_report_that_cannot_be_sent_stands_in_the_registry(work: Workspace, desk: Desk) -> None:
    hook = {"webhook_url": f"http://localhost:{closed_port()}/secret"}
    unheard = replace(work, settings=work.settings.model_copy(update=hook))
    run_id = steps.check_data_quality(work, desk.listings).run_id
    for _ in range(2):  # as often as the task is tried
        with pytest.raises(NoticeError, match="the webhook at localhost: ") as caught:
            steps.send_pipeline_report(unheard, run_id, ["train_model"])
        assert caught.value.retryable
        assert "secret" not in str(caught.value)
        assert status(work, run_id)[:2] == ("FAILED", "failed")
        assert "- Failed: train_model" in work.registry.read_text(run_id, "report.md")
