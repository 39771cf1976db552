"""The three pages in a real browser, and what of the stack can be reached at all."""

import json
from pathlib import Path

import pytest
import requests
from browsing import estimate_logan, visit, wait_until_still
from playwright.sync_api import Browser, Page, expect
from stack import DAG, MODEL, SERVICES, STEPS, Stack

PUBLISHED = {"doors": {"8080/tcp", "5000/tcp", "8501/tcp", "8000/tcp"}}
PAGES = {
    "fichier": "Fichier CSV ou Excel",
    "modele": "Toutes les versions",
    "marche": "Par marque",
}
"""What each page of the predictor beside the form shows once its model is there."""


def log_in(page: Page, password: str) -> None:
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign In").click()


def test_airflow_lets_the_administrator_in_and_draws_the_seven_tasks(
    started: Stack, browser: Browser, pictures: Path
) -> None:
    airflow = started.address("airflow-webserver")
    with visit(browser, f"{airflow}/auth/login/", locale="en-US") as page:
        log_in(page, "admin")
        expect(page.get_by_role("link", name="Dags").first).to_be_visible()
        page.goto(f"{airflow}/dags/{DAG}")
        page.get_by_role("button", name="Show Graph").click()
        nodes = page.locator(".react-flow__node")
        for step in STEPS:
            expect(nodes.filter(has_text=step).first).to_be_visible()
        page.screenshot(path=pictures / "airflow.png")


def test_airflow_keeps_a_wrong_password_out(started: Stack, browser: Browser) -> None:
    airflow = started.address("airflow-webserver")
    with visit(browser, f"{airflow}/auth/login/", locale="en-US") as page:
        log_in(page, "wrong")
        expect(page.get_by_text("Invalid login")).to_be_visible()
        page.goto(f"{airflow}/dags/{DAG}")
        expect(page.get_by_label("Password")).to_be_visible()


def test_mlflow_shows_the_version_in_production(
    started: Stack, browser: Browser, pictures: Path
) -> None:
    with visit(browser, f"{started.address('mlflow')}/#/models/{MODEL}") as page:
        row = page.get_by_role("row").filter(has_text="@ production")
        number = f"Version {started.mlflow.production()}"
        expect(row.get_by_role("link", name=number, exact=True)).to_be_visible()
        page.screenshot(path=pictures / "mlflow.png")


def test_the_predictor_answers_with_a_price_and_its_interval(
    started: Stack, browser: Browser, pictures: Path
) -> None:
    in_production = f"Modèle en production : version {started.mlflow.production()}"
    with visit(browser, started.page) as page:
        title = "Le prix d'une voiture d'occasion au Maroc"
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        price, interval = estimate_logan(page)
        print(f"\n{price}: {interval}")
        expect(page.get_by_text(in_production)).to_be_visible()
        page.screenshot(path=pictures / "predictor.png")


@pytest.mark.parametrize(("path", "told"), PAGES.items())
def test_every_page_of_the_predictor_stands_on_the_stack(
    started: Stack, browser: Browser, pictures: Path, path: str, told: str
) -> None:
    with visit(browser, f"{started.page}/{path}") as page:
        expect(page.get_by_text(told).first).to_be_visible()
        wait_until_still(page)
        expect(page.get_by_test_id("stException")).to_have_count(0)
        page.screenshot(path=pictures / f"predictor-{path}.png")


def test_nothing_but_four_ports_is_published_and_these_to_this_machine_only(
    started: Stack,
) -> None:
    found: dict[str, set[str]] = {}
    for service in SERVICES:
        for container in started.containers(service):
            ports = started.inspect(container)["NetworkSettings"]["Ports"]
            for inside, outside in ports.items():
                if outside:
                    assert {each["HostIp"] for each in outside} == {"127.0.0.1"}
                    found.setdefault(service, set()).add(inside)
    assert found == PUBLISHED


def test_mlflow_refuses_to_be_asked_under_another_name(started: Stack) -> None:
    address = f"{started.address('mlflow')}/api/2.0/mlflow/experiments/search?max_results=1"
    for name, answer in {"evil.example.com": 403, "localhost:5000": 200}.items():
        assert requests.get(address, headers={"Host": name}, timeout=20).status_code == answer


def test_an_upgrade_is_answered_by_the_page_at_its_door(started: Stack) -> None:
    code = (started.folder / "scripts" / "stack" / "ask_page.py").read_text(encoding="utf-8")
    words = ("exec", "-T", "streamlit", "python", "-c", code, "doors:8501")
    answers = json.loads(started.compose(*words))
    assert len(answers) == 5
    assert all("DH" in figure for figures in answers.values() for figure in figures)
    assert all(answers.values())
