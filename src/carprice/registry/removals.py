"""Deleting runs and versions for good: what they stored goes with them."""

from collections.abc import Iterator

from mlflow.store.artifact.artifact_repo import ArtifactRepository
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

from carprice.registry.connection import Connection, explained, is_absent, tolerating
from carprice.registry.records import MODEL_NAME


class Removals(Connection):
    """The half of `Registry` that makes room. What is gone already does no harm."""

    @explained
    def measure_run(self, run_id: str) -> int:
        """Bytes that a run and its models take in the artifact store."""
        return sum(_measure(self._repository(place)) for _, place in self._places(run_id))

    @explained
    def delete_version(self, number: int) -> None:
        """Delete a version's entry; its files belong to its run."""
        with tolerating(is_absent):
            self.client.delete_model_version(MODEL_NAME, str(number))

    @explained
    def delete_run(self, run_id: str) -> None:
        """Delete a run with its artifacts and its models, those of other versions excepted.

        MLflow itself only marks runs and models as deleted, and keeps their files.
        """
        versions = self.client.search_model_versions(f"name='{MODEL_NAME}'")
        in_use = {each.source for each in versions}
        for model_id, place in self._places(run_id):
            if f"models:/{model_id}" in in_use:
                continue
            self._repository(place).delete_artifacts()
            if model_id:
                with tolerating(is_absent):
                    self.client.delete_logged_model(model_id)
        self.client.delete_run(run_id)

    def _places(self, run_id: str) -> Iterator[tuple[str, str]]:
        """Where the files of a run lie: each of its models by id, then its own, without an id."""
        models = f"source_run_id = '{run_id}'"
        for each in self.client.search_logged_models([self.experiment_id], models):
            yield each.model_id, each.artifact_location
        yield "", self.client.get_run(run_id).info.artifact_uri

    def _repository(self, place: str) -> ArtifactRepository:
        return get_artifact_repository(place, tracking_uri=self.uri)


def _measure(repository: ArtifactRepository, folder: str | None = None) -> int:
    return sum(
        _measure(repository, each.path) if each.is_dir else each.file_size or 0
        for each in repository.list_artifacts(folder)
    )
