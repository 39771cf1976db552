"""What the API refuses, and how it says so."""

from typing import Any

import pytest
from asking import JSON, LOGAN, MANY, ONE, ask_directly, faults, figures, refusal
from starlette.testclient import TestClient

from carprice.api.app import serve_model
from carprice.api.refusals import LARGEST_BODY
from carprice.api.schema import LONGEST_TEXT, MOST_LISTINGS
from carprice.serving.live_model import LiveModel, Serving
from carprice.settings import Settings


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


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"],
)
def test_what_is_not_said_to_be_json_is_refused(client: TestClient, kind: str) -> None:
    answer = client.post(ONE, content=b"{}", headers={"Content-Type": kind})
    assert "application/json" in refusal(answer, 415, "not_json")["message"]


def test_json_may_say_how_it_is_encoded(client: TestClient) -> None:
    kind = {"Content-Type": "Application/JSON; charset=UTF-8"}
    assert client.post(ONE, content=b"{}", headers=kind).status_code == 200


@pytest.mark.parametrize(
    ("route", "body", "told"),
    [
        (ONE, '{"make": "Dacia", "make": "Kia"}', {"body": "champs répétés : make"}),
        (MANY, '{"listings": [{}, {"doors": 5, "doors": 5}]}',
         {"listings.1": "champs répétés : doors"}),
        (MANY, '{"listings": [{}], "listings": [{}]}', {"body": "champs répétés : listings"}),
    ],
)  # fmt: skip
def test_a_field_that_is_said_twice_is_refused_with_its_place(
    client: TestClient, route: str, body: str, told: dict[str, str]
) -> None:
    assert faults(client.post(route, content=body)) == told


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:80", "[::1", "", "a@b"])
def test_a_page_that_leads_its_own_name_here_is_refused(client: TestClient, host: str) -> None:
    for path in ("/docs", "/livez"):
        refusal(client.get(path, headers={"Host": host}), 421, "unknown_host")


@pytest.mark.parametrize("host", ["LOCALHOST:8000", "[::1]:8000", "192.168.1.7", "api:8000", "a.b"])
def test_names_of_this_machine_and_those_set_are_answered(live: LiveModel, host: str) -> None:
    with ask_directly(serve_model(live, Settings(api_hosts="A.B, c.d"))) as client:
        assert client.get("/livez", headers={"Host": host}).status_code == 200


def test_who_asks_more_than_is_set_is_told_when_to_go_on(live: LiveModel) -> None:
    with ask_directly(serve_model(live, Settings(api_requests_per_minute=2))) as client:
        asked = [client.post(ONE, json=LOGAN, params={"language": "en"}) for _ in range(4)]
        refused = [each for each in asked if each.status_code == 429]
        # One more where a minute ends in between.
        assert len(refused) in {1, 2}
        assert "more than 2 requests" in refusal(refused[0], 429, "too_many")["message"]
        assert 0 <= int(refused[0].headers["retry-after"]) <= 60
        assert {client.get(path).status_code for path in ("/livez", "/healthz", "/metrics")} == {
            200
        }


@pytest.mark.parametrize("path", ["/livez", "/docs", "/v2", ONE])
def test_every_answer_tells_a_browser_what_it_may_do_with_it(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    policy = headers["content-security-policy"]
    assert {"default-src 'none'", "frame-ancestors 'none'"} <= {*policy.split("; ")}
    assert ("script-src" in policy) == (path == "/docs")


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
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert figures(client)['carprice_api_requests_total{route="/v1/estimate",status="500"}'] == 1
