"""Where backups lie: a restic repository, of which only snapshots tagged `complete` are backups."""

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from ground import LATE, BackupError, run, say, tell_end

BEFORE_RESTORE, MOMENT = "before-restore", "moment"
"""Why one is taken: by scripts/stack/restore.sh of what stands, and of a moment of the past."""
COMPLETE, TAKING = "complete", "taking"
ABSENT, LOCKED, WRONG_KEY, INCOMPLETE = 10, 11, 12, 3
"""How restic ends; with the last, it stored all but what it could not read."""
PATIENCE = "--retry-lock=2m"
ANSWER_SECONDS = 60
"""restic asks again for a quarter of an hour, whatever it is told, even of a bucket to be made."""
NO_BUCKET = "bucket does not exist"
SSH = (
    "-o", "sftp.args=-i /ssh/id -o BatchMode=yes -o UserKnownHostsFile=/ssh/known_hosts",
)  # fmt: skip
"""How a place is reached by SFTP: by a key, and only a host that is known."""
BY_RESTIC = ("restic", PATIENCE, *SSH)
KEEP = re.compile(r"(?:\d+[dwm]\s*)+")
KINDS = {"d": "daily", "w": "weekly", "m": "monthly"}


class Snapshot(NamedTuple):
    """A backup: its id, when it was stored (ISO 8601), why it was taken.

    original: its id before it was tagged, which made another of it.
    """

    id: str
    time: str
    reason: str
    original: str


def restic(
    *words: str | Path, codes: tuple[int, ...] = (0,), seconds: float | None = None
) -> subprocess.CompletedProcess[str]:
    """Run restic; the ways it is refused are told as what to do."""
    done = run(*BY_RESTIC, *words, codes=(*codes, ABSENT, LOCKED, WRONG_KEY), seconds=seconds)
    if done.returncode not in codes:
        raise BackupError(explain(done.returncode))
    return done


def explain(code: int) -> str:
    place = os.environ["RESTIC_REPOSITORY"]
    return {
        ABSENT: f"there is no backup at {place}: look at CARPRICE_BACKUP_TO and "
        "CARPRICE_BACKUP_FOLDER in .env, or take a first one with ./docker-backup-full.sh",
        WRONG_KEY: f"the key does not open the backups at {place}: put the one that you kept into "
        ".env, as CARPRICE_BACKUP_KEY",
        LOCKED: f"another program has the backups at {place} locked: try again when it has ended; "
        "a lock that is left over is taken away half an hour later",
    }[code]


def open_repository(*, create: bool) -> None:
    """Make sure that there is one that the key opens; leftovers of ours go."""
    reach(create=create)
    free_locks()


def reach(*, create: bool) -> None:
    """Raises BackupError where the place has no backups, or lets nobody in."""
    codes = (0, ABSENT, LATE)
    done = restic("cat", "config", "--no-lock", codes=codes, seconds=ANSWER_SECONDS)
    if done.returncode == ABSENT or NO_BUCKET in done.stderr:
        make_repository(create=create)
    elif done.returncode == LATE:
        said = (done.stderr.strip().splitlines() or ["no word"])[-1]
        raise BackupError(
            f"{os.environ['RESTIC_REPOSITORY']} does not let us in: {said}. Look at "
            "CARPRICE_BACKUP_TO and CARPRICE_BACKUP_ACCESS in .env"
        )


def make_repository(*, create: bool) -> None:
    if not create:
        raise BackupError(explain(ABSENT))
    restic("init")
    say(f"made a place for backups at {os.environ['RESTIC_REPOSITORY']}")
    say("without CARPRICE_BACKUP_KEY of .env they are worth nothing: keep a copy elsewhere")


def add_key(key: str) -> None:
    """Let another key open the backups, beside the one that does."""
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(key)
        file.flush()
        restic("key", "add", "--new-password-file", file.name)


def drop_keys() -> None:
    """Shut out all keys but the one that opens the backups now."""
    for each in json.loads(restic("key", "list", "--json").stdout):
        if not each["current"]:
            restic("key", "remove", each["id"])


def free_locks() -> None:
    """Take leftover locks away. Only one of us is at work: a lock of this host is a dead one's.

    restic knows a dead process by its number, which in containers is soon somebody else's.
    """
    ids = restic("list", "locks", "--no-lock").stdout.split()
    hosts = {
        json.loads(restic("cat", "lock", each, "--no-lock").stdout)["hostname"] for each in ids
    }
    ours = bool(hosts) and hosts == {os.uname().nodename}
    if ours:
        say(f"{len(ids)} locks of a backup that was ended in the middle are taken away")
    restic("unlock", *(["--remove-all"] if ours else []))


def store(paths: list[Path], exclude: list[str]) -> str | None:
    """Id of the snapshot; None where something went while it was read, and it is not whole."""
    excluded = [word for each in exclude for word in ("--exclude", each)]
    done = restic(
        "backup", "--json", "--tag", TAKING, *excluded, *paths, codes=(0, INCOMPLETE)
    )  # fmt: skip
    if done.returncode == INCOMPLETE:
        say(tell_end("restic", INCOMPLETE, done.stderr))
        return None
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return str(next(each["snapshot_id"] for each in told if each["message_type"] == "summary"))


def complete(snapshot: str, reason: str) -> Snapshot:
    """Make a snapshot a backup: until here, nothing lists it."""
    restic("tag", "--set", f"{COMPLETE},{reason}", snapshot)
    return next(each for each in list_snapshots() if snapshot.startswith(each.original or "-"))


def list_snapshots() -> list[Snapshot]:
    """Backups, the newest first."""
    told = json.loads(restic("snapshots", "--json", "--no-lock", "--tag", COMPLETE).stdout) or []
    found = [
        Snapshot(each["short_id"], each["time"], _find_reason(each["tags"]), each["original"])
        for each in told
    ]
    return sorted(found, key=lambda each: each.time, reverse=True)


def find_snapshot(named: str) -> Snapshot:
    """The backup of an id, or the latest. Raises BackupError where there is none."""
    found = find_latest() if named == "latest" else None
    for each in list_snapshots():
        if each == found or named.startswith(each.id):
            return each
    raise BackupError(f"no backup is named {named}: ./docker-restore-full.sh lists what there is")


def find_latest() -> Snapshot | None:
    """What was saved last of its own time.

    What stood before a restore, and a moment of the past, come back by their names alone.
    """
    of_its_time = (each for each in list_snapshots() if each.reason not in (BEFORE_RESTORE, MOMENT))
    return next(of_its_time, None)


def forget_old(keep: str) -> None:
    """Let old backups go by a rule such as `7d 4w 6m`, and what was begun and never completed.

    All of two days stay: what stood before a restore is still there on the next one.
    """
    rule = [f"--keep-{KINDS[each[-1]]}={each[:-1]}" for each in read_rule(keep)]
    begun = json.loads(restic("snapshots", "--json", "--tag", TAKING).stdout) or []
    if begun:
        restic("forget", *(each["id"] for each in begun))
    restic("forget", "--tag", COMPLETE, "--group-by", "", *rule, "--keep-within=2d", "--prune")


def read_rule(keep: str) -> list[str]:
    if not KEEP.fullmatch(keep.strip()):
        raise BackupError(f"CARPRICE_BACKUP_KEEP={keep} is no rule such as 7d 4w 6m: see .env")
    return re.findall(r"\d+[dwm]", keep)


def measure() -> int:
    """Bytes that all backups take together."""
    told: dict[str, Any] = json.loads(restic("stats", "--json", "--mode=raw-data").stdout)
    return int(told["total_size"])


def read_through(snapshot: str) -> None:
    """Read all that a backup is made of. Raises BackupError where anything is damaged."""
    try:
        run(*BY_RESTIC, "check", "--with-cache")
        with opened(snapshot, "/", "--archive=tar") as content:
            while content.read(1 << 20):
                pass
    except BackupError as error:
        raise BackupError(f"backup {snapshot} is damaged and is not used: {error}") from error


@contextmanager
def opened(snapshot: str, path: str, *options: str) -> Iterator[IO[bytes]]:
    """A file of a backup as a stream. Raises BackupError at its end where it was cut."""
    command = [*BY_RESTIC, "dump", *options, snapshot, path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        yield process.stdout  # type: ignore[misc] - a pipe was asked for
        said = process.stderr.read().decode(errors="replace")  # type: ignore[union-attr]
    if process.returncode:
        raise BackupError(tell_end("restic", process.returncode, said))


def read_file(snapshot: str, path: str) -> bytes:
    with opened(snapshot, path) as content:
        return content.read()


def restore_folder(snapshot: str, source: str, target: Path, *options: str) -> None:
    """Bring a folder to what it was; what is the same already is not written."""
    restic("restore", f"{snapshot}:{source}", "--target", target, *options)


def _find_reason(tags: list[str]) -> str:
    return next((each for each in tags if each != COMPLETE), "")
