"""A step called again: after a failure, a refusal, or where others went on meanwhile."""

import signal
from typing import Any

import pytest
from tests.integration.attempts import (
    answer,
    call,
    ensure_nothing_is_left_open,
    ensure_promoted,
    stage_and_validate,
    status,
    succeed,
    validate_here,
)
from tests.integration.conftest import Desk

from carprice.errors import (
    PromotionRefusedError,
    RegistryError,
    UnchangedError,
    ValidationFailedError,
)
from carprice.pipeline import child, steps
from carprice.registry.client import STAGING
from carprice.registry.records import FILES_TAG, MODEL_NAME
from carprice.workspace import Workspace


def test_a_run_that_failed_is_open_again_once_its_step_is_called_again(
    work: Workspace, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = steps.check_data_quality(work, desk.listings).run_id
    with monkeypatch.context() as patch:
        patch.setattr(steps, "fit_prepared", lambda *_: _raise(RegistryError("it is down")))
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
    monkeypatch.setattr(steps, "validate_in_fresh_process", validate_here)
    steps.promote_to_staging(work, run_id, forced=True)
    steps.validate_staging_model(work, run_id)
    steps.promote_to_production(work, run_id)
    steps.send_pipeline_report(work, run_id)
    assert status(work, run_id) == ("FINISHED", "promoted", False)
    ensure_promoted(desk, run_id)
    ensure_nothing_is_left_open(desk)


def test_what_has_not_changed_is_trained_once_somebody_asks_for_it(
    work: Workspace, desk: Desk
) -> None:
    run_id = steps.check_data_quality(work, desk.listings).run_id
    with pytest.raises(UnchangedError, match="version 1, which is in production"):
        steps.train_model(work, run_id, again=False)
    steps.send_pipeline_report(work, run_id)
    assert status(work, run_id) == ("FINISHED", "unchanged", True)
    # A person clears the task and asks for it; a retry finds what it came to.
    succeed(desk, "train_model", run_id, again=True)
    assert steps.train_model(work, run_id, again=False).number == 3
    assert status(work, run_id) == ("RUNNING", None, False)


def _raise(error: BaseException) -> Any:
    raise error


def test_a_validation_that_lost_the_registry_is_worth_another_attempt(
    work: Workspace, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = desk.registry.version(2)
    steps.promote_to_staging(work, version.run_id, forced=True)
    for code, retryable in ((7, True), (-9, True), (1, False)):
        ended = _Ended(code)
        monkeypatch.setattr(child, "run_child", lambda *_, ended=ended: ended)
        with pytest.raises(ValidationFailedError, match="could not be validated") as caught:
            steps.validate_staging_model(work, version.run_id)
        assert caught.value.retryable == retryable
        assert desk.registry.find_alias(STAGING) is None
    monkeypatch.setattr(steps, "validate_in_fresh_process", validate_here)
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


def test_who_was_taken_for_dead_and_is_not_leaves_production_alone(
    work: Workspace, desk: Desk
) -> None:
    run_id = desk.registry.version(2).run_id
    steps.promote_to_staging(work, run_id, forced=True)
    succeed(desk, "validate_staging_model", run_id)
    pause = {"where": "carprice.promotion.ledger:_ensure_held"}
    slow = call(desk, "promote_to_production", run_id, pause=pause)
    slow.wait_for_pause()
    succeed(desk, "promote_to_production", run_id)
    slow.go_on()
    told = answer(slow)
    assert told["error"] == "TakenOverError"
    assert "taken over by another attempt" in told["message"]
    assert desk.copies() == {
        f"{MODEL_NAME}-v{at}.{ending}" for at in (1, 2) for ending in ("skops", "json")
    }
    ensure_promoted(desk, run_id)
    steps.send_pipeline_report(work, run_id)
    ensure_nothing_is_left_open(desk)


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
                pause={"where": "carprice.promotion.release:_build_receipt"})  # fmt: skip
    dead.wait_for_pause()
    dead.send(signal.SIGKILL)
    patience = {"carprice.promotion.ledger.LEASE_SECONDS": 0.1}
    assert desk.run("promote", "2", "--force", constants=patience).code == 0
    with pytest.raises(PromotionRefusedError, match="production has changed since it was compared"):
        steps.promote_to_production(work, run_id)
    assert status(work, run_id)[:2] == ("FINISHED", "promoted")
    ensure_promoted(desk, run_id)
