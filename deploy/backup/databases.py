"""The two databases and the roles: dumped from one moment each, brought back, counted."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg2
from ground import BackupError, make_empty, run, tell_end
from psycopg2 import sql
from psycopg2.extensions import connection
from repository import opened, read_file

NAMES = ("airflow", "mlflow")
"""Of the databases and of their owners."""
HEADS = {"airflow": ("alembic_version", "alembic_version_fab"), "mlflow": ("alembic_version",)}
"""Tables that hold the revision a database is at."""
BESIDE, BEFORE = "_restored", "_replaced"
QUICK = ("-c", "fsync=off", "-c", "shared_buffers=32MB", "-c", "listen_addresses=")
"""Of the throw-away server: what is thrown away need not outlive a power cut."""
REFUSES = 1
"""Says pg_isready of a server that is coming up; 2, of none."""
Unreachable = psycopg2.OperationalError

Counts = dict[str, int]


def connect(name: str, place: str = "") -> connection:
    """To the server of the stack, or to the one whose socket lies in a folder."""
    return psycopg2.connect(dbname=name, host=place or None)


def dump_all(folder: Path) -> dict[str, dict[str, object]]:
    """Dumps of both databases, and of the roles; what is in them, of that very moment."""
    facts = {name: dump(name, folder / f"{name}.dump") for name in NAMES}
    run("pg_dumpall", "--globals-only", f"--file={folder / 'roles.sql'}")
    return facts


def dump(name: str, target: Path) -> dict[str, object]:
    with closing(connect(name)) as link:
        link.set_session(isolation_level="REPEATABLE READ", readonly=True)
        with link.cursor() as cursor:
            cursor.execute("SELECT pg_export_snapshot()")
            (moment,) = cursor.fetchone() or ("",)
        # Not compressed: restic does that, and finds what is the same as yesterday.
        run(
            "pg_dump", "--format=custom", "--compress=0", f"--snapshot={moment}",
            f"--file={target}", name,
        )  # fmt: skip
        return {
            "rows": count_rows(link), "heads": read_heads(link, name),
            "server": link.server_version // 10000,
        }  # fmt: skip


def count_rows(link: connection) -> Counts:
    """Rows of each table."""
    with link.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        counts = {}
        for (table,) in cursor.fetchall():
            cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
            (counts[table],) = cursor.fetchone() or (0,)
    return counts


def read_all_heads() -> dict[str, list[str]]:
    """Revisions of each database of the stack."""
    heads = {}
    for name in NAMES:
        with closing(connect(name)) as link:
            heads[name] = read_heads(link, name)
    return heads


def read_heads(link: connection, name: str) -> list[str]:
    """Revisions of a database; none before its server has made its tables."""
    with link.cursor() as cursor:
        heads = []
        for table in HEADS[name]:
            cursor.execute("SELECT to_regclass(%s)", (table,))
            if (cursor.fetchone() or (None,))[0]:
                cursor.execute(sql.SQL("SELECT version_num FROM {}").format(sql.Identifier(table)))
                heads += [each for (each,) in cursor.fetchall()]
    return sorted(heads)


def load(snapshot: str, source: str, name: str, rows: Counts, place: str = "") -> None:
    """Fill an empty database from a dump in a backup, in one transaction.

    Raises BackupError where it failed, or where a table has not the rows it had.
    """
    command = ["pg_restore", "--exit-on-error", "--single-transaction", f"--dbname={name}"]
    environment = {**os.environ, **({"PGHOST": place} if place else {})}
    with opened(snapshot, source) as content:
        done = subprocess.run(
            command, stdin=content, env=environment, capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise BackupError(tell_end("pg_restore", done.returncode, done.stderr))
    with closing(connect(name, place)) as link:
        found = count_rows(link)
    if wrong := sorted(
        each for each in rows.keys() | found.keys() if rows.get(each) != found.get(each)
    ):
        told = ", ".join(f"{each}: {found.get(each)} and not {rows.get(each)}" for each in wrong)
        raise BackupError(f"{source} came back with other rows ({told})")


def convert(manifest: dict[str, Any], name: str, place: str = "") -> None:
    """Bring MLflow's tables to this release, as their owner; Airflow brings its own at a start."""
    if manifest.get("mlflow") != version("mlflow"):
        host = place or os.environ["PGHOST"]
        address = f"postgresql+psycopg2://postgres@/{name}?host={host}&options=-c%20role%3Dmlflow"
        run("mlflow", "db", "upgrade", address)


def restore_all(snapshot: str, folder: str, manifest: dict[str, Any]) -> None:
    """Fill databases beside those that stand, then take their places, both at once.

    Nothing else may be connected. May be done again after it was ended anywhere.
    """
    with closing(connect("postgres")) as link:
        link.autocommit = True
        with link.cursor() as cursor:
            for name in NAMES:
                _drop(cursor, name + BESIDE)
                _drop(cursor, name + BEFORE)
            add_roles(read_file(snapshot, f"{folder}/roles.sql").decode(), cursor)
            for name in NAMES:
                create(cursor, name + BESIDE, name)
                rows = manifest["databases"][name]["rows"]
                load(snapshot, f"{folder}/{name}.dump", name + BESIDE, rows)
            convert(manifest, "mlflow" + BESIDE)
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY(%s)",
                (list(NAMES),),
            )
    with closing(connect("postgres")) as link, link, link.cursor() as cursor:
        for name in NAMES:
            _rename(cursor, name, name + BEFORE)
            _rename(cursor, name + BESIDE, name)
    with closing(connect("postgres")) as link:
        link.autocommit = True
        with link.cursor() as cursor:
            for name in NAMES:
                _drop(cursor, name + BEFORE)


def add_roles(script: str, cursor: psycopg2.extensions.cursor) -> None:
    """Make roles that are not there yet as they were; those of the stack follow .env."""
    cursor.execute("SELECT rolname FROM pg_roles")
    known = {name for (name,) in cursor.fetchall()}
    for line in script.splitlines():
        words = line.rstrip(";").split()
        of_role = words[:2] in (["CREATE", "ROLE"], ["ALTER", "ROLE"])
        if words[:1] == ["GRANT"] or (of_role and words[2].strip('"') not in known):
            cursor.execute(line)


@contextmanager
def throw_away_server(folder: Path, roles: str) -> Iterator[str]:
    """A server of the same release, with roles and empty databases; the folder of its socket."""
    data = folder / "postgres"
    run("initdb", "--username=postgres", "--auth=trust", "--no-sync", f"--pgdata={data}")
    with running(data) as place:
        with closing(connect("postgres", place)) as link:
            link.autocommit = True
            with link.cursor() as cursor:
                add_roles(roles, cursor)
                for name in NAMES:
                    create(cursor, name, name)
        yield place


@contextmanager
def running(data: Path) -> Iterator[str]:
    """A server on a folder of data that will be thrown away; the folder of its socket.

    Raises BackupError where it does not come up, with why.
    """
    place, log = make_empty(data.parent / "socket"), data.parent / "postgres.log"
    settings = " ".join([*QUICK, "-c", f"unix_socket_directories={place}"])
    start = ("pg_ctl", "start", f"--pgdata={data}", f"--log={log}", f"--options={settings}")
    if run(*start, codes=(0, 1)).returncode or not is_asked(place):
        said = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        why = [line for line in said.splitlines() if "FATAL" in line]
        raise BackupError(tell_end("postgres", 1, "".join(why[-1:]) or said))
    try:
        yield str(place)
    finally:
        run("pg_ctl", "--mode=immediate", "stop", f"--pgdata={data}")


def is_asked(place: Path) -> bool:
    """Whether a server takes questions, once it has made all changes again; no, if it ended."""
    while (code := run("pg_isready", f"--host={place}", codes=(0, 1, 2)).returncode) == REFUSES:
        time.sleep(0.2)
    return code == 0


def create(cursor: psycopg2.extensions.cursor, name: str, owner: str) -> None:
    command = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0")
    cursor.execute(command.format(sql.Identifier(name), sql.Identifier(owner)))


def _drop(cursor: psycopg2.extensions.cursor, name: str) -> None:
    cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _rename(cursor: psycopg2.extensions.cursor, name: str, to: str) -> None:
    command = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    cursor.execute(command.format(sql.Identifier(name), sql.Identifier(to)))
