"""Guessing passwords of Airflow is slow: after some wrong ones, none is looked at for a while.

Airflow does so for the form of its page, and not for its other door, where programs log in; here
that has the same limit (`[fab] auth_rate_limit`). Only wrong passwords count.
"""

import asyncio
from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

DOOR = "/auth/token"
WRONG, TOO_MANY = 401, 429
AT_ONCE = 2
"""To look at a password takes 32 MB: of twenty at once the server would be ended."""


class GuessLimit:
    """ASGI middleware; what it counts is in the memory of the one server process."""

    def __init__(self, app: Any) -> None:
        # Every process of Airflow reads its plugins, and only the server needs these.
        from airflow.configuration import conf  # noqa: PLC0415
        from limits import parse  # noqa: PLC0415
        from limits.storage import MemoryStorage  # noqa: PLC0415
        from limits.strategies import MovingWindowRateLimiter  # noqa: PLC0415

        self._app = app
        self._limit = parse(conf.get("fab", "auth_rate_limit"))
        self._guesses = MovingWindowRateLimiter(MemoryStorage())
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        # At a domain with HTTPS, all of Airflow is under a prefix.
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        if scope["type"] != "http" or not path.startswith(DOOR):
            await self._app(scope, receive, send)
            return
        guesser, refused = scope["client"][0], False

        # Decided as it is answered: of many that come at once, those beyond it learn nothing.
        async def answer(message: Any) -> None:
            nonlocal refused
            if message["type"] == "http.response.start":
                count = self._guesses.hit if message["status"] == WRONG else self._guesses.test
                refused = not count(self._limit, guesser)
                if refused:
                    await self._refuse(scope, receive, send)
            if not refused:
                await send(message)

        async with self._turns:
            if self._guesses.test(self._limit, guesser):
                await self._app(scope, receive, answer)
            else:
                await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Any, receive: Any, send: Any) -> None:
        from starlette.responses import JSONResponse  # noqa: PLC0415

        seconds = str(self._limit.get_expiry())
        told = {"detail": f"Too many wrong passwords; try again in {seconds} seconds."}
        refusal = JSONResponse(told, TOO_MANY, {"Retry-After": seconds})
        await refusal(scope, receive, send)


class LoginGuesses(AirflowPlugin):
    name = "login_guesses"
    fastapi_root_middlewares: ClassVar[list[dict[str, Any]]] = [
        {"name": name, "middleware": GuessLimit, "args": [], "kwargs": {}}
    ]
