"""Ask for estimates as users do, five times a second, and print a line for each.

drill_asker.py API PAGE: each as HOST:PORT. One question in 25 goes to the page, as a browser asks
it. A line is `ok api 3`, with the version that answered, `ok page`, or `lost` with who and why: an
answer without a price, none at all, or one that came too late.
"""

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count, cycle
from urllib.parse import parse_qsl

import requests
from ask_page import ask as ask_page
from ask_page import golden_cars
from websockets.exceptions import WebSocketException

EVERY_SECONDS = 0.2
PATIENCE_SECONDS = 5.0
"""Whoever waits longer has gone."""
PAGE_EVERY = 25
"""A question to the page is as much work as fifty to the API."""
AT_ONCE = 100
NO_ANSWER = (OSError, ValueError, WebSocketException)
"""What requests raises is the first of these."""


def main(api: str, page: str) -> None:
    cars, began = cycle(golden_cars()), time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as clients:
        for number in count():
            time.sleep(max(0.0, began + number * EVERY_SECONDS - time.monotonic()))
            if number % PAGE_EVERY:
                clients.submit(tell, "api", ask_api, api, next(cars))
            else:
                clients.submit(tell, "page", ask_shown, page, next(cars))


def tell(who: str, ask: Callable[[str, str], str], place: str, query: str) -> None:
    """Print how one question ended."""
    began = time.monotonic()
    try:
        line = f"ok {who} {ask(place, query)}".rstrip()
    except NO_ANSWER as error:
        line = f"lost {who} {type(error).__name__}: {error}"
    if time.monotonic() - began > PATIENCE_SECONDS and line.startswith("ok"):
        line = f"lost {who} too late"
    # At once: others write too.
    sys.stdout.write(line.replace("\n", " ")[:200] + "\n")
    sys.stdout.flush()


def ask_api(place: str, query: str) -> str:
    """The version that gave a price. The API knows itself by this name, at whatever door."""
    answer = requests.post(
        f"http://{place}/v1/estimate", json=dict(parse_qsl(query)), headers={"Host": "localhost"},
        timeout=PATIENCE_SECONDS,
    )  # fmt: skip
    answer.raise_for_status()
    told = answer.json()
    if told["price_mad"] is None:
        raise ValueError("no price")
    return str(told["version"])


def ask_shown(place: str, query: str) -> str:
    if not ask_page(place, query):
        raise ValueError("no price")
    return ""


if __name__ == "__main__":
    main(*sys.argv[1:])
