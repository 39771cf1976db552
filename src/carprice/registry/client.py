"""The only importer of MLflow: runs, versions of the model, aliases, and opening what is stored."""

import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime
from importlib.metadata import version as installed_version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import mlflow
import pandas as pd
from mlflow.entities import Metric, Param, RunTag
from mlflow.environment_variables import (
    MLFLOW_HTTP_REQUEST_MAX_RETRIES,
    MLFLOW_HTTP_REQUEST_TIMEOUT,
)
from mlflow.exceptions import MlflowException
from mlflow.models import Model, ModelSignature
from mlflow.protos.databricks_pb2 import (
    RESOURCE_ALREADY_EXISTS,
    RESOURCE_DOES_NOT_EXIST,
    ErrorCode,
)
from mlflow.types import ColSpec, DataType, Schema
from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import SQLAlchemyError

from carprice.errors import ModelIntegrityError, RegistryError
from carprice.market.chosen import MARKET
from carprice.market.listing import ESTIMATE_COLUMNS, FEATURES, TEXTUAL
from carprice.registry.records import FILES_TAG, MODEL_NAME, Run, Version
from carprice.registry.stored_model import (
    MODEL_FILE,
    TRUSTED_TYPES,
    digest_files,
    ensure_files,
    open_pipeline,
)
from carprice.settings import Settings
from carprice.wording import spell

if TYPE_CHECKING:
    # What draws and estimates is slow to import, and many a command needs none of it.
    from matplotlib.figure import Figure
    from sklearn.pipeline import Pipeline

EXPERIMENT = "car_price_prediction"
PRODUCTION = "production"
STAGING = "staging"
REQUIREMENTS = (
    "mlflow", "numpy", "pandas", "pydantic", "scikit-learn", "scipy", "skops", "threadpoolctl",
)  # fmt: skip
"""What a process needs beside this package to open the model and estimate."""

HASTE_SECONDS = 10
"""How long the one request may take that must not be answered late."""
DATABASES = ("postgresql", "mysql", "mssql")

SIGNATURE = ModelSignature(
    inputs=Schema(
        [
            ColSpec(
                DataType.string if name in TEXTUAL else DataType.double, name=name, required=False
            )
            for name in FEATURES
        ]
    ),
    outputs=Schema([ColSpec(DataType.double, name=name) for name in ESTIMATE_COLUMNS]),
)


@contextmanager
def explained(uri: str) -> Iterator[None]:
    """Turn what MLflow, its database or its disk raise into one clear RegistryError."""
    try:
        yield
    except (MlflowException, SQLAlchemyError, OSError) as error:
        first_line = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise RegistryError(
            f"the registry at {_without_password(uri)} does not do as asked: "
            f"{_without_password(first_line)[:300]}\n"
            "Check that it is running, that its address in MLFLOW_TRACKING_URI is right, and that "
            "its disk is writable and has room."
        ) from error


class Registry:
    """A connection to the tracking and registry server, or to the embedded stores.

    Every method raises RegistryError when the registry does not answer or refuses.
    """

    def __init__(self, settings: Settings) -> None:
        _be_silent()
        self.uri = settings.registry_uri
        self._artifact_root = settings.artifact_root
        with explained(self.uri):
            if self._artifact_root:
                settings.embedded_store.mkdir(parents=True, exist_ok=True)
            _ensure_answers(self.uri)
            mlflow.set_tracking_uri(self.uri)
            self.client = mlflow.MlflowClient()
            self.experiment_id = self._ensure_experiment()

    # Runs

    def start_run(self, name: str, tags: Mapping[str, str]) -> str:
        """Open a run in the experiment and return its id."""
        with explained(self.uri):
            run = self.client.create_run(self.experiment_id, run_name=name, tags=dict(tags))
            return str(run.info.run_id)

    def end_run(self, run_id: str, status: str) -> None:
        """Close a run as FINISHED, FAILED or KILLED."""
        with explained(self.uri):
            self.client.set_terminated(run_id, status)

    def set_status(self, run_id: str, status: str) -> None:
        with explained(self.uri):
            self.client.update_run(run_id, status=status)

    def run(self, run_id: str) -> Run:
        with explained(self.uri):
            return Run.from_entry(self.client.get_run(run_id))

    def runs(self, *, status: str = "", pipeline_run: str = "") -> list[Run]:
        """Runs of a status, of a run of the pipeline, or both; newest first."""
        with explained(self.uri):
            wanted = {"attributes.status": status, "tags.pipeline_run": pipeline_run}
            asked = " AND ".join(f"{name} = '{value}'" for name, value in wanted.items() if value)
            return [*map(Run.from_entry, self.client.search_runs([self.experiment_id], asked))]

    def untag_run(self, run_id: str, *names: str) -> None:
        """Take tags from a run; harmless when it has none."""
        with explained(self.uri):
            for name in names:
                with _tolerating(_is_absent):
                    self.client.delete_tag(run_id, name)

    def log(
        self,
        run_id: str,
        *,
        params: Mapping[str, object] | None = None,
        metrics: Mapping[str, float] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Write parameters, metrics and tags of a run in one request; writing twice is harmless."""
        now = int(datetime.now(UTC).timestamp() * 1000)
        with explained(self.uri):
            self.client.log_batch(
                run_id,
                metrics=[Metric(k, v, now, 0) for k, v in (metrics or {}).items()],
                params=[Param(k, str(v)) for k, v in (params or {}).items()],
                tags=[RunTag(k, v) for k, v in (tags or {}).items()],
            )

    def log_text(self, run_id: str, text: str, path: str) -> None:
        with explained(self.uri):
            self.client.log_text(run_id, text, path)

    def log_figure(self, run_id: str, figure: "Figure", path: str) -> None:
        with explained(self.uri):
            self.client.log_figure(run_id, figure, path)

    def read_text(self, run_id: str, path: str) -> str:
        """A text artifact of a run."""
        with explained(self.uri):
            return str(mlflow.artifacts.load_text(f"runs:/{run_id}/{path}"))

    def run_metrics(self, run_id: str) -> dict[str, float]:
        with explained(self.uri):
            return dict(self.client.get_run(run_id).data.metrics)

    # Versions

    def register_model(
        self, run_id: str, pipeline: "Pipeline", example: pd.DataFrame, tags: Mapping[str, str]
    ) -> Version:
        """Store a pipeline with the run and register it as a new version of the model."""
        with explained(self.uri):
            versions = {name: installed_version(name) for name in REQUIREMENTS}
            self.log(
                run_id, params={f"version of {name}": found for name, found in versions.items()}
            )
            self.give_up_models(run_id)
            with mlflow.start_run(run_id=run_id):
                logged = mlflow.sklearn.log_model(
                    pipeline,
                    name="model",
                    signature=SIGNATURE,
                    input_example=example,
                    pip_requirements=[f"{name}=={found}" for name, found in versions.items()],
                    serialization_format="skops",
                    skops_trusted_types=list(TRUSTED_TYPES),
                )
            self.client.update_run(run_id, status="RUNNING")
            self.ensure_model(MODEL_NAME, f"{spell.DESCRIPTION.en} ({MARKET.currency.symbol})")
            with self._download(logged.model_uri) as folder:
                files = digest_files(folder)
            entry = self.client.create_model_version(
                MODEL_NAME,
                source=logged.model_uri,
                run_id=run_id,
                model_id=logged.model_id,
                tags={**tags, FILES_TAG: json.dumps(files)},
            )
            return self.version_of_run(run_id) or Version.from_entry(entry)

    def version_of_run(self, run_id: str) -> Version | None:
        """The version that a run registered, whole; what others registered of it does not count.

        A request that is sent again because its answer was lost registers twice: the second
        version is removed.
        """
        with explained(self.uri):
            entries = self.client.search_model_versions(f"run_id = '{run_id}'")
            found = [Version.from_entry(each) for each in entries if each.name == MODEL_NAME]
            whole = sorted(
                (each for each in found if each.file_hashes), key=lambda each: each.number
            )
            for extra in whole[1:]:
                self.client.delete_model_version(MODEL_NAME, str(extra.number))
            return whole[0] if whole else None

    def give_up_models(self, run_id: str) -> None:
        """Mark models of a run whose storing was never finished as failed."""
        with explained(self.uri):
            asked = f"source_run_id = '{run_id}'"
            for each in self.client.search_logged_models([self.experiment_id], asked):
                if each.status == "PENDING":
                    self.client.finalize_logged_model(each.model_id, "FAILED")

    def ensure_model(self, name: str, description: str) -> None:
        """Make a registered model unless it is there."""
        with explained(self.uri), _tolerating(_exists_already):
            self.client.create_registered_model(name, description=description)

    def versions(self) -> list[Version]:
        """All versions, newest first."""
        with explained(self.uri):
            entries = self.client.search_model_versions(f"name='{MODEL_NAME}'")
            aliases = self._aliases()
            return sorted(
                (Version.from_entry(each, aliases.get(int(each.version), ())) for each in entries),
                key=lambda version: -version.number,
            )

    def version(self, number: int) -> Version:
        with explained(self.uri):
            return Version.from_entry(self.client.get_model_version(MODEL_NAME, str(number)))

    def choose(self, number: int | None) -> Version:
        """The version of a number, or the newest one when none is given."""
        if number is not None:
            return self.version(number)
        versions = self.versions()
        if not versions:
            raise RegistryError("there is no version yet: type `carprice run` or `carprice train`")
        return versions[0]

    def find_alias(self, alias: str) -> Version | None:
        """The version that an alias names, or None when it names none."""
        with explained(self.uri), _tolerating(_is_absent):
            return Version.from_entry(self.client.get_model_version_by_alias(MODEL_NAME, alias))
        return None

    def set_alias(self, alias: str, number: int) -> None:
        with explained(self.uri):
            self.client.set_registered_model_alias(MODEL_NAME, alias, str(number))

    def set_alias_now(self, alias: str, number: int) -> None:
        """Set an alias within seconds or not at all: what comes late may undo another's work."""
        with _asking_once():
            self.set_alias(alias, number)

    def clear_alias(self, alias: str) -> None:
        """Remove an alias; harmless when it is not set."""
        with explained(self.uri), _tolerating(_is_absent):
            self.client.delete_registered_model_alias(MODEL_NAME, alias)

    def tag_version(self, number: int, tags: Mapping[str, str]) -> None:
        with explained(self.uri):
            for key, value in tags.items():
                self.client.set_model_version_tag(MODEL_NAME, str(number), key, value)

    # Opening

    def open_model(self, version: Version) -> "Pipeline":
        """Open a version after checking bytes, signature and types against what was registered.

        Raises ModelIntegrityError naming what differs.
        """
        with self.checked_files(version) as folder:
            return open_pipeline(folder / MODEL_FILE, version.name)

    def read_model(self, version: Version) -> bytes:
        """The file of a version's model, proven to be the one registered."""
        with self.checked_files(version) as folder:
            return (folder / MODEL_FILE).read_bytes()

    @contextmanager
    def checked_files(self, version: Version) -> Iterator[Path]:
        """Folder of a version's files, each proven to be the one registered."""
        with self.files(version) as folder:
            ensure_files(folder, version.file_hashes, version.name)
            if Model.load(str(folder)).signature != SIGNATURE:
                raise ModelIntegrityError(
                    f"{version.name} has another signature than this release of carprice expects. "
                    "Train again with this release, or go back to the release that made it."
                )
            yield folder

    def files(self, version: Version) -> AbstractContextManager[Path]:
        """Folder of a version's files as they are stored, unchecked, for as long as the block."""
        return self._download(f"models:/{MODEL_NAME}/{version.number}")

    @contextmanager
    def _download(self, uri: str) -> Iterator[Path]:
        with ExitStack() as fetched:
            with explained(self.uri):
                target = None  # the files of an embedded store are read where they lie
                if not self._artifact_root:
                    target = fetched.enter_context(TemporaryDirectory(prefix="carprice-"))
                folder = Path(mlflow.artifacts.download_artifacts(uri, dst_path=target))
            yield folder

    def _ensure_experiment(self) -> str:
        found = self.client.get_experiment_by_name(EXPERIMENT)
        if found is None:
            with _tolerating(_exists_already):
                return str(self.client.create_experiment(EXPERIMENT, self._artifact_root))
            found = self.client.get_experiment_by_name(EXPERIMENT)
        return str(found.experiment_id)

    def _aliases(self) -> dict[int, tuple[str, ...]]:
        names: dict[int, tuple[str, ...]] = {}
        with _tolerating(_is_absent):
            registered = self.client.get_registered_model(MODEL_NAME)
            for alias, number in registered.aliases.items():
                names[int(number)] = (*names.get(int(number), ()), alias)
        return names


def _is_absent(error: MlflowException) -> bool:
    # An alias that was never set is reported as an invalid parameter.
    unset_alias = "alias" in str(error) and "not found" in str(error)
    return unset_alias or bool(error.error_code == ErrorCode.Name(RESOURCE_DOES_NOT_EXIST))


def _exists_already(error: MlflowException) -> bool:
    return bool(error.error_code == ErrorCode.Name(RESOURCE_ALREADY_EXISTS))


@contextmanager
def _tolerating(is_harmless: Callable[[MlflowException], bool]) -> Iterator[None]:
    """Give up what the block began, without a word, where MLflow refuses it harmlessly."""
    try:
        yield
    except MlflowException as error:
        if not is_harmless(error):
            raise


@contextmanager
def _asking_once() -> Iterator[None]:
    """MLflow otherwise repeats a request for minutes until it is answered."""
    hasty = {MLFLOW_HTTP_REQUEST_MAX_RETRIES: 0, MLFLOW_HTTP_REQUEST_TIMEOUT: HASTE_SECONDS}
    patient = {variable: variable.get() for variable in hasty}
    try:
        for variable, value in hasty.items():
            variable.set(value)
        yield
    finally:
        for variable, value in patient.items():
            variable.set(value)


def _be_silent() -> None:
    # What goes wrong is raised and explained once; their logs would say it again, at length.
    logging.getLogger("mlflow").setLevel(logging.CRITICAL)
    logging.getLogger("urllib3").setLevel(logging.ERROR)


def _ensure_answers(uri: str) -> None:
    """Ask a database once; MLflow itself would ask for an hour before it says that it is down."""
    if uri.startswith(DATABASES):
        create_engine(uri, poolclass=NullPool).connect().close()


def _without_password(text: str) -> str:
    return re.sub(r"://[^/\s]*@", "://", text)
