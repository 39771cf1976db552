"""The API for programs, asked over HTTP, on a registry that tests promote in and take away."""

import json
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event, Lock
from typing import Any

import pytest
from asking import DEALS, JSON, LOGAN, MANY, ONE, ask_directly, figures, refusal
from hypothesis import given
from hypothesis import strategies as st
from production import FakeRegistry
from starlette.testclient import TestClient

from carprice.api.app import serve_model
from carprice.api.places import MOST_OF_ONE, SMALL_BODY
from carprice.api.refusals import LARGEST_BODY
from carprice.api.schema import EXAMPLE, MOST_LISTINGS
from carprice.listings.given import spell_value
from carprice.listings.parsing import parse_number
from carprice.logs import write_json
from carprice.market.fields import THIS_YEAR
from carprice.market.listing import BY_NAME, EQUIPMENT, FEATURES, TARGET
from carprice.pricing.prediction import estimate_car, read_cars
from carprice.pricing.price_model import PriceModel
from carprice.registry.model_facts import LastMonitoring, LastPipeline, ModelFacts
from carprice.serving.live_model import LiveModel, Serving
from carprice.settings import Settings
from carprice.wording.remarks import UNKNOWN_MAKE
from carprice.wording.troubles import Trouble, TroubleCode

OPEN_THE_DOOR = """
import os, sys
os.environ.pop("MLFLOW_DISABLE_TELEMETRY", None)
import carprice.api.app
imported = {"mlflow", "sklearn"} & sys.modules.keys()
carprice.api.app.build_app()
print(sorted(imported), os.environ.get("MLFLOW_DISABLE_TELEMETRY"))
"""
MORE_THAN_THREADS = 45
"""The server has forty."""


# Answers


def test_a_car_is_answered_as_everywhere_else(client: TestClient, serving: Serving) -> None:
    expected = estimate_car(
        serving.model, {name: str(given) for name, given in LOGAN.items()}, "fr"
    )
    assert client.post(ONE, json=LOGAN).json() == {
        "price_mad": round(expected.price or 0),
        "low_mad": round(expected.low or 0),
        "high_mad": round(expected.high or 0),
        "coverage": 0.8,
        "wide_low_mad": round(expected.wide_low or 0),
        "wide_high_mad": round(expected.wide_high or 0),
        "wide_coverage": pytest.approx(0.9),
        "seen": expected.seen,
        "remark": expected.remark,
        "version": 3,
        "simulated": True,
    }
    assert expected.seen


@pytest.mark.parametrize(
    "written",
    [
        {"mileage_km": "120 000 km"}, {"mileage_km": "120000"}, {"mileage_km": 120_000.0},
        {"fiscal_power_cv": "6 CV"}, {"model_year": "2018"}, {"fuel": "diesel"},
        {"make": " DACIA "}, {"sunroof": None}, {"sunroof": float("nan")}, {"sunroof": "--"},
    ],
)  # fmt: skip
def test_values_are_read_as_people_and_programs_write_them(
    client: TestClient, written: dict[str, Any]
) -> None:
    answer = client.post(ONE, content=json.dumps(LOGAN | written), headers=JSON)
    assert answer.json() == client.post(ONE, json=LOGAN).json()


def test_yes_is_also_true(client: TestClient) -> None:
    answers = [client.post(ONE, json=LOGAN | {"sunroof": yes}).json() for yes in (True, "Oui", 1)]
    assert answers[0] == answers[1] == answers[2]
    assert "toit" not in answers[0]["remark"]


@given(st.floats(-1e12, 1e12) | st.integers(-(10**15), 10**15))
def test_a_number_is_never_taken_for_thousands(number: float) -> None:
    assert parse_number(str(spell_value(number))) == pytest.approx(number, abs=1e-6)


@pytest.mark.parametrize("beyond", ["1e300", "-1e300", "Infinity", "1" + "0" * 400])
def test_a_number_beyond_reading_is_remarked_on(
    client: TestClient, serving: Serving, beyond: str
) -> None:
    answer = client.post(ONE, content=f'{{"make": "Dacia", "doors": {beyond}}}', headers=JSON)
    parsed = read_cars(serving.model, [{"doors": str(spell_value(float("inf")))}])
    assert answer.status_code == 200
    assert [problem.code for problem in parsed.problems] == ["doors_unreadable"]


def test_what_cannot_be_used_is_remarked_on_in_the_language_asked_for(client: TestClient) -> None:
    unusable = LOGAN | {"doors": 40, "fuel": "charbon"}
    french = client.post(ONE, json=unusable).json()["remark"]
    english = client.post(ONE, json=unusable, params={"language": "en"}).json()["remark"]
    assert "type de carburant illisible : valeur ignorée" in french
    assert "nombre de portes hors limites (2 à 6) : valeur ignorée" in french
    assert "fuel cannot be read: ignored" in english


def test_a_car_never_seen_has_a_range_and_no_price(client: TestClient) -> None:
    answer = client.post(ONE, json=LOGAN | {"make": "Trabant", "model": "601"}).json()
    assert (answer["price_mad"], answer["seen"]) == (None, 0)
    assert answer["low_mad"] < answer["high_mad"]
    assert UNKNOWN_MAKE.fr in answer["remark"]


@pytest.mark.parametrize("make", ["???", "4711", "\0", "🚗", "\u200b"])
def test_a_make_that_cannot_be_read_is_told_to_be_so(client: TestClient, make: str) -> None:
    french, english = (
        client.post(ONE, json=LOGAN | {"make": make}, params={"language": language}).json()
        for language in ("fr", "en")
    )
    assert french["remark"].startswith("marque illisible : valeur ignorée ; ")
    assert english["remark"].startswith("make cannot be read: ignored; ")
    assert "make" not in english["remark"].removeprefix("make")


@pytest.mark.parametrize("make", ["", " ", "-", "--", "..."])
def test_a_sign_for_no_make_is_one_that_is_not_given(client: TestClient, make: str) -> None:
    remark = client.post(ONE, json=LOGAN | {"make": make}).json()["remark"]
    assert remark.startswith("non renseigné : marque")


def test_a_car_of_which_nothing_is_said_has_neither(client: TestClient) -> None:
    answer = client.post(ONE, json={}).json()
    assert [answer[name] for name in ("price_mad", "low_mad", "high_mad", "seen")] == [None] * 4
    assert "trop peu de renseignements" in answer["remark"]


def test_many_cars_are_answered_in_their_order(client: TestClient) -> None:
    cars = [LOGAN, {}, LOGAN | {"model_year": 2012}]
    answer = client.post(MANY, json={"listings": cars})
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"estimates": [client.post(ONE, json=car).json() for car in cars]}


def test_as_many_full_listings_as_are_allowed_fit_into_a_request(client: TestClient) -> None:
    full = (
        LOGAN | dict.fromkeys(EQUIPMENT, "Oui") | {"origin": "Importée neuve", "condition": "Bon"}
    )
    body = json.dumps({"listings": [full] * MOST_LISTINGS}).encode()
    assert len(body) < LARGEST_BODY
    answer = client.post(MANY, content=body, headers=JSON)
    assert len(answer.json()["estimates"]) == MOST_LISTINGS
    counted = figures(client)
    assert sum(counted[name] for name in counted if "estimates_total" in name) == MOST_LISTINGS


# What is in production


def test_health_names_the_version_and_since_when(client: TestClient) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {
        "version": 3, "simulated": True, "since": "2026-11-02T10:00:00Z",
        "trouble": None, "trouble_code": None, "trouble_since": None,
    }  # fmt: skip


def test_a_version_of_real_adverts_that_came_back_is_told_to_be_so(
    client: TestClient, live: LiveModel, registry: FakeRegistry
) -> None:
    back = "2026-11-09T10:00:00+00:00"
    registry.tags = registry.tags | {"simulated": "false", "restored_at": back}
    live.look()
    health = client.get("/healthz").json()
    assert (health["simulated"], health["since"]) == (False, "2026-11-09T10:00:00Z")
    assert client.post(ONE, json=LOGAN).json()["simulated"] is False


def test_a_promotion_takes_over_without_a_restart(
    client: TestClient, live: LiveModel, registry: FakeRegistry
) -> None:
    assert client.post(ONE, json=LOGAN).json()["version"] == 3
    registry.production = 4
    live.look()
    assert client.post(ONE, json=LOGAN).json()["version"] == 4
    assert client.get("/healthz").json()["version"] == 4
    assert figures(client)["carprice_production_version"] == 4


def test_the_last_good_model_goes_on_while_the_registry_is_away(
    client: TestClient, live: LiveModel, registry: FakeRegistry
) -> None:
    registry.away = True
    live.look()
    assert client.post(ONE, json=LOGAN).json()["version"] == 3
    health = client.get("/healthz")
    assert health.status_code == 200
    assert "does not do as asked" in health.json()["trouble"]
    assert health.json()["trouble_code"] == "registry_away"
    assert health.json()["trouble_since"]
    assert figures(client)['carprice_trouble{code="registry_away"}'] == 1
    registry.away = False
    live.look()
    assert client.get("/healthz").json()["trouble"] is None


def test_what_is_wrong_with_production_is_told_where_nothing_is_at_hand(
    registry: FakeRegistry, live: LiveModel
) -> None:
    registry.production = None
    registry.trouble = Trouble(TroubleCode.VERSION_DELETED, {"version": 3}, 2)
    with ask_directly(serve_model(live, Settings())) as client:
        for language, told in (("fr", "n'est plus dans"), ("en", "is no longer in")):
            answer = client.get("/healthz", params={"language": language})
            assert told in refusal(answer, 503, "no_good_model")["message"]


@pytest.mark.parametrize(
    ("away", "code", "french", "english"),
    [
        (False, "no_model", "aucun modèle en production", "no model in production"),
        (True, "registry_down", "ne répond pas depuis", "has not answered since"),
    ],
)
def test_without_a_model_the_reason_is_told_and_when_to_ask_again(
    registry: FakeRegistry, away: bool, code: str, french: str, english: str
) -> None:
    registry.production, registry.away = None, away
    live = LiveModel(registry.workspace, for_page=False)
    with ask_directly(serve_model(live, Settings())) as client:
        asked = [
            client.post(route, json=body, params={"language": language})
            for route, body in ((ONE, LOGAN), (MANY, {"listings": [LOGAN]}))
            for language in ("fr", "en")
        ]
        asked.append(client.get("/healthz"))
        said = [french, english, french, english, french]
        for answer, told in zip(asked, said, strict=True):
            assert told in refusal(answer, 503, code)["message"]
            assert answer.headers["retry-after"] == "5"
        assert client.get("/livez").json() == {"alive": True}
        assert figures(client)["carprice_production_version"] == 0


def test_the_watch_over_production_ends_with_the_server(live: LiveModel) -> None:
    with ask_directly(serve_model(live, Settings())):
        assert live._thread.is_alive()
    live._thread.join(5)
    assert not live._thread.is_alive()


# Many at a time


class Held:
    """A model that waits before it prices, and knows how many do."""

    def __init__(self, model: PriceModel) -> None:
        self.model = model
        self.reached, self.go_on = Event(), Event()
        self.inside, self.most, self.counting = 0, 0, Lock()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)

    def price(self, *asked: Any) -> Any:
        with self.counting:
            self.inside += 1
            self.most = max(self.most, self.inside)
        self.reached.set()
        assert self.go_on.wait(30)
        with self.counting:
            self.inside -= 1
        return self.model.price(*asked)


@pytest.fixture
def held(live: LiveModel, client: TestClient, serving: Serving) -> Held:
    made = Held(serving.model)
    live.state = live.state._replace(serving=serving._replace(model=made))  # type: ignore[arg-type]
    return made


def test_signs_of_life_do_not_wait_for_estimates(client: TestClient, held: Held) -> None:
    with ThreadPoolExecutor() as threads:
        asked = threads.submit(client.post, MANY, json={"listings": [LOGAN]})
        assert held.reached.wait(30)
        assert client.get("/livez").status_code == 200
        assert client.get("/healthz").status_code == 200
        held.go_on.set()
        assert asked.result(30).status_code == 200


def test_large_requests_are_answered_one_at_a_time_and_small_ones_beside_them(
    client: TestClient, held: Held
) -> None:
    ready = Barrier(MORE_THAN_THREADS)

    def ask() -> int:
        ready.wait(30)
        return client.post(MANY, json={"listings": [LOGAN]}).status_code

    with ThreadPoolExecutor(MORE_THAN_THREADS + 1) as threads:
        asked = [threads.submit(ask) for _ in range(MORE_THAN_THREADS)]
        assert held.reached.wait(30)
        beside = threads.submit(client.post, ONE, json=LOGAN)
        deadline = time.monotonic() + 30
        while held.most < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.5)  # for one more, were it let in
        inside = held.most
        held.go_on.set()
        assert {each.result(30) for each in asked} == {200}
        assert beside.result(30).status_code == 200
    assert inside == 2


def test_a_large_request_for_one_car_waits_for_its_turn_too(client: TestClient, held: Held) -> None:
    with ThreadPoolExecutor() as threads:
        many = threads.submit(client.post, MANY, json={"listings": [LOGAN]})
        assert held.reached.wait(30)
        large = threads.submit(client.post, ONE, content=b" " * (SMALL_BODY + 1))
        assert client.post(ONE, content=b" ").status_code == 422
        time.sleep(0.5)  # for it, were it let in
        assert not large.done()
        held.go_on.set()
        assert (many.result(30).status_code, large.result(30).status_code) == (200, 422)


def test_of_too_many_large_requests_the_rest_is_told_to_come_again(
    client: TestClient, held: Held
) -> None:
    body = json.dumps({"listings": [LOGAN] * 1_000}).encode()
    assert len(body) > SMALL_BODY
    with ThreadPoolExecutor(3 * MOST_OF_ONE) as threads:
        asked = [
            threads.submit(client.post, MANY, content=body, headers=JSON)
            for _ in range(3 * MOST_OF_ONE)
        ]
        deadline = time.monotonic() + 30
        while sum(each.done() for each in asked) < 2 * MOST_OF_ONE and time.monotonic() < deadline:
            time.sleep(0.01)
        refused = [each for each in asked if each.done()]
        held.go_on.set()
    for each in refused:
        assert "grandes requêtes" in refusal(each.result(), 503, "busy")["message"]
        assert each.result().headers["retry-after"] == "5"
    answered = [each.result().status_code for each in asked if each not in refused]
    assert answered == [200] * MOST_OF_ONE
    assert client.post(MANY, content=body, headers=JSON).status_code == 200


# What it tells of itself


def test_figures_count_requests_by_route_and_status(client: TestClient) -> None:
    for body in (LOGAN, LOGAN, {"colour": "red"}):
        client.post(ONE, json=body)
    client.get("/invented/4711")
    told = figures(client)
    assert told['carprice_api_requests_total{route="/v1/estimate",status="200"}'] == 2
    assert told['carprice_api_requests_total{route="/v1/estimate",status="422"}'] == 1
    assert told['carprice_api_requests_total{route="other",status="404"}'] == 1
    assert told['carprice_api_request_seconds_count{route="/v1/estimate"}'] == 3
    assert told["carprice_production_version"] == 3
    assert not [name for name in told if "4711" in name]


def test_a_request_has_an_id_that_its_lines_bear(
    live: LiveModel, capfd: pytest.CaptureFixture[str]
) -> None:
    write_json()
    with ask_directly(serve_model(live, Settings())) as client:
        given = client.post(ONE, json=LOGAN, headers={"X-Request-ID": "0123-abcd"})
        made = client.post(ONE, json={}, headers={"X-Request-ID": 'forged", "level": "error'})
        client.get("/livez")
    lines = map(json.loads, capfd.readouterr().err.splitlines())
    first, second = (line for line in lines if line["event"] == "answered")
    assert (given.headers["x-request-id"], first["request"]) == ("0123-abcd", "0123-abcd")
    assert second["request"] == made.headers["x-request-id"]
    assert re.fullmatch("[0-9a-f]{32}", second["request"])
    assert (first["route"], first["status"], first["version"]) == (ONE, 200, 3)
    assert first["seconds"] > 0


def test_figures_count_what_was_asked_and_what_was_answered(client: TestClient) -> None:
    cars = [LOGAN, LOGAN, {"make": "Dacia"}, LOGAN | {"model": "Soucoupe"}]
    priced, *_ = client.post(MANY, json={"listings": cars}).json()["estimates"]
    assert 80_000 <= priced["price_mad"] < 150_000
    told = figures(client)
    assert told['carprice_estimates_total{segment="80000-149999",version="3"}'] == 2
    assert told['carprice_abstentions_total{reason="too_little_known"}'] == 1
    assert told['carprice_abstentions_total{reason="too_few_seen"}'] == 1
    assert told['carprice_unknown_names_total{field="model"}'] == 1
    width = (priced["high_mad"] - priced["low_mad"]) / priced["price_mad"]
    assert told["carprice_interval_width_ratio_sum"] == pytest.approx(2 * width, rel=1e-3)


def test_figures_tell_how_production_pipeline_and_monitoring_stand(
    client: TestClient,
    live: LiveModel,
    registry: FakeRegistry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("carprice.serving.live_model.READ_FACTS_SECONDS", 0)
    registry.facts = ModelFacts(
        last_pipeline=LastPipeline(at=2e9, outcome="failed", success_at=1e9),
        monitoring=LastMonitoring(
            at=2e9, verdict="watch", run_id="r", version=3, live_error=9.5, drift={"fuel": 0.2}
        ),
    )
    live.look()
    told = figures(client)
    assert told["carprice_production_promoted_timestamp_seconds"] == 1793613600
    assert told["carprice_last_pipeline_timestamp_seconds"] == 2e9
    assert told["carprice_last_pipeline_success_timestamp_seconds"] == 1e9
    assert (told["carprice_monitoring_verdict"], told["carprice_live_error_percent"]) == (1, 9.5)
    assert told['carprice_drift_effect{column="fuel"}'] == 0.2
    assert "carprice_interval_coverage_ratio" not in told


def test_the_description_tells_of_every_field_what_is_declared_of_it(client: TestClient) -> None:
    told = client.get("/openapi.json").json()
    request = told["paths"][ONE]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert list(request["properties"]) == list(FEATURES)
    assert not request["additionalProperties"]
    for name, described in request["properties"].items():
        each = BY_NAME[name]
        assert each.label.fr in described["description"]
        assert each.unit in described["description"]
        assert all(
            word in described["description"]
            for code, said in each.choices.items()
            for word in (code, said.fr)
        )
    assert f"1980 to {THIS_YEAR + 1}" in request["properties"]["model_year"]["description"]
    many = told["paths"][MANY]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert many["properties"]["listings"]["items"] == request
    for route in (ONE, MANY):
        refusals = told["paths"][route]["post"]["responses"]
        assert refusals.keys() == {
            "200", "408", "413", "415", "421", "422", "429", "503",
        }  # fmt: skip
        assert all(
            f"`{code}`" in refusals["503"]["description"]
            for code in ("no_model", "registry_down", "busy")
        )
    assert client.get("/").url.path == "/docs"


def test_the_page_of_the_api_needs_no_other_server(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assert "://" not in page.text
    files = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert [Path(each).suffix for each in files] == [".css", ".png", ".js"]
    for each in files:
        assert client.get(each).status_code == 200


def test_examples_hold_nothing_that_cannot_be_read(client: TestClient, serving: Serving) -> None:
    answers = {name: str(given) for name, given in EXAMPLE.items()}
    assert not read_cars(serving.model, [answers]).problems
    told = client.get("/openapi.json").json()
    request = told["paths"][ONE]["post"]["requestBody"]["content"]["application/json"]["schema"]
    for name, described in request["properties"].items():
        for example in described.get("examples", []):
            remark = client.post(ONE, json=LOGAN | {name: example}).json()["remark"]
            assert "illisible" not in remark
            assert "hors limites" not in remark


def test_the_door_sets_the_environment_before_anything_heavy_is_imported() -> None:
    told = subprocess.run(
        [sys.executable, "-c", OPEN_THE_DOOR], capture_output=True, text=True, check=True
    )
    assert told.stdout == "[] true\n"


def test_deals_are_ranked_and_what_is_suspicious_is_set_apart(client: TestClient) -> None:
    estimated = client.post(ONE, json=LOGAN).json()["price_mad"]
    asked = [0.95 * estimated, 0.85 * estimated, 0.1 * estimated, 1.2 * estimated, None]
    cars = [
        LOGAN | {"mileage_km": 120_000 + 600 * at, TARGET: price} for at, price in enumerate(asked)
    ]
    answer = client.post(DEALS, json={"listings": [*cars, cars[0]]}, params={"language": "en"})
    told = answer.json()
    assert [each["row"] for each in told["deals"]] == [1, 0]
    best = told["deals"][0]
    assert best["asked_mad"] + best["saved_mad"] == pytest.approx(best["price_mad"], abs=1)
    assert 1 <= best["adverts_as_low_pct"] < told["deals"][1]["adverts_as_low_pct"] < 50
    assert "for cars like this one are as low" in best["reasons"][0]
    assert {each["row"]: each["code"] for each in told["set_apart"]} == {
        2: "too_low", 4: "unpriced", 5: "same_content"
    }  # fmt: skip
    assert told["stock"]["cars"] == 3
    assert told["stock"]["low_mad"] < 3 * estimated < told["stock"]["high_mad"]
    assert (told["ranked"], told["version"], told["simulated"]) == (True, 3, True)
