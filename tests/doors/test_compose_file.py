"""What docker-compose-full.yml says of every service, read as Compose reads it."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load(
    (ROOT / "docker-compose-full.yml").read_text(encoding="utf-8")
)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
FORMS: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "forms.yml").read_text(encoding="utf-8"))[
    "services"
]
WATCH = ROOT / "deploy" / "monitoring"
GOES_OUT = {"streamlit", "airflow-worker", "certificates", "backup", "notices"}
PUBLISHES = {"doors", "postgres-door", "grafana"}
ENDS_BY_ITSELF = "airflow-init"
PERSISTENT = {
    "postgres": {"postgres-db-volume"},
    "mlflow": {"./mlflow/mlruns"},
    "streamlit": {"./data", "./models"},
    "api": {"./models/serving"},
    "backup": {"backup-work"},
    "prometheus": {"prometheus-data"},
    "alertmanager": {"alertmanager-data"},
    "grafana": {"grafana-data"},
    "airflow-worker": {"./airflow/dags", "./airflow/logs", "./data", "./models"},
}


def sources(service: dict[str, Any]) -> set[str]:
    return {mount.partition(":")[0] for mount in service.get("volumes", ())}


def made_at_the_start() -> set[str]:
    """Folders that the start script makes as the user who calls it."""
    text = (ROOT / "scripts" / "stack" / "folders.sh").read_text(encoding="utf-8")
    return {name for names in re.findall(r"_folders=\((.*)\)", text) for name in names.split()}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_for_what_it_needs_to_be_well(name: str) -> None:
    for needed, how in dict(SERVICES[name].get("depends_on", {})).items():
        ended = needed == ENDS_BY_ITSELF
        expected = "service_completed_successfully" if ended else "service_healthy"
        assert how == {"condition": expected}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_may_stand_twice_on_one_machine(name: str) -> None:
    assert "container_name" not in SERVICES[name]
    if name == "postgres-door":
        assert SERVICES[name]["ports"] == ["127.0.0.1:${POSTGRES_PORT:-5432}:5432"]
    else:
        assert "ports" not in SERVICES[name]


@pytest.mark.parametrize("name", [name for name in FORMS if "ports" in FORMS[name]])
def test_what_is_published_can_be_moved_and_is_for_this_machine_alone(name: str) -> None:
    for port in FORMS[name]["ports"]:
        assert re.fullmatch(r"\$\{BIND_ADDRESS:-127\.0\.0\.1\}:\$\{\w+_PORT:-\d+\}:\d+", port)


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - GOES_OUT - PUBLISHES))
def test_a_service_that_needs_no_way_out_has_none(name: str) -> None:
    networks = COMPOSE["networks"]
    assert all(networks[each]["internal"] for each in SERVICES[name]["networks"])
    assert not [form for form in FORMS if form.endswith(name) and "ports" in FORMS[form]]


@pytest.mark.parametrize("name", [each for each in SERVICES if each != ENDS_BY_ITSELF])
def test_a_service_that_goes_on_is_watched_and_started_again(name: str) -> None:
    # Images of exporters hold nothing that could ask; Prometheus asks them all the time.
    asked = re.search(rf'"{name}:\d+"', (WATCH / "prometheus.yml").read_text(encoding="utf-8"))
    probes = name == "blackbox-exporter"
    assert SERVICES[name].get("healthcheck") or (name.endswith("-exporter") and (asked or probes))
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", SERVICES)
def test_what_is_mounted_is_there_before_the_engine_would_make_a_folder_of_it(name: str) -> None:
    for source in sources(SERVICES[name]):
        path = source.removeprefix("./")
        if path != source:
            assert (ROOT / path).exists() or any(
                each.startswith(path) for each in made_at_the_start()
            ), source


@pytest.mark.parametrize(("name", "kept"), PERSISTENT.items())
def test_what_must_outlive_a_container_is_outside_of_it(name: str, kept: set[str]) -> None:
    assert sources(SERVICES[name]) >= kept


def test_every_airflow_service_has_the_same_secrets() -> None:
    own = {"airflow_db_password", "redis_password"}
    keys = {"airflow_fernet_key", "airflow_jwt_secret", "airflow_secret_key"}
    for name, service in SERVICES.items():
        if name.startswith("airflow-"):
            assert set(service["secrets"]) >= own | keys, name


def test_no_secret_stands_in_an_environment() -> None:
    """Where `docker inspect` would tell it. Each is mounted, and only where it is listed."""
    services = (*SERVICES.values(), *FORMS.values())
    named = {name for service in services for name in service.get("secrets", ())}
    assert named == set(COMPOSE["secrets"])
    written = (ROOT / "docker-compose-full.yml").read_text(encoding="utf-8")
    assert not [name for name in named if re.search(rf"\$\{{?{name.upper()}", written)]
