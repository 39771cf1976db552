"""Prometheus metrics of the API."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from carprice.serving.backups import read_backups
from carprice.settings import Settings, shared_folder
from carprice.wording.troubles import TroubleCode

if TYPE_CHECKING:
    from carprice.serving.live_model import State

ELSEWHERE = "other"
"""Route of requests that no route takes: their addresses are anybody's invention."""
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Seconds; one estimate takes hundredths, ten thousand take about one."""


class Metrics:
    """The metrics of one app: of all processes that share its port, whichever is asked.

    A gauge is set when it is asked for, by the process that answers: those of a process that has
    ended are older, and so count no longer.
    """

    def __init__(self, find_state: Callable[[], "State"], settings: Settings) -> None:
        self._find_state = find_state
        self._settings = settings
        self._collected = CollectorRegistry()
        self.requests = Counter(
            "carprice_api_requests", "Requests answered", ["route", "status"],
            registry=self._collected,
        )  # fmt: skip
        self.seconds = Histogram(
            "carprice_api_request_seconds", "Time that answers took", ["route"],
            registry=self._collected, buckets=BUCKETS,
        )  # fmt: skip
        self.estimates = Counter(
            "carprice_api_estimates", "Listings answered", registry=self._collected
        )
        self.version = Gauge(
            "carprice_api_production_version", "Version that answers; 0 where none does",
            registry=self._collected, multiprocess_mode="mostrecent",
        )  # fmt: skip
        self.trouble = Gauge(
            "carprice_api_trouble", "1 for what is wrong with production", ["code"],
            registry=self._collected, multiprocess_mode="mostrecent",
        )  # fmt: skip

    def expose(self) -> Response:
        self._note(self._find_state())
        told = self._collected
        if shared_folder():
            MultiProcessCollector(told := CollectorRegistry())  # type: ignore[no-untyped-call]
        content = generate_latest(told) + generate_latest(collect_backups(self._settings))
        return Response(content, headers={"Content-Type": CONTENT_TYPE_LATEST})

    def _note(self, state: "State") -> None:
        self.version.set(state.serving.version.number if state.serving else 0)
        found = state.trouble.code if state.trouble else None
        for code in TroubleCode:
            self.trouble.labels(code.value).set(code == found)


def collect_backups(settings: Settings) -> CollectorRegistry:
    """Figures of backups, as they stand on disk; none where none was asked for."""
    collected = CollectorRegistry()
    if (told := read_backups(settings)) is None:
        return collected
    figures = {
        "carprice_backup_last_success_timestamp_seconds": (told.backup.at or 0, "Last backup"),
        "carprice_backup_duration_seconds": (told.backup.seconds, "Time that it took"),
        "carprice_backup_size_bytes": (told.backup.bytes, "Size of all backups together"),
        "carprice_backup_failed": (bool(told.backup.failure), "1 while the last try failed"),
        "carprice_restore_drill_last_success_timestamp_seconds": (
            told.drill.at or 0, "Last restore drill",
        ),
        "carprice_restore_drill_duration_seconds": (told.drill.seconds, "Time that it took"),
        "carprice_restore_drill_failed": (bool(told.drill.failure), "1 while the last try failed"),
    }  # fmt: skip
    for name, (figure, meaning) in figures.items():
        Gauge(name, meaning, registry=collected).set(figure)
    return collected


class Watch:
    """Middleware that counts and times every request."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 500  # what a handler that fell is answered with, outside of here

        async def note(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        began = time.perf_counter()
        try:
            await self.app(scope, receive, note)
        finally:
            route = getattr(scope.get("route"), "path", ELSEWHERE)
            self.metrics.requests.labels(route, status).inc()
            self.metrics.seconds.labels(route).observe(time.perf_counter() - began)
