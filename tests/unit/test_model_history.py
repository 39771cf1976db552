import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import skops.io as sio
from sklearn.pipeline import Pipeline

from carprice.errors import ModelIntegrityError
from carprice.evaluation.behaviour import GoldenCar, ValidationRules, validate
from carprice.registry.history import Chapter, Fate
from carprice.registry.records import Version, VersionFacts
from carprice.registry.stored_model import ensure_files, open_pipeline
from carprice.wording.reasons import say_reasons

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


class Odd:
    """A pipeline whose estimates are these."""

    def __init__(self, *prices: list[float]) -> None:
        self.prices = prices

    def predict(self, listings: pd.DataFrame, open_fields: object = None) -> pd.DataFrame:  # noqa: ARG002
        rows = [self.prices[at % len(self.prices)] for at in range(len(listings))]
        return pd.DataFrame(rows, columns=["price_mad", "low_mad", "high_mad"])


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
    ):
        with pytest.raises(ModelIntegrityError) as caught:
            attempt()
        said.append(f"the champion cannot be compared with: {caught.value}")
    return said


def fail_validation(pipeline: Any) -> list[str]:
    car = {"make": "Dacia", "model": "Logan", "model_year": 2018.0, "mileage_km": 90_000.0}
    golden = [GoldenCar(car=car, low_mad=1, high_mad=2) for _ in range(2)]
    rules = ValidationRules(golden_cars=golden, max_latency_ms=0.001, max_wrong_direction_pct=0)
    return validate(pipeline, rules).failures


def test_why_a_model_was_not_opened_or_not_valid_is_said_in_french(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    odd = (Odd([-1, -2, 3]), Odd([9, 10, 11]), Odd([9, 8, 10], [5, 4, 6], [2, 1, 3]))
    failures = {each for tried in (pipeline, *odd) for each in fail_validation(tried)}
    assert len({re.sub(r"[-\d.,]+|with .* left", "", each) for each in failures}) == 7
    english = r"\b(the|of|is|are|it|was|at|most|model|opened|found|every|estimate|holds)\b"
    for reason in [*refuse_to_open(tmp_path), *failures]:
        said = say_reasons(reason).partition("BadZipFile")[0]  # in a library's own words
        assert not re.search(english, said), said
        assert say_reasons(reason, "en") == reason


def test_amounts_in_a_reason_are_written_as_in_french() -> None:
    reason = "Dacia Logan 2018 at 1,108,213 DH; between 70,000 and 90,000 DH was expected"
    said = say_reasons(reason).replace("\u202f", " ")
    assert (
        said == "Dacia Logan 2018 à 1 108 213 DH ; un prix entre 70 000 et 90 000 DH était attendu"
    )
