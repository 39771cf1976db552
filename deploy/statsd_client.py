"""What Airflow sends its figures with: a client of StatsD that follows its host."""

import socket
import time

from statsd import StatsClient

LOOK_AGAIN_SECONDS = 30.0


class FollowingClient(StatsClient):
    """Looks up its host now and then.

    The library's own looks once, at the start: where the host is not there yet Airflow would send
    nothing for ever, and where its container is made anew, all to an address of the past.
    """

    def __init__(self, host: str, port: int, prefix: str | None = None, *_: object) -> None:
        super().__init__("127.0.0.1", port, prefix)
        self._host, self._port, self._looked = host, port, 0.0
        self._addr = None

    def _send(self, data: str) -> None:
        now = time.monotonic()
        if now - self._looked > LOOK_AGAIN_SECONDS:
            self._looked, self._addr = now, self._look_up()
        if self._addr:
            super()._send(data)

    def _look_up(self) -> tuple[str, int] | None:
        try:
            return socket.gethostbyname(self._host), self._port
        except OSError:
            return None
