"""Headers by which a browser does no more with an answer than it needs, for API and page."""

from collections.abc import Callable, Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "Content-Security-Policy"
SECURE: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
CLOSED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""Policy of an answer that is no page."""


def own_path(scope: Scope) -> str:
    """Path of a request without the prefix under which a proxy has the server."""
    return str(scope["path"]).removeprefix(scope.get("root_path", ""))


class SecureHeaders:
    """Middleware that sets the headers on every answer.

    policy: what a page may load, by its path.
    """

    def __init__(self, app: ASGIApp, policy: Callable[[str], str]) -> None:
        self.app, self.policy = app, policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update({**SECURE, POLICY: self.policy(own_path(scope))})
            await send(message)

        await self.app(scope, receive, tell)
