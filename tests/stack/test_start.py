"""`./docker-start-full.sh` on a fresh clone: what stands afterwards."""

import re
import stat
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from stack import DOOR, SERVICES, Stack

LAPTOP_BYTES = 7 * 2**30
"""What an engine may take of a laptop with 8 GB."""


def test_start_ends_with_addresses_and_a_model(
    stack: Stack, first_start: tuple[str, float]
) -> None:
    printed, seconds = first_start
    print(f"\n./docker-start-full.sh, images and first model included: {seconds:.0f} s")
    for service in ("streamlit", "api", "airflow-webserver", "mlflow"):
        port = stack.address(service).rpartition(":")[2]
        assert f"http://localhost:{port}" in printed
    assert "Development logins" in printed, "default passwords are announced as such"
    assert stack.mlflow.production() == 1


def test_env_is_private_and_its_secrets_are_never_printed(
    stack: Stack, first_start: tuple[str, float]
) -> None:
    env = stack.folder / ".env"
    values = dict(re.findall(r"^(\w+)=(.*)$", env.read_text(), re.M))
    example = dict(re.findall(r"^(\w+)=(.*)$", (stack.folder / ".env.example").read_text(), re.M))
    secrets = [values[name] for name, value in example.items() if value == "<generated>"]
    assert len(set(secrets)) == len(secrets) == 9
    assert not [secret for secret in secrets if secret in first_start[0]]
    assert stat.S_IMODE(env.stat().st_mode) == 0o600


def test_every_service_is_healthy(started: Stack) -> None:
    assert started.health() == {service: ["healthy"] for service in SERVICES}


def test_pages_answer(started: Stack) -> None:
    for service in ("streamlit", "api", "airflow-webserver", "mlflow"):
        answer = requests.get(started.address(service), timeout=20)
        assert answer.status_code == 200, service


@pytest.mark.parametrize("service", [*SERVICES, DOOR])
def test_containers_have_no_right_they_do_not_need(started: Stack, service: str) -> None:
    (container,) = started.containers(service)
    found = started.inspect(container)
    host, user = found["HostConfig"], found["Config"]["User"].partition(":")[0]
    assert user not in {"", "0", "root"}
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert not host["Privileged"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert host["ReadonlyRootfs"]
    assert 0 < host["PidsLimit"] <= 512
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    assert host["LogConfig"]["Config"] == {"max-size": "10m", "max-file": "3"}
    assert not [mount for mount in found["Mounts"] if "docker.sock" in mount["Source"]]
    for published in (host["PortBindings"] or {}).values():
        assert {each["HostIp"] for each in published} == {"127.0.0.1"}


def test_memory_limits_together_fit_a_laptop(started: Stack) -> None:
    limits = [
        started.inspect(container)["HostConfig"]["Memory"]
        for service in (*SERVICES, DOOR)
        for container in started.containers(service)
    ]
    assert all(limits)
    assert sum(limits) <= LAPTOP_BYTES


def test_each_service_knows_only_its_own_database(started: Stack) -> None:
    def ask(role: str, database: str, query: str) -> str:
        return started.compose(
            "exec", "-T", "postgres", "psql", "-U", role, "-d", database, "-c", query, check=False
        )

    assert "permission denied" in ask("mlflow", "airflow", "SELECT 1")
    assert "permission denied" in ask("airflow", "mlflow", "DELETE FROM runs")
    assert "permission denied" in ask("airflow", "mlflow", "CREATE TABLE public.mine (id int)")


def test_airflow_is_only_prepared_where_something_changed(started: Stack) -> None:
    def prepare() -> str:
        return started.compose("run", "--rm", "-T", "--no-deps", "airflow-init")

    assert "are ready" in prepare(), "the first start has prepared it"
    users = ("exec", "-T", "airflow-webserver", "airflow", "users")
    started.compose(*users, "reset-password", "--username", "admin", "--password", "forgotten")
    assert "user admin has the password of .env" in prepare()
    assert "are ready" in prepare()


def test_postgres_answers_programs_of_this_machine(started: Stack) -> None:
    assert started.ask_postgres("airflow") == "42\n"
    assert "password authentication failed" in started.ask_postgres("wrong")


def test_redis_asks_for_its_password(started: Stack) -> None:
    assert "NOAUTH" in started.compose("exec", "-T", "redis", "redis-cli", "PING")


def test_health_checks_notice_that_the_database_is_away(started: Stack) -> None:
    def complain(service: str) -> str:
        (container,) = started.containers(service)
        check = started.inspect(container)["Config"]["Healthcheck"]["Test"][1:]
        asking = ("timeout", "30", "docker", "exec", container, *check, "--patience=0")
        return started.run(*asking, check=False)

    services = ("mlflow", "airflow-webserver", "airflow-scheduler")
    (postgres,) = started.containers("postgres")
    started.run("docker", "pause", postgres)
    try:
        with ThreadPoolExecutor() as asked_at_once:
            complaints = dict(zip(services, asked_at_once.map(complain, services), strict=True))
        assert all(complaints.values()), f"some feel well without their database: {complaints}"
    finally:
        started.run("docker", "unpause", postgres)
    began = time.monotonic()
    started.wait_until_healthy()
    print(f"\nhealthy again {time.monotonic() - began:.0f} s after the database")
