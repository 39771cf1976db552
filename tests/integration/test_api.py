"""The API on real registries: stored versions opened and followed, and one that does not answer."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.integration.conftest import Desk, closed_port, wait_until

from carprice import live_model
from carprice.api import build_app
from carprice.registry import PRODUCTION
from carprice.settings import Settings

CAR = {"make": "Dacia", "model": "Logan", "model_year": 2018, "mileage_km": "120 000 km"}


def test_the_version_in_production_answers_and_its_successor_from_its_promotion_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_model, "LOOK_AGAIN_SECONDS", 0.05)
    with TestClient(build_app(desk.settings)) as client:
        first = client.post("/v1/estimate", json=CAR).json()
        assert first["version"] == 1
        assert first["low_mad"] < first["price_mad"] < first["high_mad"]
        assert client.get("/healthz").json()["since"]
        desk.registry.set_alias(PRODUCTION, 2)
        wait_until(lambda: client.get("/healthz").json()["version"] == 2)
        # It was trained on the same listings.
        assert client.post("/v1/estimate", json=CAR).json() == first | {"version": 2}


def test_a_registry_that_does_not_answer_is_told_and_the_server_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    away = Settings(home=tmp_path, MLFLOW_TRACKING_URI=f"http://127.0.0.1:{closed_port()}")
    with TestClient(build_app(away)) as client:
        refused = client.post("/v1/estimate", json=CAR)
        assert (refused.status_code, refused.json()["code"]) == (503, "registry_down")
        assert client.get("/livez").status_code == 200
