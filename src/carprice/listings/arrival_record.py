"""What is on record of the files that landed in `data/raw`: a queue on disk.

The process that watches the folder puts files in, tasks of runs take them out; both hold a lock
while they do. Imports nothing heavy, for a process that only watches.
"""

import fcntl
import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from carprice.files import replacing
from carprice.listings.raw_files import Look, enumerate_names, look_around

FORMAT = 2
CALL_AGAIN = timedelta(minutes=15)
"""After which a run that was called for and took no file is called for again."""

log = logging.getLogger(__name__)


class State(StrEnum):
    """Where a file stands between landing and being read."""

    BEFORE = "before"
    """It lay there at the first look, and starts no run."""
    WAITING = "waiting"
    CLAIMED = "claimed"
    READ = "read"
    REFUSED = "refused"
    LOST = "lost"
    """Removed or changed before it was read: what comes back is news."""


@dataclass(frozen=True)
class Arrival:
    """What is on record of a file."""

    size: int
    mtime_ns: int
    ctime_ns: int = 0
    """0: as earlier releases remembered it."""
    sha256: str = ""
    """Empty: not known to be whole yet."""
    state: State = State.BEFORE
    since: str = ""
    """When it came into this state."""
    run: str = ""
    """The run that claimed it."""
    reason: str = ""
    """Why it is refused."""

    def is_of(self, look: Look) -> bool:
        mine = Look(self.size, self.mtime_ns, self.ctime_ns or look.ctime_ns)
        return mine == look and self.state != State.LOST


@dataclass
class Record:
    """What is on record of all files, by their names."""

    files: dict[str, Arrival] = field(default_factory=dict)
    unfinished: dict[str, str] = field(default_factory=dict)
    """What a file still waits for before it counts as whole."""
    called: str = ""
    """Since when a run is on its way for what waits; empty: none is."""
    news: list[str] = field(default_factory=list)
    """For the log, once the record is on disk; not stored."""

    @property
    def waiting(self) -> list[str]:
        """Names of files that no run has claimed, the oldest first."""
        return sorted(
            (name for name, each in self.files.items() if each.state == State.WAITING),
            key=lambda name: (self.files[name].since, self.files[name].mtime_ns, name),
        )

    def claimed_by(self, run: str) -> list[str]:
        """Names of files that a run has claimed, whether it has read them or not."""
        taken = {State.CLAIMED, State.READ}
        return [
            name for name, each in self.files.items() if each.run == run and each.state in taken
        ]

    def knows(self, name: str, look: Look) -> bool:
        """Whether a file that looks like this is known to be whole, or refused."""
        known = self.files.get(name)
        return known is not None and known.is_of(look) and bool(known.sha256 or known.reason)

    def take_in(self, name: str, look: Look, sha256: str, now: datetime) -> None:
        """Note a whole file: a new one, or one known with another look or content."""
        known = self.files.get(name)
        if known and known.is_of(look) and not known.sha256:
            self.files[name] = replace(known, ctime_ns=look.ctime_ns, sha256=sha256)
        elif known and known.state != State.LOST and known.sha256 == sha256:
            self.files[name] = replace(known, **look._asdict())
            self.news.append(f"{name!r} was touched, its content is the same: no run")
        else:
            if known and known.state in {State.WAITING, State.CLAIMED}:
                self.news.append(f"{name!r} was replaced before it was read: only the new is")
            self.files[name] = Arrival(*look, sha256, State.WAITING, now.isoformat())
            self.news.append(f"{name!r} has landed and waits for a run")

    def refuse(self, name: str, look: Look, reason: str, now: datetime) -> None:
        """Note that a file is never read."""
        since = now.isoformat()
        self.files[name] = Arrival(*look, state=State.REFUSED, since=since, reason=reason)
        self.news.append(reason)

    def lose(self, name: str, now: datetime) -> None:
        """Note that a file is not there any more, or not as it stands here."""
        self.files[name] = replace(self.files[name], state=State.LOST, since=now.isoformat())
        self.news.append(f"{name!r} was removed or changed before it was read to its end")

    def note_unfinished(self, unfinished: dict[str, str]) -> None:
        """Note what waits until it is whole, and for what."""
        self.news += [
            f"{name!r} waits: {reason}"
            for name, reason in unfinished.items()
            if self.unfinished.get(name) != reason
        ]
        self.unfinished = unfinished

    def call(self, now: datetime) -> str | None:
        """Name of the oldest file that waits, if a run is to be called for; that is noted."""
        on_its_way = self.called and (
            timedelta(0) <= now - datetime.fromisoformat(self.called) < CALL_AGAIN
        )
        if on_its_way or not self.waiting:
            return None
        self.called = now.isoformat()
        return self.waiting[0]


def read_record(marker: Path, raw: Path) -> Record:
    """What is on record; where nothing is yet, all that lies in the folder was there before."""
    return _parse(_read_bytes(marker), marker, raw)


@contextmanager
def updating(marker: Path, raw: Path) -> Iterator[Record]:
    """The record, for nobody else until its changes are on disk and in the log.

    Raises DatasetError when it cannot be written; all is as before then.
    """
    with _locking(marker.parent):
        stored = _read_bytes(marker)
        record = _parse(stored, marker, raw)
        yield record
        if (changed := _render(record)) != stored:
            with replacing(marker) as file:
                file.write(changed)
        for each in record.news:
            log.info("%s", each)


@contextmanager
def _locking(folder: Path) -> Iterator[None]:
    """The kernel's lock on a folder, which a process that is killed gives back."""
    folder.mkdir(parents=True, exist_ok=True)
    opened = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


def _read_bytes(marker: Path) -> bytes | None:
    with suppress(FileNotFoundError):
        return marker.read_bytes()
    return None


def _parse(stored: bytes | None, marker: Path, raw: Path) -> Record:
    if stored is None:
        found = look_around(raw)
        news = f"lay in {raw} at the first look, and start no run: {enumerate_names(found)}"
        files = {name: Arrival(*each.look) for name, each in found.items()}
        return Record(files, news=[news] if found else [])
    try:
        content = json.loads(stored.decode(errors="surrogateescape"))
        if content.get("format") != FORMAT:  # earlier releases: size and time of each file
            return Record({name: Arrival(size, time) for name, (size, time) in content.items()})
        return _parse_content(content)
    except (ValueError, AttributeError, TypeError, LookupError):
        return Record(news=[f"{marker} is damaged: each file in {raw} counts as new"])


def _parse_content(content: dict[str, Any]) -> Record:
    files = {
        name: replace(arrival, state=State(arrival.state))
        for name, arrival in ((name, Arrival(**each)) for name, each in content["files"].items())
    }
    if content["called"]:
        datetime.fromisoformat(content["called"])
    return Record(files, content["unfinished"], content["called"])


def _render(record: Record) -> bytes:
    content = {**asdict(record), "format": FORMAT}
    del content["news"]
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
    return text.encode(errors="surrogateescape")  # names that are no UTF-8
