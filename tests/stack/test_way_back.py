"""What nothing promoted is put into production by hand: page and API go on; there is a way back.

From the middle on the stack has a key.
"""

import secrets
from collections.abc import Iterator

import pytest
from browsing import visit
from crowd import CAR
from playwright.sync_api import Browser, expect
from stack import Stack, wait_until
from terminal import type_command
from test_api import ask, find_told, find_versions


@pytest.fixture(scope="module")
def production(started: Stack) -> int:
    return started.mlflow.production()


@pytest.fixture(scope="module")
def stranger(started: Stack, production: int) -> Iterator[int]:
    number = started.mlflow.register_stranger(production)
    started.mlflow.set_alias("production", number)
    yield number
    started.mlflow.set_alias("production", production)
    started.mlflow.delete_version(number)


def test_an_alias_by_hand_is_told_of_and_not_followed(
    started: Stack, production: int, stranger: int, browser: Browser
) -> None:
    wait_until("it is told", lambda: find_told(started, "trouble_code") == {"alias_unproven"})
    assert ask(started, "/v1/estimate", **CAR).json()["version"] == production
    told = 'carprice_trouble{code="alias_unproven"} 1.0'
    wait_until("figures tell it", lambda: told in started.figures())  # each process looks by itself
    with visit(browser, started.page) as page:
        expect(page.get_by_text(f"version {stranger}, qui n'a jamais été")).to_be_visible()


@pytest.mark.usefixtures("stranger")
def test_a_restart_without_mlflow_goes_on_by_the_copy(started: Stack, production: int) -> None:
    started.compose("stop", "mlflow")
    try:
        started.compose("restart", "--timeout=5", "api", "streamlit")
        wait_until("the API answers", lambda: ask(started, "/healthz").ok, 60)
        assert ask(started, "/v1/estimate", **CAR).json()["version"] == production
        assert find_told(started, "trouble_code") == {"registry_away"}
    finally:
        started.compose("start", "mlflow")
    wait_until(
        "MLflow is asked again", lambda: find_told(started, "trouble_code") == {"alias_unproven"}
    )


@pytest.mark.usefixtures("stranger")
def test_rollback_leads_back(started: Stack, production: int) -> None:
    told = started.compose("exec", "-T", "streamlit", "carprice", "rollback")
    assert f"version {production} is in production" in told
    wait_until("the trouble is over", lambda: find_told(started, "trouble_code") == {None})
    assert find_versions(started) == {production}
    started.wait_until_healthy()


def test_a_stack_that_gets_a_key_goes_on_until_what_stands_is_signed(
    started: Stack, production: int
) -> None:
    environment = started.folder / ".env"
    told = environment.read_text(encoding="utf-8")
    assert "\nCARPRICE_SIGNING_KEY=\n" in told
    key = f"\nCARPRICE_SIGNING_KEY={secrets.token_urlsafe(33)}\n"
    given = told.replace("\nCARPRICE_SIGNING_KEY=\n", key)
    environment.write_text(given, encoding="utf-8")
    # What a start would do, but for what does not know the key.
    started.run("bash", "-c", ". scripts/stack/all.sh && choose_stack && write_secrets")
    started.compose("restart", "--timeout=5", "streamlit", "api", "airflow-worker")
    started.wait_until_healthy()
    wait_until("it is told", lambda: find_told(started, "trouble_code") == {"ledger_unsigned"})
    assert find_versions(started) == {production}
    shown = type_command(started, "docker compose exec streamlit carprice sign")
    assert "Nothing was signed yet" in shown
    type_command(started, "docker compose exec streamlit carprice sign --yes")
    wait_until("the trouble is over", lambda: find_told(started, "trouble_code") == {None})
    assert find_versions(started) == {production}


def test_a_promotion_that_is_not_signed_is_told_of_and_not_followed(
    started: Stack, production: int
) -> None:
    number = started.mlflow.register_stranger(production)
    started.mlflow.forge_promotion(number, production)
    wait_until("it is told", lambda: find_told(started, "trouble_code") == {"alias_unsigned"})
    assert ask(started, "/v1/estimate", **CAR).json()["version"] == production
    started.compose(
        "exec", "-T", "-e", "CARPRICE_USER_NAME=amina", "streamlit", "carprice", "rollback"
    )
    wait_until("the trouble is over", lambda: find_told(started, "trouble_code") == {None})
    assert started.receipt(production)["promoted_by"] == "amina"
    proof = f"models/CarPricePredictor-v{production}.json"
    checks = started.compose("exec", "-T", "streamlit", "carprice", "verify", proof)
    assert "✓ the stack signed the promotion" in checks
    started.mlflow.delete_version(number)
