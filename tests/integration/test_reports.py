"""The report of a run that failed: what it tells, and where it can be read."""

from dataclasses import replace
from typing import Any

import pytest
from tests.integration.attempts import (
    ensure_nothing_is_left_open,
    ensure_promoted,
    stage_and_validate,
    status,
    statuses,
)
from tests.integration.conftest import PIPELINE_RUN, Desk, closed_port

from carprice.errors import DatasetError, NoticeError, QualityError, RegistryError
from carprice.pipeline import run_record, steps
from carprice.promotion.release import release
from carprice.workspace import Workspace


def test_listings_that_break_a_rule_are_reported_without_an_id(work: Workspace, desk: Desk) -> None:
    lines = desk.listings.read_text().splitlines(keepends=True)
    few = desk.home / "few.csv"
    few.write_text("".join(lines[:50]))
    with pytest.raises(QualityError):
        steps.check_data_quality(work, few)
    text = steps.send_pipeline_report(work, None, ["check_data_quality"]).markdown
    assert "clean listings from `few.csv`" in text
    assert "- Reason: the listings break quality rules" in text
    (run,) = work.registry.runs(pipeline_run=PIPELINE_RUN)
    assert (run.status, run.tags["outcome"]) == ("FAILED", "failed")
    assert run.tags[run_record.NOTE] == text == work.registry.read_text(run.run_id, "report.md")


def test_a_file_that_cannot_be_read_is_reported_with_the_reason(
    work: Workspace, desk: Desk
) -> None:
    page = desk.home / "page.csv"
    page.write_text("<html>")
    with pytest.raises(DatasetError):
        steps.check_data_quality(work, page)
    text = steps.send_pipeline_report(work, None, ["check_data_quality"]).markdown
    assert "- Data: `page.csv`, of which nothing could be used" in text
    assert "this is a web page" in text
    assert list(statuses(desk).values()) == [("FAILED", "failed")]


def test_a_pipeline_that_opened_no_run_is_reported_all_the_same(work: Workspace) -> None:
    before = work.registry.read_facts().last_pipeline
    text = steps.send_pipeline_report(work, None, ["check_data_quality"]).markdown
    assert "no file could be read as listings" in text
    assert "- In production now: CarPricePredictor version 1" in text
    after = work.registry.read_facts().last_pipeline
    assert before is not None
    assert after is not None
    assert (before.outcome, before.success_at) == ("refused", before.at)
    assert (after.outcome, after.success_at) == ("failed", before.at)
    assert after.at > before.at


def test_a_task_that_failed_once_production_had_moved_does_not_hide_the_promotion(
    work: Workspace, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = stage_and_validate(work, desk, monkeypatch)
    monkeypatch.setattr(steps, "release", release_and_lose_the_registry)
    with pytest.raises(RegistryError):
        steps.promote_to_production(work, run_id)
    assert status(work, run_id)[:2] == ("FAILED", "failed")
    text = steps.send_pipeline_report(work, run_id, ["promote_to_production"]).markdown
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
