"""The API against its own description: what that allows is answered, all else is refused."""

import os
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from production import FakeRegistry
from schemathesis import Case

from carprice.api.app import serve_model
from carprice.serving.live_model import LiveModel, Serving
from carprice.settings import Settings

MANY = "/v1/estimates"
BOUNDED = settings(
    max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)

# Routes are named before any fixture is there, hence before anything is in production, and where
# no copy can be kept.
registry = FakeRegistry(Path(os.devnull))


class OneLook(LiveModel):
    """Started anew for each route, so it keeps no watch; its model is a stand-in, and stays one."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._trials: Any = registry

    def start(self) -> LiveModel:
        self.look()
        return self


app = serve_model(OneLook(registry.workspace, for_page=False), Settings(api_hosts="testserver"))
described = schemathesis.openapi.from_dict(app.openapi())
described.app = app
# Each boundary of each field of a listing is tried where there is one; many are made of the same.
described_many = schemathesis.openapi.from_dict(app.openapi())
described_many.app = app
described_many.config.phases.coverage.enabled = False


@pytest.fixture(autouse=True)
def in_production(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("carprice.serving.live_model.read_standing", FakeRegistry.read_standing)
    registry.promote(serving)


@described.exclude(path=MANY).parametrize()
@BOUNDED
def test_every_answer_is_as_described(case: Case) -> None:
    case.call_and_validate()


@described_many.include(path=MANY).parametrize()
@BOUNDED
def test_answers_to_many_are_as_described(case: Case) -> None:
    case.call_and_validate()
