"""Ask the Celery worker of this container over the broker: its health check.

The same as `celery inspect ping`, at two thirds of its CPU time, and asking again while there is no
answer: a worker that is starting hears nothing, and the next check would come late.
"""

import socket
import sys

from broker_url import broker_url
from celery import Celery

ATTEMPTS, SECONDS = 9, 2


def main() -> int:
    worker = f"celery@{socket.gethostname()}"
    control = Celery(broker=broker_url()).control
    for _ in range(ATTEMPTS):
        if control.ping(destination=[worker], timeout=SECONDS, limit=1):
            return 0
    print(f"{worker} did not answer over the broker in {ATTEMPTS * SECONDS} s", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
