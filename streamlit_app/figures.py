"""Figures of the page for Prometheus: at /metrics, which nginx hands on to nobody outside."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from carprice.serving.figures import SECONDS, Asked, Standing
from carprice.settings import read_settings

COLLECTED = CollectorRegistry()
ASKED = Asked(COLLECTED, read_settings())
ANSWERS = Histogram(
    "carprice_page_answer_seconds", "Time from a click to its price",
    registry=COLLECTED, buckets=SECONDS,
)  # fmt: skip
ERRORS = Counter("carprice_page_errors", "Errors that people saw", registry=COLLECTED)


def note_error(_error: Exception) -> bool:
    """Count an error of a script; False, as it is still to be shown."""
    ERRORS.inc()
    return False


def expose(_request: Request) -> Response:
    """All figures; on a thread, as the first one may open the model."""
    from live import live_model  # noqa: PLC0415 (once the server runs)

    live = live_model()
    content = generate_latest(COLLECTED)
    content += generate_latest(Standing(live.state, live.work.settings))
    return Response(content, headers={"Content-Type": CONTENT_TYPE_LATEST})
