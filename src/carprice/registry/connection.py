"""The connection to MLflow; its errors become RegistryError."""

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from tempfile import gettempdir
from typing import Any, Concatenate, ParamSpec, TypeVar

import mlflow
from mlflow.environment_variables import (
    MLFLOW_HTTP_REQUEST_MAX_RETRIES,
    MLFLOW_HTTP_REQUEST_TIMEOUT,
)
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import (
    INVALID_PARAMETER_VALUE,
    RESOURCE_ALREADY_EXISTS,
    RESOURCE_DOES_NOT_EXIST,
    ErrorCode,
)
from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import SQLAlchemyError

from carprice.errors import RegistryError
from carprice.files import NO_ROOM
from carprice.registry.trial import Trials
from carprice.settings import Settings

EXPERIMENT = "car_price_prediction"
HASTE_SECONDS = 10
"""How long the one request may take that must not be answered late."""
BRIEF_RETRIES = 3
DATABASES = ("postgresql", "mysql", "mssql")

Asking = TypeVar("Asking", bound="Connection")
Told = TypeVar("Told")
P = ParamSpec("P")


class Connection:
    """Clients of an MLflow server, or of the embedded stores."""

    def __init__(self, settings: Settings) -> None:
        _silence_libraries()
        self.uri = settings.registry_uri
        self.artifact_root = settings.artifact_root
        self.trials = Trials(settings.tried_models)
        self.signing_keys = settings.signing_keys
        with explaining(self.uri):
            if self.artifact_root:
                settings.embedded_store.mkdir(parents=True, exist_ok=True)
            _ensure_answers(self.uri)
            mlflow.set_tracking_uri(self.uri)
            self.client = mlflow.MlflowClient()
            self.experiment_id = self.ensure_experiment(EXPERIMENT)

    def ensure_experiment(self, name: str) -> str:
        """Id of an experiment, made where there is none yet."""
        found = self.client.get_experiment_by_name(name)
        if found is None:
            with tolerating(exists_already):
                return str(self.client.create_experiment(name, self.artifact_root))
            found = self.client.get_experiment_by_name(name)
        return str(found.experiment_id)


@contextmanager
def explaining(uri: str) -> Iterator[None]:
    """Raise one RegistryError for errors of MLflow, its database or its disk."""
    try:
        yield
    except (MlflowException, SQLAlchemyError, OSError) as error:
        full = getattr(error, "errno", None) in NO_ROOM
        if full and uri.startswith("http"):
            raise _find_no_room(uri) from error
        first_line = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise RegistryError(
            f"the registry at {_without_password(uri)} does not do as asked: "
            f"{_without_password(first_line)[:300]}\n"
            "Check that it is running, that its address in MLFLOW_TRACKING_URI is right, and that "
            "its disk is writable and has room.",
            retryable=not full,
        ) from error


def _find_no_room(uri: str) -> RegistryError:
    """What a full disk on this side of a server means: a server tells of its own in an answer."""
    return RegistryError(
        f"no room is left in {gettempdir()}, where files lie on their way to and from the registry "
        f"at {_without_password(uri)}. Make room there (in the stack, the service that says so "
        "empties it when it is restarted), and start a new run.",
        retryable=False,
    )


def explained(
    ask: Callable[Concatenate[Asking, P], Told],
) -> Callable[Concatenate[Asking, P], Told]:
    """The function with its errors as RegistryError; its first argument is a connection."""

    @wraps(ask)
    def asking(registry: Asking, /, *arguments: P.args, **named: P.kwargs) -> Told:
        with explaining(registry.uri):
            return ask(registry, *arguments, **named)

    return asking


def is_absent(error: MlflowException) -> bool:
    # An alias that is not set has no code of its own. Its message is read as well: taken for unset
    # by mistake, a champion is replaced without a comparison, while a message that is worded
    # anew one day is an error at once. To ask for all aliases first takes two requests.
    unset_alias = (
        error.error_code == ErrorCode.Name(INVALID_PARAMETER_VALUE)
        and "alias" in str(error)
        and "not found" in str(error)
    )
    return unset_alias or bool(error.error_code == ErrorCode.Name(RESOURCE_DOES_NOT_EXIST))


def exists_already(error: MlflowException) -> bool:
    return bool(error.error_code == ErrorCode.Name(RESOURCE_ALREADY_EXISTS))


@contextmanager
def tolerating(is_harmless: Callable[[MlflowException], bool]) -> Iterator[None]:
    """End the block silently at a harmless refusal of MLflow."""
    try:
        yield
    except MlflowException as error:
        if not is_harmless(error):
            raise


def asking_once() -> AbstractContextManager[None]:
    """Turn off MLflow's retries in the block; they go on for minutes."""
    return _asking({MLFLOW_HTTP_REQUEST_MAX_RETRIES: 0, MLFLOW_HTTP_REQUEST_TIMEOUT: HASTE_SECONDS})


def asking_briefly() -> AbstractContextManager[None]:
    """Lower MLflow's retries in the block to a dozen seconds."""
    usual = MLFLOW_HTTP_REQUEST_MAX_RETRIES.get()
    return _asking({MLFLOW_HTTP_REQUEST_MAX_RETRIES: min(usual, BRIEF_RETRIES)})


@contextmanager
def _asking(changed: Mapping[Any, int]) -> Iterator[None]:
    usual = {variable: variable.get() for variable in changed}
    try:
        for variable, value in changed.items():
            variable.set(value)
        yield
    finally:
        for variable, value in usual.items():
            variable.set(value)


def _silence_libraries() -> None:
    # What goes wrong is raised and explained once; their logs would say it again, at length.
    logging.getLogger("mlflow").setLevel(logging.CRITICAL)
    logging.getLogger("urllib3").setLevel(logging.ERROR)


def _ensure_answers(uri: str) -> None:
    """Raise when a database does not answer once; MLflow itself retries for an hour."""
    if uri.startswith(DATABASES):
        create_engine(uri, poolclass=NullPool).connect().close()


def _without_password(text: str) -> str:
    return re.sub(r"://[^/\s]*@", "://", text)
