"""Lines of log that programs read: JSON, with what is known of the work that a line is about."""

import logging
import sys
from contextlib import AbstractContextManager

from structlog.contextvars import bound_contextvars, merge_contextvars
from structlog.processors import JSONRenderer, TimeStamper, format_exc_info
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name
from structlog.types import Processor


def write_json() -> None:
    """Write all that this process logs as JSON, a line an event, from INFO on."""
    known: list[Processor] = [
        merge_contextvars,
        add_log_level,
        add_logger_name,
        ExtraAdder(),
        TimeStamper(fmt="iso", utc=True),
        format_exc_info,
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=known,
            processors=[
                ProcessorFormatter.remove_processors_meta,
                JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("carprice").setLevel(logging.INFO)


def knowing(**facts: object) -> AbstractContextManager[None]:
    """Lines within the block bear these facts, such as the run that they are about.

    Airflow, which logs in the same way, adds them to the lines of its tasks.
    """
    return bound_contextvars(**facts)
