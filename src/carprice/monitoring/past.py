"""Looks of the past, and the last fire drill, as plain data for a page."""

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ValidationError

from carprice.registry.model_facts import LastMonitoring
from carprice.registry.records import Run
from carprice.settings import Settings
from carprice.wording.reasons import Reason
from carprice.wording.stored_reasons import recall_reasons
from carprice.workspace import Workspace


class PastLook(NamedTuple):
    """One report as the tags and metrics of its run tell of it; errors in percent."""

    at: datetime
    source: str
    version: str
    verdict: str
    reasons: list[Reason]
    figures: dict[str, float]

    @classmethod
    def of(cls, run: Run) -> "PastLook":
        told = run.tags
        reasons = recall_reasons(told.get("reasons_json", ""), told.get("reasons", ""))
        return cls(
            run.started, told.get("source", ""), told.get("version", ""), told.get("verdict", ""),
            reasons, run.metrics,
        )  # fmt: skip


class Past(NamedTuple):
    """The last look as it stands with the model, and all that are kept, newest first."""

    last: LastMonitoring | None
    looks: list[PastLook]


class Fault(BaseModel, frozen=True):
    """One thing that was broken; lost: requests. Its report holds more."""

    what: str
    healed: str
    seconds: float | None
    lost: int
    grade: str


class FireDrill(BaseModel, frozen=True):
    """The last fire drill; when it began, by a time such as 20261127T201000Z."""

    began: str
    grade: str
    faults: list[Fault]

    @property
    def at(self) -> datetime:
        return datetime.strptime(self.began, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def read_past(work: Workspace) -> Past:
    """Raises RegistryError where the registry does not answer."""
    looks = [PastLook.of(each) for each in work.registry.looks({})]
    return Past(work.registry.read_facts().monitoring, looks)


def find_drill(settings: Settings) -> FireDrill | None:
    """The newest report of a fire drill; None where there is none that reads."""
    reports = sorted((settings.exported_models / "drills").glob("fire-drill-*.json"))
    return _read_drill(reports[-1]) if reports else None


def _read_drill(path: Path) -> FireDrill | None:
    try:
        return FireDrill.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
