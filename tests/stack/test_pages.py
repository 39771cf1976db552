"""The three pages in a real browser, and what of the stack can be reached at all."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page, expect, sync_playwright
from stack import DAG, MODEL, SERVICES, STEPS, Stack

PATIENCE = 60_000
"""Milliseconds that a page may take: the machine may be busy with the whole stack."""
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip
PUBLISHED = {"airflow-webserver": "8080/tcp", "mlflow": "5000/tcp", "streamlit": "8501/tcp"}
LOGAN = {
    "Marque": "Dacia",
    "Modèle": "Logan",
    "Année-Modèle": "2018",
    "Kilométrage": "120000",
    "Type de carburant": "Diesel",
    "Boite de vitesses": "Manuelle",
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = shutil.which("chromium")  # without Debian's, Playwright takes its own
        with playwright.chromium.launch(executable_path=found, args=QUIET) as launched:
            yield launched


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A visitor of its own for each test."""
    context = browser.new_context(viewport={"width": 1500, "height": 1000})
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    yield context.new_page()
    context.close()


def log_in(page: Page, stack: Stack, password: str) -> None:
    page.goto(f"{stack.address('airflow-webserver')}/auth/login/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign In").click()


def fill_in(page: Page, label: str, answer: str) -> None:
    box = page.get_by_label(re.compile(f"^{label}")).first
    box.fill(answer)
    # Enter takes what a list offers; elsewhere it would send the form.
    box.press("Enter" if box.get_attribute("role") == "combobox" else "Tab")


def test_airflow_lets_the_administrator_in_and_draws_the_seven_tasks(
    started: Stack, page: Page, pictures: Path
) -> None:
    log_in(page, started, "admin")
    expect(page.get_by_role("link", name="Dags").first).to_be_visible()
    page.goto(f"{started.address('airflow-webserver')}/dags/{DAG}")
    page.get_by_role("button", name="Show Graph").click()
    nodes = page.locator(".react-flow__node")
    for step in STEPS:
        expect(nodes.filter(has_text=step).first).to_be_visible()
    page.screenshot(path=pictures / "airflow.png")


def test_airflow_keeps_a_wrong_password_out(started: Stack, page: Page) -> None:
    log_in(page, started, "wrong")
    expect(page.get_by_text("Invalid login")).to_be_visible()
    page.goto(f"{started.address('airflow-webserver')}/dags/{DAG}")
    expect(page.get_by_label("Password")).to_be_visible()


def test_mlflow_shows_the_version_in_production(started: Stack, page: Page, pictures: Path) -> None:
    page.goto(f"{started.address('mlflow')}/#/models/{MODEL}")
    row = page.get_by_role("row").filter(has_text="@ production")
    number = f"Version {started.mlflow.production()}"
    expect(row.get_by_role("link", name=number, exact=True)).to_be_visible()
    page.screenshot(path=pictures / "mlflow.png")


def test_the_predictor_answers_with_a_price_and_its_interval(
    started: Stack, page: Page, pictures: Path
) -> None:
    page.goto(started.page)
    for label, answer in LOGAN.items():
        fill_in(page, label, answer)
    page.get_by_role("button", name="Prédire").click()
    price = re.compile(r"^[\d\u202f]+\u00a0DH$")
    expect(page.get_by_test_id("stMetricValue")).to_have_text(price)
    expect(page.get_by_text("voitures sur 10 comme celle-ci")).to_be_visible()
    in_production = f"Modèle en production : version {started.mlflow.production()}"
    expect(page.get_by_text(in_production)).to_be_visible()
    page.screenshot(path=pictures / "predictor.png", full_page=True)


def test_nothing_but_three_ports_is_published_and_these_to_this_machine_only(
    started: Stack,
) -> None:
    found = {}
    for service in SERVICES:
        for container in started.containers(service):
            ports = started.inspect(container)["NetworkSettings"]["Ports"]
            for inside, outside in ports.items():
                if outside:
                    assert {each["HostIp"] for each in outside} == {"127.0.0.1"}
                    found[service] = inside
    assert found == PUBLISHED


def test_mlflow_refuses_to_be_asked_under_another_name(started: Stack) -> None:
    address = f"{started.address('mlflow')}/api/2.0/mlflow/experiments/search?max_results=1"
    for name, answer in {"evil.example.com": 403, "localhost:5000": 200}.items():
        assert requests.get(address, headers={"Host": name}, timeout=20).status_code == answer
