"""Prometheus metrics of the API."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from carprice.serving.figures import SECONDS, Asked, Standing
from carprice.settings import Settings, shared_folder

if TYPE_CHECKING:
    from carprice.serving.live_model import State

ELSEWHERE = "other"
"""Route of requests that no route takes: their addresses are anybody's invention."""


class Metrics:
    """The metrics of one app: what is counted, of all processes that share its port.

    How production stands is told by the process that answers.
    """

    def __init__(self, find_state: Callable[[], "State"], settings: Settings) -> None:
        self._find_state = find_state
        self._settings = settings
        self.collected = CollectorRegistry()
        self.requests = Counter(
            "carprice_api_requests", "Requests answered", ["route", "status"],
            registry=self.collected,
        )  # fmt: skip
        self.seconds = Histogram(
            "carprice_api_request_seconds", "Time that answers took", ["route"],
            registry=self.collected, buckets=SECONDS,
        )  # fmt: skip
        self.asked = Asked(self.collected, settings)

    def expose(self) -> Response:
        told = self.collected
        if shared_folder():
            MultiProcessCollector(told := CollectorRegistry())  # type: ignore[no-untyped-call]
        standing = Standing(self._find_state(), self._settings)
        content = generate_latest(told) + generate_latest(standing)
        return Response(content, headers={"Content-Type": CONTENT_TYPE_LATEST})


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
