from datetime import UTC, datetime

import pytest

from carprice.model_history import Chapter, Fate
from carprice.versions import Version

EARLY, LATE = "2026-11-01T08:00:00+00:00", "2026-11-02T08:00:00+00:00"


def tell(*aliases: str, **tags: str) -> Chapter:
    return Chapter.of(Version(1, "run", tags, datetime(2026, 11, 1, tzinfo=UTC), aliases))


@pytest.mark.parametrize(("tags", "fate"), [
    ({}, Fate.UNJUDGED),
    ({"decision": "refused"}, Fate.REFUSED),
    ({"decision": "accepted"}, Fate.WAITING),
    ({"decision": "forced"}, Fate.WAITING),
    ({"decision": "accepted", "validation": "failed: too dear"}, Fate.INVALID),
    ({"decision": "accepted", "validation": "passed", "promoted_at": EARLY}, Fate.REPLACED),
    ({"promoted_at": EARLY, "rolled_back_at": LATE}, Fate.WITHDRAWN),
    ({"promoted_at": EARLY, "rolled_back_at": EARLY, "restored_at": LATE}, Fate.REPLACED),
])  # fmt: skip
def test_tags_tell_what_became_of_a_version(tags: dict[str, str], fate: Fate) -> None:
    assert tell(**tags).fate is fate


def test_the_alias_says_what_is_in_production_whatever_happened_before() -> None:
    assert tell("production", promoted_at=EARLY, rolled_back_at=LATE).fate is Fate.PRODUCTION


def test_a_version_that_came_back_is_in_production_since_then() -> None:
    assert tell(promoted_at=EARLY).since == EARLY
    assert tell(promoted_at=EARLY, restored_at=LATE).since == LATE
    assert not tell().since


def test_why_validation_refused_is_told_and_that_it_passed_is_not() -> None:
    assert tell(validation="failed: too dear").invalid == "too dear"
    assert not tell(validation="passed").invalid


def test_figures_are_numbers_or_nothing() -> None:
    assert tell(coverage_pct="80.5").figure("coverage_pct") == 80.5
    assert tell().figure("coverage_pct") is None
