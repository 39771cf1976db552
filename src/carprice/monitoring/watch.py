"""The look at a file of listings: by which version, what came of it, and where it is kept."""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

from carprice.errors import RegistryError
from carprice.evaluation.checks import GRAVITY, Check
from carprice.evaluation.plots import draw_checks
from carprice.language import Language, Text
from carprice.listings.cleaning import Cleaned, clean
from carprice.listings.quality import check
from carprice.listings.quality_report import DataProfile
from carprice.listings.raw_files import locate, look_around
from carprice.listings.reading import read_listings
from carprice.listings.table_store import hash_content, read_table, table_path
from carprice.monitoring.asked import read_asked
from carprice.monitoring.look import Batch, Learnt, look, look_at_asked
from carprice.monitoring.report import REPORT, MonitoringReport, find_reasons
from carprice.pricing.split import Split
from carprice.promotion.standing import Standing, read_standing
from carprice.registry.model_facts import MONITORING
from carprice.registry.records import PROFILE, Run, Version
from carprice.wording.monitoring import LEARNT_FROM, NO_FILE, NO_PRODUCTION, TABLE_GONE
from carprice.wording.stored_reasons import store_reasons, write_reasons
from carprice.workspace import Workspace

DAYS_OF_A_YEAR = 365.25


class NotLooked(NamedTuple):
    """Why a file was not looked at, which is no failure."""

    why: Text
    details: dict[str, object]

    def say(self, language: Language) -> str:
        return self.why.say(language, **self.details)


class Looked(NamedTuple):
    """A report and the run that keeps it; `anew`: it was made just now."""

    run_id: str
    report: MonitoringReport
    anew: bool


def watch(work: Workspace, path: Path | None = None) -> Looked | NotLooked:
    """Look at a file, by default the newest of data/raw, and keep the report.

    It is measured by the newest version that was in production and has not learnt from it. For a
    file that this version has been shown before, the answer is the report of then. Raises
    DatasetError when the file cannot be read as listings.
    """
    path = path or find_newest(work.settings.raw_data)
    if path is None:
        return NotLooked(NO_FILE, {})
    standing = read_standing(work.registry)
    if standing.version is None:
        return NotLooked(NO_PRODUCTION, {})
    cleaned = clean(read_listings(path, partial(work.progress, f"reading {path.name}")))
    version = choose_version(standing, cleaned.raw.source.sha256, hash_content(cleaned.kept))
    if version is None:
        return NotLooked(LEARNT_FROM, {"file": path.name})
    tags = {"sha256": cleaned.raw.source.sha256, "version_run": version.run_id}
    if known := work.registry.looks(tags):
        return Looked(known[0].run_id, read_report(work, known[0]), anew=False)
    if not table_path(work.settings.processed_data, version.facts.data_hash).exists():
        return NotLooked(TABLE_GONE, {"version": version.number})
    report = _report(work, version, cleaned)
    return Looked(_keep(work, report, tags), report, anew=True)


def watch_arrivals(work: Workspace, names: Iterable[str]) -> Looked | NotLooked:
    """The gravest look at files of data/raw; at the newest one where none of these is there."""
    paths = [*_locate_all(work.settings.raw_data, names)]
    results = [watch(work, path) for path in paths] or [watch(work)]
    looks = [each for each in results if isinstance(each, Looked)]
    return max(looks, key=lambda each: GRAVITY.index(each.report.verdict), default=results[0])


def choose_version(standing: Standing, sha256: str, data_hash: str) -> Version | None:
    """The newest version on the way of production that has not learnt from a file.

    A retraining on the file may have ended before anybody looked: by what it learnt, nothing in
    the file is new.
    """
    passed = (standing.version, *standing.way) if standing.version else standing.way
    return next(
        (
            each
            for each in passed
            if each.facts.source_sha256 != sha256 and each.facts.data_hash != data_hash
        ),
        None,
    )


def find_newest(raw: Path) -> Path | None:
    """The file of listings that changed last in a folder; None without one that can be read."""
    found = {name: each for name, each in look_around(raw).items() if not each.refusal}
    if not found:
        return None
    return locate(raw, max(found, key=lambda name: (found[name].look.mtime_ns, name)))


def _locate_all(raw: Path, names: Iterable[str]) -> Iterator[Path]:
    for name in names:
        with suppress(FileNotFoundError):
            yield locate(raw, name)


def read_report(work: Workspace, run: Run) -> MonitoringReport:
    return MonitoringReport.model_validate_json(work.registry.read_text(run.run_id, REPORT))


def _report(work: Workspace, version: Version, cleaned: Cleaned) -> MonitoringReport:
    work.progress(f"comparing with {version.name}", 0, 0)
    policy, profile = work.params.monitoring, _read_profile(work, version)
    learnt = _learn(work, version, profile)
    years = round((datetime.now(UTC) - version.created).days / DAYS_OF_A_YEAR)
    found = look(learnt, Batch.of(cleaned), policy, _recall(work, version), years)
    failures = check(cleaned, work.params.quality, profile).failures
    return MonitoringReport(
        at=time.time(),
        source=cleaned.raw.source.name,
        source_sha256=cleaned.raw.source.sha256,
        version=version.number,
        verdict="watch" if failures and found.verdict == "none" else found.verdict,
        reasons=find_reasons(found, failures, policy),
        look=found,
        asked=look_at_asked(learnt, read_asked(work.settings), policy),
    )


def _learn(work: Workspace, version: Version, profile: DataProfile | None) -> Learnt:
    facts = version.facts
    return Learnt.of(
        work.registry.open_model(version),
        read_table(work.settings.processed_data, facts.data_hash),
        facts.split or Split(work.params.split.holdout_share, facts.split_rule),
        profile,
    )


def _read_profile(work: Workspace, version: Version) -> DataProfile | None:
    """Profile of what a version learnt from; None where its run keeps none any more."""
    try:
        stored = work.registry.read_text(version.run_id, PROFILE)
    except RegistryError:
        work.registry.version(version.number)  # still answers: only the profile is gone
        return None
    return DataProfile.model_validate_json(stored)


def _recall(work: Workspace, version: Version) -> Sequence[Check]:
    """Checks of the last look by the same version."""
    looks = work.registry.looks({"version_run": version.run_id})
    return read_report(work, looks[0]).look.checks if looks else ()


def _keep(work: Workspace, report: MonitoringReport, tags: dict[str, str]) -> str:
    """Id of the run that keeps a report; the model is tagged once it is whole.

    What an attempt that was killed left open is closed.
    """
    registry = work.registry
    for abandoned in registry.looks(tags, "RUNNING"):
        registry.end_run(abandoned.run_id, "KILLED")
    run_id = registry.start_look(f"{report.source} by version {report.version}", tags)
    told = {
        "verdict": report.verdict,
        "version": str(report.version),
        "source": report.source,
        "at": str(report.at),
        "reasons": write_reasons(report.reasons),
        "reasons_json": store_reasons(report.reasons),
    }
    registry.log(run_id, metrics=report.metrics, tags=told)
    registry.log_text(run_id, report.model_dump_json(indent=2), REPORT)
    if report.look.checks:
        registry.log_figure(run_id, draw_checks(report.look.checks), "monitoring/checks.png")
    registry.end_run(run_id, "FINISHED")
    registry.tag_model({MONITORING: report.to_facts(run_id).model_dump_json()})
    return run_id
