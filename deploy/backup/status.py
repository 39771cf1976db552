"""What page and API tell of backups: a small file in the folder that they share."""

import json
import time
from pathlib import Path
from typing import Any

FILE = Path("/status/backup.json")


class Status:
    """Of the last backup and the last drill that succeeded, and what has failed since."""

    def __init__(self) -> None:
        try:
            self.told: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self.told = {}

    def at(self, what: str) -> float | None:
        found = self.told.get(what, {}).get("at")
        return float(found) if found else None

    def succeed(self, what: str, seconds: float, **facts: object) -> None:
        self.told[what] = {"at": round(time.time()), "seconds": round(seconds, 1), **facts}
        self._write()

    def fail(self, what: str, message: str) -> None:
        self.told.setdefault(what, {})["failure"] = message
        self._write()

    def _write(self) -> None:
        temporary = FILE.with_name(f".{FILE.name}")
        temporary.write_text(json.dumps(self.told), encoding="utf-8")
        temporary.replace(FILE)
