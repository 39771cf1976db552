"""How long, and with how much, a client may keep the server of the API waiting."""

import http.client
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from carprice.api import connection
from carprice.api.connection import Connection

ASK = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
ASK_LARGE = b"GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
LARGE = 30_000_000
"""Bytes, more than the kernel takes off the hands of a server."""


async def answer(scope: Scope, _receive: Receive, send: Send) -> None:
    body = b" " * (LARGE if scope["path"] == "/large" else 1)
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def server() -> Iterator[uvicorn.Server]:
    config = uvicorn.Config(answer, port=0, http=Connection, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server
    server.should_exit = True
    thread.join(30)


@pytest.fixture
def port(server: uvicorn.Server) -> int:
    return int(server.servers[0].sockets[0].getsockname()[1])


def connect(port: int, asked: bytes = b"") -> socket.socket:
    made = socket.create_connection(("127.0.0.1", port), timeout=30)
    made.sendall(asked)
    return made


def read_all(client: socket.socket) -> int:
    """How many bytes there were before the connection was closed."""
    read = 0
    try:
        while got := client.recv(2**20):
            read += len(got)
    except ConnectionResetError:
        pass
    client.close()
    return read


@pytest.mark.parametrize("begun", [b"", ASK[:20], ASK + ASK[:20]])
def test_a_head_that_does_not_end_is_closed(
    port: int, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.2)
    began = time.monotonic()
    read_all(connect(port, begun))
    assert time.monotonic() - began < 10


def test_an_answer_that_is_not_taken_is_dropped(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_all(connect(port, ASK_LARGE)) > LARGE
    monkeypatch.setattr(connection, "ANSWER_SECONDS", 0.2)
    slow = connect(port, ASK_LARGE)
    time.sleep(1)
    assert read_all(slow) < LARGE


def test_of_more_answers_than_fit_the_one_that_waits_longest_is_dropped(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MOST_UNTAKEN", LARGE)
    first = connect(port, ASK_LARGE)
    time.sleep(0.5)
    second = connect(port, ASK_LARGE)
    time.sleep(0.5)
    assert read_all(first) < LARGE < read_all(second)


def test_of_more_connections_than_there_may_be_the_one_that_waits_longest_is_closed(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MOST_CONNECTIONS", 2)
    idle = [connect(port) for _ in range(2)]
    time.sleep(0.2)
    with connect(port, ASK) as newcomer:
        assert newcomer.recv(12) == b"HTTP/1.1 200"
    assert read_all(idle[0]) == 0
    idle[1].sendall(ASK)
    assert idle[1].recv(12) == b"HTTP/1.1 200"
    idle[1].close()


def test_a_server_that_ends_answers_what_is_asked_over_an_open_connection(
    server: uvicorn.Server, port: int
) -> None:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    told = []
    for _ in range(2):
        client.request("GET", "/")
        with client.getresponse() as given:
            told.append((given.read(), given.getheader("connection")))
        server.should_exit = True
        time.sleep(0.5)
    assert told == [(b" ", None), (b" ", "close")]
    client.close()
