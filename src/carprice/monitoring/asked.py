"""A bounded sample of the cars that people and programs ask for, kept for a set number of days.

Only where CARPRICE_KEEP_REQUESTS_DAYS says so. A line a car holds the clean values that a price
rests on, the answer and when it was given: nobody's name or address, and of a text that was typed
only what is known of cars. A day has a file, which goes as a whole.
"""

import json
import logging
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from carprice.market.table import to_listings
from carprice.pricing.prediction import CarEstimate, Cars, find_unknown_names
from carprice.settings import Settings

MOST_OF_A_REQUEST = 20
MOST_OF_AN_HOUR = 100
"""Of each process: so that no hour of a day, and no one program, outweighs the others."""
ANSWER = ("at", "version", "price", "low", "high", "unknown")
"""What stands beside the features; `unknown`: which names no training advert had, by a comma."""
PATTERN = "asked-*.jsonl"

log = logging.getLogger(__name__)


class Keeper:
    """Keeps some of what one process answers."""

    def __init__(self, settings: Settings) -> None:
        self._folder, self._days = asked_folder(settings), settings.keep_requests_days
        self._hour, self._left = -1, 0

    def note(self, version: int, cars: Cars, answers: Sequence[CarEstimate]) -> None:
        """Keep some of the cars, with their answers; what hinders it is no more than told."""
        if not self._days:
            return
        now = datetime.now(UTC)
        self._begin_hour(now)
        chosen = self._choose(len(answers))
        self._left -= len(chosen)
        unknown = find_unknown_names(cars)
        lines = [
            json.dumps(
                _tell_car(cars, at, [name for name, rows in unknown.items() if rows[at]])
                | _tell_answer(now, version, answers[at])
            )
            for at in chosen
        ]
        try:
            _append(self._folder / f"asked-{now:%Y-%m-%d}.jsonl", lines)
        except OSError as error:
            log.warning("what was asked is not kept: %s", error)

    def _begin_hour(self, now: datetime) -> None:
        if now.hour != self._hour:
            self._hour, self._left = now.hour, MOST_OF_AN_HOUR
            remove_old(self._folder, self._days)

    def _choose(self, cars: int) -> list[int]:
        most = min(cars, MOST_OF_A_REQUEST, self._left)
        return sorted(np.random.default_rng().choice(cars, most, replace=False).tolist())


def asked_folder(settings: Settings) -> Path:
    return settings.serving_copies / "asked"


def read_asked(settings: Settings) -> pd.DataFrame:
    """Cars that were asked for: columns FEATURES and ANSWER, the oldest first.

    What is older than it may be goes first. A line that was cut off with its disk is left out.
    """
    remove_old(asked_folder(settings), settings.keep_requests_days)
    rows = [*_read_rows(asked_folder(settings))]
    return to_listings(rows).assign(**{name: [row[name] for row in rows] for name in ANSWER})


def remove_old(folder: Path, days: int) -> None:
    """Remove the files of all but the last `days` days."""
    first = datetime.now(UTC).date() - timedelta(days=days - 1)
    for path in folder.glob(PATTERN):
        if date.fromisoformat(path.stem.removeprefix("asked-")) < first:
            path.unlink(missing_ok=True)


def _read_rows(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob(PATTERN)):
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                log.warning("a line of %s was cut off", path.name)


def _tell_car(cars: Cars, at: int, unknown: Sequence[str]) -> dict[str, object]:
    """Clean features that are known; of an unknown name, that it is unknown."""
    values = {
        name: value
        for name, value in cars.tell(at).values.items()
        if value is not None and value == value and name not in unknown  # noqa: PLR0124 (NaN)
    }
    if "make" in unknown:
        values.pop("model", None)
    return {**values, "unknown": ",".join(unknown)}


def _tell_answer(now: datetime, version: int, answer: CarEstimate) -> dict[str, object]:
    told = {"price": answer.price, "low": answer.low, "high": answer.high}
    return {
        "at": now.isoformat(timespec="seconds"),
        "version": version,
        **{name: None if amount is None else round(amount) for name, amount in told.items()},
    }


def _append(path: Path, lines: Sequence[str]) -> None:
    """Append whole lines at once: several processes write to the file."""
    if not lines:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(file, ("\n".join(lines) + "\n").encode())
    finally:
        os.close(file)
