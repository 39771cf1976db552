"""What the service that takes backups left word of: the last backup, and the last restore drill."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from carprice.frozen import Frozen
from carprice.settings import Settings

LATE = {"backup": timedelta(hours=36), "drill": timedelta(days=9)}
"""After so long, the next one should have been."""


class Note(Frozen):
    """The last success (seconds of the epoch), how long it took, and what has failed since."""

    at: float | None = None
    seconds: float = 0
    bytes: int = 0
    failure: str = ""

    @property
    def date(self) -> datetime | None:
        return datetime.fromtimestamp(self.at, UTC) if self.at else None

    def is_late(self, within: timedelta) -> bool:
        return self.date is None or datetime.now(UTC) - self.date > within


class Backups(Frozen):
    backup: Note = Note()
    drill: Note = Note()

    @property
    def are_well(self) -> bool:
        """Whether both succeeded when they were last due."""
        return not (
            self.backup.failure
            or self.drill.failure
            or self.backup.is_late(LATE["backup"])
            or self.drill.is_late(LATE["drill"])
        )


def backups_path(settings: Settings) -> Path:
    return settings.serving_copies / "backup.json"


def read_backups(settings: Settings) -> Backups | None:
    """None where no backup was ever asked for."""
    try:
        return Backups.model_validate_json(backups_path(settings).read_bytes())
    except (OSError, ValidationError):
        return None
