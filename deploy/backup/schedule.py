"""When a backup is due, and the loop that takes it."""

import os
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ground import BackupError, say
from status import Status

LOOK_AGAIN_SECONDS = 30
TRY_AGAIN_SECONDS = 900
DRILL_DAYS = 7
ALIVE = Path("/tmp/alive")  # noqa: S108 - of this container alone


def serve(
    take: Callable[[], None], drill: Callable[[], None], newest: Callable[[], float | None]
) -> None:
    at, wait = read_time(os.environ["CARPRICE_BACKUP_AT"]), 0.0
    stored: float | None = None
    while True:
        ALIVE.touch()
        if time.monotonic() >= wait:
            try:
                if is_due(datetime.now(UTC), at, stored):
                    stored = newest()  # somebody may have taken one by hand
                if is_due(datetime.now(UTC), at, stored):
                    take()
                    stored = time.time()
                if is_drill_due(time.time()):
                    drill()
                wait = 0.0
            except BackupError as error:
                say(f"failed, tried again in {TRY_AGAIN_SECONDS // 60} minutes: {error}")
                wait = time.monotonic() + TRY_AGAIN_SECONDS
        time.sleep(LOOK_AGAIN_SECONDS)


def read_time(at: str) -> tuple[int, int]:
    if not (found := re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", at)):
        raise BackupError(f"CARPRICE_BACKUP_AT={at} is no time such as 02:30: see .env")
    return int(found[1]), int(found[2])


def is_due(now: datetime, at: tuple[int, int], newest: float | None) -> bool:
    """Whether no backup was stored since the last time that one should have been."""
    due = now.replace(hour=at[0], minute=at[1], second=0, microsecond=0)
    if due > now:
        due -= timedelta(days=1)
    return newest is None or newest < due.timestamp()


def is_drill_due(now: float) -> bool:
    done = Status().at("drill")
    return done is None or now - done > timedelta(days=DRILL_DAYS).total_seconds()
