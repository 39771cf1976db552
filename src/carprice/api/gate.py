"""What is looked at before a request is let in: whom it names, and how much its client asks."""

import ipaddress
import sqlite3
import time
from collections.abc import Collection
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from carprice.api.headers import own_path
from carprice.api.refusals import (
    TOO_MANY,
    UNKNOWN_HOST,
    RefusedError,
    answer_refusal,
)

OWN_NAMES = frozenset({"localhost", "api"})
"""Of this machine, and of the service in the network of the stack."""
LIMITED = "/v1/"
"""What is counted begins with it; signs of life are never refused."""
WINDOW_SECONDS = 60


class Gate:
    """Middleware that refuses by the head of a request, before any of its body is read.

    names: further names that the Host header may tell. limit: what one client may ask.
    """

    def __init__(self, app: ASGIApp, names: Collection[str], limit: "ClientLimit | None") -> None:
        self.app, self.limit = app, limit
        self.names = OWN_NAMES.union(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                self._look_at(scope)
            except RefusedError as error:
                await answer_refusal(Request(scope), error)(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _look_at(self, scope: Scope) -> None:
        if not self._is_own(Headers(scope=scope).get("host", "")):
            raise RefusedError(UNKNOWN_HOST)
        if self.limit and own_path(scope).startswith(LIMITED):
            self.limit.count((scope.get("client") or ("",))[0])

    def _is_own(self, host: str) -> bool:
        """Whether a Host header names this server.

        An address does: a page of somebody else that makes a browser ask here, by a name of its
        own that leads to this machine, names itself.
        """
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:  # a bracket that is not closed
            return False
        return name in self.names or _is_address(name)


class ClientLimit:
    """Most that one client may ask within a minute, counted by all processes together.

    folder: the one that they share; None for a process by itself.
    """

    def __init__(self, most: int, folder: Path | None) -> None:
        self.most = most
        place = folder / "clients.sqlite" if folder else ":memory:"
        self._counts = sqlite3.connect(place, isolation_level=None, check_same_thread=False)
        self._counts.execute("PRAGMA synchronous = OFF")
        self._counts.execute(
            "CREATE TABLE IF NOT EXISTS counts (minute INTEGER, client TEXT, asked INTEGER, "
            "PRIMARY KEY (minute, client)) WITHOUT ROWID"
        )

    def count(self, client: str) -> None:
        """Count one more; raises RefusedError where it is one too many."""
        minute, passed = divmod(time.time(), WINDOW_SECONDS)
        self._counts.execute("DELETE FROM counts WHERE minute < ?", [minute])
        ((asked,),) = self._counts.execute(
            "INSERT INTO counts VALUES (?, ?, 1) "
            "ON CONFLICT DO UPDATE SET asked = asked + 1 RETURNING asked",
            [minute, client],
        ).fetchall()
        if asked > self.most:
            wait = f"{WINDOW_SECONDS - passed:.0f}"
            raise RefusedError(TOO_MANY, {"Retry-After": wait}, most=self.most, seconds=wait)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
