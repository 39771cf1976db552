"""Runs of monitoring in MLflow, in an experiment of their own."""

from collections.abc import Mapping

from carprice.registry.connection import Connection, explained
from carprice.registry.records import Run

EXPERIMENT_OF_LOOKS = "car_price_monitoring"
MOST_LOOKS = 100


class Looks(Connection):
    """The monitoring part of `Registry`."""

    @explained
    def start_look(self, name: str, tags: Mapping[str, str]) -> str:
        """Id of a new run."""
        experiment = self.ensure_experiment(EXPERIMENT_OF_LOOKS)
        run = self.client.create_run(experiment, run_name=name, tags=dict(tags))
        return str(run.info.run_id)

    @explained
    def looks(self, tags: Mapping[str, str], status: str = "FINISHED") -> list[Run]:
        """The last MOST_LOOKS of a status with some tags, newest first."""
        experiment = self.client.get_experiment_by_name(EXPERIMENT_OF_LOOKS)
        if experiment is None:
            return []
        wanted = {"attributes.status": status} | {f"tags.{k}": v for k, v in tags.items()}
        asked = " AND ".join(f"{name} = '{value}'" for name, value in wanted.items())
        found = self.client.search_runs(
            [experiment.experiment_id], asked, max_results=MOST_LOOKS,
            order_by=["attributes.start_time DESC"],
        )  # fmt: skip
        return [Run.from_entry(each) for each in found]
