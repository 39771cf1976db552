"""What the API refuses, and how it says so."""

from typing import Any

import anyio
import pytest
from asking import JSON, LOGAN, MANY, ONE, faults, figures, refusal
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from carprice.api import refusals
from carprice.api.refusals import LARGEST_BODY, MOST_LARGE, SMALL_BODY, BodyLimit, RefusedError
from carprice.api.schema import LONGEST_TEXT, MOST_LISTINGS
from carprice.serving.live_model import LiveModel, Serving


def test_one_car_too_many_is_refused_with_the_limit(client: TestClient) -> None:
    told = faults(client.post(MANY, json={"listings": [{}] * (MOST_LISTINGS + 1)}))
    assert told == {"listings": f"{MOST_LISTINGS} annonces au plus"}


def test_unknown_fields_are_refused_by_name(client: TestClient) -> None:
    told = faults(client.post(ONE, json=LOGAN | {"colour": "red", "price_mad": 1, "city": "Fès"}))
    assert told == {"body": "champs inconnus : colour, price_mad, city"}
    told = faults(client.post(MANY, json={"listings": [LOGAN, {"modele": "Logan"}]}))
    assert told == {"listings.1": "champs inconnus : modele"}
    told = faults(client.post(MANY, params={"language": "en"}, json={"listings": [{}], "cars": []}))
    assert told == {"cars": "unknown field"}


def test_a_request_of_many_unknown_fields_is_answered_briefly(client: TestClient) -> None:
    answer = client.post(ONE, json={f"{number}" * 1000: 1 for number in range(1000)})
    assert faults(answer)["body"].endswith(", …")
    assert len(answer.content) < 1000


def test_what_no_person_would_write_is_refused_with_its_place(client: TestClient) -> None:
    told = faults(
        client.post(
            ONE, params={"language": "en"},
            json={"make": ["Dacia"], "doors": True, "fuel": "x" * (LONGEST_TEXT + 1), "esp": {}},
        )
    )  # fmt: skip
    expected = "a text or a number is expected"
    assert told == {
        "make": expected, "doors": expected, "esp": expected,
        "fuel": f"{LONGEST_TEXT} characters at most",
    }  # fmt: skip
    assert client.post(ONE, json={"make": "x" * LONGEST_TEXT}).status_code == 200


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "JSON"), (b'{"make":', "JSON"), (b"[" * 100_000, "JSON"), (b"\xff\xfe", "JSON"),
        (rb'{"make": "\ud800"}', "JSON"), (b"[]", "objet JSON"), (b"null", "objet JSON"),
    ],
)  # fmt: skip
def test_a_body_that_is_no_listing_is_refused(client: TestClient, body: bytes, told: str) -> None:
    assert told in faults(client.post(ONE, content=body, headers=JSON))["body"]


@pytest.mark.parametrize("listings", [[], {}, None, "Dacia"])
def test_a_request_without_listings_is_refused(client: TestClient, listings: Any) -> None:
    assert list(faults(client.post(MANY, json={"listings": listings}))) == ["listings"]


def test_a_language_that_is_not_spoken_is_refused(client: TestClient) -> None:
    told = faults(client.post(ONE, json=LOGAN, params={"language": "de"}))
    assert told == {"language": "« fr » ou « en » est attendu"}


@pytest.mark.parametrize("route", [ONE, MANY])
def test_a_body_too_large_is_refused_whether_its_size_was_told_or_not(
    client: TestClient, route: str
) -> None:
    told = client.post(route, content=b" " * (LARGEST_BODY + 1))
    assert "8 Mo" in refusal(told, 413, "too_large")["message"]
    trickle = (b" " * (LARGEST_BODY // 10) for _ in range(11))
    refusal(client.post(route, content=trickle), 413, "too_large")


async def take_in(_scope: Scope, receive: Receive, _send: Send) -> None:
    while (await receive()).get("more_body"):
        pass


def told_size(size: int) -> Scope:
    return {"type": "http", "headers": [(b"content-length", b"%d" % size)]}


def test_a_body_told_to_be_too_large_is_not_even_asked_for() -> None:
    with pytest.raises(RefusedError, match="8 MB"):
        anyio.run(BodyLimit(take_in), told_size(LARGEST_BODY + 1), pytest.fail, pytest.fail)


@pytest.mark.parametrize("headers", [
    [(b"content-length", b"%d" % (SMALL_BODY + 1))], [(b"transfer-encoding", b"chunked")],
])  # fmt: skip
def test_a_large_body_is_not_even_asked_for_while_too_many_are_there(
    headers: list[tuple[bytes, bytes]],
) -> None:
    limit = BodyLimit(take_in)
    limit.large = MOST_LARGE
    with pytest.raises(RefusedError, match="too many large requests"):
        anyio.run(limit, {"type": "http", "headers": headers}, pytest.fail, pytest.fail)
    assert limit.large == MOST_LARGE


def test_a_small_body_needs_no_place() -> None:
    async def receive() -> Message:
        return {"type": "http.request"}

    limit = BodyLimit(take_in)
    limit.large = MOST_LARGE
    anyio.run(limit, told_size(SMALL_BODY), receive, pytest.fail)


def test_a_client_that_stalls_is_refused_and_gives_its_place_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def receive() -> Message:
        await anyio.sleep(0.02)
        return {"type": "http.request", "body": b"{", "more_body": True}

    monkeypatch.setattr(refusals, "PATIENCE_SECONDS", 0.1)
    limit = BodyLimit(take_in)
    with pytest.raises(RefusedError, match="not there as a whole"):
        anyio.run(limit, told_size(LARGEST_BODY), receive, pytest.fail)
    assert limit.large == 0


def test_an_answer_may_take_longer_than_its_request(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(scope: Scope, receive: Receive, send: Send) -> None:
        await take_in(scope, receive, send)
        assert (await receive())["type"] == "http.disconnect"

    messages: list[Message] = [{"type": "http.request"}, {"type": "http.disconnect"}]

    async def receive() -> Message:
        if len(messages) == 1:
            await anyio.sleep(0.3)
        return messages.pop(0)

    monkeypatch.setattr(refusals, "PATIENCE_SECONDS", 0.1)
    anyio.run(BodyLimit(work), told_size(2), receive, pytest.fail)
    assert not messages


def test_addresses_and_methods_that_are_not_there_are_refused_alike(client: TestClient) -> None:
    refusal(client.get("/v2/estimate"), 404, "not_found")
    wrong = client.get(ONE)
    refusal(wrong, 405, "method_not_allowed")
    assert wrong.headers["allow"] == "POST"


def test_an_unexpected_error_shows_nothing_of_the_inside(
    client: TestClient, live: LiveModel, serving: Serving
) -> None:
    class Broken:
        def __getattr__(self, _name: str) -> None:
            raise RuntimeError("secret")

    live.state = live.state._replace(serving=serving._replace(model=Broken()))  # type: ignore[arg-type]
    answer = client.post(ONE, json=LOGAN)
    refusal(answer, 500, "internal")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert figures(client)['carprice_api_requests_total{route="/v1/estimate",status="500"}'] == 1
