"""What a real registry tells the page on the model."""

import pytest
from tests.integration.conftest import Desk

from carprice.errors import RegistryError
from carprice.registry.history import NO_RECORD, Fate, read_history, read_record
from carprice.wording.reasons import Code


def test_the_history_tells_of_both_versions_and_the_record_of_the_one_in_production(
    desk: Desk,
) -> None:
    history = read_history(desk.registry)
    refused, production = history.chapters
    assert (refused.fate, production.fate) == (Fate.REFUSED, Fate.PRODUCTION)
    assert [each.code for each in refused.reasons] == [Code.SAME_PRICES]
    assert production.since == production.version.tags["promoted_at"]
    assert production.who == production.version.tags["promoted_by"]
    record = read_record(desk.registry, production.version.run_id)
    assert record.evaluation
    assert record.evaluation.overall.median_error_pct == pytest.approx(
        production.version.facts.median_error_pct, abs=0.01
    )
    assert record.profile
    assert record.profile.data_hash == production.version.tags["data_hash"]
    assert production.version.sides
    assert sum(production.version.sides) == record.profile.rows
    assert all(production.version.sides)
    assert record.quality_page
    assert record.quality_page.lstrip().lower().startswith("<!doctype html")


def test_an_artifact_that_was_never_kept_is_nothing_and_an_unknown_run_an_error(
    desk: Desk,
) -> None:
    registry = desk.registry
    empty = registry.start_run("empty", {})
    assert read_record(registry, empty) == NO_RECORD
    with pytest.raises(RegistryError):
        read_record(registry, "0" * 32)
