"""What the registry tells of a run, a version of the model, an entry of its ledger: plain data."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Self

MODEL_NAME = "CarPricePredictor"
FILES_TAG = "file_hashes"

# What stands with a run, and is read again.
EVALUATION = "evaluation/evaluation.json"
PROFILE = "quality/profile.json"
QUALITY_PAGE = "quality/report.html"


@dataclass(frozen=True)
class Run:
    """One run: its id, its status as MLflow words it, and its tags."""

    run_id: str
    status: str
    tags: dict[str, str]

    @classmethod
    def from_entry(cls, entry: Any) -> Self:
        return cls(entry.info.run_id, entry.info.status, dict(entry.data.tags))


@dataclass(frozen=True)
class Version:
    """One version of the registered model: its number, run, tags and when it was made (UTC)."""

    number: int
    run_id: str
    tags: dict[str, str]
    created: datetime
    aliases: tuple[str, ...] = ()

    @classmethod
    def from_entry(cls, entry: Any, aliases: tuple[str, ...] = ()) -> Self:
        """From an entry of MLflow's; some of its answers leave the aliases out."""
        return cls(
            number=int(entry.version),
            run_id=entry.run_id,
            tags=dict(entry.tags),
            created=_to_time(entry.creation_timestamp),
            aliases=aliases or tuple(entry.aliases),
        )

    @property
    def name(self) -> str:
        return f"{MODEL_NAME} version {self.number}"

    @property
    def sides(self) -> tuple[int, int] | None:
        """Listings it learnt from, and those held out; older versions say neither."""
        if "rows_trained" not in self.tags:
            return None
        learnt = int(self.tags["rows_trained"])
        return learnt, int(self.tags["rows"]) - learnt

    @property
    def file_hashes(self) -> dict[str, str]:
        """SHA-256 of each stored file as registered; empty for a version made elsewhere."""
        hashes: dict[str, str] = json.loads(self.tags.get(FILES_TAG, "{}"))
        return hashes

    def describe(self) -> dict[str, object]:
        """Everything about the version, ready for JSON."""
        return {**asdict(self), "created": self.created.isoformat()}


@dataclass(frozen=True)
class Ticket:
    """An entry of the ledger of promotions; numbers are unique and grow."""

    number: int
    tags: dict[str, str]
    created: datetime

    @classmethod
    def from_entry(cls, entry: Any) -> Self:
        return cls(int(entry.version), dict(entry.tags), _to_time(entry.creation_timestamp))


def _to_time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
