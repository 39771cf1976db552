"""The service that tells people of alerts: `python -m carprice.monitoring.alerts`.

Alertmanager posts what fires and what is over; it goes out by the webhook and the mail of the
reports, in both languages. Where it does not get out, Alertmanager is told so, and posts it again.
"""

import logging
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

from pydantic import ValidationError

from carprice.errors import NoticeError
from carprice.frozen import Frozen
from carprice.language import LANGUAGES, Language, Text
from carprice.logs import write_json
from carprice.market.listing import HOME
from carprice.notices import send_heartbeat, send_notices
from carprice.settings import Settings, read_settings
from carprice.wording.alerts import FIRED, MORE, OVER, SUBJECT, SUBJECT_OVER

PORT = 8010
MOST_BYTES = 1_000_000
MOST_TOLD = 10
"""Alerts of one message; the rest are counted."""

log = logging.getLogger(__name__)


class Annotations(Frozen):
    """The sentence of a rule in both languages, its figures filled in, and where to go on."""

    fr: str
    en: str
    runbook: str

    @property
    def sentence(self) -> Text:
        return Text(self.fr, self.en)


class Alert(Frozen):
    status: Literal["firing", "resolved"]
    annotations: Annotations


class Group(Frozen):
    """A message of Alertmanager: alerts of one name."""

    status: Literal["firing", "resolved"]
    groupLabels: dict[str, str]  # noqa: N815 (Alertmanager's name)
    alerts: list[Alert]


def word_group(group: Group) -> tuple[str, str]:
    """Subject, and text in both languages."""
    name = group.groupLabels.get("alertname", "?")
    subject = SUBJECT if group.status == "firing" else SUBJECT_OVER
    languages = sorted(LANGUAGES, key=lambda each: each != HOME)
    text = "\n\n".join(_word_alerts(name, group.alerts, each) for each in languages)
    return subject.say(HOME, name=name), text


def _word_alerts(name: str, alerts: Sequence[Alert], language: Language) -> str:
    lines = [
        FIRED.say(language, name=name, sentence=told.sentence, runbook=told.runbook)
        if each.status == "firing"
        else OVER.say(language, name=name)
        for each in alerts[:MOST_TOLD]
        for told in [each.annotations]
    ]
    if (more := len(alerts) - MOST_TOLD) > 0:
        lines.append(MORE.say(language, count=more))
    return "\n".join(lines)


def handle(settings: Settings) -> type[BaseHTTPRequestHandler]:
    """A handler that sends what it is told by some settings."""

    def tell(body: bytes) -> None:
        group = Group.model_validate_json(body)
        send_notices(settings, *word_group(group))
        log.info("told", extra={"alert": group.groupLabels.get("alertname"), "state": group.status})

    ways: dict[str, Callable[[bytes], None]] = {
        "/alerts": tell,
        "/heartbeat": lambda _body: send_heartbeat(settings),
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """For the health check."""
            self._answer(200, "ready")

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            way = ways.get(self.path)
            if way is None or not 0 < length <= MOST_BYTES:
                self._answer(400, "post an alert of Alertmanager to /alerts")
                return
            try:
                way(self.rfile.read(length))
            except ValidationError as error:
                faults = f"{error.error_count()} faults"
                self._answer(400, f"that is no message of Alertmanager: {faults}")
            except NoticeError as error:
                log.warning("%s", error)
                self._answer(502, "it did not get out, and is to be told again")
            else:
                self._answer(200, "told")

        def _answer(self, status: int, text: str) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Nothing: what goes wrong is logged above."""

    return Handler


def main() -> None:
    anywhere = ("0.0.0.0", PORT)  # noqa: S104 (of its container, which publishes nothing)
    settings = read_settings()
    if settings.log_format == "json":
        write_json()
    ThreadingHTTPServer(anywhere, handle(settings)).serve_forever()


if __name__ == "__main__":
    main()
