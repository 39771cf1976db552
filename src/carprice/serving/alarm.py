"""Telling people once that something is wrong with production, and once that it is over.

Servers share a folder: a mark in it, made by one of them alone, says that a trouble has been told.
Each server that sees the trouble keeps the mark fresh; once none does, it is over.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from carprice.errors import NoticeError
from carprice.language import LANGUAGES, Text
from carprice.market.listing import HOME
from carprice.notices import send_notices
from carprice.settings import Settings
from carprice.wording import spell
from carprice.wording.troubles import (
    NOTICE,
    NOTICE_OVER,
    SUBJECT,
    SUBJECT_OVER,
    Trouble,
    TroubleCode,
)

GRACE_SECONDS = {TroubleCode.REGISTRY_AWAY: 120.0}
"""How long a trouble is not told of: a registry that is started again is back within this."""
SHORT_SECONDS = 20.0
"""For all others: what one server sees for a moment, while a promotion is at work, is none."""
OVER_SECONDS = 120.0
"""Nobody has seen the trouble for so long: it is over."""
RETRY_SECONDS = 600.0

log = logging.getLogger(__name__)


class Alarm:
    """Sends one notice of a trouble and one of its end, by what the environment configures."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.folder = settings.serving_copies / "told"
        self._wait_until = 0.0

    def follow(
        self, trouble: Trouble | None, since: datetime | None, version: int | None
    ) -> threading.Thread | None:
        """Take note of what a look has found; the thread that sends, where one does.

        version: the one that goes on answering.
        """
        if not self.settings.has_notices or time.monotonic() < self._wait_until:
            return None
        try:
            if trouble is None or since is None:
                return self._end(version)
            return self._begin(trouble, since, version)
        except OSError as error:
            log.warning("nobody is told: %s", error)
            return None

    def _begin(
        self, trouble: Trouble, since: datetime, version: int | None
    ) -> threading.Thread | None:
        mark = self.folder / trouble.code
        with suppress(FileNotFoundError):
            os.utime(mark)
            return None
        age = (datetime.now(UTC) - since).total_seconds()
        if age < GRACE_SECONDS.get(trouble.code, SHORT_SECONDS):
            return None
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            mark.touch(exist_ok=False)
        except FileExistsError:
            return None  # another server is telling it
        text = Text.write(
            lambda language: NOTICE.say(
                language,
                trouble=trouble.say(language),
                since=spell.moment(since, language),
                version=version or "–",
            )
        )
        # It will be told later where it could not be now.
        return self._send(SUBJECT, text, lambda: mark.unlink(missing_ok=True))

    def _end(self, version: int | None) -> threading.Thread | None:
        told = []
        for mark in self.folder.glob("*"):
            with suppress(FileNotFoundError):
                if time.time() - mark.stat().st_mtime >= OVER_SECONDS:
                    mark.unlink()  # by one server alone
                    told.append(mark)
        if not told:
            return None
        text = Text.write(lambda language: NOTICE_OVER.say(language, version=version or "–"))
        return self._send(SUBJECT_OVER, text, lambda: self._mark(told))

    def _mark(self, marks: Iterable[Path]) -> None:
        for each in marks:
            each.touch()

    def _send(self, subject: Text, text: Text, undo: Callable[[], object]) -> threading.Thread:
        """Send in both languages on a thread: whoever takes the notice may take his time."""
        both = "\n\n".join(text.say(each) for each in sorted(LANGUAGES, key=lambda it: it != HOME))

        def send() -> None:
            try:
                send_notices(self.settings, subject.say(HOME), both)
            except NoticeError as error:
                log.warning("it will be told again in %.0f s: %s", RETRY_SECONDS, error)
                self._wait_until = time.monotonic() + RETRY_SECONDS
                undo()

        thread = threading.Thread(target=send, daemon=True, name="alarm")
        thread.start()
        return thread
