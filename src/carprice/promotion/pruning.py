"""Pruning: runs and versions that are old, and that nothing leads back to, are deleted for good."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from carprice.listings.table_store import table_path
from carprice.promotion.copies import find_copies
from carprice.promotion.ledger import timestamp
from carprice.promotion.standing import read_standing
from carprice.registry.records import Run, Version, VersionFacts
from carprice.workspace import Workspace

MARK = "pruned_at"
"""Tag of a run whose deletion has begun: one that was killed in the middle is gone on with."""


class Rule(NamedTuple):
    """What is kept, of versions and of runs without one: the newest, and those of some days.

    None keeps nothing by itself.
    """

    newest: int | None
    days: int | None


@dataclass(frozen=True)
class Relic:
    """A run that goes, with its versions and their copies in `models/`; sizes in bytes."""

    run: Run | None
    """None where a version's run is gone already."""
    versions: Sequence[Version]
    copies: Sequence[Path]
    size: int

    @property
    def data_hash(self) -> str:
        tags = self.run.tags if self.run else self.versions[0].tags
        return VersionFacts.from_tags(tags).data_hash

    @property
    def text(self) -> str:
        """What it is, in one line."""
        name = ", ".join(each.name for each in self.versions)
        name = name or f"run {self.run.run_id if self.run else '?'} without a version"
        began = self.run.started if self.run else self.versions[0].created
        outcome = self.run.tags.get("outcome", "") if self.run else ""
        told = (f"{began:%Y-%m-%d %H:%M}", outcome, f"{self.size / 1e6:.1f} MB")
        return f"{name} ({', '.join(filter(None, told))})"


class Relics(NamedTuple):
    """All that goes; its size in bytes.

    tables: clean tables that nothing names which stays.
    """

    runs: list[Relic]
    tables: list[Path]
    size: int

    @property
    def lines(self) -> list[str]:
        """What they are, one a line."""
        return [*map(_describe_table, self.tables), *(each.text for each in self.runs)]


def find_relics(work: Workspace, rule: Rule) -> Relics:
    """What a rule lets go. Never a run under way, or a version that is kept by the ledger."""
    registry = work.registry
    kept = read_standing(registry).kept
    runs, versions = registry.runs(), registry.versions()
    told = {run.run_id: run for run in runs}
    of_runs = {
        run_id: [each for each in versions if each.run_id == run_id]
        for run_id in dict.fromkeys([*(each.run_id for each in versions), *told])
    }
    under_way = {run.run_id for run in runs if run.status == "RUNNING"}
    recent = [each for each, found in of_runs.items() if found][: rule.newest or 0]
    without = [run_id for run_id in told if not of_runs[run_id] and run_id not in under_way]
    recent += without[: rule.newest or 0]

    def goes(run_id: str) -> bool:
        run, found = told.get(run_id), of_runs[run_id]
        if run_id in under_way or kept & {each.number for each in found}:
            return False
        if run and MARK in run.tags:
            return True
        began = run.started if run else found[0].created
        young = rule.days is not None and datetime.now(UTC) - began < timedelta(days=rule.days)
        return run_id not in recent and not young

    relics = [_measure(work, told.get(each), of_runs[each]) for each in of_runs if goes(each)]
    tables = _find_tables(work, relics, runs, versions)
    return Relics(relics, tables, sum(each.size for each in relics) + sum(map(_size, tables)))


def prune(work: Workspace, relics: Relics) -> Iterator[str]:
    """Delete relics; a line for each that is gone. Called again after anything, it goes on.

    What has come to be kept since it was found, or is under way again, stays.
    """
    registry = work.registry
    left = [each for each in relics.runs if not _is_needed(work, each)]
    for relic in left:
        if relic.run:
            registry.log(relic.run.run_id, tags={MARK: timestamp()})
    for table in _find_tables(work, left, registry.runs(), registry.versions()):
        table.unlink(missing_ok=True)
        yield _describe_table(table)
    for relic in left:
        if _is_needed(work, relic):
            continue
        for copy in relic.copies:
            copy.unlink(missing_ok=True)
        for version in relic.versions:
            registry.delete_version(version.number)
        if relic.run:
            registry.delete_run(relic.run.run_id)
        yield relic.text


def _measure(work: Workspace, run: Run | None, versions: list[Version]) -> Relic:
    copies = [path for version in versions for path in find_copies(work, version)]
    stored = work.registry.measure_run(run.run_id) if run else 0
    return Relic(run, versions, copies, stored + sum(map(_size, copies)))


def _find_tables(
    work: Workspace, relics: list[Relic], runs: list[Run], versions: list[Version]
) -> list[Path]:
    """Tables of relics that no other run and no other version names."""
    going = {relic.run.run_id for relic in relics if relic.run}
    numbers = {version.number for relic in relics for version in relic.versions}
    named = _list_hashes(run.tags for run in runs if run.run_id not in going)
    named |= _list_hashes(each.tags for each in versions if each.number not in numbers)
    folder = work.settings.processed_data
    doomed = {relic.data_hash for relic in relics} - named - {""}
    tables = [table_path(folder, each) for each in sorted(doomed)]
    # A tag is whatever somebody wrote: it may lead elsewhere.
    return [path for path in tables if path.parent == folder and path.exists()]


def _list_hashes(tags: Iterable[dict[str, str]]) -> set[str]:
    return {VersionFacts.from_tags(each).data_hash for each in tags}


def _is_needed(work: Workspace, relic: Relic) -> bool:
    kept = read_standing(work.registry).kept
    if kept & {version.number for version in relic.versions}:
        return True
    return relic.run is not None and work.registry.run(relic.run.run_id).status == "RUNNING"


def _describe_table(path: Path) -> str:
    return f"clean table {path.name}"


def _size(path: Path) -> int:
    return path.stat().st_size
