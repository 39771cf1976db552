"""The steps of `carprice` as tasks call them: how they end, in Airflow's terms."""

# What is heavy is imported in the tasks alone, since Airflow reads DAG files over and over.
# ruff: noqa: PLC0415

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from log_room import FOLDER

if TYPE_CHECKING:
    from carprice.workspace import Workspace

PATIENCE = {
    "retries": 3, "retry_delay": timedelta(seconds=5), "retry_exponential_backoff": True,
    "execution_timeout": timedelta(hours=1),
}  # fmt: skip
"""What tasks of all DAGs have in common."""

log = logging.getLogger("carprice")


@contextmanager
def airflow_terms() -> Iterator[None]:
    """A refusal and what is not called for are skipped tasks; no use is no second attempt."""
    from carprice.errors import CarPriceError, PromotionRefusedError, UnchangedError

    try:
        yield
    except (PromotionRefusedError, UnchangedError) as ended:
        raise AirflowSkipException(str(ended)) from None
    except CarPriceError as error:
        raise (error if error.retryable else AirflowFailException(str(error))) from None


def name_asker(dag_run: Any, usual: str) -> str:
    """Who asked for a run, as receipts name them: a user of Airflow, else what started it."""
    if user := dag_run.triggering_user_name:
        return f"{user} (Airflow)"
    return f"{usual} ({dag_run.run_type.value.replace('_', ' ')})"


@contextmanager
def workspace() -> "Iterator[Workspace]":
    """The workspace of a task; an error of the block ends the task in Airflow's terms."""
    from carprice import settings
    from carprice.workspace import Workspace

    with airflow_terms():
        found, context = settings.read_settings(), get_current_context()
        asker = name_asker(context["dag_run"], found.user_name)
        yield Workspace(
            found.model_copy(update={"user_name": asker}),
            pipeline_run=context["run_id"],
            logs=FOLDER,
        )


def run_step(name: str, *arguments: Any, module: str = "steps", **options: Any) -> Any:
    """Run a step of a module and log what it came to, with the run of MLflow that it was about."""
    from carprice.logs import knowing
    from carprice.pipeline import stories

    with workspace() as work:
        steps = import_module(f"carprice.pipeline.{module}")
        result = getattr(steps, name)(work, *arguments, **options)
        # The first step makes the run, and all others are given it.
        with knowing(run=getattr(result, "run_id", arguments[0])):
            log.info("%s", getattr(stories, name)(result))
    return result


def look_at(names: Iterable[str]) -> str:
    """Id of the look at files of data/raw; the task is skipped where nothing was compared."""
    from carprice.logs import knowing
    from carprice.monitoring.watch import NotLooked, watch_arrivals
    from carprice.wording.reasons import list_reasons

    with workspace() as work:
        result = watch_arrivals(work, names)
        if isinstance(result, NotLooked):
            raise AirflowSkipException(result.say("en"))
        with knowing(run=result.run_id, version=result.report.version):
            log.info("%s", list_reasons(result.report.heading, result.report.reasons))
        return result.run_id


def follow(name: str, look: str) -> str:
    """What follows from a look, by a function of `consequences`; skipped where nothing does."""
    from carprice.monitoring import consequences

    with workspace() as work:
        result = getattr(consequences, name)(work, look)
        if isinstance(result, consequences.Nothing):
            raise AirflowSkipException(result.why.en)
        return str(result)
