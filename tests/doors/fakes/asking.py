"""What tests of the API send, and how they read what comes back."""

from typing import Any

import httpx2
from fastapi import FastAPI
from starlette.testclient import TestClient

ONE, MANY, DEALS = "/v1/estimate", "/v1/estimates", "/v1/deals"
LOGAN = {
    "make": "Dacia", "model": "Logan", "model_year": 2018, "mileage_km": 120_000,
    "fuel": "Diesel", "gearbox": "Manuelle", "fiscal_power_cv": 6,
}  # fmt: skip
JSON = {"Content-Type": "application/json"}


def ask_directly(app: FastAPI) -> TestClient:
    return TestClient(app, base_url="http://localhost", headers=JSON, raise_server_exceptions=False)


def refusal(answer: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """What a refusal says; in the one shape that there is."""
    assert answer.status_code == status, answer.text
    said: dict[str, Any] = answer.json()
    assert said.keys() == {"code", "message", "details"}
    assert said["code"] == code
    return said


def faults(answer: httpx2.Response) -> dict[str, str]:
    return {each["field"]: each["message"] for each in refusal(answer, 422, "invalid")["details"]}


def figures(client: TestClient) -> dict[str, float]:
    lines = [line for line in client.get("/metrics").text.splitlines() if line[0] != "#"]
    return {name: float(figure) for name, figure in (line.rsplit(" ", 1) for line in lines)}
