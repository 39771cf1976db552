"""Bring Airflow's database and its administrator to what .env says; running it again is harmless.

The same as `airflow db migrate` and `airflow users create` or `reset-password`, in one process.
Airflow takes seconds to import, so a database that needs nothing, as at every start but the first,
is known by a note that was left on it, and Airflow is not asked.
"""
# ruff: noqa: PLC0415

import os
import sys
from importlib.metadata import version

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import ProgrammingError
from werkzeug.security import check_password_hash

PACKAGES = ("apache-airflow-core", "apache-airflow-providers-fab")
NOTE = text(
    "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'airflow'"
)
REVISIONS = text(
    "SELECT version_num FROM alembic_version UNION "
    "SELECT version_num FROM alembic_version_fab ORDER BY 1"
)
PASSWORD = text("SELECT password FROM ab_user WHERE username = :name")


def main() -> int:
    name, password = os.environ["AIRFLOW_ADMIN_USER"], os.environ["AIRFLOW_ADMIN_PASSWORD"]
    engine = create_engine(os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])
    with engine.connect() as connection:
        if needs_nothing(connection, name, password):
            print(f"the database and user {name} are ready")
            return 0
    if not prepare(name, password):
        print(f"user {name} could not be created", file=sys.stderr)
        return 1
    print(f"the database is migrated, user {name} has the password of .env")
    with engine.begin() as connection:
        connection.exec_driver_sql(f"COMMENT ON DATABASE airflow IS '{state(connection)}'")
    return 0


def needs_nothing(connection: Connection, name: str, password: str) -> bool:
    try:
        if connection.scalar(NOTE) != state(connection):
            return False
        known = connection.scalar(PASSWORD, {"name": name})
    except ProgrammingError:  # a table is missing
        return False
    return known is not None and check_password_hash(known, password)


def state(connection: Connection) -> str:
    """The releases at work and the revisions found: a restored older dump keeps the note alone."""
    releases = [f"{package} {version(package)}" for package in PACKAGES]
    return ", ".join([*releases, *connection.scalars(REVISIONS)])


def prepare(name: str, password: str) -> bool:
    """Migrate; create the administrator, or give it the password of .env when it has another."""
    from airflow.cli.cli_parser import get_parser
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

    migrate = get_parser().parse_args(["db", "migrate"])
    migrate.func(migrate)
    with get_application_builder() as builder:
        accounts = builder.sm
        user = accounts.find_user(username=name)
        if user is None:
            mail = os.environ["AIRFLOW_ADMIN_EMAIL"]
            role = accounts.find_role("Admin")
            user = accounts.add_user(name, "Admin", "Airflow", mail, role, password)
        elif not accounts.check_password(name, password):
            accounts.reset_password(user.id, password)
    return bool(user)


if __name__ == "__main__":
    sys.exit(main())
