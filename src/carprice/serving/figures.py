"""Figures for Prometheus that page and API share: what was asked, and how production stands."""

from collections import Counter as Count
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily

from carprice.evaluation.checks import GRAVITY
from carprice.evaluation.metrics import PRICE_BANDS
from carprice.market.slices import Slice
from carprice.monitoring.asked import Keeper
from carprice.pricing.prediction import CarEstimate, Cars, find_unknown_names
from carprice.registry.history import Chapter
from carprice.registry.model_facts import LastMonitoring, LastPipeline
from carprice.serving.backups import Backups, read_backups
from carprice.serving.live_model import State
from carprice.settings import Settings
from carprice.wording.troubles import TroubleCode

SEGMENTS = [Slice.band("price", *each).name for each in pairwise(PRICE_BANDS)]
"""Market segments: bands of the estimated price, by the names they are scored under."""
WIDTHS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.8, 1.0, 1.5)
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Buckets of times: one estimate takes hundredths, ten thousand take about one."""
TOO_LITTLE_KNOWN, TOO_FEW_SEEN = "too_little_known", "too_few_seen"


class Asked:
    """Counts of the cars that were asked for, by what was answered; some of them are kept.

    Files that people upload are not among them: one would outweigh everybody.
    """

    def __init__(self, collected: CollectorRegistry, settings: Settings) -> None:
        self._keeper = Keeper(settings)
        self._estimates = Counter(
            "carprice_estimates", "Cars priced, by version and band of the price",
            ["version", "segment"], registry=collected,
        )  # fmt: skip
        self._abstentions = Counter(
            "carprice_abstentions", "Cars that got no price, by reason", ["reason"],
            registry=collected,
        )  # fmt: skip
        self._unknown = Counter(
            "carprice_unknown_names", "Cars with a name that no training advert had", ["field"],
            registry=collected,
        )  # fmt: skip
        self._width = Histogram(
            "carprice_interval_width_ratio", "Width of the interval as a share of the price",
            registry=collected, buckets=WIDTHS,
        )  # fmt: skip

    def note(self, version: int, cars: Cars, answers: Sequence[CarEstimate]) -> None:
        """Count the answers of a version to some cars."""
        self._keeper.note(version, cars, answers)
        for field, rows in find_unknown_names(cars).items():
            self._unknown.labels(field).inc(int(rows.sum()))
        reasons = [
            TOO_FEW_SEEN if each.low else TOO_LITTLE_KNOWN for each in answers if not each.price
        ]
        for reason, cars_of_it in Count(reasons).items():
            self._abstentions.labels(reason).inc(cars_of_it)
        priced = [(each.low, each.price, each.high) for each in answers if each.price]
        low, price, high = np.array(priced, dtype=float).reshape(-1, 3).T
        for segment, cars_of_it in Count(np.searchsorted(PRICE_BANDS, price, "right")).items():
            self._estimates.labels(version, SEGMENTS[segment - 1]).inc(cars_of_it)
        for width in (high - low) / price:
            self._width.observe(width)


class Figure(NamedTuple):
    """A gauge: one value, or one for each name of its label."""

    name: str
    meaning: str
    value: float | Mapping[str, float] | None
    label: str = ""


class Standing(NamedTuple):
    """How production stands, as this process sees it; what is not known has no figure.

    Collected anew each time: a `Gauge` would be kept among what several processes count together,
    and the figures of one that has not been asked for a while would stay.
    """

    state: State
    settings: Settings

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for each in tell_standing(self.state, read_backups(self.settings)):
            if isinstance(each.value, Mapping):
                family = GaugeMetricFamily(each.name, each.meaning, labels=[each.label])
                for name, value in each.value.items():
                    family.add_metric([name], value)
                yield family
            elif each.value is not None:
                yield GaugeMetricFamily(each.name, each.meaning, each.value)


def tell_standing(state: State, backups: Backups | None) -> Iterator[Figure]:
    """All figures of production, pipeline, monitoring and backups."""
    yield from _tell_production(state)
    yield from _tell_pipeline(state.facts.last_pipeline)
    yield from _tell_monitoring(state.facts.monitoring)
    if backups:
        yield from _tell_backups(backups)


def _tell_production(state: State) -> Iterator[Figure]:
    version = state.serving.version if state.serving else None
    since = Chapter.of(version).since if version else ""
    found = state.trouble.code if state.trouble else None
    yield Figure(
        "carprice_production_version", "Version that answers; 0 where none does",
        version.number if version else 0,
    )  # fmt: skip
    yield Figure(
        "carprice_production_promoted_timestamp_seconds", "When that version came into production",
        datetime.fromisoformat(since).timestamp() if since else None,
    )  # fmt: skip
    yield Figure(
        "carprice_trouble", "1 for what is wrong with production",
        {code.value: float(code == found) for code in TroubleCode}, "code",
    )  # fmt: skip


def _tell_pipeline(last: LastPipeline | None) -> Iterator[Figure]:
    yield Figure(
        "carprice_last_pipeline_timestamp_seconds", "When a pipeline last ended",
        last.at if last else None,
    )  # fmt: skip
    yield Figure(
        "carprice_last_pipeline_success_timestamp_seconds", "When a pipeline last ended well",
        last.success_at if last else None,
    )  # fmt: skip


def _tell_monitoring(last: LastMonitoring | None) -> Iterator[Figure]:
    if last is None:
        return
    yield Figure("carprice_monitoring_timestamp_seconds", "When monitoring last ended", last.at)
    yield Figure(
        "carprice_monitoring_verdict", "0: none, 1: watch, 2: act", GRAVITY.index(last.verdict)
    )
    yield Figure("carprice_monitoring_version", "Version that was measured", last.version)
    yield Figure(
        "carprice_late_prices", "New adverts that production was measured on", last.late_prices
    )
    yield Figure("carprice_live_error_percent", "Median error on late prices", last.live_error)
    yield Figure(
        "carprice_expected_error_percent", "Median error on held-out cars", last.expected_error
    )
    yield Figure(
        "carprice_estimated_error_percent", "Median error as estimated without prices",
        last.estimated_error,
    )  # fmt: skip
    yield Figure(
        "carprice_interval_coverage_ratio",
        "Share of late prices within the interval",
        last.coverage,
    )
    yield Figure(
        "carprice_interval_coverage_asked_ratio",
        "Share that the interval promises",
        last.coverage_asked,
    )
    yield Figure("carprice_drift_effect", "Size of the drift of a column", last.drift, "column")
    yield Figure("carprice_drift_limit", "Size from which it is told", last.drift_limit, "column")


def _tell_backups(told: Backups) -> Iterator[Figure]:
    for name, note in (("backup", told.backup), ("restore_drill", told.drill)):
        words = name.replace("_", " ")
        yield Figure(
            f"carprice_{name}_last_success_timestamp_seconds", f"Last {words}", note.at or 0
        )
        yield Figure(
            f"carprice_{name}_duration_seconds", f"Time that the last {words} took", note.seconds
        )
        yield Figure(
            f"carprice_{name}_failed", f"1 while the last {words} failed", bool(note.failure)
        )
    yield Figure("carprice_backup_size_bytes", "Size of all backups together", told.backup.bytes)
