"""Bring Airflow's database and its administrator to what .env says; running it again is harmless.

The same as `airflow db migrate` and `airflow users create` or `reset-password`, in one process:
Airflow takes seconds to import.
"""

import os
import sys

from airflow.cli.cli_parser import get_parser
from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder


def main() -> int:
    migrate = get_parser().parse_args(["db", "migrate"])
    migrate.func(migrate)
    with get_application_builder() as builder:
        return ensure_administrator(builder.sm)


def ensure_administrator(accounts) -> int:
    """Create the administrator, or give it the password of .env when it has another."""
    name, password = os.environ["AIRFLOW_ADMIN_USER"], os.environ["AIRFLOW_ADMIN_PASSWORD"]
    user = accounts.find_user(username=name)
    if user is None:
        mail = os.environ["AIRFLOW_ADMIN_EMAIL"]
        user = accounts.add_user(
            name, "Admin", "Airflow", mail, accounts.find_role("Admin"), password
        )
        print(f"user {name} created" if user else f"user {name} could not be created")
    elif not accounts.check_password(name, password):
        accounts.reset_password(user.id, password)
        print(f"user {name}: password renewed")
    return 0 if user else 1


if __name__ == "__main__":
    sys.exit(main())
