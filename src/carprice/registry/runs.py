"""Runs of the pipeline in MLflow: status, tags, metrics and artifacts."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import mlflow
from mlflow.entities import Metric, Param, RunTag

from carprice.errors import RegistryError
from carprice.registry.connection import Connection, explained, is_absent, tolerating
from carprice.registry.records import Run

if TYPE_CHECKING:
    # Slow to import, and many a command draws nothing.
    from matplotlib.figure import Figure

LARGEST_TEXT = 16 * 2**20
"""Bytes; a quality report has twenty thousand."""


class Runs(Connection):
    """The run half of `Registry`."""

    @explained
    def start_run(self, name: str, tags: Mapping[str, str]) -> str:
        """Id of a new run in the experiment."""
        run = self.client.create_run(self.experiment_id, run_name=name, tags=dict(tags))
        return str(run.info.run_id)

    @explained
    def end_run(self, run_id: str, status: str) -> None:
        """Close a run as FINISHED, FAILED or KILLED."""
        self.client.set_terminated(run_id, status)

    @explained
    def set_status(self, run_id: str, status: str) -> None:
        self.client.update_run(run_id, status=status)

    @explained
    def run(self, run_id: str) -> Run:
        return Run.from_entry(self.client.get_run(run_id))

    @explained
    def runs(self, /, *, status: str = "", **tags: str) -> list[Run]:
        """Runs with a status, with some tags, or both; newest first."""
        wanted = {"attributes.status": status} | {f"tags.{k}": v for k, v in tags.items()}
        asked = " AND ".join(f"{name} = '{value}'" for name, value in wanted.items() if value)
        found: list[Run] = []
        token = None
        while token != "":
            page = self.client.search_runs([self.experiment_id], asked, page_token=token)
            found += map(Run.from_entry, page)
            token = page.token or ""
        return found

    @explained
    def untag_run(self, run_id: str, *names: str) -> None:
        """Remove tags from a run; absent ones do no harm."""
        for name in names:
            with tolerating(is_absent):
                self.client.delete_tag(run_id, name)

    @explained
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
        self.client.log_batch(
            run_id,
            metrics=[Metric(k, v, now, 0) for k, v in (metrics or {}).items()],
            params=[Param(k, str(v)) for k, v in (params or {}).items()],
            tags=[RunTag(k, v) for k, v in (tags or {}).items()],
        )

    @explained
    def rename_run(self, run_id: str, name: str) -> None:
        self.client.update_run(run_id, name=name)

    @explained
    def log_text(self, run_id: str, text: str, path: str) -> None:
        self.client.log_text(run_id, text, path)

    @explained
    def log_figure(self, run_id: str, figure: "Figure", path: str) -> None:
        self.client.log_figure(run_id, figure, path)

    @explained
    def read_text(self, run_id: str, path: str) -> str:
        """A text artifact of a run; a RegistryError where it is larger than any is."""
        beside = self.client.list_artifacts(run_id, path.rpartition("/")[0] or None)
        size = sum(each.file_size or 0 for each in beside if each.path == path)
        if size > LARGEST_TEXT:
            raise RegistryError(
                f"{path} of run {run_id} has {size:,} bytes and is not read: no text that is "
                f"stored comes near {LARGEST_TEXT:,}.",
                retryable=False,
            )
        return str(mlflow.artifacts.load_text(f"runs:/{run_id}/{path}"))
