"""What Alertmanager posts reaches people in both languages, or is to be posted again."""

import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer

import pytest
import requests

from carprice.errors import NoticeError
from carprice.monitoring import alerts
from carprice.monitoring.alerts import MOST_TOLD
from carprice.settings import Settings

ANNOTATIONS = {"fr": "Plus de place.", "en": "No room.", "runbook": "docs/operations.md#diskfull"}


class Recipient:
    """Takes notices and signs of life, or refuses them."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []
        self.heartbeats = 0
        self.refuses = False

    def send(self, _settings: Settings, subject: str, text: str) -> None:
        if self.refuses:
            raise NoticeError("the webhook at example.com: refused")
        self.taken.append((subject, text))

    def beat(self, _settings: Settings) -> None:
        self.heartbeats += 1


@pytest.fixture
def recipient(monkeypatch: pytest.MonkeyPatch) -> Recipient:
    made = Recipient()
    monkeypatch.setattr(alerts, "send_notices", made.send)
    monkeypatch.setattr(alerts, "send_heartbeat", made.beat)
    return made


@pytest.fixture
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), alerts.handle(Settings())) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def post(address: str, body: object) -> int:
    """Status of the answer to a message."""
    return requests.post(address, json=body, timeout=10).status_code


def group(status: str, *states: str) -> dict[str, object]:
    """A message as Alertmanager posts it, with some of what is not read."""
    told = {"labels": {"device": "sda"}, "annotations": ANNOTATIONS}
    return {
        "version": "4", "status": status, "receiver": "people",
        "groupLabels": {"alertname": "DiskFull"}, "alerts": [told | {"status": e} for e in states],
    }  # fmt: skip


def test_an_alert_and_its_end_are_told_in_both_languages(
    recipient: Recipient, address: str
) -> None:
    assert post(f"{address}/alerts", group("firing", "firing", "resolved")) == 200
    assert post(f"{address}/alerts", group("resolved", "resolved")) == 200
    (begun, text), (over, end) = recipient.taken
    assert (begun, over) == ("carprice : DiskFull", "carprice : DiskFull, c'est fini")
    french, english = text.split("\n\n")
    assert french.splitlines() == [
        "DiskFull : Plus de place. Premier pas : docs/operations.md#diskfull",
        "DiskFull : c'est fini.",
    ]
    assert english.startswith("DiskFull: No room. First step: docs/operations.md#diskfull\n")
    assert end == "DiskFull : c'est fini.\n\nDiskFull: it is over."


def test_a_message_of_many_alerts_stays_short(recipient: Recipient, address: str) -> None:
    assert post(f"{address}/alerts", group("firing", *["firing"] * (MOST_TOLD + 3))) == 200
    french, english = recipient.taken[0][1].split("\n\n")
    assert french.count("Plus de place") == english.count("No room") == MOST_TOLD
    assert (french.splitlines()[-1], english.splitlines()[-1]) == ("Et 3 autres.", "And 3 more.")


def test_what_does_not_get_out_is_to_be_posted_again(recipient: Recipient, address: str) -> None:
    recipient.refuses = True
    assert post(f"{address}/alerts", group("firing", "firing")) == 502


@pytest.mark.parametrize("path", ["/alerts", "/elsewhere"])
def test_what_is_no_message_is_refused(recipient: Recipient, address: str, path: str) -> None:
    assert post(f"{address}{path}", {"status": "loud"}) == 400
    assert not recipient.taken


def test_a_sign_of_life_goes_on(recipient: Recipient, address: str) -> None:
    assert post(f"{address}/heartbeat", group("firing", "firing")) == 200
    assert recipient.heartbeats == 1
