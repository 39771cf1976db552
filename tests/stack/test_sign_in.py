"""Logins at page, MLflow and API: set on the running stack, and taken away."""

import base64
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from browsing import DOMAIN, visit
from playwright.sync_api import Browser, Page, expect
from stack import Stack, wait_until
from terminal import type_command

PASSWORD = "cheval correct batterie agrafe"  # noqa: S105 (of a stack that lives for minutes)
ASKED = ("streamlit", "mlflow", "api")
SAMPLE, CLIENTS = 400, 4
OPENID = {
    "CARPRICE_SIGN_IN": "openid", "CARPRICE_DOMAIN": DOMAIN, "OPENID_ISSUER": "https://login.test",
    "OPENID_CLIENT_ID": "carprice", "OPENID_CLIENT_SECRET": "of a provider that is not there",
    "OPENID_MAIL_DOMAINS": "cars.test,b.test", "OPENID_CLAIM": "groups:carprice",
}  # fmt: skip
SDK = """
import os, mlflow
mlflow.set_experiment("sign-in")
with mlflow.start_run() as run:
    with open("large.bin", "wb") as file:
        file.write(os.urandom(5_000_000))
    mlflow.log_artifact("large.bin")
where = {"run_id": run.info.run_id, "artifact_path": "large.bin"}
print(os.path.getsize(mlflow.artifacts.download_artifacts(**where)))
mlflow.delete_run(run.info.run_id)
"""


def set_switch(stack: Stack, value: str) -> None:
    env = stack.folder / ".env"
    text = re.sub(r"^CARPRICE_SIGN_IN=.*", f"CARPRICE_SIGN_IN={value}", env.read_text(), flags=re.M)
    env.write_text(text)


def measure(stack: Stack, **headers: str) -> float:
    """Requests per second that the API answers."""

    def ask(_: int) -> int:
        with requests.get(f"{stack.address('api')}/livez", headers=headers, timeout=60) as answer:
            return answer.status_code

    began = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as clients:
        assert set(clients.map(ask, range(SAMPLE))) == {200}
    return SAMPLE / (time.monotonic() - began)


@pytest.fixture(scope="module")
def open_pace(started: Stack) -> float:
    return measure(started)


@pytest.fixture(scope="module")
def asked(started: Stack, open_pace: float) -> Iterator[Stack]:
    """Page, MLflow and API ask for a login; afterwards they do not."""
    set_switch(started, "users")
    started.compose("up", "--detach", "--build", "--wait", "doors", "sign-in")
    yield started
    started.compose("rm", "--stop", "--force", "sign-in")
    set_switch(started, "")
    started.compose("up", "--detach", "--wait", "doors")
    assert requests.get(started.page, timeout=20).status_code == 200


@pytest.fixture(scope="module")
def person(asked: Stack) -> str:
    shown = type_command(asked, "./docker-users-full.sh add amina", f"{PASSWORD}\n{PASSWORD}\n")
    assert "amina may sign in" in shown
    assert PASSWORD not in shown
    return "amina"


@pytest.fixture(scope="module")
def key(asked: Stack) -> str:
    return re.findall(r"Bearer (\S+)", type_command(asked, "./docker-users-full.sh key nightly"))[0]


def sign_in(stack: Stack, name: str, password: str) -> tuple[bool, requests.Session]:
    session = requests.Session()
    form = {"httpd_username": name, "httpd_password": password}
    answer = session.post(f"{stack.page}/sign-in/in", data=form, allow_redirects=False, timeout=120)
    return not answer.headers.get("Location", "#wrong").endswith("#wrong"), session


@pytest.mark.parametrize("service", ASKED)
def test_nobody_comes_in_who_is_not_known(asked: Stack, service: str) -> None:
    address = asked.address(service)
    wrong = {"Authorization": "Bearer bmlnaHRseTp3cm9uZw=="}, {"Cookie": "carprice_session=x"}
    for headers in ({}, *wrong):
        answer = requests.get(address, headers=headers, timeout=20)
        assert answer.status_code == 401
        assert answer.json()["code"] == "unauthenticated"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    shown = requests.get(address, headers={"Accept": "text/html"}, timeout=20)
    assert (shown.status_code, "Se connecter" in shown.text) == (401, True)


def test_apache_understands_the_settings_of_openid(asked: Stack) -> None:
    """They are gone through by `make openid-drill`."""

    def read(**settings: str) -> str:
        told = Stack(asked.folder, asked.variables | OPENID | settings, asked.user)
        told.run("bash", "-c", "set -eu; . scripts/stack/all.sh; choose_stack; write_secrets")
        start = ("/etc/sign-in/start.sh", "-t")
        return told.compose("run", "--rm", "--no-deps", "sign-in", *start, check=False)

    assert "Syntax OK" in read()
    assert "would come in" in read(OPENID_MAIL_DOMAINS=",", OPENID_CLAIM="")


def test_airflow_goes_on_with_its_own_users(asked: Stack) -> None:
    assert asked.airflow.runs()


def fill_form(page: Page, name: str, password: str) -> None:
    page.get_by_label("Nom").fill(name)
    page.get_by_label("Mot de passe").fill(password)
    page.get_by_role("button", name="Se connecter").click()


def test_a_person_signs_in_once_for_all_pages(asked: Stack, person: str, browser: Browser) -> None:
    with visit(browser, f"{asked.page}/modele") as page:
        fill_form(page, person, "not this one at all")
        expect(page.get_by_role("alert")).to_be_visible()
        fill_form(page, person, PASSWORD)
        expect(page.get_by_text(f"Connecté : {person}")).to_be_visible()
        assert page.url == f"{asked.page}/modele"
        (cookie,) = (each for each in page.context.cookies() if each["name"] == "carprice_session")
        assert cookie["httpOnly"]
        assert cookie["sameSite"] == "Lax"
        page.goto(asked.address("mlflow"))
        expect(page.get_by_text("Experiments").first).to_be_visible()
        page.goto(f"{asked.page}/sign-in/out")
        expect(page.get_by_text("Vous êtes déconnecté")).to_be_visible()
        page.goto(asked.page)
        expect(page.get_by_label("Mot de passe")).to_be_visible()


@pytest.mark.parametrize("named", [False, True])
def test_a_program_uses_mlflow_and_the_api_by_its_key(
    asked: Stack, key: str, named: bool, tmp_path: Path
) -> None:
    name, _, secret = base64.b64decode(key).decode().partition(":")
    login = {"MLFLOW_TRACKING_TOKEN": key}
    if named:
        login = {"MLFLOW_TRACKING_USERNAME": name, "MLFLOW_TRACKING_PASSWORD": secret}
    told = {**os.environ, **login, "MLFLOW_TRACKING_URI": asked.address("mlflow")}
    ended = subprocess.run(
        [sys.executable, "-c", SDK], cwd=tmp_path, env=told, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert ended.stdout.splitlines()[-1:] == ["5000000"], ended.stderr
    by_key = {"auth": (name, secret)} if named else {"headers": {"Authorization": f"Bearer {key}"}}
    answer = requests.get(f"{asked.address('api')}/livez", timeout=20, **by_key)  # type: ignore[arg-type]
    assert answer.status_code == 200


def test_wrong_passwords_are_slowed_and_those_who_are_in_are_not(asked: Stack, person: str) -> None:
    fits, session = sign_in(asked, person, PASSWORD)
    assert fits
    began = time.monotonic()
    with ThreadPoolExecutor(20) as guesses:
        tried = [guesses.submit(sign_in, asked, person, f"guess {each}") for each in range(20)]
        time.sleep(1)
        assert session.get(asked.page, timeout=60).status_code == 200
        assert not all(each.done() for each in tried), "who is in waits with them"
        assert not any(each.result()[0] for each in tried)
    assert time.monotonic() - began > 20


def test_asking_costs_little(asked: Stack, key: str, open_pace: float) -> None:
    pace = measure(asked, Authorization=f"Bearer {key}")
    say = f"{open_pace:.0f} without, {pace:.0f} with a login, ratio {pace / open_pace:.2f}"
    print(f"\nrequests per second: {say}")
    assert pace > 0.4 * open_pace


def test_who_is_removed_is_out(asked: Stack, person: str, browser: Browser) -> None:
    wait_until("passwords are looked at again", lambda: sign_in(asked, person, PASSWORD)[0])
    with visit(browser, asked.page) as page:
        fill_form(page, person, PASSWORD)
        expect(page.get_by_text(f"Connecté : {person}")).to_be_visible()
        type_command(asked, "./docker-users-full.sh remove amina")
        assert person not in asked.run("./docker-users-full.sh", "list")
        # Its open connection is cut, and no other is granted.
        expect(page.get_by_test_id("stConnectionStatus")).to_be_visible()
        page.goto(asked.page)
        expect(page.get_by_label("Mot de passe")).to_be_visible()
