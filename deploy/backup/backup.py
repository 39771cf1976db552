"""Backups of the stack, inside the container of the service `backup`.

serve | take [REASON] | rewind MOMENT | drill | list | heads
examine ID | settings ID | params ID | restore ID | verify ID
add-key < KEY | drop-keys
"""

import fcntl
import json
import os
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

import databases
import journal
import repository
import schedule
from drill import mlflow_server, rehearse
from ground import PROJECT, STACK, WORK, BackupError, end, make_empty, read_secret, run, say
from status import Status

FORMAT = 1
"""Of what a backup holds; a later release raises it where this one could not restore it."""
SPOOL = WORK / "now"
HOME = WORK / "home"
"""Home of `carprice`: the params of the stack, and a memory of which models open."""
SETTINGS, MARKER = PROJECT / ".env", PROJECT / ".restoring"
WITHOUT = ["/stack/models/serving/backup.json", "/stack/models/serving/asked"]
"""What tells of backups themselves, and what is kept for a set number of days."""
FOLDER = "/backups"
"""Where backups go that go to no other machine."""
ATTEMPTS = 3


def take(reason: str = "by-hand") -> None:
    """Take a backup: whole, or none that anybody would find."""
    began = time.time()
    with turn(), noting("backup") as status:
        repository.open_repository(create=True)
        for _ in range(ATTEMPTS):
            if stored := store(datetime.now(UTC)):
                break
        else:
            raise BackupError(
                f"{ATTEMPTS} times something was deleted, or production moved, while it was saved: "
                "let `carprice prune` and the like end, and try again"
            )
        made = repository.complete(stored, reason)
        if reason != repository.BEFORE_RESTORE:  # what is about to come back may be the oldest
            repository.forget_old(os.environ["CARPRICE_BACKUP_KEEP"])
        size, seconds = repository.measure(), time.time() - began
        status.succeed("backup", seconds, bytes=size, snapshot=made.id)
        say(f"all backups together take {size / 1e6:.1f} MB; this one took {seconds:.0f} s")
        say(f"Backup {made.id} is complete.")


def rewind(told: str) -> None:
    """Take a backup of a moment of the past: databases by the journal, files as they are now.

    These hold all that the databases then named, but for what was deleted since.
    """
    moment = journal.read_moment(told)
    with turn():
        ensure_restored()
        repository.open_repository(create=True)
        with (
            journal.rewound(moment) as place,
            mlflow_server(place, STACK / "mlruns") as server,
            asking(PGHOST=place, MLFLOW_TRACKING_URI=server),
        ):
            stored = store(moment)
        if stored is None:
            raise BackupError(f"files of {told} are gone: take those of a backup of that time")
        made = repository.complete(stored, repository.MOMENT)
        say(f"Backup {made.id} is complete.")


@contextmanager
def asking(**servers: str) -> Iterator[None]:
    """Other servers than the stack's, for all that is run inside."""
    before = dict(os.environ)
    os.environ.update(servers)
    try:
        yield
    finally:
        os.environ.update(before)


def store(taken: datetime) -> str | None:
    """Id of a snapshot of all there is; None where something went meanwhile.

    Databases come first: what they name lies there already, and is never changed. Only a deletion
    or a move of production could make the two halves of different times, and is looked for.
    """
    spool, inventory = make_empty(SPOOL), SPOOL / "inventory.json"
    inventory.write_text(carprice("inventory"), encoding="utf-8")
    facts = databases.dump_all(spool)
    manifest = {
        "format": FORMAT, "taken": f"{taken.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "commit": find_commit(), "release": version("carprice"), "mlflow": version("mlflow"),
        "databases": facts,
    }  # fmt: skip
    (spool / "manifest.json").write_text(json.dumps(manifest, indent=2), encoding="utf-8")
    stored = repository.store([spool, STACK, SETTINGS], WITHOUT)
    if stored is None:
        return None
    try:
        carprice("inventory", "--against", str(inventory), "--entries")
    except BackupError as error:
        say(f"once more, as it changed meanwhile: {error}")
        return None
    finally:
        shutil.rmtree(spool)
    return stored


def drill() -> None:
    """Restore the latest backup beside everything, and hold it against what it promises."""
    began = time.time()
    with turn(), noting("drill") as status:
        repository.open_repository(create=False)
        made = repository.find_snapshot("latest")
        told = rehearse(made.id, read_manifest(made.id))
        status.succeed("drill", time.time() - began, snapshot=made.id)
        say(f"restore drill of backup {made.id}: {told} ({time.time() - began:.0f} s)")


def show_heads() -> None:
    sys.stdout.write(json.dumps(databases.read_all_heads()) + "\n")


def show_list() -> None:
    repository.reach(create=False)
    for each in repository.list_snapshots():
        sys.stdout.write(f"{each.id}  {each.time[:10]} {each.time[11:16]} UTC  {each.reason}\n")


def examine(named: str) -> None:
    """Read a backup to the last byte, and print what must be known to restore it."""
    with turn():
        repository.open_repository(create=False)
        made = repository.find_snapshot(named)
        repository.read_through(made.id)
        manifest = read_manifest(made.id)
    facts = manifest["databases"]
    sys.stdout.write(
        f"snapshot {made.id}\ntaken {manifest['taken']}\ncommit {manifest['commit']}\n"
    )
    for name in databases.NAMES:
        sys.stdout.writelines(f"head {name} {each}\n" for each in facts[name]["heads"])


def read_manifest(snapshot: str) -> dict:
    """What a backup says of itself. Raises BackupError for one of a newer release."""
    manifest = json.loads(repository.read_file(snapshot, f"{SPOOL}/manifest.json"))
    if manifest["format"] > FORMAT:
        raise BackupError(f"backup {snapshot} is of a newer release than this clone: git pull")
    server, ours = manifest["databases"]["airflow"]["server"], read_major()
    if server > ours:
        raise BackupError(
            f"backup {snapshot} is of Postgres {server}, and POSTGRES_IMAGE is Postgres {ours}"
        )
    return manifest


def restore(snapshot: str) -> None:
    """Bring files and databases to what they were; ended anywhere, it is done again."""
    with turn():
        manifest = read_manifest(snapshot)
        for folder, options in FOLDERS.items():
            say(f"files: {folder}")
            repository.restore_folder(
                snapshot, f"/stack/{folder}", Path("/restored", folder), *options
            )
        say("databases: airflow, mlflow")
        databases.restore_all(snapshot, str(SPOOL), manifest)


FOLDERS = {
    "mlruns": ("--delete",),
    "models": ("--delete", "--exclude", "/serving/backup.json", "--exclude", "/serving/asked"),
    "data/processed": ("--delete",),
    "data/sample": ("--delete",),
    "data/raw": (),
    "sign-in": ("--delete",),
    "dags": ("--overwrite", "never"),
}
"""Where `--delete` is missing, what came after the backup stays. DAGs of this clone belong to its
code: only those of people, which it lacks, come back."""


def verify(snapshot: str) -> None:
    """Hold the running stack against what a backup promises."""
    inventory = WORK / "promised.json"
    inventory.write_bytes(repository.read_file(snapshot, f"{SPOOL}/inventory.json"))
    say(carprice("inventory", "--against", str(inventory)).strip())


def show(path: str, snapshot: str) -> None:
    sys.stdout.write(repository.read_file(snapshot, path).decode())


def change_keys(change: Callable[[], None]) -> None:
    with turn():
        repository.open_repository(create=True)
        change()


def serve() -> None:
    """Take a backup at its time each day, and rehearse once a week; what was missed is made up."""
    say(f"a backup at {os.environ['CARPRICE_BACKUP_AT']} UTC each day, a restore drill each week")
    schedule.serve(take=lambda: take("daily"), drill=drill, newest=find_newest)


def find_newest() -> float | None:
    """When the newest backup was stored, in seconds of the epoch; the repository knows it best."""
    try:
        with turn():
            repository.open_repository(create=True)
            made = repository.find_latest()
    except BackupError as error:
        say(str(error))
        return None
    return datetime.fromisoformat(made.time).timestamp() if made else None


def carprice(*words: str) -> str:
    HOME.mkdir(exist_ok=True)
    (HOME / "params.yaml").unlink(missing_ok=True)
    (HOME / "params.yaml").symlink_to(STACK / "params.yaml")
    return run("carprice", *words, env={"CARPRICE_HOME": str(HOME)}).stdout


def find_commit() -> str:
    """The commit of the clone; a word where it has none."""
    try:
        head = (PROJECT / ".git" / "HEAD").read_text(encoding="utf-8").strip()
        if not head.startswith("ref: "):
            return head
        name = head.removeprefix("ref: ")
        loose = PROJECT / ".git" / name
        if loose.exists():
            return loose.read_text(encoding="utf-8").strip()
        packed = (PROJECT / ".git" / "packed-refs").read_text(encoding="utf-8").splitlines()
        return next((line.split()[0] for line in packed if line.endswith(f" {name}")), "unknown")
    except OSError:
        return "unknown"


def read_major() -> int:
    return int(run("postgres", "--version").stdout.split()[2].partition(".")[0])


@contextmanager
def turn() -> Iterator[None]:
    """One backup, drill or restore at a time."""
    with (WORK / "turn").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def noting(what: str) -> Iterator[Status]:
    """Leave word of a failure."""
    status = Status()
    ensure_restored()
    try:
        yield status
    except BackupError as error:
        status.fail(what, str(error))
        raise


def ensure_restored() -> None:
    """Raises BackupError while a restore is half done."""
    if MARKER.exists():
        raise BackupError("a restore was ended in the middle: run ./docker-restore-full.sh first")


COMMANDS: dict[str, Callable[..., None]] = {
    "serve": serve, "take": take, "rewind": rewind, "drill": drill, "list": show_list,
    "heads": show_heads, "examine": examine, "restore": restore, "verify": verify,
    "settings": partial(show, str(SETTINGS)), "params": partial(show, "/stack/params.yaml"),
    "add-key": partial(change_keys, lambda: repository.add_key(sys.stdin.read())),
    "drop-keys": partial(change_keys, repository.drop_keys),
}  # fmt: skip


def prepare_environment() -> None:
    """For the programs that are run here: passwords from their files, a name for this user."""
    os.environ["RESTIC_REPOSITORY"] = os.environ["CARPRICE_BACKUP_TO"] or FOLDER
    os.environ["PGPASSWORD"] = read_secret("postgres_password")
    access = shlex.split(read_secret("carprice_backup_access"))
    os.environ.update(each.split("=", 1) for each in access)
    names = Path("/etc/passwd").read_text(encoding="utf-8")
    own = Path("/tmp/passwd")  # noqa: S108 - of this container alone
    own.write_text(
        f"{names}backup:x:{os.getuid()}:{os.getgid()}::/work:/bin/sh\n", encoding="utf-8"
    )
    os.environ.update(
        LD_PRELOAD="libnss_wrapper.so", NSS_WRAPPER_PASSWD=str(own), NSS_WRAPPER_GROUP="/etc/group"
    )


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, end)
    prepare_environment()
    try:
        COMMANDS[sys.argv[1]](*sys.argv[2:])
    except BackupError as error:
        sys.exit(f"backup: {error}")
