"""Reset: what was announced is gone, what was promised is there."""

import time

from browsing import estimate_logan, visit
from playwright.sync_api import Browser
from stack import Stack
from terminal import type_command
from test_stop import PATIENCE, hash_files, hash_models, list_users

ALL = "./docker-reset-full.sh --all"


def test_reset_begins_airflow_anew_and_leaves_mlflow(started: Stack) -> None:
    versions, aliases = sorted(started.mlflow.versions()), started.mlflow.aliases()
    models = hash_models(started)
    type_command(started, "docker compose -f docker-compose-full.yml down")  # it need not run
    began = time.monotonic()
    shown = type_command(started, "./docker-reset-full.sh", "yes\n", PATIENCE)
    print(f"\n./docker-reset-full.sh: {time.monotonic() - began:.0f} s")
    assert "Everything listed is gone." in shown
    assert "no run was started" in shown, "the model in production stays, none is trained"
    assert list_users(started) == ["admin"]
    assert not started.airflow.runs()
    assert sorted(started.mlflow.versions()) == versions
    assert started.mlflow.aliases() == aliases
    assert hash_models(started) == models
    started.wait_until_healthy()


def test_reset_of_all_begins_with_a_first_model_and_never_touches_listings(
    started: Stack, browser: Browser
) -> None:
    listings = started.folder / "data" / "raw"
    for poor in listings.glob("*.csv"):  # the first run reads the newest: one to learn from
        if poor.stat().st_size < 100_000:
            poor.unlink()
    (listings / "note.md").write_text("no listings, but someone's all the same\n")
    before, settings = hash_files(listings), (started.folder / ".env").read_bytes()
    began = time.monotonic()
    started.run(*ALL.split(), "--yes", timeout=PATIENCE)
    print(f"\n{ALL}, first model included: {time.monotonic() - began:.0f} s")
    assert sorted(started.mlflow.versions()) == [1]
    assert started.mlflow.production() == 1
    assert [each["state"] for each in started.airflow.runs()] == ["success"]
    assert hash_files(listings) == before
    assert (started.folder / ".env").read_bytes() == settings
    with visit(browser, started.page) as page:
        assert estimate_logan(page)


def test_reset_asks_and_takes_any_other_word_for_a_no(started: Stack) -> None:
    before = sorted(started.mlflow.versions())
    refused = f"{ALL}; test $? = 1"
    assert "Nothing was deleted." in type_command(started, refused, "oui\n")
    assert sorted(started.mlflow.versions()) == before
