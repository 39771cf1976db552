"""What is done by hand in MLflow or on its disk stops nobody: the last good version goes on."""

import io
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest
from starlette.testclient import TestClient
from tests.integration.conftest import Desk, closed_port
from tests.integration.test_api import CAR
from tests.integration.test_integrity import Vandal, alter_model

from carprice.api.app import serve_model
from carprice.registry.client import MODEL_NAME, PRODUCTION
from carprice.serving import live_model
from carprice.serving.live_model import LiveModel
from carprice.wording.troubles import TroubleCode


def put_the_alias_on_a_stranger(desk: Desk) -> None:
    client = desk.registry.client
    source = client.get_model_version(MODEL_NAME, "2").source
    made = client.create_model_version(MODEL_NAME, source)
    client.set_registered_model_alias(MODEL_NAME, PRODUCTION, made.version)


def delete_the_version(desk: Desk) -> None:
    desk.registry.client.delete_model_version(MODEL_NAME, "1")


def remove_its_files(desk: Desk) -> None:
    shutil.rmtree(Vandal(desk.registry, 1).folder)


def change_its_files(desk: Desk) -> None:
    alter_model(Vandal(desk.registry, 1))


def put_a_bomb_in_its_place(desk: Desk, number: int = 1) -> None:
    """A small file that unpacks to hundreds of megabytes, under an honest hash."""
    vandal = Vandal(desk.registry, number)
    zeros = io.BytesIO()
    np.save(zeros, np.zeros(50_000_000))
    with ZipFile(vandal.model) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with ZipFile(vandal.model, "w", ZIP_DEFLATED) as archive:
        for name, content in (members | {"0.npy": zeros.getvalue()}).items():
            archive.writestr(name, content)
    assert vandal.model.stat().st_size < 900_000
    vandal.register_hashes()


def empty_the_database(desk: Desk) -> None:
    with closing(sqlite3.connect(desk.home / "mlflow" / "mlflow.db")) as database, database:
        for table in ("registered_model_aliases", "model_version_tags", "model_versions"):
            database.execute(f"DELETE FROM {table}")  # noqa: S608 - ours


def take_mlflow_away(desk: Desk) -> None:
    desk.tracking_uri = f"http://127.0.0.1:{closed_port()}"


DEEDS = {
    put_the_alias_on_a_stranger: (TroubleCode.ALIAS_UNPROVEN, "version 3"),
    delete_the_version: (TroubleCode.VERSION_DELETED, "version 1"),
    remove_its_files: (TroubleCode.FILES_CHANGED, "no files any more"),
    change_its_files: (TroubleCode.FILES_CHANGED, "not what was registered"),
    put_a_bomb_in_its_place: (TroubleCode.FILES_CHANGED, "other hashes"),
    empty_the_database: (TroubleCode.REGISTRY_EMPTY, "no promotion any more"),
    take_mlflow_away: (TroubleCode.REGISTRY_AWAY, "does not answer"),
}


@pytest.fixture(autouse=True)
def examined_at_each_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_model, "EXAMINE_AGAIN_SECONDS", 0)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")


def serve(desk: Desk) -> LiveModel:
    return LiveModel(desk.work, for_page=False)


@pytest.mark.parametrize(("deed", "told"), DEEDS.items(), ids=[each.__name__ for each in DEEDS])
def test_the_last_good_version_goes_on_and_after_a_restart_too(
    desk: Desk, deed: Callable[[Desk], None], told: tuple[TroubleCode, str]
) -> None:
    running = serve(desk)
    running.look()
    assert running.state.trouble is None
    deed(desk)
    code, words = told
    for live in (serve(desk) if deed is take_mlflow_away else running, serve(desk)):
        live.look()
        assert live.state.serving is not None
        assert live.state.serving.version.number == 1
        assert live.state.trouble is not None
        assert live.state.trouble.code is code
        assert words in live.state.trouble.say("en")
    with TestClient(serve_model(serve(desk), desk.settings), base_url="http://localhost") as client:
        assert client.post("/v1/estimate", json=CAR).json()["version"] == 1
        health = client.get("/healthz?language=en").json()
        assert health["version"] == 1


def test_all_is_well_again_once_production_is_put_back(desk: Desk) -> None:
    assert desk.run("promote", "2", "--force").code == 0
    live = serve(desk)
    live.look()
    put_the_alias_on_a_stranger(desk)
    live.look()
    assert live.state.trouble is not None
    desk.registry.set_alias(PRODUCTION, 1)
    live.look()
    assert live.state.serving is not None
    assert (live.state.serving.version.number, live.state.trouble) == (1, None)


def test_a_bomb_that_was_promoted_is_opened_by_no_server(desk: Desk) -> None:
    assert desk.run("promote", "2", "--force").code == 0
    live = serve(desk)
    live.look()
    put_a_bomb_in_its_place(desk)
    desk.registry.set_alias(PRODUCTION, 1)
    live.look()
    assert live.state.serving is not None
    assert live.state.serving.version.number == 2
    assert live.state.trouble is not None
    assert live.state.trouble.code is TroubleCode.MODEL_REFUSED

    assert "unpacked bytes" in live.state.trouble.say("en")
