"""One host name with HTTPS in place of the four ports: set on the running stack, and taken away."""

import os
import re
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from browsing import DOMAIN, estimate_logan, visit, wait_until_still
from crowd import CAR
from playwright.sync_api import Browser, Page, Response, expect
from stack import DAG, MODEL, SERVICES, Stack, name_server, wait_until
from test_pages import log_in
from test_survival import LISTINGS, listings  # noqa: F401 - the first is what the second brings

PATIENCE = 1200
OTHER = "autre.test"
GIVEN_UP = re.compile("ERR_ABORTED|ERR_NETWORK_CHANGED")
"""By the browser: the page was left, or the machine has another network since."""
CARS = """Marque;Modèle;Année-Modèle;Kilométrage;Type de carburant;Boite de vitesses
Dacia;Logan;2018;120 000;Diesel;Manuelle
"""
HARMLESS = re.compile(r"/ajax-api/2.0/mlflow/users/current|/\w+/_stcore/(health|host-config)$")
"""What MLflow's page asks for, and MLflow has with logins of its own alone; where Streamlit's page
looks for its server at first."""
INNER = (
    "/airflow/execution/health", "/airflow/metrics", "/api/metrics", "/mlflow/metrics", "/metrics",
    "/_stcore/metrics", "/_stcore/agent/openapi.json", "/_stcore/script-health-check",
    "/api/%6detrics", "/mlflow//metrics", "/airflow/x/..%2fexecution/health",
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def known_name() -> Iterator[None]:
    with name_server(DOMAIN, OTHER), pytest.MonkeyPatch.context() as patched:
        patched.setenv("NO_PROXY", DOMAIN)
        yield


@pytest.fixture(scope="module")
def printed(started: Stack) -> Iterator[str]:
    """What the start printed that followed on CARPRICE_DOMAIN in .env; without it, all is back."""
    env = started.folder / ".env"
    before = env.read_text()
    env.write_text(re.sub(r"^CARPRICE_DOMAIN=.*", f"CARPRICE_DOMAIN={DOMAIN}", before, flags=re.M))
    yield started.run("./docker-start-full.sh", timeout=PATIENCE)
    env.write_text(before)
    started.run("./docker-start-full.sh", timeout=PATIENCE)
    assert requests.get(started.page, timeout=20).status_code == 200
    project = f"label=com.docker.compose.project={started.variables['COMPOSE_PROJECT_NAME']}"
    assert "certificates" not in started.run("docker", "ps", "--all", "--filter", project)


@pytest.fixture
def address(started: Stack, printed: str) -> str:
    return f"https://{DOMAIN}:{started.variables['HTTPS_PORT']}"


@pytest.fixture
def ask(started: Stack, address: str) -> Iterator[requests.Session]:
    """Programs trust the stack's own authority, as the guide says."""
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(started.folder / "certificates" / "authority.pem")
        yield session


def test_the_start_tells_the_addresses(started: Stack, printed: str, address: str) -> None:
    for path in ("\n", "/api/docs\n", "/airflow ", "/mlflow\n"):
        assert f"{address}{path}" in printed
    assert re.search(r"Certificate: valid until \d{4}-", printed)
    assert "All is up." in printed


def test_nothing_but_http_and_https_is_published(started: Stack, printed: str) -> None:
    published: dict[str, set[str]] = {}
    for service in (*SERVICES, "certificates"):
        (container,) = started.containers(service)
        ports = started.inspect(container)["NetworkSettings"]["Ports"]
        published[service] = {each["HostPort"] for found in ports.values() for each in found or ()}
    expected = {started.variables[name] for name in ("HTTP_PORT", "HTTPS_PORT")}
    assert published.pop("doors") == expected
    assert not any(published.values())


def test_http_leads_to_https_and_unknown_names_get_no_answer(
    started: Stack, ask: requests.Session, address: str
) -> None:
    plain = f":{started.variables['HTTP_PORT']}/modele?lang=en"
    led = ask.get(f"http://{DOMAIN}{plain}", allow_redirects=False, timeout=20)
    assert (led.status_code, led.headers["Location"]) == (308, f"{address}/modele?lang=en")
    with pytest.raises(requests.ConnectionError):
        ask.get(f"http://{OTHER}{plain}", timeout=20)
    with pytest.raises(requests.exceptions.SSLError, match="unrecognized name"):
        ask.get(address.replace(DOMAIN, OTHER), timeout=20)
    with pytest.raises(requests.ConnectionError):
        ask.get(address, headers={"Host": OTHER}, timeout=20)


def test_old_tls_is_refused_and_answers_tell_no_version(
    started: Stack, ask: requests.Session, address: str
) -> None:
    answer = ask.get(f"{address}/", timeout=20)
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert answer.headers["Server"] == "nginx"
    old = ssl.create_default_context(cafile=str(ask.verify))
    with pytest.deprecated_call():
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    place = (DOMAIN, int(started.variables["HTTPS_PORT"]))
    with (
        socket.create_connection(place, timeout=20) as plain,
        pytest.raises(ssl.SSLError, match=r"(?i)protocol.version"),
        old.wrap_socket(plain, server_hostname=DOMAIN),
    ):
        pass


@pytest.mark.parametrize("path", INNER)
def test_inner_doors_are_closed(ask: requests.Session, address: str, path: str) -> None:
    answer = ask.get(address + path, timeout=20)
    assert answer.status_code == 404
    assert "nginx" in answer.text, "a service was asked"


@pytest.fixture
def watched(browser: Browser, printed: str) -> Iterator[Page]:
    """A page of which no request fails, and no cookie travels without TLS."""
    failed: list[str] = []

    def look_at(answer: Response) -> None:
        if answer.status >= 400 and not HARMLESS.search(answer.url):
            failed.append(f"{answer.status} {answer.url}")

    with visit(browser, "about:blank", ignore_https_errors=True) as page:
        page.on("response", look_at)
        page.on("requestfailed", lambda each: failed.append(f"{each.failure} {each.url}"))
        yield page
        assert not [each for each in failed if not GIVEN_UP.search(each)]
        cookies = page.context.cookies()
        assert not [each["name"] for each in cookies if not each.get("secure")]


def test_the_page_answers_takes_a_file_and_leads_to_the_others(watched: Page, address: str) -> None:
    watched.goto(address)
    estimate_logan(watched)
    assert watched.context.cookies(), "of which the check is"
    watched.goto(f"{address}/fichier")
    watched.locator("input[type=file]").set_input_files(
        {"name": "annonces.csv", "mimeType": "text/csv", "buffer": CARS.encode()}
    )
    with watched.expect_download() as handed_back:
        watched.get_by_role("button", name="Télécharger le fichier complété").click()
    assert "Dacia;Logan;2018;120 000;" in handed_back.value.path().read_text("utf-8-sig")
    watched.goto(f"{address}/modele")
    wait_until_still(watched)
    for place in ("mlflow", "airflow"):
        expect(watched.locator(f'a[href^="{address}/{place}"]').first).to_be_attached()


def test_mlflow_shows_the_version_in_production(watched: Page, address: str) -> None:
    watched.goto(f"{address}/mlflow/#/models/{MODEL}")
    row = watched.get_by_role("row").filter(has_text="@ production")
    expect(row.get_by_role("link", name=re.compile(r"^Version \d+$")).first).to_be_visible()


def test_airflow_lets_the_administrator_in(watched: Page, address: str) -> None:
    watched.goto(f"{address}/airflow/auth/login/")
    log_in(watched, "admin")
    expect(watched.get_by_role("link", name="Dags").first).to_be_visible()
    watched.goto(f"{address}/airflow/dags/{DAG}")
    expect(watched.get_by_text(DAG).first).to_be_visible()
    assert {"session", "_token"} <= {each["name"] for each in watched.context.cookies()}


def test_the_api_describes_itself_under_its_prefix(
    watched: Page, ask: requests.Session, address: str
) -> None:
    watched.goto(f"{address}/api/docs")
    expect(watched.get_by_text("/v1/estimate").first).to_be_visible()
    assert ask.get(f"{address}/api/openapi.json", timeout=20).json()["servers"] == [{"url": "/api"}]
    answer = ask.post(f"{address}/api/v1/estimate", json=CAR, timeout=20)
    assert answer.status_code == 200, answer.text


def test_programs_log_to_mlflow_and_load_from_it(
    started: Stack, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow  # noqa: PLC0415 (takes seconds)

    authority = str(started.folder / "certificates" / "authority.pem")
    monkeypatch.setenv("MLFLOW_TRACKING_SERVER_CERT_PATH", authority)
    sent = tmp_path / "un nom, 100%.bin"
    sent.write_bytes(os.urandom(5_000_000))
    mlflow.set_tracking_uri(f"{address}/mlflow")
    mlflow.set_experiment("https")
    with mlflow.start_run() as run:
        mlflow.log_artifact(str(sent), "dossier")
    found = mlflow.artifacts.download_artifacts(
        run_id=run.info.run_id, artifact_path=f"dossier/{sent.name}", dst_path=str(tmp_path / "got")
    )
    assert Path(found).read_bytes() == sent.read_bytes()
    mlflow.set_tracking_uri(None)


def test_tasks_report_under_the_prefix(started: Stack, printed: str) -> None:
    follow = ("python", "/opt/carprice/scripts/run_pipeline.py", "--force", "--data", LISTINGS)
    assert "the run succeeded" in started.compose("exec", "-T", "airflow-webserver", *follow)


def test_a_container_made_anew_is_found_again(
    started: Stack, ask: requests.Session, address: str
) -> None:
    (before,) = started.containers("doors")
    since = started.inspect(before)["State"]["StartedAt"]
    started.compose("up", "--detach", "--no-deps", "--force-recreate", "api")
    health = f"{address}/api/healthz"
    wait_until("the API is found", lambda: ask.get(health, timeout=20).status_code == 200)
    assert started.inspect(before)["State"]["StartedAt"] == since
