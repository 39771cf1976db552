"""People are told once that something is wrong with production, and once that it is over."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from carprice.errors import NoticeError
from carprice.serving import alarm
from carprice.serving.alarm import OVER_SECONDS, Alarm
from carprice.settings import Settings
from carprice.wording.troubles import Trouble, TroubleCode

DELETED = Trouble(TroubleCode.VERSION_DELETED, {"version": 3}, 2)
AWAY = Trouble(TroubleCode.REGISTRY_AWAY, {"message": "no answer"})
LONG_AGO = timedelta(hours=1)


class Recipient:
    """Takes notices, or refuses them."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []
        self.refuses = False

    def send(self, _settings: Settings, subject: str, text: str) -> None:
        if self.refuses:
            raise NoticeError("the webhook at example.com: refused")
        self.taken.append((subject, text))


@pytest.fixture
def recipient(monkeypatch: pytest.MonkeyPatch) -> Recipient:
    made = Recipient()
    monkeypatch.setattr(alarm, "send_notices", made.send)
    return made


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, webhook_url="https://example.com/hook")


def follow(watch: Alarm, trouble: Trouble | None, age: timedelta = LONG_AGO) -> None:
    if thread := watch.follow(trouble, datetime.now(UTC) - age, 2):
        thread.join()


def pass_time(settings: Settings) -> None:
    """Nobody has seen a trouble for a while."""
    then = time.time() - OVER_SECONDS - 1
    for mark in (settings.serving_copies / "told").iterdir():
        os.utime(mark, (then, then))


def test_of_all_servers_one_tells_once_and_one_that_it_is_over(
    settings: Settings, recipient: Recipient
) -> None:
    page, api = Alarm(settings), Alarm(settings)
    for each in (page, api, page, Alarm(settings)):
        follow(each, DELETED)
    ((subject, text),) = recipient.taken
    assert "production" in subject
    assert "la version 3, en production, n'est plus dans le registre" in text
    assert "version 3, which is in production, is no longer in the registry" in text
    pass_time(settings)
    follow(api, DELETED)  # still there
    follow(page, None)
    assert len(recipient.taken) == 1
    pass_time(settings)
    for each in (page, api):
        follow(each, None)
    assert len(recipient.taken) == 2
    assert "est terminé" in recipient.taken[1][1]
    follow(page, DELETED)
    assert len(recipient.taken) == 3, "another trouble than the one before"


def test_a_short_outage_is_not_told(settings: Settings, recipient: Recipient) -> None:
    follow(Alarm(settings), AWAY, timedelta(seconds=100))
    assert not recipient.taken
    follow(Alarm(settings), AWAY, timedelta(seconds=130))
    assert len(recipient.taken) == 1


def test_what_nobody_took_is_told_later_and_rarely(
    settings: Settings, recipient: Recipient, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Alarm(settings)
    recipient.refuses = True
    follow(watch, DELETED)
    recipient.refuses = False
    follow(watch, DELETED)
    assert not recipient.taken
    monkeypatch.setattr(time, "monotonic", lambda: 10**9)
    follow(watch, DELETED)
    assert len(recipient.taken) == 1


def test_without_a_recipient_nobody_is_told_and_no_mark_is_made(
    settings: Settings, recipient: Recipient
) -> None:
    silent = settings.model_copy(update={"webhook_url": ""})
    follow(Alarm(silent), DELETED)
    follow(Alarm(settings), DELETED)
    assert len(recipient.taken) == 1, "one without a recipient does not take the turn of another"
