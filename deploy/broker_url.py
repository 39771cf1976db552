"""The address of Redis as Celery takes it: whatever the password holds stands encoded in it.

Airflow runs this where it wants the address (AIRFLOW__CELERY__BROKER_URL_CMD).
"""

from pathlib import Path
from urllib.parse import quote

PASSWORD = Path("/run/secrets/redis_password")


def broker_url() -> str:
    return f"redis://:{quote(PASSWORD.read_bytes(), safe='')}@redis:6379/0"


if __name__ == "__main__":
    print(broker_url())
