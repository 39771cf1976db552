"""The HTTP API as an app: `server` starts it.

Routes are in `routes`, requests and answers in `schema`, refusals in `refusals`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from anyio.to_thread import run_sync
from fastapi import FastAPI
from fastapi.middleware import Middleware

from carprice.api.gate import ClientLimit, Gate
from carprice.api.headers import CLOSED, SecureHeaders
from carprice.api.journal import Journal
from carprice.api.places import BodyLimit
from carprice.api.refusals import answer_errors
from carprice.language import NAMES, OTHERS
from carprice.logs import write_json
from carprice.market.listing import HOME
from carprice.settings import Settings, prepare_process, read_settings, shared_folder
from carprice.wording import spell

if TYPE_CHECKING:
    from carprice.serving.live_model import LiveModel

# Heavy modules are imported inside the functions: what they read from the environment is set
# before.
# ruff: noqa: PLC0415

OTHER = OTHERS[HOME]
DESCRIPTION = f"""{spell.DESCRIPTION.en}, by the model that is in production.

A promoted model answers within seconds; while the registry is away, the last good one goes on.
Values are read as people write them, by the rules of the page and of the command line.
Remarks and refusals are {NAMES[HOME]}, or {NAMES[OTHER]} with
`language={OTHER}`."""

DOCS = "/docs"
DOCS_POLICY = (
    f"{CLOSED}; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'"
)
"""The page begins with a script of its own, of which nothing comes from a request."""


def choose_policy(path: str) -> str:
    """What a browser may load beside the answer at a path."""
    return DOCS_POLICY if path == DOCS else CLOSED


def build_app(settings: Settings | None = None) -> FastAPI:
    """The API on a registry's model in production; by default the environment's registry."""
    prepare_process()
    from carprice.serving.live_model import LiveModel
    from carprice.workspace import Workspace

    settings = settings or read_settings()
    if settings.log_format == "json":
        write_json()
    return serve_model(LiveModel(Workspace(settings), for_page=False), settings)


def serve_model(live: "LiveModel", settings: Settings) -> FastAPI:
    """The API on a live model, started and stopped with it."""
    from fastapi_offline import FastAPIOffline

    from carprice.api.metrics import Metrics, Watch
    from carprice.api.routes import build_router

    @asynccontextmanager
    async def follow_production(_app: FastAPI) -> AsyncIterator[None]:
        # On a thread: the first look may take its time, and an interrupt must not wait for it.
        await run_sync(live.start)
        yield
        live.stop()

    metrics = Metrics(lambda: live.state, live.work.settings)
    most = settings.api_requests_per_minute
    limit = ClientLimit(most, shared_folder()) if most else None
    # The page at /docs with files of our own: from a server on the internet it would be blank where
    # there is none, and would tell that server who uses the API.
    app: FastAPI = FastAPIOffline(
        title="carprice",
        version="1",
        description=DESCRIPTION,
        redoc_url=None,
        lifespan=follow_production,
        middleware=[
            Middleware(Journal, find_state=lambda: live.state),
            Middleware(SecureHeaders, policy=choose_policy),
            Middleware(Watch, metrics=metrics),
            Middleware(Gate, names=settings.api_host_names, limit=limit),
            Middleware(BodyLimit),
        ],
    )
    app.include_router(build_router(live, metrics))
    answer_errors(app)
    return app
