"""Searches in MLflow, in an experiment of their own: a run each, their trials nested in it.

The runs are all that is kept of a search. Whoever reads them knows what was tried, and goes on.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from carprice.pricing.space import FOLDS, Tried
from carprice.registry.connection import Connection, explained
from carprice.registry.records import Run

EXPERIMENT_OF_SEARCHES = "car_price_search"
IDENTITY = "search"
NUMBER = "trial"
ERROR = "median_error_pct"
"""Metric of a trial, and of a search: that of its best one so far."""
OLDEST_FIRST = ["attributes.start_time ASC"]


class StoredTrial(NamedTuple):
    """A trial and the run that keeps it."""

    run_id: str
    tried: Tried


class Searches(Connection):
    """The part of `Registry` that keeps searches."""

    @explained
    def open_search(self, identity: str, name: str, tags: Mapping[str, str]) -> str:
        """Id of the run of a search, made where there is none of this identity yet."""
        experiment = self.ensure_experiment(EXPERIMENT_OF_SEARCHES)
        known = self.client.search_runs(
            [experiment], f"tags.{IDENTITY} = '{identity}'", order_by=OLDEST_FIRST
        )
        if known:
            return Run.from_entry(known[0]).run_id
        run = self.client.create_run(experiment, run_name=name, tags={**tags, IDENTITY: identity})
        return str(run.info.run_id)

    @explained
    def start_trial(self, search: str, number: int) -> str:
        """Id of a new run nested in that of a search."""
        tags = {MLFLOW_PARENT_RUN_ID: search, NUMBER: str(number)}
        experiment = self.ensure_experiment(EXPERIMENT_OF_SEARCHES)
        run = self.client.create_run(experiment, run_name=f"trial {number}", tags=tags)
        return str(run.info.run_id)

    @explained
    def tried(self, search: str) -> dict[int, StoredTrial]:
        """Trials of a search by their number; of two by one number, the older one."""
        experiment = self.ensure_experiment(EXPERIMENT_OF_SEARCHES)
        asked, token = f"tags.`{MLFLOW_PARENT_RUN_ID}` = '{search}'", None
        found: dict[int, StoredTrial] = {}
        while token != "":
            page = self.client.search_runs(
                [experiment], asked, order_by=OLDEST_FIRST, page_token=token
            )
            for trial in map(_read_trial, page):
                found.setdefault(trial.tried.number, trial)
            token = page.token or ""
        return found


def name_fold(fold: int) -> str:
    """Metric of one fold, counted from 1."""
    return f"fold_{fold}_{ERROR}"


def _read_trial(entry: Any) -> StoredTrial:
    run, metrics = Run.from_entry(entry), entry.data.metrics
    measured = [metrics[name] for name in map(name_fold, range(1, FOLDS + 1)) if name in metrics]
    params = {name: json.loads(value) for name, value in entry.data.params.items()}
    ended = run.status == "FINISHED"
    return StoredTrial(run.run_id, Tried(int(run.tags[NUMBER]), params, measured, ended))
