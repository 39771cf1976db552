"""Bring Airflow's database and its administrator to what .env says; running it again is harmless.

The same as `airflow db migrate` and `airflow users create` or `reset-password`, in one process.
Airflow takes seconds to import, so a database that needs nothing, as at every start but the first,
is known by a note that was left on it, and Airflow is not asked.
"""
# ruff: noqa: PLC0415

import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from check_key import ADVICE, has_wrong_key
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import ProgrammingError
from werkzeug.security import check_password_hash

if TYPE_CHECKING:
    from airflow.providers.fab.auth_manager.security_manager.override import (
        FabAirflowSecurityManagerOverride as Accounts,
    )

PACKAGES = ("apache-airflow-core", "apache-airflow-providers-fab")
NOTE = text(
    "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'airflow'"
)
REVISIONS = text(
    "SELECT version_num FROM alembic_version UNION "
    "SELECT version_num FROM alembic_version_fab ORDER BY 1"
)
ADMIN_PASSWORD = Path("/run/secrets/airflow_admin_password")
DEVELOPMENT = "admin"
PASSWORD = text("SELECT password FROM ab_user WHERE username = :name")


def main() -> None:
    name, password = os.environ["AIRFLOW_ADMIN_USER"], ADMIN_PASSWORD.read_text(encoding="utf-8")
    engine = create_engine(os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])
    with engine.connect() as connection:
        if is_of_another_env(connection):
            sys.exit(ADVICE)
        if needs_nothing(connection, name, password):
            print(f"the database and user {name} are ready")
            return
    prepare(name, password)
    print(f"the database is migrated, user {name} has the password of .env")
    with engine.begin() as connection:
        connection.exec_driver_sql(f"COMMENT ON DATABASE airflow IS '{state(connection)}'")


def is_of_another_env(connection: Connection) -> bool:
    try:
        return has_wrong_key(connection)
    except ProgrammingError:  # there are no tables yet
        connection.rollback()
        return False


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


def prepare(name: str, password: str) -> None:
    """Migrate, and bring the administrator to what .env says."""
    from airflow.cli.cli_parser import get_parser
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

    migrate = get_parser().parse_args(["db", "migrate"])
    migrate.func(migrate)
    with get_application_builder() as builder:
        bring_administrator(builder.sm, name, password)
        close_development_account(builder.sm, name)


def bring_administrator(accounts: "Accounts", name: str, password: str) -> None:
    """Create the account; the one that has its mail address already takes the new name."""
    mail = os.environ["AIRFLOW_ADMIN_EMAIL"]
    user = accounts.find_user(username=name) or accounts.find_user(email=mail)
    if user is None:
        role = accounts.find_role("Admin")
        accounts.add_user(name, "Admin", "Airflow", mail, role, password)
        return
    user.username, user.active = name, True
    accounts.update_user(user)
    if not accounts.check_password(name, password):
        accounts.reset_password(user.id, password)


def close_development_account(accounts: "Accounts", name: str) -> None:
    """Let nobody in as admin with the password admin once .env names somebody else."""
    if name == DEVELOPMENT or not accounts.check_password(DEVELOPMENT, DEVELOPMENT):
        return
    left = accounts.find_user(username=DEVELOPMENT)
    left.active = False
    accounts.update_user(left)
    print(f"user {DEVELOPMENT}, whose password was {DEVELOPMENT}, was deactivated")


if __name__ == "__main__":
    main()
