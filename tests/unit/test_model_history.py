import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import skops.io as sio

from carprice.errors import ModelIntegrityError
from carprice.registry.archive import ensure_sizes
from carprice.registry.history import Chapter, Fate
from carprice.registry.records import Version, VersionFacts
from carprice.registry.stored_model import ensure_files, open_pipeline
from carprice.wording.reasons import Code, Reason, say_reason
from carprice.wording.stored_reasons import store_reasons

EARLY, LATE = "2026-11-01T08:00:00+00:00", "2026-11-02T08:00:00+00:00"


def tell(*aliases: str, **tags: str) -> Chapter:
    return Chapter.of(Version(1, "run", tags, datetime(2026, 11, 1, tzinfo=UTC), aliases))


@pytest.mark.parametrize(("tags", "fate"), [
    ({}, Fate.UNJUDGED),
    ({"decision": "refused"}, Fate.REFUSED),
    ({"decision": "held"}, Fate.HELD),
    ({"decision": "accepted"}, Fate.WAITING),
    ({"decision": "forced"}, Fate.WAITING),
    ({"decision": "accepted", "validation": "failed: too dear"}, Fate.INVALID),
    ({"decision": "accepted", "validation": "passed", "promoted_at": EARLY}, Fate.REPLACED),
    ({"promoted_at": EARLY, "rolled_back_at": LATE}, Fate.TAKEN_BACK),
    ({"promoted_at": EARLY, "rolled_back_at": LATE, "withdrawn_at": LATE}, Fate.WITHDRAWN),
    ({"decision": "refused", "withdrawn_at": EARLY}, Fate.WITHDRAWN),
    ({"promoted_at": EARLY, "withdrawn_at": EARLY, "restored_at": LATE}, Fate.REPLACED),
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
    (told,) = tell(validation="failed: too dear").invalid
    assert told.text == "too dear"
    assert not tell(validation="passed").invalid


def test_reasons_are_those_stored_by_code() -> None:
    stored = store_reasons(reasons := [Reason.of(Code.NO_CHAMPION)])
    told = tell(
        decision_reasons="cut", decision_reasons_json=stored,
        validation="failed: cut", validation_reasons_json=stored,
    )  # fmt: skip
    assert told.reasons == told.invalid == reasons


def test_facts_are_read_from_tags_as_they_were_written() -> None:
    tags = {"source": "a.csv", "rows": "823", "simulated": "false", "holdout_share": "0.2"}
    facts = VersionFacts.from_tags(tags | {"made": "by hand"})
    assert (facts.source, facts.rows, facts.simulated, facts.holdout_share) == (
        "a.csv", 823, False, 0.2,
    )  # fmt: skip
    assert facts.to_tags() == tags


def test_a_tag_that_is_absent_or_does_not_read_tells_nothing() -> None:
    facts = VersionFacts.from_tags({"rows": "many", "coverage_pct": "80.5", "simulated": "perhaps"})
    assert (facts.rows, facts.simulated, facts.replaced_version) == (0, False, None)
    assert facts.figures == {"coverage_pct": 80.5}


def refuse_to_open(folder: Path) -> list[str]:
    """Why a stored model is not opened, for each reason that there is."""
    made = Version(7, "run", {}, datetime(2026, 11, 1, tzinfo=UTC))
    damaged, other = folder / "damaged", folder / "other"
    damaged.write_bytes(b"no archive")
    sio.dump({}, other)
    said = []
    for attempt in (
        lambda: ensure_files(folder, {}, made.name),
        lambda: ensure_files(folder, {"other": "0" * 64, "MLmodel": "1" * 64}, made.name),
        lambda: open_pipeline(damaged, made.name),
        lambda: open_pipeline(other, made.name),
        lambda: ensure_sizes({}, made.name),
        lambda: ensure_sizes({"model.skops": 10**9}, made.name),
    ):
        with pytest.raises(ModelIntegrityError) as caught:
            attempt()
        said.append(str(caught.value))
    return said


def test_why_a_model_was_not_opened_is_said_in_french(tmp_path: Path) -> None:
    english = r"\b(the|of|is|are|it|was|at|most|model|opened|found|every|estimate|files)\b"
    for message in refuse_to_open(tmp_path):
        reason = Reason.of(Code.CHAMPION_NOT_OPENED, message=message)
        said = say_reason(reason).partition("BadZipFile")[0]  # in a library's own words
        assert not re.search(english, said), said
        assert message in reason.text
