"""Places for large requests: who has one, who is refused, and who gives way to whom."""

import anyio
import pytest
from starlette.types import Message, Receive, Scope, Send

from carprice.api import places
from carprice.api.places import MOST_LARGE, MOST_OF_ONE, SMALL_BODY, BodyLimit
from carprice.api.refusals import BUSY, GAVE_WAY, LARGEST_BODY, Reason, RefusedError


async def take_in(_scope: Scope, receive: Receive, _send: Send) -> None:
    while (await receive()).get("more_body"):
        pass


def told_size(size: int, client: str = "10.0.0.1") -> Scope:
    headers = [(b"content-length", b"%d" % size)]
    return {"type": "http", "headers": headers, "client": (client, 4711)}


async def whole() -> Message:
    return {"type": "http.request", "body": b"{}"}


async def upload(limit: BodyLimit, client: str, sent: int, ended: dict[str, Reason]) -> None:
    """Send as many bytes, and then no more."""
    messages: list[Message] = [{"type": "http.request", "body": b" " * sent, "more_body": True}]

    async def receive() -> Message:
        return messages.pop() if messages else await anyio.sleep_forever()

    try:
        await limit(told_size(LARGEST_BODY, client), receive, pytest.fail)
    except RefusedError as error:
        ended[f"{client} {sent}"] = error.reason


async def crowd(stalled: list[tuple[str, int]], newcomer: str) -> dict[str, Reason]:
    """How a newcomer among stalled uploads ends, and which of them do."""
    ended: dict[str, Reason] = {}
    limit = BodyLimit(take_in)
    async with anyio.create_task_group() as tasks:
        for client, sent in stalled:
            tasks.start_soon(upload, limit, client, sent, ended)
        await anyio.sleep(0.05)
        try:
            await limit(told_size(LARGEST_BODY, newcomer), whole, pytest.fail)
        except RefusedError as error:
            ended["newcomer"] = error.reason
        await anyio.sleep(0.05)
        tasks.cancel_scope.cancel()
    return ended


ALL_TAKEN = [(f"10.0.0.{number}", 9000 - 1000 * number) for number in range(MOST_LARGE)]
ALL_OF_ONE = [("10.0.0.1", 9000 - 1000 * number) for number in range(MOST_OF_ONE)]


def test_the_slowest_upload_gives_way_to_a_newcomer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "GRACE_SECONDS", 0.02)
    client, sent = ALL_TAKEN[-1]
    assert anyio.run(crowd, ALL_TAKEN, "10.0.9.9") == {f"{client} {sent}": GAVE_WAY}


def test_within_its_grace_no_upload_gives_way() -> None:
    assert anyio.run(crowd, ALL_TAKEN, "10.0.9.9") == {"newcomer": BUSY}


def test_one_client_leaves_a_place_to_others_and_gives_way_to_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert anyio.run(crowd, ALL_OF_ONE, "10.0.9.9") == {}
    assert anyio.run(crowd, ALL_OF_ONE, "10.0.0.1") == {"newcomer": BUSY}
    monkeypatch.setattr(places, "GRACE_SECONDS", 0.02)
    client, sent = ALL_OF_ONE[-1]
    assert anyio.run(crowd, ALL_OF_ONE, "10.0.0.1") == {f"{client} {sent}": GAVE_WAY}


def test_a_place_is_free_again_when_the_answer_begins() -> None:
    async def answer(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        assert len(limit.places) == 1
        await send({"type": "http.response.start"})

    async def slow_reader(_message: Message) -> None:
        assert not limit.places

    limit = BodyLimit(answer)
    anyio.run(limit, told_size(LARGEST_BODY), whole, slow_reader)


def test_a_body_told_to_be_too_large_is_not_even_asked_for() -> None:
    with pytest.raises(RefusedError, match="8 MB"):
        anyio.run(BodyLimit(take_in), told_size(LARGEST_BODY + 1), pytest.fail, pytest.fail)


@pytest.mark.parametrize("headers", [
    [(b"content-length", b"%d" % (SMALL_BODY + 1))], [(b"transfer-encoding", b"chunked")],
])  # fmt: skip
def test_only_a_large_body_needs_a_place(headers: list[tuple[bytes, bytes]]) -> None:
    async def receive() -> Message:
        taken.append(len(limit.places))
        return {"type": "http.request"}

    taken: list[int] = []
    limit = BodyLimit(take_in)
    anyio.run(limit, {"type": "http", "headers": headers}, receive, pytest.fail)
    anyio.run(limit, told_size(SMALL_BODY), receive, pytest.fail)
    assert taken == [1, 0]


def test_a_client_that_stalls_is_refused_and_gives_its_place_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def receive() -> Message:
        await anyio.sleep(0.02)
        return {"type": "http.request", "body": b"{", "more_body": True}

    monkeypatch.setattr(places, "PATIENCE_SECONDS", 0.1)
    limit = BodyLimit(take_in)
    with pytest.raises(RefusedError, match="not there as a whole"):
        anyio.run(limit, told_size(LARGEST_BODY), receive, pytest.fail)
    assert not limit.places


def test_an_answer_may_take_longer_than_its_request(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(scope: Scope, receive: Receive, send: Send) -> None:
        await take_in(scope, receive, send)
        assert (await receive())["type"] == "http.disconnect"

    messages: list[Message] = [{"type": "http.request"}, {"type": "http.disconnect"}]

    async def receive() -> Message:
        if len(messages) == 1:
            await anyio.sleep(0.3)
        return messages.pop(0)

    monkeypatch.setattr(places, "PATIENCE_SECONDS", 0.1)
    anyio.run(BodyLimit(work), told_size(2), receive, pytest.fail)
    assert not messages
