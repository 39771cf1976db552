"""What follows from a look that calls to act: people hear of it once, and a file is learnt from."""

from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import NamedTuple

from carprice.language import LANGUAGES, Text
from carprice.market.listing import HOME
from carprice.monitoring.report import MonitoringReport
from carprice.monitoring.watch import read_report
from carprice.notices import send_notices
from carprice.promotion.ledger import timestamp
from carprice.promotion.standing import read_standing
from carprice.registry.records import Run
from carprice.wording.monitoring import (
    ALERTS_TELL,
    COOLING_DOWN,
    HAS_LEARNT,
    NO_CALL,
    NOT_ALLOWED,
    REFUSED_ANYWAY,
    REPLACED,
    SUBJECT,
    TOLD_BEFORE,
    VERDICTS,
)
from carprice.wording.reasons import Code, list_reasons
from carprice.workspace import Workspace

DECIDED = frozenset({"promoted", "held", "refused", "unchanged"})
"""Outcomes of a run after which another on the same file would come to the same."""
TOLD, RETRAINED = "told_at", "retrained_by"


class Nothing(NamedTuple):
    """Why nothing follows."""

    why: Text


def find_calm(work: Workspace, report: MonitoringReport) -> Nothing | None:
    """Why a look calls nobody, where it does not; a version that was replaced harms nobody."""
    if report.verdict != "act":
        return Nothing(NO_CALL)
    version = read_standing(work.registry).version
    return Nothing(REPLACED) if version is None or version.number != report.version else None


def tell_people(work: Workspace, run_id: str) -> Nothing | str:
    """Tell of a look that calls to act, and return the subject; once while looks go on to.

    Where alerts run, they tell. Raises NoticeError where it did not get out.
    """
    run = work.registry.run(run_id)
    report = read_report(work, run)
    if calm := find_calm(work, report):
        return calm
    if work.settings.monitoring:
        return Nothing(ALERTS_TELL)
    if any(TOLD in each.tags for each in _list_series(work, run)):
        return Nothing(TOLD_BEFORE)
    subject, text = word_look(report)
    send_notices(work.settings, subject, text)
    work.registry.log(run_id, tags={TOLD: timestamp()})
    return subject


def word_look(report: MonitoringReport) -> tuple[str, str]:
    """Subject, and verdict with reasons in both languages."""
    languages = sorted(LANGUAGES, key=lambda each: each != HOME)
    verdict = VERDICTS[report.verdict]
    texts = [
        list_reasons(f"{report.source} : {verdict.say(each)}", report.reasons, each)
        for each in languages
    ]
    return SUBJECT.say(HOME, source=report.source), "\n\n".join(texts)


def choose_file(work: Workspace, run_id: str) -> Nothing | str:
    """Name of the file that a new version is to be trained on, noted with the look.

    Not by itself twice within `cool_down_days`, and no file that a run has decided on: to train
    on it again would come to the same.
    """
    run = work.registry.run(run_id)
    report, policy = read_report(work, run), work.params.monitoring
    if calm := find_calm(work, report):
        return calm
    if not policy.retrain:
        return Nothing(NOT_ALLOWED)
    if any(each.code is Code.QUALITY_BROKEN for each in report.reasons):
        return Nothing(REFUSED_ANYWAY)
    if _has_been_learnt(work, report.source_sha256):
        return Nothing(HAS_LEARNT)
    since = datetime.now(UTC) - timedelta(days=policy.cool_down_days)
    for each in work.registry.looks({}):
        by = each.tags.get(RETRAINED, work.pipeline_run)
        if by != work.pipeline_run and each.started > since:
            return Nothing(COOLING_DOWN)
    work.registry.log(run_id, tags={RETRAINED: work.pipeline_run})
    return report.source


def _list_series(work: Workspace, run: Run) -> list[Run]:
    """A look, and those right before it that called to act too."""
    looks = [each for each in work.registry.looks({}) if each.started <= run.started]
    return list(takewhile(lambda each: each.tags.get("verdict") == "act", looks))


def _has_been_learnt(work: Workspace, sha256: str) -> bool:
    """Whether a run works on a file, or has decided on it; one that failed has not."""
    return any(
        each.status == "RUNNING" or each.tags.get("outcome") in DECIDED
        for each in work.registry.runs(source_sha256=sha256)
    )
