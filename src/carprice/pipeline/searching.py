"""A search over hyperparameters in steps: opened, tried trial by trial, closed.

All that it knows stands in its run and the runs nested in it, so each trial may happen in another
process, on another machine, and one that was killed is taken up by the next call for its number.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Self

import yaml

from carprice.listings.table_store import read_table, write_table
from carprice.pipeline.recipe import SECTION, hash_search
from carprice.pipeline.run_record import trying_to_close
from carprice.pipeline.steps import SAMPLE, ensure_quality, ensure_sample, inspect_listings
from carprice.pricing.calibrated import ModelParams
from carprice.pricing.search import Attempt, Folds, begin
from carprice.pricing.space import Range, Tried, read_space
from carprice.pricing.split import split
from carprice.registry.records import VersionFacts
from carprice.registry.searches import ERROR, name_fold
from carprice.workspace import Workspace

IN_FORCE = "params_in_force"
"""Tag of a search: the section `model` of params.yaml as it began, as JSON."""


class Search(NamedTuple):
    """A search that was opened: its run, the file and the clean table that it learns from."""

    run_id: str
    source: str
    data_hash: str
    in_force: ModelParams
    """Hyperparameters of params.yaml as it began."""

    @classmethod
    def read(cls, work: Workspace, run_id: str) -> Self:
        """The search of a run."""
        tags = work.registry.run(run_id).tags
        facts = VersionFacts.from_tags(tags)
        in_force = type(work.params.model).model_validate_json(tags[IN_FORCE])
        return cls(run_id, facts.source, facts.data_hash, in_force)

    @property
    def space(self) -> dict[str, Range]:
        """What its trials may change."""
        return read_space(self.in_force)

    def load_folds(self, work: Workspace) -> Folds:
        """Its training listings in folds: no held-out car is among them."""
        listings = read_table(work.settings.processed_data, self.data_hash)
        return Folds.of(split(listings, work.params.split.holdout_share)[0], self.in_force)


class Found(NamedTuple):
    """What a search has come to: errors are medians in %, the mean over the folds.

    section: of params.yaml, by the best trial.
    """

    run_id: str
    best: Tried
    in_force: Tried
    trials: int
    pruned: int
    section: str


def open_search(work: Workspace, data: Path | None) -> Search:
    """Check a file (by default the simulated sample), and open its search.

    By the same listings, code and space it is the same search, and goes on where it was left.
    Raises as `check_data_quality` does.
    """
    path = data or work.settings.home / SAMPLE
    if data is None:
        ensure_sample(work, path)
    kept, report = inspect_listings(work, path)
    ensure_quality(report)
    data_hash = write_table(kept, work.settings.processed_data)
    facts = VersionFacts(
        source=path.name, source_sha256=report.summary.source_sha256, data_hash=data_hash
    )
    tags = {**facts.to_tags(), IN_FORCE: work.params.model.model_dump_json()}
    identity = hash_search(work.params, data_hash)
    run_id = work.registry.open_search(identity, f"search {path.name}", tags)
    return Search.read(work, run_id)


def run_trial(work: Workspace, run_id: str, number: int, folds: Folds | None = None) -> Tried:
    """Try hyperparameters by one trial of a search: number 0 tries those in force.

    Called again after anything, it tries the same ones once more; does nothing where it has ended.

    folds: of the search, where one process has many trials.
    """
    registry, search = work.registry, Search.read(work, run_id)
    trials = registry.tried(run_id)
    known = trials.pop(number, None)
    if known and known.tried.ended:
        return known.tried
    trial_run = known.run_id if known else registry.start_trial(run_id, number)
    with _at_work(work, run_id, trial_run):
        given = known.tried.params if known else {}
        if not number:
            given = search.in_force.model_dump(include={*search.space})
        attempt = begin(search.space, [each.tried for each in trials.values()], number, given)
        registry.log(trial_run, params=attempt.params)
        tried = _measure(work, trial_run, attempt, folds or search.load_folds(work), search)
        registry.end_run(trial_run, "FINISHED")
        if tried.is_whole:
            best = _find_best(each.tried for each in registry.tried(run_id).values())
            registry.log(run_id, metrics={ERROR: best.error})
    return tried


def close_search(work: Workspace, run_id: str) -> Found:
    """What a search came to, which its run keeps: `search/params.yaml` and figures."""
    registry, search = work.registry, Search.read(work, run_id)
    found = _find(search, [each.tried for each in registry.tried(run_id).values()])
    registry.log(
        run_id,
        tags={"best_trial": str(found.best.number)},
        metrics={
            ERROR: found.best.error,
            f"{ERROR}_in_force": found.in_force.error,
            "trials": found.trials,
            "trials_pruned": found.pruned,
        },
    )
    registry.log_text(run_id, found.section, SECTION)
    registry.end_run(run_id, "FINISHED")
    return found


def _measure(
    work: Workspace, trial_run: str, attempt: Attempt, folds: Folds, search: Search
) -> Tried:
    """A trial measured fold by fold, until it is without hope; each figure is kept at once."""
    errors: list[float] = []
    for error in folds.measure(search.in_force.model_copy(update=attempt.params)):
        errors.append(error)
        work.registry.log(trial_run, metrics={name_fold(len(errors)): error})
        if attempt.is_hopeless(errors):
            break
    tried = Tried(attempt.number, attempt.params, errors, ended=True)
    if tried.is_whole:
        work.registry.log(trial_run, metrics={ERROR: tried.error})
    return tried


def _find_best(tried: Iterable[Tried]) -> Tried:
    return min((each for each in tried if each.is_whole), key=lambda each: each.error)


def _find(search: Search, tried: Sequence[Tried]) -> Found:
    best = _find_best(tried)
    section = {"model": search.in_force.model_copy(update=best.params).model_dump(mode="json")}
    return Found(
        search.run_id,
        best,
        next(each for each in tried if not each.number),
        len(tried),
        sum(each.is_pruned for each in tried),
        yaml.safe_dump(section, sort_keys=False),
    )


@contextmanager
def _at_work(work: Workspace, *runs: str) -> Iterator[None]:
    """Reopen runs for the block; an error of it closes them, and is raised on."""
    for each in runs:
        work.registry.set_status(each, "RUNNING")
    try:
        yield
    except BaseException as error:
        for each in runs:
            with trying_to_close(each):
                work.registry.end_run(each, "FAILED" if isinstance(error, Exception) else "KILLED")
        raise
