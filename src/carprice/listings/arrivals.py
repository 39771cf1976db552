"""Files that land in `data/raw`: each is read by one run, or named with the reason why not.

What is known of them stands on disk and in no memory alone, so that whatever is killed loses no
file. Imports nothing heavy, for a process that only watches.
"""

import hashlib
import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from carprice.errors import ConfigurationError, DatasetError
from carprice.listings.arrival_record import Record, State, read_record, updating
from carprice.listings.raw_files import (
    Look,
    enumerate_names,
    list_names,
    locate,
    look_around,
    open_file,
)
from carprice.listings.wholeness import find_doubt
from carprice.wording.files import NO_ARRIVAL

LOOK_SECONDS = 5.0
"""Between two looks; what looks the same in both has stopped growing."""
CHANGING = "it is still changing"


@dataclass
class _Sight:
    """A file since it last changed, as a watch has seen it."""

    look: Look
    since: float
    changed: bool
    """Whether the watch saw it change."""
    sha256: str = ""


class Watch:
    """Looks at a folder again and again, and puts on record what is new and whole."""

    def __init__(
        self, raw: Path, marker: Path, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._raw, self._marker, self._clock = raw, marker, clock
        self._sights: dict[str, _Sight] = {}

    def look(self) -> None:
        """Bring the record up to date.

        Raises DatasetError when it cannot be written; nothing is lost then, look again.
        """
        found, now = look_around(self._raw), datetime.now(UTC)
        self._sights = {name: self._see(name, each.look) for name, each in found.items()}
        known = read_record(self._marker, self._raw)
        unknown = {name: each for name, each in found.items() if not known.knows(name, each.look)}
        waits = {name: self._examine(name) for name, each in unknown.items() if not each.refusal}
        with updating(self._marker, self._raw) as record:
            for name, (look, refusal) in unknown.items():
                if refusal:
                    record.refuse(name, look, refusal, now)
                elif sha256 := self._sights[name].sha256:
                    record.take_in(name, look, sha256, now)
            for name in set(record.waiting) - found.keys():
                record.lose(name, now)
            record.note_unfinished({name: reason for name, reason in waits.items() if reason})

    def call(self) -> str | None:
        """Name of the oldest file that waits, once for each run that is to be called for.

        Raises DatasetError when that cannot be noted; no run is to be called for then.
        """
        with updating(self._marker, self._raw) as record:
            return record.call(datetime.now(UTC))

    def _see(self, name: str, look: Look) -> _Sight:
        before = self._sights.get(name)
        if before and before.look == look:
            return before
        return _Sight(look, self._clock(), changed=before is not None)

    def _examine(self, name: str) -> str:
        """What a file waits for, where that is known already; one that is whole is hashed."""
        sight = self._sights[name]
        still = self._clock() - sight.since
        if sight.sha256:
            return ""
        if not still:
            return CHANGING if sight.changed else ""
        try:
            with open_file(self._raw, name) as file:
                doubt = find_doubt(file)
                if doubt and still < doubt.patience:
                    return doubt.text
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
                if Look.of(os.fstat(file.fileno())) == sight.look:
                    sight.sha256 = sha256
        except (FileNotFoundError, DatasetError):
            return ""  # no longer what it was: the next look says so
        except OSError as error:
            return f"it cannot be read: {error.strerror}"
        return ""


@dataclass(frozen=True)
class Claims:
    """Files of a folder as one run takes them; a retry of the run takes what it took."""

    raw: Path
    marker: Path
    run: str

    def oldest(self) -> Path | None:
        """Path of the oldest file that waits; None when none does."""
        with self._updating() as record:
            record.called = ""
            for name in [*record.claimed_by(self.run), *record.waiting]:
                if path := self._move(record, name, State.CLAIMED):
                    return path
                record.lose(name, datetime.now(UTC))
        return None

    def named(self, name: str) -> Path:
        """Path of a file that people name, whole or not; raises as `locate_named` does."""
        path = locate_named(self.raw, name)
        with self._updating() as record:
            self._move(record, name, State.CLAIMED)
        return path

    def newest(self) -> Path | None:
        """Path of the file that changed last, of those that are whole; None without any file.

        Raises DatasetError when there are files and none can be read.
        """
        found = look_around(self.raw)
        if not found:
            return None
        known = read_record(self.marker, self.raw)
        if not all(known.knows(name, each.look) for name, each in found.items()):
            watch = Watch(self.raw, self.marker)  # who watches has not come to it yet, or is away
            watch.look()
            time.sleep(LOOK_SECONDS)
            watch.look()
        by_time = sorted(found, key=lambda name: (found[name].look.mtime_ns, name), reverse=True)
        with self._updating() as record:
            for name in [*record.claimed_by(self.run), *by_time]:
                whole = name in record.files and record.files[name].sha256
                if whole and (path := self._move(record, name, State.CLAIMED)):
                    return path
        waits = {name: record.unfinished.get(name, CHANGING) for name in found}
        reasons = [each.refusal or f"{name!r}: {waits[name]}" for name, each in found.items()]
        raise DatasetError(
            "\n  - ".join([f"no file in {self.raw} can be read:", *reasons]),
            retryable=not all(each.refusal for each in found.values()),
        )

    def finish(self) -> None:
        """Note that the run has read its file, or that it was changed meanwhile."""
        with self._updating() as record:
            for name in record.claimed_by(self.run):
                if not self._move(record, name, State.READ):
                    record.lose(name, datetime.now(UTC))

    def _updating(self) -> AbstractContextManager[Record]:
        return updating(self.marker, self.raw)

    def _move(self, record: Record, name: str, state: State) -> Path | None:
        """Path of a file that is as it stands in the record, and this run's now."""
        known = record.files.get(name)
        with suppress(FileNotFoundError, DatasetError):
            path = locate(self.raw, name)
            if known and known.is_of(Look.of(path.lstat())):
                since = datetime.now(UTC).isoformat()
                record.files[name] = replace(known, state=state, run=self.run, since=since)
                return path
        return None


def find_newest(raw: Path) -> Path:
    """Path of the file of a folder that changed last, of those that are whole; takes none.

    Raises DatasetError when there is none.
    """
    found = {name: each.look for name, each in look_around(raw).items() if not each.refusal}
    for name in sorted(found, key=lambda name: (found[name].mtime_ns, name), reverse=True):
        with suppress(OSError, DatasetError), open_file(raw, name) as file:
            if find_doubt(file) is None:
                return locate(raw, name)
    raise DatasetError(NO_ARRIVAL, folder=raw)


def locate_named(raw: Path, name: str) -> Path:
    """Path of a file of a folder that people name.

    Raises ConfigurationError when the name leads out of the folder, DatasetError when there is
    nothing of that name, or something that is not read.
    """
    if name in {".", ".."} or {"/", "\\"} & set(name):
        raise ConfigurationError(
            f"{name!r} is not the name of a file in {raw}: give a name without a folder. "
            f"{_describe(raw)}"
        )
    try:
        path = locate(raw, name) if name in list_names(raw) else None
    except FileNotFoundError:  # a link to nothing
        path = None
    if path is None:
        raise DatasetError(f"there is no file {name!r} in {raw}. {_describe(raw)}")
    return path


def _describe(raw: Path) -> str:
    names = list_names(raw)
    return f"It holds: {enumerate_names(names)}." if names else "It is empty."
