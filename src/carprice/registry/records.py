"""Runs, model versions and ledger entries as plain data."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

from pydantic import (
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
)

from carprice.frozen import Frozen
from carprice.pricing.split import Split, SplitRule

MODEL_NAME = "CarPricePredictor"
FILES_TAG = "file_hashes"
FIRST_MARKET = "morocco"
"""Market of versions registered before there was such a tag."""

# What stands with a run, and is read again.
EVALUATION = "evaluation/evaluation.json"
DECISION = "evaluation/decision.json"
CARD = "card.md"
PROFILE = "quality/profile.json"
QUALITY_PAGE = "quality/report.html"


@dataclass(frozen=True)
class Run:
    """One run: id, MLflow status, tags, metrics, and when it started (UTC)."""

    run_id: str
    status: str
    tags: dict[str, str]
    metrics: dict[str, float]
    started: datetime

    @classmethod
    def from_entry(cls, entry: Any) -> Self:
        info, data = entry.info, entry.data
        started = _to_time(info.start_time)
        return cls(info.run_id, info.status, dict(data.tags), dict(data.metrics), started)


class VersionFacts(Frozen):
    """Typed tags of a version, each under the name of its tag.

    Those of the data are tags of the run first. A version registered by other means, or by an
    earlier release, lacks some: these keep their defaults.
    """

    source: str = ""
    """Name of the file of listings."""
    source_sha256: str = ""
    source_changed: datetime | None = None
    """When that file was last changed: what is known of the time of its listings."""
    data_hash: str = ""
    """Name of the clean table, held-out listings included."""
    rows: int = 0
    """Clean listings, held-out ones included."""
    simulated: bool = False
    market: str = FIRST_MARKET
    """Code of the market that the listings are of."""
    rows_trained: int | None = None
    holdout_share: float | None = None
    split_rule: SplitRule = SplitRule.EXACT
    """Which listings it learnt from; versions of before there was such a tag have the first."""
    code_sha256: str = ""
    recipe_sha256: str = ""
    """Of all that decides the fit beside the listings: `pipeline.recipe`."""

    median_error_pct: float | None = None
    within_20_pct: float | None = None
    coverage_pct: float | None = None

    decision: str = ""
    """The gate's: accepted, held, refused or forced."""
    decision_reasons: str = ""
    """In English, for people; cut where a tag is full."""
    decision_reasons_json: str = ""
    validation: str = ""
    """Either `passed`, or `failed: ` and why."""
    validation_reasons_json: str = ""

    # Times in ISO 8601, UTC, and names of people.
    promoted_at: str = ""
    promoted_by: str = ""
    replaced_version: int | None = None
    receipt: str = ""
    """Path of the receipt among the artifacts of the run."""
    rolled_back_at: str = ""
    rolled_back_by: str = ""
    rolled_back_to: str = ""
    restored_at: str = ""
    restored_by: str = ""
    withdrawn_at: str = ""
    withdrawn_by: str = ""
    withdrawn_because: str = ""

    @field_validator("*", mode="wrap")
    @classmethod
    def _read(
        cls, stored: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo
    ) -> object:
        # Anybody may write any tag in MLflow: one that does not read tells nothing.
        try:
            return handler(stored)
        except ValidationError:
            return cls.model_fields[str(info.field_name)].default

    @classmethod
    def from_tags(cls, tags: Mapping[str, str]) -> Self:
        return cls.model_validate(tags)

    def to_tags(self) -> dict[str, str]:
        """Tags of the facts that were set."""
        return {
            name: str(fact).lower() if isinstance(fact, bool) else str(fact)
            for name, fact in self.model_dump(exclude_unset=True, exclude_none=True).items()
        }

    @property
    def split(self) -> Split | None:
        """How its listings were split; None where it was registered by other means."""
        share = self.holdout_share
        return None if share is None else Split(share, self.split_rule)

    @property
    def failure(self) -> str:
        """Reason for a failed validation, in English; empty otherwise."""
        return self.validation.removeprefix("passed").removeprefix("failed: ")

    @property
    def figures(self) -> dict[str, float]:
        """Held-out metrics in percent by name; empty before the evaluation."""
        names = {"median_error_pct", "within_20_pct", "coverage_pct"}
        return self.model_dump(include=names, exclude_none=True)


class Identity(NamedTuple):
    """What tells a version from one of the same number in a registry made anew."""

    number: int
    run_id: str


@dataclass(frozen=True)
class Version:
    """One version of the registered model; `created` is in UTC."""

    number: int
    run_id: str
    tags: dict[str, str]
    created: datetime
    aliases: tuple[str, ...] = ()

    @classmethod
    def from_entry(cls, entry: Any, aliases: tuple[str, ...] = ()) -> Self:
        """The version of an MLflow entry; some of these leave the aliases out."""
        return cls(
            number=int(entry.version),
            run_id=entry.run_id or "",
            tags=dict(entry.tags),
            created=_to_time(entry.creation_timestamp),
            aliases=aliases or tuple(entry.aliases),
        )

    @property
    def name(self) -> str:
        return f"{MODEL_NAME} version {self.number}"

    @property
    def identity(self) -> Identity:
        return Identity(self.number, self.run_id)

    @property
    def facts(self) -> VersionFacts:
        return VersionFacts.from_tags(self.tags)

    @property
    def sides(self) -> tuple[int, int] | None:
        """Numbers of training and held-out listings; None for older versions."""
        facts = self.facts
        learnt = facts.rows_trained
        return None if learnt is None else (learnt, facts.rows - learnt)

    @property
    def file_hashes(self) -> dict[str, str]:
        """Registered SHA-256 of each file by path; empty for versions made elsewhere."""
        return read_hashes(self.tags)

    def describe(self) -> dict[str, object]:
        """The version as JSON-ready values."""
        return {**asdict(self), "created": self.created.isoformat()}


@dataclass(frozen=True)
class Ticket:
    """An entry of the promotion ledger; numbers are unique and grow."""

    number: int
    tags: dict[str, str]
    created: datetime
    run_id: str = ""
    """Run of the version it moves to: a registry made anew counts its versions from 1 again."""
    trusted: bool = True
    """Whether it is signed by the stack, where that has a key."""

    @classmethod
    def from_entry(cls, entry: Any) -> Self:
        return cls(
            number=int(entry.version),
            tags=dict(entry.tags),
            created=_to_time(entry.creation_timestamp),
            run_id=entry.run_id or "",
        )

    @property
    def state(self) -> str:
        """Either open, done, refused, abandoned or returned; empty for an entry of others."""
        return self.tags.get("state", "")

    @property
    def target(self) -> Identity | None:
        """The version it moves to; None for an entry of others."""
        return find_target(self.tags, self.run_id)


def read_hashes(tags: Mapping[str, str]) -> dict[str, str]:
    """SHA-256 by path of the files that tags tell of; empty where they tell of none."""
    try:
        hashes = json.loads(tags.get(FILES_TAG, "{}"))
    except ValueError:  # anybody may write any tag in MLflow
        return {}
    return {**hashes} if isinstance(hashes, dict) else {}


def find_target(tags: Mapping[str, str], run_id: str) -> Identity | None:
    """The version that tags of a ticket, and its run, name."""
    number = tags.get("to", "")
    return Identity(int(number), run_id) if number.isdecimal() else None


def _to_time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
