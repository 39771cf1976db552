import functools
import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asking import ask_directly
from machine import PORTS, Machine
from page import LiveModel as StillModel
from page import tell_of
from production import FakeRegistry
from starlette.testclient import TestClient
from streamlit.components.v2 import manifest_scanner

from carprice.api.app import serve_model
from carprice.insight.comparables import Reference
from carprice.params import read_params
from carprice.pricing.price_model import PriceModel
from carprice.pricing.split import Split
from carprice.pricing.training import fit
from carprice.registry.records import Version
from carprice.serving.live_model import LiveModel, Serving, State
from carprice.settings import Settings
from carprice.simulation.drawing import draw_listings

ROOT = Path(__file__).parents[2]
HOLDOUT_SHARE = 0.2


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in PORTS]
    for name, probe in zip(PORTS, probes, strict=True):
        made.settings[name] = str(probe.getsockname()[1])
        probe.close()
    return made


@pytest.fixture(scope="session", autouse=True)
def installed_components() -> Iterator[None]:
    """Found once: for each page, Streamlit's tests read what every installed package says of it."""
    with pytest.MonkeyPatch.context() as patch:
        found_once = functools.cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", found_once)
        yield


@pytest.fixture(scope="session")
def serving() -> Serving:
    """A small model in production, to be read only."""
    listings = draw_listings(1_500, 5)
    model = PriceModel(fit(listings, read_params(ROOT).model))
    tags = {
        "promoted_at": "2026-11-02T10:00:00+00:00", "simulated": "true",
        "holdout_share": str(HOLDOUT_SHARE), "split_rule": "bands",
        "source": "annonces.csv", "rows": "1500",
    }  # fmt: skip
    version = Version(3, "run-3", tags, datetime(2026, 11, 1, 9, tzinfo=UTC), ("production",))
    return Serving(version, model, Reference.build(model, listings, Split(HOLDOUT_SHARE)))


@pytest.fixture
def live_model(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> StillModel:
    """What pages find in production; a test may change its state."""
    monkeypatch.syspath_prepend(ROOT / "streamlit_app")
    # Streamlit puts the page in this place, and leaves it there for other tests' children to run.
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    found = StillModel(State(serving, tell_of(serving.version)))
    monkeypatch.setattr("live.live_model", lambda: found)
    return found


@pytest.fixture
def registry(serving: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeRegistry:
    made = FakeRegistry(tmp_path)
    made.promote(serving)
    monkeypatch.setattr("carprice.serving.live_model.read_standing", FakeRegistry.read_standing)
    monkeypatch.setattr("carprice.serving.live_model.Trials", lambda _: made)
    return made


@pytest.fixture
def live(registry: FakeRegistry, unsearched: None) -> LiveModel:
    return LiveModel(registry.workspace, for_page=False)


@pytest.fixture
def client(live: LiveModel) -> Iterator[TestClient]:
    with ask_directly(serve_model(live, Settings())) as asking:
        yield asking
