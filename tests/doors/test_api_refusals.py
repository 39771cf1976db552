"""What the API refuses, and how it says so."""

from typing import Any

import anyio
import pytest
from asking import JSON, LOGAN, MANY, ONE, faults, figures, refusal
from starlette.exceptions import HTTPException
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from carprice.api_errors import LARGEST_BODY, BodyLimit
from carprice.api_schema import LONGEST_TEXT, MOST_LISTINGS
from carprice.live_model import LiveModel, Serving


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


def test_a_body_told_to_be_too_large_is_not_even_asked_for() -> None:
    async def read(_scope: Scope, receive: Receive, _send: Send) -> None:
        await receive()

    scope = {"type": "http", "headers": [(b"content-length", b"%d" % (LARGEST_BODY + 1))]}
    with pytest.raises(HTTPException, match="413"):
        anyio.run(BodyLimit(read), scope, pytest.fail, pytest.fail)


def test_addresses_and_methods_that_are_not_there_are_refused_alike(client: TestClient) -> None:
    refusal(client.get("/v2/estimate"), 404, "not_found")
    wrong = client.get(ONE)
    refusal(wrong, 405, "method_not_allowed")
    assert wrong.headers["allow"] == "POST"


def test_an_unexpected_error_shows_nothing_of_the_inside(
    client: TestClient, live: LiveModel, serving: Serving
) -> None:
    class Broken:
        def __getitem__(self, _step: str) -> None:
            raise RuntimeError("secret")

    live.state = live.state._replace(serving=serving._replace(pipeline=Broken()))  # type: ignore[arg-type]
    answer = client.post(ONE, json=LOGAN)
    refusal(answer, 500, "internal")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert figures(client)['carprice_api_requests_total{route="/v1/estimate",status="500"}'] == 1
