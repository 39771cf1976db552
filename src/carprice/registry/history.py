"""History and record of the model's versions, as plain data for a page."""

from collections.abc import Container, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from carprice.errors import RegistryError
from carprice.evaluation.decision import Decision
from carprice.evaluation.metrics import Evaluation
from carprice.listings.quality_report import DataProfile
from carprice.registry.client import PRODUCTION, Registry
from carprice.registry.records import (
    DECISION,
    EVALUATION,
    PROFILE,
    QUALITY_PAGE,
    Identity,
    Version,
)
from carprice.wording.reasons import Reason
from carprice.wording.stored_reasons import recall_reasons


class Fate(StrEnum):
    """State of a version in its life cycle."""

    PRODUCTION = "production"
    WITHDRAWN = "withdrawn"
    """Was found to be wrong, in production or not."""
    TAKEN_BACK = "taken_back"
    """Was in production until a person went back to an earlier version."""
    REPLACED = "replaced"
    INVALID = "invalid"
    HELD = "held"
    """Not promoted without a person's word."""
    REFUSED = "refused"
    WAITING = "waiting"
    """Accepted by the comparison, not promoted yet."""
    UNJUDGED = "unjudged"


class Chapter(NamedTuple):
    """One version in the history of the model.

    since: time it last entered production (ISO 8601); empty if it never did.
    who: the person who promoted or restored it then.
    reasons: the gate's.
    invalid: heading and broken rules of a failed validation; empty otherwise.
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
        facts = version.facts
        since, who = max(
            (facts.promoted_at, facts.promoted_by), (facts.restored_at, facts.restored_by)
        )
        return cls(
            version,
            _judge(version),
            forced=facts.decision == "forced",
            since=since,
            who=who,
            reasons=recall_reasons(facts.decision_reasons_json, facts.decision_reasons),
            invalid=recall_reasons(facts.validation_reasons_json, facts.failure),
        )


class History(NamedTuple):
    """All versions, newest first, with the time (UTC) they were read."""

    chapters: list[Chapter]
    told: datetime

    def correct(
        self,
        production: Version | None,
        proven: Container[Identity],
        withdrawn: Mapping[Identity, Mapping[str, str]] = MappingProxyType({}),
    ) -> "History":
        """The history by the ledger, whatever alias and tags say.

        proven: versions that were in production; the tags of others tell of no move.
        withdrawn: versions that were found to be wrong, with the tags that say so.
        """
        return self._replace(
            chapters=[
                _correct(each.version, production, proven, withdrawn) for each in self.chapters
            ]
        )


class Record(NamedTuple):
    """Stored reports of a version's run; None for one never stored.

    quality_page: HTML; texts from adverts are escaped.
    """

    evaluation: Evaluation | None
    profile: DataProfile | None
    quality_page: str | None
    decision: Decision | None = None


MOVES = ("promoted_", "restored_", "rolled_back_")
"""How the names of tags begin that tell of a move of production."""
MARK = "withdrawn_"
"""How those begin that tell of a version found to be wrong."""
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
    decision = _read(registry, run_id, DECISION)
    registry.run(run_id)  # still answers: what it did not give, it does not have
    return Record(
        Evaluation.model_validate_json(evaluation) if evaluation else None,
        DataProfile.model_validate_json(profile) if profile else None,
        quality_page,
        Decision.model_validate_json(decision) if decision else None,
    )


def _correct(
    version: Version,
    production: Version | None,
    proven: Container[Identity],
    withdrawn: Mapping[Identity, Mapping[str, str]],
) -> Chapter:
    aliases = tuple(each for each in version.aliases if each != PRODUCTION)
    if production is not None and production.identity == version.identity:
        aliases = (*aliases, PRODUCTION)
    tags = {name: each for name, each in version.tags.items() if not name.startswith(MARK)}
    tags |= withdrawn.get(version.identity, {})
    if version.identity not in proven:
        tags = {name: each for name, each in tags.items() if not name.startswith(MOVES)}
    return Chapter.of(replace(version, aliases=aliases, tags=tags))


def _read(registry: Registry, run_id: str, path: str) -> str | None:
    """Text of an artifact, or None when it cannot be read."""
    try:
        return registry.read_text(run_id, path)
    except RegistryError:
        return None


def _judge(version: Version) -> Fate:
    facts = version.facts
    fates = {
        Fate.PRODUCTION: PRODUCTION in version.aliases,
        Fate.WITHDRAWN: facts.withdrawn_at > facts.restored_at,
        Fate.TAKEN_BACK: facts.rolled_back_at > facts.restored_at,
        Fate.REPLACED: bool(facts.promoted_at),
        Fate.INVALID: facts.validation.startswith("failed"),
        Fate.HELD: facts.decision == Fate.HELD,
        Fate.REFUSED: facts.decision == Fate.REFUSED,
        Fate.WAITING: bool(facts.decision),
    }
    return next((fate for fate, holds in fates.items() if holds), Fate.UNJUDGED)
