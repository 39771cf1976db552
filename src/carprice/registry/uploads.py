"""Uploads to an MLflow server: an outage is waited for, want of room is said at once.

A server whose disk is full answers each upload with a bare 500, and MLflow's client asks again for
minutes, as it does while nobody answers.
"""

import logging

from mlflow.exceptions import MlflowException
from mlflow.store.artifact.artifact_repository_registry import get_registered_artifact_repositories
from mlflow.store.artifact.mlflow_artifacts_repo import MlflowArtifactsRepository
from urllib3.exceptions import ResponseError

from carprice.errors import RegistryError
from carprice.registry.connection import asking_briefly

SERVERS_SCHEME = "mlflow-artifacts"
REFUSED = ResponseError.SPECIFIC_ERROR.format(status_code=500)

log = logging.getLogger(__name__)


class Uploads(MlflowArtifactsRepository):  # type: ignore[misc]  # MLflow tells no types
    """The artifacts of a run or a model on a server."""

    def log_artifact(self, local_file: str, artifact_path: str | None = None) -> None:
        """Upload a file. Raises RegistryError when the server answers and does not store it."""
        try:
            with asking_briefly():
                super().log_artifact(local_file, artifact_path)
        except MlflowException as error:
            if REFUSED in str(error):
                raise RegistryError(
                    "MLflow answers but stores nothing: it has refused to keep a file again and "
                    "again. The disk under its artifacts is full or not writable (in the stack: "
                    "the folder mlflow/mlruns; `docker compose logs mlflow` says which). Make "
                    "room, for example with `carprice prune --keep 10`, and start a new run.",
                    retryable=False,
                ) from error
            log.warning("MLflow does not answer; it is asked on for some minutes: %s", error)
            super().log_artifact(local_file, artifact_path)


def use_for_uploads() -> None:
    """Have MLflow's client upload to servers as above."""
    get_registered_artifact_repositories()[SERVERS_SCHEME] = Uploads
