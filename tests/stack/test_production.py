"""`--production`: development values are refused, values of one's own are in force everywhere.

It is started over the stack that runs, as one starts again after any change of .env.
"""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest
import requests
from playwright.sync_api import Browser
from stack import SERVICES, Stack
from test_stop import PATIENCE, take_stock

START = "./docker-start-full.sh --production"
OWN = {
    "AIRFLOW_ADMIN_USER": "chef",
    "AIRFLOW_ADMIN_PASSWORD": "un mot de passe à moi",
    "AIRFLOW_DB_PASSWORD": "S3cr$et1@/:#%&?",
    "MLFLOW_DB_PASSWORD": "it's@/:#%2F&é",
    "REDIS_PASSWORD": 'r$$edis "@/:#%',
    "POSTGRES_PASSWORD": "administrateur$1",
    "CARPRICE_SMTP_URL": "smtps://nobody:not-to-be-told@smtp.example.com:465",
    "CARPRICE_WEBHOOK_URL": "http://127.0.0.1:9/not-to-be-told-either",
    "MLFLOW_ALLOWED_HOSTS": "modeles.example.com",
    "CARPRICE_MLFLOW_PAGE": "https://modeles.example.com",
}


def log_in(stack: Stack, username: str, password: str) -> int:
    return requests.post(
        f"{stack.address('airflow-webserver')}/auth/token",
        json={"username": username, "password": password},
        timeout=60,
    ).status_code


def test_production_is_refused_with_development_values_and_stops_nothing(started: Stack) -> None:
    printed = started.run(*START.split(), check=False)
    assert "The stack was not started" in printed
    for name in ("AIRFLOW_ADMIN_PASSWORD", "AIRFLOW_DB_PASSWORD"):
        assert f"{name} is the development value" in printed
    assert "PRODUCTION=false" in (started.folder / ".env").read_text()
    started.wait_until_healthy(5)


@pytest.fixture(scope="module")
def stock(started: Stack, browser: Browser) -> dict[str, Any]:
    """What there was before: nothing but what .env names may change."""
    return take_stock(started, browser)


@pytest.fixture(scope="module")
def production(started: Stack, stock: dict[str, Any]) -> str:
    """What the start printed with values of one's own in .env."""
    env = started.folder / ".env"
    settings = stock["settings"]
    for name, value in OWN.items():
        settings = re.sub(rf"^{name}=.*$", lambda _: f"{name}={value}", settings, flags=re.M)  # noqa: B023
    env.write_text(settings)
    return started.run(*START.split(), timeout=PATIENCE)


def test_with_values_of_ones_own_it_starts_and_goes_on_to_ask_for_them(
    started: Stack, production: str
) -> None:
    assert "Stopping what runs of an earlier start" in production
    assert "All is up." in production
    assert not [value for name, value in OWN.items() if "PASSWORD" in name and value in production]
    assert "PRODUCTION=true" in (started.folder / ".env").read_text()


@pytest.mark.usefixtures("production")
def test_starting_over_what_runs_loses_nothing(
    started: Stack, browser: Browser, stock: dict[str, Any]
) -> None:
    started.airflow.login = OWN["AIRFLOW_ADMIN_USER"], OWN["AIRFLOW_ADMIN_PASSWORD"]
    found = take_stock(started, browser)
    assert {name for name in stock if found[name] != stock[name]} == {"users", "settings"}


@pytest.mark.usefixtures("production")
def test_the_development_login_is_no_longer_one(started: Stack) -> None:
    own = OWN["AIRFLOW_ADMIN_USER"], OWN["AIRFLOW_ADMIN_PASSWORD"]
    assert log_in(started, *own) == 201
    assert log_in(started, "admin", "admin") == 401


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize(
    ("role", "old", "new"),
    [
        ("airflow", "airflow", OWN["AIRFLOW_DB_PASSWORD"]),
        ("postgres", "postgres", OWN["POSTGRES_PASSWORD"]),
        ("mlflow", "it's@/:#/&é", OWN["MLFLOW_DB_PASSWORD"]),
    ],
)
def test_postgres_admits_by_the_new_password_alone(
    started: Stack, role: str, old: str, new: str
) -> None:
    connect = (
        "import psycopg2, sys; role, said = sys.argv[1:]\n"
        "psycopg2.connect(host='postgres', dbname='postgres', user=role, password=said)"
    )
    for password, refused in {old: True, new: False}.items():
        printed = started.compose(
            "exec", "-T", "airflow-scheduler", "python", "-c", connect, role, password, check=False
        )
        assert ("password authentication failed" in printed) is refused


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize(
    ("host", "origin", "admitted"),
    [
        ("modeles.example.com", "https://modeles.example.com", True),
        ("localhost:5000", "http://localhost:5000", True),
        ("modeles.example.com", "https://evil.example.com", False),
        ("localhost:5000", "http://localhost:3000", False),
        ("evil.example.com", "https://modeles.example.com", False),
    ],
)
def test_the_page_of_mlflow_works_under_its_public_address_and_no_other(
    started: Stack, host: str, origin: str, admitted: bool
) -> None:
    # As its page asks behind a proxy that keeps the name which the browser asked for.
    answer = requests.post(
        f"{started.address('mlflow')}/ajax-api/2.0/mlflow/experiments/search",
        headers={"Host": host, "Origin": origin},
        json={"max_results": 1},
        timeout=60,
    )
    assert answer.status_code == (200 if admitted else 403), answer.text


@pytest.mark.usefixtures("production")
def test_postgres_is_shut_for_programs_of_this_machine(started: Stack) -> None:
    assert "Connection refused" in started.ask_postgres(OWN["AIRFLOW_DB_PASSWORD"])


@pytest.mark.usefixtures("production")
def test_redis_admits_by_its_password_as_typed(started: Stack) -> None:
    ask = ("exec", "-T", "-e", f"REDISCLI_AUTH={OWN['REDIS_PASSWORD']}", "redis", "redis-cli")
    assert "PONG" in started.compose(*ask, "PING")


def tell_all(stack: Stack) -> dict[str, str]:
    """All that this machine says of the stack to whoever asks."""
    project = f"label=com.docker.compose.project={stack.variables['COMPOSE_PROJECT_NAME']}"
    containers = stack.run("docker", "ps", "--all", "--quiet", "--filter", project).split()
    images = {stack.inspect(each)["Image"] for each in containers}
    processes = "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null; true"
    inside = {
        f"processes of {service}": stack.compose("exec", "-T", service, "sh", "-c", processes)
        for service in SERVICES
    }
    # The official image takes the administrator's password there from its file.
    del inside["processes of postgres"]
    logs = sorted((stack.folder / "airflow" / "logs").rglob("*.log"))
    return {
        "inspect": json.dumps([stack.inspect(each) for each in containers], ensure_ascii=False),
        "images": "".join(
            stack.run("docker", verb, *words, image)
            for image in images
            for verb, *words in (("history", "--no-trunc"), ("inspect",))
        ),
        "processes": stack.run("ps", "-eo", "args"),
        "configuration": stack.compose("config"),
        "logs": stack.compose("logs", "--no-color"),
        "logs of tasks": "".join(each.read_text(errors="replace") for each in logs),
        **inside,
    }


@pytest.mark.usefixtures("production")
def test_no_secret_is_told_anywhere(started: Stack) -> None:
    folder = started.folder / ".secrets" / "made-by-docker-start-full.sh"
    secrets = {each.name: each.read_text() for each in folder.iterdir()}
    secrets = {name: value for name, value in secrets.items() if value}
    assert len(secrets) >= 10
    told = tell_all(started)
    assert all(told.values())
    spelt = {
        name: {value, quote(value, safe=""), json.dumps(value, ensure_ascii=False)[1:-1]}
        for name, value in secrets.items()
    }
    assert not [
        (name, place)
        for name, spellings in spelt.items()
        for place, text in told.items()
        if any(each in text for each in spellings)
    ]


@pytest.mark.usefixtures("production")
def test_guessing_a_login_of_airflow_is_slow(started: Stack) -> None:
    def guess(at: int) -> int:
        return log_in(started, "nobody", str(at))

    with ThreadPoolExecutor(20) as guessers:
        answers = list(guessers.map(guess, range(20)))
    assert answers.count(429) >= 15, answers
