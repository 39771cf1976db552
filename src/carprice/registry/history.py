"""What the registry tells of the versions of the model, as plain data for a page."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from carprice.errors import RegistryError
from carprice.evaluation.metrics import Evaluation
from carprice.listings.quality_report import DataProfile
from carprice.registry.client import PRODUCTION, Registry
from carprice.registry.records import EVALUATION, PROFILE, QUALITY_PAGE, Version
from carprice.wording.reasons import Reason, recall_reasons

ERROR, WITHIN, COVERAGE = "median_error_pct", "within_20_pct", "coverage_pct"


class Fate(StrEnum):
    """What became of a version."""

    PRODUCTION = "production"
    WITHDRAWN = "withdrawn"
    """Was in production until a person went back to an earlier version."""
    REPLACED = "replaced"
    INVALID = "invalid"
    REFUSED = "refused"
    WAITING = "waiting"
    """Accepted by the comparison, not promoted yet."""
    UNJUDGED = "unjudged"


class Chapter(NamedTuple):
    """One version in the history of the model.

    since: when it came to production, or came back to it (ISO 8601); empty if it never did.
    who: who brought it there then.
    reasons: of the comparison.
    invalid: why validation refused it, the broken rules after their heading; empty else.
    """

    version: Version
    fate: Fate
    forced: bool
    since: str
    who: str
    reasons: list[Reason]
    invalid: list[Reason]

    @classmethod
    def of(cls, version: Version) -> "Chapter":
        tags = version.tags
        validation = tags.get("validation", "")
        ways = ("promoted", "restored")
        since, who = max((tags.get(f"{way}_at", ""), tags.get(f"{way}_by", "")) for way in ways)
        return cls(
            version,
            _judge(version),
            forced=tags.get("decision") == "forced",
            since=since,
            who=who,
            reasons=recall_reasons(
                tags.get("decision_reasons_json", ""), tags.get("decision_reasons", "")
            ),
            invalid=recall_reasons(
                tags.get("validation_reasons_json", ""), validation.removeprefix("failed: ")
            )
            if validation != "passed"
            else [],
        )

    def figure(self, name: str) -> float | None:
        """A held-out figure in percent, where the version was evaluated."""
        found = self.version.tags.get(name)
        return float(found) if found else None


class History(NamedTuple):
    """All versions, newest first, as the registry told of them at a time (UTC)."""

    chapters: list[Chapter]
    told: datetime


class Record(NamedTuple):
    """What stands with the run of a version; None for what was never kept.

    quality_page: HTML with texts out of adverts, escaped.
    """

    evaluation: Evaluation | None
    profile: DataProfile | None
    quality_page: str | None


NO_RECORD = Record(None, None, None)


def read_history(registry: Registry) -> History:
    """The history of all versions. Raises RegistryError when the registry does not answer."""
    chapters = [Chapter.of(each) for each in registry.versions()]
    return History(chapters, datetime.now(UTC))


def read_record(registry: Registry, run_id: str) -> Record:
    """The record of a run. Raises RegistryError when the registry does not answer at all."""
    evaluation = _read(registry, run_id, EVALUATION)
    profile = _read(registry, run_id, PROFILE)
    quality_page = _read(registry, run_id, QUALITY_PAGE)
    registry.run(run_id)  # still answers: what it did not give, it does not have
    return Record(
        Evaluation.model_validate_json(evaluation) if evaluation else None,
        DataProfile.model_validate_json(profile) if profile else None,
        quality_page,
    )


def _read(registry: Registry, run_id: str, path: str) -> str | None:
    """An artifact, or None; an absent one is an error like any other."""
    try:
        return registry.read_text(run_id, path)
    except RegistryError:
        return None


def _judge(version: Version) -> Fate:
    tags = version.tags
    decision = tags.get("decision", "")
    if PRODUCTION in version.aliases:
        return Fate.PRODUCTION
    if tags.get("rolled_back_at", "") > tags.get("restored_at", ""):
        return Fate.WITHDRAWN
    if "promoted_at" in tags:
        return Fate.REPLACED
    if tags.get("validation", "").startswith("failed"):
        return Fate.INVALID
    if decision == "refused":
        return Fate.REFUSED
    return Fate.WAITING if decision else Fate.UNJUDGED
