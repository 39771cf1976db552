"""The steps of `carprice` as tasks call them: how they end, in Airflow's terms."""

# What is heavy is imported in the tasks alone, since Airflow reads DAG files over and over.
# ruff: noqa: PLC0415

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from log_room import FOLDER


@contextmanager
def airflow_terms() -> Iterator[None]:
    """A refusal is a skipped task; what trying again cannot help is not tried again."""
    from carprice.errors import CarPriceError, PromotionRefusedError

    try:
        yield
    except PromotionRefusedError as refusal:
        raise AirflowSkipException(str(refusal)) from None
    except CarPriceError as error:
        raise (error if error.retryable else AirflowFailException(str(error))) from None


def name_asker(dag_run: Any, usual: str) -> str:
    """Who asked for a run, as receipts name them: a user of Airflow, else what started it."""
    if user := dag_run.triggering_user_name:
        return f"{user} (Airflow)"
    return f"{usual} ({dag_run.run_type.value.replace('_', ' ')})"


def run_step(name: str, *arguments: Any, **options: Any) -> Any:
    """Run a step and log what it came to."""
    from carprice import settings
    from carprice.logs import knowing
    from carprice.pipeline import steps, stories
    from carprice.workspace import Workspace

    with airflow_terms():
        found, context = settings.read_settings(), get_current_context()
        asker = name_asker(context["dag_run"], found.user_name)
        work = Workspace(
            found.model_copy(update={"user_name": asker}),
            pipeline_run=context["run_id"],
            logs=FOLDER,
        )
        with knowing(pipeline_run=context["run_id"]):
            result = getattr(steps, name)(work, *arguments, **options)
            logging.getLogger("carprice").info("%s", getattr(stories, name)(result))
    return result
