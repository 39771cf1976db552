"""Clients that ask the API without a pause, over new connections and over one that stays open."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import requests

CAR = {"make": "Dacia", "model": "Logan", "model_year": 2018, "mileage_km": "120 000 km"}


class Asked(NamedTuple):
    """Statuses answered, and what came instead of an answer."""

    answered: list[int]
    failed: list[str | int]


@contextmanager
def asking(address: str) -> Iterator[Asked]:
    """Ask for as long as the block runs; whoever asked last is waited for."""
    asked, over = Asked([], []), threading.Event()

    def ask(post: Callable[..., requests.Response]) -> None:
        while not over.wait(0.02):
            try:
                answer = post(f"{address}/v1/estimate", json=CAR, timeout=60)
                (asked.answered if answer.ok else asked.failed).append(answer.status_code)
            except requests.RequestException as error:
                asked.failed.append(repr(error))

    posts = [requests.post, requests.post, requests.Session().post, requests.Session().post]
    clients = [threading.Thread(target=ask, args=[post]) for post in posts]
    for each in clients:
        each.start()
    try:
        yield asked
    finally:
        over.set()
        for each in clients:
            each.join()
