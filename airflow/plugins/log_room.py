"""Where a task logs while the disk of the logs is full.

Airflow opens and writes the log of a task before the task is begun, and a task that has no room for
it ends without a word, attempt after attempt. In a worker such a task logs to a temporary folder:
its step finds the disk as full, and tells run and report so.
"""

import logging
import os
import tempfile
from pathlib import Path

from airflow.sdk.configuration import conf
from celery.signals import task_prerun

from carprice.errors import DatasetError
from carprice.files import ensure_room

VARIABLE = "AIRFLOW__LOGGING__BASE_LOG_FOLDER"

environment = os.environ  # noqa: TID251 (Airflow reads it there, for each task)
log = logging.getLogger("carprice")

# A task loads the plugins anew, when the variable may lead elsewhere: the first word counts.
FOLDER = Path(environment.setdefault("CARPRICE_LOGS", conf.get("logging", "base_log_folder")))


@task_prerun.connect  # type: ignore[untyped-decorator]
def choose_folder(**_: object) -> None:
    try:
        ensure_room(FOLDER)
    except DatasetError as error:
        elsewhere = str(Path(tempfile.gettempdir(), "logs"))
        log.warning("%s Tasks log to %s until then.", error, elsewhere)
        environment[VARIABLE] = elsewhere
    else:
        environment[VARIABLE] = str(FOLDER)
