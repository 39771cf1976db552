"""The only importer of MLflow: runs, versions of the model, aliases, and opening what is stored."""

import json
import logging
import re
import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING

import mlflow
import pandas as pd
from mlflow.entities import Metric, Param, RunTag
from mlflow.entities.model_registry import ModelVersion
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
from carprice.listing import ESTIMATE_COLUMNS, FEATURES, TEXTUAL
from carprice.settings import Settings
from carprice.stored_model import (
    MODEL_FILE,
    TRUSTED_TYPES,
    digest_files,
    ensure_files,
    open_pipeline,
)
from carprice.versions import FILES_TAG, MODEL_NAME, Run, Ticket, Version

if TYPE_CHECKING:
    # What draws and estimates is slow to import, and many a command needs none of it.
    from matplotlib.figure import Figure
    from sklearn.pipeline import Pipeline

EXPERIMENT = "car_price_prediction"
LEDGER_NAME = f"{MODEL_NAME}-promotions"
PRODUCTION = "production"
STAGING = "staging"
REQUIREMENTS = (
    "mlflow", "numpy", "pandas", "pydantic", "scikit-learn", "scipy", "skops", "threadpoolctl",
)  # fmt: skip
"""What a process needs beside this package to open the model and estimate."""

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
            "its disk is writable and has room; nothing was promoted."
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
            return _to_run(self.client.get_run(run_id))

    def runs(self, *, status: str = "", pipeline_run: str = "") -> list[Run]:
        """Runs of a status, of a run of the pipeline, or both; newest first."""
        wanted = {"attributes.status": status, "tags.pipeline_run": pipeline_run}
        asked = " AND ".join(f"{name} = '{value}'" for name, value in wanted.items() if value)
        with explained(self.uri):
            return [*map(_to_run, self.client.search_runs([self.experiment_id], asked))]

    def untag_run(self, run_id: str, *names: str) -> None:
        """Take tags from a run; harmless when it has none."""
        for name in names:
            with explained(self.uri):
                try:
                    self.client.delete_tag(run_id, name)
                except MlflowException as error:
                    if not _is_absent(error):
                        raise

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

    def run_tags(self, run_id: str) -> dict[str, str]:
        return self.run(run_id).tags

    def run_metrics(self, run_id: str) -> dict[str, float]:
        with explained(self.uri):
            return dict(self.client.get_run(run_id).data.metrics)

    # Versions

    def register_model(
        self, run_id: str, pipeline: "Pipeline", example: pd.DataFrame, tags: Mapping[str, str]
    ) -> Version:
        """Store a pipeline with the run and register it as a new version of the model."""
        versions = {name: installed_version(name) for name in REQUIREMENTS}
        self.log(run_id, params={f"version of {name}": found for name, found in versions.items()})
        with explained(self.uri):
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
            self.ensure_model(MODEL_NAME, "Prices of used cars in Morocco, in dirhams (DH)")
            files = digest_files(self._download(logged.model_uri))
            entry = self.client.create_model_version(
                MODEL_NAME,
                source=logged.model_uri,
                run_id=run_id,
                model_id=logged.model_id,
                tags={**tags, FILES_TAG: json.dumps(files)},
            )
            return _to_version(entry)

    def ensure_model(self, name: str, description: str) -> None:
        """Make a registered model unless it is there."""
        with explained(self.uri):
            try:
                self.client.create_registered_model(name, description=description)
            except MlflowException as error:
                if error.error_code != ErrorCode.Name(RESOURCE_ALREADY_EXISTS):
                    raise

    def versions(self) -> list[Version]:
        """All versions, newest first."""
        with explained(self.uri):
            entries = self.client.search_model_versions(f"name='{MODEL_NAME}'")
            aliases = self._aliases()
            return sorted(
                (_to_version(each, aliases.get(int(each.version), ())) for each in entries),
                key=lambda version: -version.number,
            )

    def version(self, number: int) -> Version:
        with explained(self.uri):
            return _to_version(self.client.get_model_version(MODEL_NAME, str(number)))

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
        with explained(self.uri):
            try:
                return _to_version(self.client.get_model_version_by_alias(MODEL_NAME, alias))
            except MlflowException as error:
                if _is_absent(error):
                    return None
                raise

    def set_alias(self, alias: str, number: int) -> None:
        with explained(self.uri):
            self.client.set_registered_model_alias(MODEL_NAME, alias, str(number))

    def clear_alias(self, alias: str) -> None:
        """Remove an alias; harmless when it is not set."""
        with explained(self.uri):
            self.client.delete_registered_model_alias(MODEL_NAME, alias)

    def tag_version(self, number: int, tags: Mapping[str, str]) -> None:
        with explained(self.uri):
            for key, value in tags.items():
                self.client.set_model_version_tag(MODEL_NAME, str(number), key, value)

    # The ledger of promotions: a registered model whose versions are entries

    def open_ticket(self, target: Version, tags: Mapping[str, str]) -> Ticket:
        """Draw the next ticket; no two callers ever get the same number."""
        self.ensure_model(
            LEDGER_NAME, f"Who moved the {PRODUCTION} alias of {MODEL_NAME}, and when"
        )
        with explained(self.uri):
            entry = self.client.create_model_version(
                LEDGER_NAME,
                source=f"models:/{MODEL_NAME}/{target.number}",
                run_id=target.run_id,
                tags={**tags, "state": "open"},
            )
            return _to_ticket(entry)

    def tag_ticket(self, ticket: Ticket, tags: Mapping[str, str]) -> None:
        with explained(self.uri):
            for key, value in tags.items():
                self.client.set_model_version_tag(LEDGER_NAME, str(ticket.number), key, value)

    def tickets(self) -> list[Ticket]:
        """All entries of the ledger, oldest first."""
        with explained(self.uri):
            entries = self.client.search_model_versions(f"name='{LEDGER_NAME}'")
            return sorted(map(_to_ticket, entries), key=lambda ticket: ticket.number)

    # Opening

    def open_model(self, version: Version) -> "Pipeline":
        """Open a version after checking bytes, signature and types against what was registered.

        Raises ModelIntegrityError naming what differs.
        """
        folder = self.fetch_files(version)
        return open_pipeline(folder / MODEL_FILE, version.name)

    def fetch_files(self, version: Version) -> Path:
        """Folder of a version's files, each proven to be the one registered."""
        if not version.file_hashes:
            raise ModelIntegrityError(
                f"{version.name} has no file hashes: it was not registered by this pipeline and "
                "is not opened. Train it with `carprice run` or `carprice train`."
            )
        folder = self.download(version)
        ensure_files(folder, version.file_hashes, version.name)
        if Model.load(str(folder)).signature != SIGNATURE:
            raise ModelIntegrityError(
                f"{version.name} has another signature than this release of carprice expects. "
                "Train again with this release, or go back to the release that made it."
            )
        return folder

    def download(self, version: Version) -> Path:
        """Folder of a version's files as they are stored, unchecked."""
        with explained(self.uri):
            return self._download(f"models:/{MODEL_NAME}/{version.number}")

    def _download(self, uri: str) -> Path:
        if self._artifact_root:  # the files of an embedded store are read where they lie
            return Path(mlflow.artifacts.download_artifacts(uri))
        folder = tempfile.mkdtemp(prefix="carprice-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return Path(mlflow.artifacts.download_artifacts(uri, dst_path=folder))

    def _ensure_experiment(self) -> str:
        found = self.client.get_experiment_by_name(EXPERIMENT)
        if found is None:
            try:
                return str(self.client.create_experiment(EXPERIMENT, self._artifact_root))
            except MlflowException as error:
                if error.error_code != ErrorCode.Name(RESOURCE_ALREADY_EXISTS):
                    raise
                found = self.client.get_experiment_by_name(EXPERIMENT)
        return str(found.experiment_id)

    def _aliases(self) -> dict[int, tuple[str, ...]]:
        names: dict[int, tuple[str, ...]] = {}
        try:
            registered = self.client.get_registered_model(MODEL_NAME)
        except MlflowException as error:
            if _is_absent(error):
                return names
            raise
        for alias, number in registered.aliases.items():
            names[int(number)] = (*names.get(int(number), ()), alias)
        return names


def _is_absent(error: MlflowException) -> bool:
    # An alias that was never set is reported as an invalid parameter.
    unset_alias = "alias" in str(error) and "not found" in str(error)
    return unset_alias or bool(error.error_code == ErrorCode.Name(RESOURCE_DOES_NOT_EXIST))


def _to_run(entry: mlflow.entities.Run) -> Run:
    return Run(entry.info.run_id, entry.info.status, dict(entry.data.tags))


def _to_version(entry: ModelVersion, aliases: tuple[str, ...] = ()) -> Version:
    return Version(
        number=int(entry.version),
        run_id=entry.run_id,
        tags=dict(entry.tags),
        created=datetime.fromtimestamp(entry.creation_timestamp / 1000, UTC),
        aliases=aliases or tuple(entry.aliases),
    )


def _to_ticket(entry: ModelVersion) -> Ticket:
    return Ticket(
        number=int(entry.version),
        tags=dict(entry.tags),
        created=datetime.fromtimestamp(entry.creation_timestamp / 1000, UTC),
    )


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
