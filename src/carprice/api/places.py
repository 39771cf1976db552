"""Places for large requests: what bounds the memory of all bodies, and who gives way to whom."""

import asyncio
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from carprice.api.refusals import (
    AGAIN_SECONDS,
    BUSY,
    GAVE_WAY,
    LARGEST_BODY,
    PATIENCE_SECONDS,
    TOO_LARGE,
    TOO_SLOW,
    RefusedError,
)

SMALL_BODY = 2**16
"""Bytes that the server has read anyway by the time that it asks for more."""
MOST_LARGE = 4
"""Requests with more than a small body: read, waiting or answered at a time."""
MOST_OF_ONE = 3
"""Of these, of one client."""
GRACE_SECONDS = 5
"""In which an upload gives way to nobody, however slowly it begins."""


class BodyLimit:
    """Middleware that bounds the memory of all request bodies, and their time.

    Refuses what is larger than LARGEST_BODY, as told or as it comes, and what is not there within
    PATIENCE_SECONDS. What is not small needs a place until its answer begins. Where none is left,
    the slowest upload gives way to the newcomer, for a client that stalls would keep its place
    against all others; where each is whole or in its GRACE_SECONDS, the newcomer is refused.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.places: list[Body] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = Body(scope, receive, self._give_place)

        async def answer(message: Message) -> None:
            # Whoever takes the answer slowly holds nobody up.
            self._take_back(body)
            await send(message)

        try:
            await self.app(scope, body.receive, answer)
        finally:
            self._take_back(body)

    def _give_place(self, newcomer: "Body") -> None:
        own = [each for each in self.places if each.client == newcomer.client]
        full = len(own) >= MOST_OF_ONE or len(self.places) >= MOST_LARGE
        if full:
            rivals = own if len(own) >= MOST_OF_ONE else self.places
            slow = [each for each in rivals if each.may_give_way()]
            if not slow:
                raise RefusedError(BUSY, {"Retry-After": str(AGAIN_SECONDS)})
            slowest = min(slow, key=Body.pace)
            slowest.give_way()
            self._take_back(slowest)
        self.places.append(newcomer)

    def _take_back(self, body: "Body") -> None:
        if body in self.places:
            self.places.remove(body)


class Body:
    """The body of one request, counted as it arrives."""

    def __init__(
        self, scope: Scope, receive: Receive, take_place: Callable[["Body"], None]
    ) -> None:
        headers = Headers(scope=scope)
        told = headers.get("content-length", "")
        self.client = (scope.get("client") or ("",))[0]
        self._expected, self._read = int(told) if told.isdecimal() else 0, 0
        self._needs_place = self._expected > SMALL_BODY or "transfer-encoding" in headers
        self._take_place, self._receive = take_place, receive
        self._began = _now()
        self._deadline: float | None = self._began + PATIENCE_SECONDS
        self._waiting: asyncio.Timeout | None = None
        self._gave_way = False

    async def receive(self) -> Message:
        # Before the body is asked for: a client that waits for leave then sends nothing.
        self._ensure_size(self._expected)
        if self._needs_place:
            self._take_place(self)
            self._needs_place = False
        message = await self._wait()
        self._read += len(message.get("body", b""))
        self._ensure_size(self._read)
        if not message.get("more_body"):
            self._deadline = None
        return message

    async def _wait(self) -> Message:
        try:
            async with asyncio.timeout_at(self._deadline) as self._waiting:
                message = await self._receive()
        except TimeoutError:
            raise RefusedError(GAVE_WAY if self._gave_way else TOO_SLOW) from None
        finally:
            self._waiting = None
        if self._gave_way:  # in the moment in which more of it came
            raise RefusedError(GAVE_WAY)
        return message

    def may_give_way(self) -> bool:
        """Whether it is still on its way, and has had its time to begin."""
        return self._deadline is not None and _now() - self._began >= GRACE_SECONDS

    def pace(self) -> float:
        """Bytes a second."""
        return self._read / (_now() - self._began)

    def give_way(self) -> None:
        """End it: it is refused, whatever else of it comes."""
        self._gave_way = True
        if self._waiting:
            self._waiting.reschedule(_now())

    def _ensure_size(self, size: int) -> None:
        if size > LARGEST_BODY:
            raise RefusedError(TOO_LARGE)


def _now() -> float:
    return asyncio.get_running_loop().time()
