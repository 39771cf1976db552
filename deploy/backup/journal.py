"""The journal: all that Postgres writes, kept as it happens, so that any moment can come back.

Postgres's own programs do it. A chapter is a folder with a copy of the whole server (pg_basebackup)
and what it wrote from then on (pg_receivewal); each day begins another one.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import databases
import segment
from ground import WORK, BackupError, end, make_empty, read_secret, run, say, tell_end

FOLDER = Path("/journal")
PAST = WORK / "past"
ALIVE = Path("/tmp/alive")  # noqa: S108 - of this container alone
BASE, CHANGES, BEGUN = "base", "changes", "begun.json"
NAMES = "*T*Z"
"""Of chapters, which are folders: when each was begun."""
KEPT, EACH = timedelta(days=7), timedelta(days=1)
LOOK_AGAIN_SECONDS, TRY_AGAIN_SECONDS, PATIENCE_SECONDS = 1, 30, 60
MISSING = ("has already been removed", "is ahead of the WAL flush position")
"""What Postgres says to a receiver that was away for too long, or once followed another server."""
RECOVERY = """
restore_command = '{python} {segment} {changes} %f %p'
recovery_target_time = '{moment}'
recovery_target_action = promote
hot_standby = off
hba_file = '{hba}'
"""

Receiver = subprocess.Popen[str]


class Chapter(NamedTuple):
    """A folder of the journal. since: from when on it leads to any moment.

    server: which one it is of, by the number that each gives itself.
    """

    folder: Path
    since: datetime
    server: int


def read_chapters() -> list[Chapter]:
    """Those that are whole, the oldest first."""
    told = {
        each.parent: json.loads(each.read_text(encoding="utf-8"))
        for each in sorted(FOLDER.glob(f"{NAMES}/{BEGUN}"))
    }
    return [
        Chapter(folder, datetime.fromisoformat(each["since"]), each["server"])
        for folder, each in told.items()
    ]


class Keeper:
    """Who keeps the journal: looks whether all is as it should be, and mends what is not."""

    def __init__(self) -> None:
        self.receiver: Receiver | None = None
        self.chapter = self.find_last()

    @staticmethod
    def find_last() -> Chapter | None:
        """The chapter to go on with: it may be of a server that is no more."""
        chapters = read_chapters()
        return chapters[-1] if chapters and chapters[-1].server == ask_number() else None

    def look(self) -> None:
        """Raises BackupError where something is wrong that another look may mend."""
        said = self.find_end()
        if (
            self.chapter is None
            or datetime.now(UTC) - self.chapter.since > EACH
            or any(each in said for each in MISSING)
        ):
            self.begin_chapter()
        elif said:
            raise BackupError(said)
        elif self.receiver is None:
            self.receiver = receive(self.chapter.folder)

    def find_end(self) -> str:
        """What the receiver said as it ended; empty while it is at work."""
        if self.receiver is None or self.receiver.poll() is None:
            return ""
        code, (_, said) = self.receiver.returncode, self.receiver.communicate()
        self.receiver = None
        return tell_end("pg_receivewal", code, said)

    def begin_chapter(self) -> None:
        """The receiver of the last one goes on until the new one is whole: no moment is missed."""
        folder = make_empty(FOLDER / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
        receiver = receive(folder)
        try:
            wait_until_receiving(receiver, folder)
            run(
                "pg_basebackup", f"--pgdata={folder / BASE}", "--format=tar", "--gzip",
                "--wal-method=none", "--checkpoint=fast",
            )  # fmt: skip
            chapter = Chapter(folder, datetime.now(UTC), ask_number())
            write(chapter)
        except BaseException:
            stop(receiver)
            shutil.rmtree(folder)
            raise
        if self.receiver:
            stop(self.receiver)
        self.chapter, self.receiver = chapter, receiver
        forget_old(chapter)
        say(
            f"a new chapter: any moment from {chapter.since:%Y-%m-%d %H:%M:%S} UTC on can come back"
        )


def write(chapter: Chapter) -> None:
    """Make a chapter one: until here, nothing reads it."""
    told = {"since": chapter.since.isoformat(), "server": chapter.server}
    temporary = chapter.folder / f".{BEGUN}"
    temporary.write_text(json.dumps(told), encoding="utf-8")
    temporary.replace(chapter.folder / BEGUN)


def receive(folder: Path) -> Receiver:
    """A program that writes down what Postgres does as it does it; it goes on where one ended."""
    target = folder / CHANGES
    target.mkdir(exist_ok=True)
    command = [
        "pg_receivewal", f"--directory={target}", "--compress=gzip", "--synchronous", "--no-loop"
    ]  # fmt: skip
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def wait_until_receiving(receiver: Receiver, folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not any((folder / CHANGES).iterdir()):
        if receiver.poll() is not None:
            raise BackupError(
                tell_end("pg_receivewal", receiver.returncode, receiver.communicate()[1])
            )
        if time.monotonic() > deadline:
            raise BackupError(f"Postgres sent nothing within {PATIENCE_SECONDS} seconds")
        time.sleep(0.1)


def stop(receiver: Receiver) -> None:
    receiver.send_signal(signal.SIGINT)
    receiver.communicate()


def forget_old(last: Chapter) -> None:
    """Take away chapters that no moment of the last days needs, and those that were never whole."""
    chapters = read_chapters()
    kept = {
        each.folder for each, following in pairwise(chapters) if following.since > last.since - KEPT
    }
    for each in FOLDER.glob(NAMES):
        if each not in kept and each != last.folder:
            shutil.rmtree(each)


def ask_number() -> int:
    with closing(databases.connect("postgres")) as link, link.cursor() as cursor:
        cursor.execute("SELECT system_identifier FROM pg_control_system()")
        return int((cursor.fetchone() or (0,))[0])


def read_moment(told: str) -> datetime:
    """Of the past, UTC where nothing else is said. Raises BackupError for what is none."""
    try:
        moment = datetime.fromisoformat(told)
    except ValueError:
        raise BackupError(f"{told} is no moment such as 2026-11-27 14:05 (UTC)") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment > datetime.now(UTC):
        raise BackupError(f"{told} is still to come")
    return moment


def find_chapter(moment: datetime) -> Chapter:
    """The one that leads to a moment. Raises BackupError where none does."""
    chapters = read_chapters()
    if not chapters:
        raise BackupError("there is no journal: it is kept where CARPRICE_JOURNAL_FOLDER is set")
    if moment < chapters[0].since:
        begun = f"{chapters[0].since:%Y-%m-%d %H:%M:%S}"
        raise BackupError(f"the journal leads back to {begun} UTC, and not to {moment}")
    return next(each for each in reversed(chapters) if each.since <= moment)


@contextmanager
def rewound(moment: datetime) -> Iterator[str]:
    """A throw-away server with the databases as they were at a moment; the folder of its socket.

    Raises BackupError where the journal does not lead there.
    """
    chapter = find_chapter(moment)
    say(f"databases: from {chapter.since:%Y-%m-%d %H:%M:%S} on to {moment}")
    try:
        with databases.running(unpack(chapter, moment, make_empty(PAST))) as place:
            yield place
    finally:
        shutil.rmtree(PAST)


def unpack(chapter: Chapter, moment: datetime, folder: Path) -> Path:
    """A server's folder of data, from which it goes on to a moment when it is started."""
    data, hba = make_empty(folder / "postgres"), folder / "hba.conf"
    base = chapter.folder / BASE / "base.tar.gz"
    run("tar", "--extract", f"--file={base}", f"--directory={data}")
    hba.write_text("local all all trust\n", encoding="utf-8")
    recovery = RECOVERY.format(
        python=sys.executable, segment=segment.__file__, changes=chapter.folder / CHANGES,
        moment=moment, hba=hba,
    )  # fmt: skip
    with (data / "postgresql.auto.conf").open("a", encoding="utf-8") as settings:
        settings.write(recovery)
    (data / "recovery.signal").touch()
    return data


def serve() -> None:
    os.environ["PGPASSWORD"] = read_secret("postgres_password")
    signal.signal(signal.SIGTERM, end)
    keeper: Keeper | None = None
    while True:
        try:
            keeper = keeper or Keeper()
            keeper.look()
            ALIVE.touch()
            time.sleep(LOOK_AGAIN_SECONDS)
        except (BackupError, databases.Unreachable) as error:
            say(f"failed, tried again in {TRY_AGAIN_SECONDS} seconds: {error}")
            time.sleep(TRY_AGAIN_SECONDS)


if __name__ == "__main__":
    serve()
