"""Whether the Fernet key of this stack opens what Airflow's database holds.

Ends with 3 when there is something and it opens nothing of it; imports nothing of Airflow.
"""

import os
import sys
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import Connection, create_engine, text

KEYS = Path("/run/secrets/airflow_fernet_key")
WRONG_KEY = 3
ENCRYPTED = text(
    "SELECT password FROM connection WHERE is_encrypted "
    "UNION ALL SELECT extra FROM connection WHERE is_extra_encrypted "
    "UNION ALL SELECT val FROM variable WHERE is_encrypted "
    "UNION ALL SELECT kwargs FROM trigger WHERE kwargs NOT LIKE '{%'"
)
ADVICE = (
    "AIRFLOW_FERNET_KEY in .env is not the key that Airflow's database was encrypted with: bring "
    "the old .env back, or run ./docker-start-full.sh, which names the other ways out"
)


def has_wrong_key(connection: Connection) -> bool:
    keys = MultiFernet([Fernet(key.strip()) for key in KEYS.read_text().split(",")])
    stored = [value for value in connection.scalars(ENCRYPTED) if value]
    return bool(stored) and not any(opens(keys, value) for value in stored)


def opens(keys: MultiFernet, value: str) -> bool:
    try:
        keys.decrypt(value)
    except InvalidToken:
        return False
    return True


def main() -> int:
    engine = create_engine(os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])
    with engine.connect() as connection:
        return WRONG_KEY if has_wrong_key(connection) else 0


if __name__ == "__main__":
    sys.exit(main())
