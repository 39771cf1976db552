"""Connections of the API: how long, and with how much, a client may keep the server waiting."""

import asyncio
from collections.abc import Callable
from operator import itemgetter
from typing import Any

from h11 import ConnectionClosed
from uvicorn.protocols.http.flow_control import CLOSE_HEADER
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD, ANSWER = "head", "answer"
HEAD_SECONDS = 10
"""Until the head of a request is there as a whole."""
ANSWER_SECONDS = 60
"""Until an answer is taken as a whole."""
LINGER_SECONDS = 2
"""For which a server that ends still answers what comes over an open connection."""
MOST_CONNECTIONS = 500
MOST_UNTAKEN = 32_000_000
"""Bytes of answers that clients have not taken yet, of all connections together."""


class Connection(H11Protocol):
    """A connection whose client may not keep the server waiting for long.

    Where there are too many of them, or too much waits to be taken, the one that has been waiting
    for its client the longest is closed: who is slow holds up nobody else.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._since = self.loop.time()
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # Any byte that is not taken counts, not only those beyond a mark.
        transport.set_write_buffer_limits(0)
        self._start(HEAD, HEAD_SECONDS, self._close_unless_asked)
        if len(self.connections) > MOST_CONNECTIONS:
            waiting = (each for each in self._all() if each._waits_for_client())
            min(waiting, key=lambda each: each._since).transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        for name in [*self._timers]:
            self._stop(name)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_answering():
            self._stop(HEAD)
        elif not self.transport.is_closing():
            self._start(HEAD, HEAD_SECONDS, self._close_unless_asked)

    def handle_events(self) -> None:
        # A client that does not take its answer is not asked what else it wants.
        if self.flow.write_paused:
            self.flow.pause_reading()
        else:
            super().handle_events()

    def on_response_complete(self) -> None:
        self._since = self.loop.time()
        super().on_response_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._start(ANSWER, ANSWER_SECONDS, self.transport.abort)
        slow = [
            (each._timers[ANSWER].when(), each) for each in self._all() if ANSWER in each._timers
        ]
        untaken = sum(each.transport.get_write_buffer_size() for _, each in slow)
        for _, each in sorted(slow, key=itemgetter(0)):
            if untaken > MOST_UNTAKEN:
                untaken -= each.transport.get_write_buffer_size()
                each.transport.abort()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop(ANSWER)
        if not self.transport.is_closing():
            self.flow.resume_reading()
            self.handle_events()

    def shutdown(self) -> None:
        """The server ends: answers from now on tell the client to close the connection.

        One that is closed while a request is on its way over it would lose that request.
        """
        state = self.server_state
        if CLOSE_HEADER not in state.default_headers:  # of all answers that begin from now on
            state.default_headers = [*state.default_headers, CLOSE_HEADER]
        if self._is_answering():
            self.cycle.default_headers = state.default_headers
            self.cycle.keep_alive = False
        else:
            self.loop.call_later(LINGER_SECONDS, self._close_unless_asked)

    def _all(self) -> "list[Connection]":
        return list(self.connections)  # type: ignore[arg-type]

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _waits_for_client(self) -> bool:
        return not self._is_answering() or self.cycle.more_body

    def _close_unless_asked(self) -> None:
        if not self._is_answering() and not self.transport.is_closing():
            self.conn.send(ConnectionClosed())
            self.transport.close()

    def _start(self, name: str, seconds: float, action: Callable[[], None]) -> None:
        if name not in self._timers:
            self._timers[name] = self.loop.call_later(seconds, action)

    def _stop(self, name: str) -> None:
        if timer := self._timers.pop(name, None):
            timer.cancel()
