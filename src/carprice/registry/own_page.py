"""MLflow's server for its own page only: `mlflow server --app-name=carprice`.

MLflow itself takes changes from any page of this machine (`http://localhost:*`). Programs name no
page and are served as ever.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

REFUSAL = "This page may not use MLflow: it is neither MLflow's own nor named to it."


class OwnPageOnly:
    """Refuse what another page asks for, by the header in which browsers name it."""

    def __init__(self, app: ASGIApp, named: list[str]) -> None:
        """named: addresses of the page beside the one that was asked, which a proxy may hide."""
        self._app, self._named = app, named

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            page = headers.get("origin", "")
            # What Host may be is MLflow's to check.
            if page and page not in self._named and urlsplit(page).netloc != headers.get("host"):
                app = PlainTextResponse(REFUSAL, status_code=403)
        await app(scope, receive, send)


def build_app() -> ASGIApp:
    """MLflow's own application, as its server would start it, behind the check."""
    # The process that starts the server looks at this module as well, and needs none of it.
    from mlflow.server.fastapi_app import app  # noqa: PLC0415
    from mlflow.server.security_utils import get_allowed_origins_from_env  # noqa: PLC0415

    return OwnPageOnly(app, get_allowed_origins_from_env() or [])
