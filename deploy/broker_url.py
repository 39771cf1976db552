"""The address of Redis as Celery takes it: whatever the password holds stands encoded in it.

Airflow runs this where it wants the address (AIRFLOW__CELERY__BROKER_URL_CMD).
"""

import os
from urllib.parse import quote


def broker_url() -> str:
    return f"redis://:{quote(os.environ['REDIS_PASSWORD'], safe='')}@redis:6379/0"


if __name__ == "__main__":
    print(broker_url())
