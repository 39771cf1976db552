"""A line of log for each request, and an id that a client, nginx and the lines share."""

import logging
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from carprice.logs import knowing

if TYPE_CHECKING:
    from carprice.serving.live_model import State

HEADER = "X-Request-ID"
GIVEN = re.compile(r"[A-Za-z0-9-]{8,64}")
"""What is taken over of a client: more could be anything, in a log that people read."""
UNLOGGED = frozenset({"/livez", "/healthz", "/metrics"})
"""Asked all the time, by what watches."""

log = logging.getLogger(__name__)


class Journal:
    """Middleware that names each request, and logs how it was answered and by which version."""

    def __init__(self, app: ASGIApp, find_state: Callable[[], "State"]) -> None:
        self.app, self._find_state = app, find_state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        name = given if GIVEN.fullmatch(given) else uuid4().hex
        status = 500  # what a handler that fell is answered with, outside of here

        async def name_answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = name
            await send(message)

        began = time.perf_counter()
        with knowing(request=name):
            try:
                await self.app(scope, receive, name_answer)
            finally:
                if scope["path"] not in UNLOGGED:
                    self._note(scope, status, time.perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        serving = self._find_state().serving
        told = {
            "route": getattr(scope.get("route"), "path", None),
            "status": status,
            "seconds": round(seconds, 4),
            "version": serving.version.number if serving else None,
        }
        log.info("answered", extra=told)
