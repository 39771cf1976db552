"""The scripts that start, stop and reset the stack, as a person runs them, on a fake `docker`.

They run in a copy of the project's files with a PATH of its own, which holds only the fake and the
tools that the scripts may use.
"""

import base64
import os
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FAKE = Path(__file__).parent / "fakes" / "docker.sh"
START, STOP, RESET = "docker-start-full.sh", "docker-stop-full.sh", "docker-reset-full.sh"
TOOLS = [
    "awk", "base64", "bash", "cat", "chmod", "chown", "cp", "cut", "df", "dirname", "env", "find",
    "git", "grep", "head", "mkdir", "mktemp", "mv", "printenv", "rm", "sed", "sleep", "tail",
    "tput", "tr",
]  # fmt: skip
PORTS = ["AIRFLOW_PORT", "MLFLOW_PORT", "STREAMLIT_PORT"]
SECRETS = re.findall(r"^(\w+)=<generated>", (ROOT / ".env.example").read_text(), re.M)
OWN = "carprice"
STRONG = {"AIRFLOW_ADMIN_PASSWORD": "'a$ b'", "AIRFLOW_DB_PASSWORD": "long.enough"}


class Machine:
    """A folder with the project's files, a PATH, an engine that is not there."""

    def __init__(self, folder: Path) -> None:
        # With a space, as folders of people have.
        self.project, self.tools = folder / "my project", folder / "tools"
        self.engine, self.settings = folder / "engine", dict[str, str]()
        for made in (self.project / "scripts", self.tools, self.engine, folder / "home"):
            made.mkdir(parents=True)
        for script in (START, STOP, RESET, ".env.example"):
            shutil.copy(ROOT / script, self.project)
        shutil.copytree(ROOT / "scripts" / "stack", self.project / "scripts" / "stack")
        for tool in TOOLS:
            (self.tools / tool).symlink_to(shutil.which(tool) or "/missing")
        shutil.copy(FAKE, self.tools / "docker")
        self.fake("id", "echo 1234")
        self.fake("uname", "echo Linux")
        self.scenario()

    def fake(self, tool: str, line: str) -> None:
        path = self.tools / tool
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)

    def scenario(self, **told: str) -> None:
        """How the engine behaves from now on: see the fake."""
        shutil.rmtree(self.engine / "scenario", ignore_errors=True)
        (self.engine / "scenario").mkdir()
        for name, content in told.items():
            (self.engine / "scenario" / name).write_text(content)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": str(self.tools), "HOME": str(self.project.parent / "home"), "TERM": "xterm",
            "FAKE_DOCKER": str(self.engine), "TMPDIR": str(self.engine), **self.settings,
        }  # fmt: skip

    def run(
        self, script: str, *words: str, folder: Path | None = None, path: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [path or str(self.project / script), *words],
            cwd=folder or self.project, env=self.environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=60, check=False, start_new_session=True,
        )  # fmt: skip

    def run_on_terminal(self, script: str, *words: str, typed: str = "") -> tuple[int, str]:
        """Exit code and screen; `typed` is on the keyboard from the beginning."""
        ours, theirs = pty.openpty()
        os.write(ours, typed.encode())
        with subprocess.Popen(
            [self.project / script, *words], cwd=self.project, env=self.environment,
            stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        ) as process:  # fmt: skip
            os.close(theirs)
            shown = b""
            while process.poll() is None or select.select([ours], [], [], 0)[0]:
                if select.select([ours], [], [], 0.05)[0]:
                    try:
                        shown += os.read(ours, 4096)
                    except OSError:  # how Linux says that the other end was closed
                        break
        os.close(ours)
        return process.returncode, shown.decode()

    @property
    def calls(self) -> list[list[str]]:
        written = self.engine / "calls"
        lines = written.read_text().splitlines() if written.exists() else []
        return [line.split("\t") for line in lines]

    def acts(self) -> list[str]:
        """Calls that change something, as typed after `docker compose --env-file F`."""
        words = [call[3:] for call in self.calls if call[:2] == ["compose", "--env-file"]]
        return [" ".join(call) for call in words if call[0] not in {"config", "logs"}]

    def write_env(self, **values: str) -> str:
        """A .env as the first start would leave it, with these values changed."""
        template = (self.project / ".env.example").read_text()
        whole = {**dict.fromkeys(SECRETS, "0123456789abcdef"), **values}
        for name, value in whole.items():
            template = re.sub(
                rf"^{name}=.*", lambda _, v=f"{name}={value}": v, template, flags=re.M
            )  # type: ignore[misc]
        (self.project / ".env").write_text(template)
        return template

    def read_env(self) -> dict[str, str]:
        return dict(re.findall(r"^(\w+)=(.*)$", (self.project / ".env").read_text(), re.M))

    def engine_holds(self, name: str) -> list[str]:
        kept = self.engine / name
        return kept.read_text().split() if kept.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in PORTS]
    for name, probe in zip(PORTS, probes, strict=True):
        made.settings[name] = str(probe.getsockname()[1])
        probe.close()
    return made


def fill(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"content of {name}")


def everything_in(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


# -- use ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", [START, STOP, RESET])
def test_help_and_wrong_options_touch_nothing(machine: Machine, script: str) -> None:
    for option, code in (("--help", 0), ("-h", 0), ("--nope", 2), ("extra", 2)):
        ended = machine.run(script, option)
        assert ended.returncode == code
        shown, silent = (ended.stdout, ended.stderr) if code == 0 else (ended.stderr, ended.stdout)
        assert f"Usage: ./{script}" in shown
        assert silent == ""
        assert option in ended.stderr or code == 0
    assert machine.calls == []
    assert not (machine.project / ".env").exists()


def test_a_start_does_everything_in_order(machine: Machine) -> None:
    ended = machine.run(START)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    acts = [act for act in machine.acts() if "SELECT 1" not in act]
    assert acts == [
        "build",
        "up --detach postgres redis",
        "exec -T postgres bash /docker-entrypoint-initdb.d/roles.sh",
        "up --detach",
        "exec -T -e AIRFLOW_ADMIN_USER -e AIRFLOW_ADMIN_PASSWORD airflow-webserver "
        "python /opt/carprice/scripts/run_pipeline.py --only-if-no-production",
    ]
    assert "6 of 6 ready" in ended.stdout
    assert not list(machine.engine.glob("carprice.*"))
    for name in PORTS:
        assert f"http://localhost:{machine.settings[name]}" in ended.stdout
    assert "login: admin, password: admin" in ended.stdout
    assert "docker compose ps" in ended.stdout
    assert "Development logins: admin/admin for Airflow, airflow/airflow" in ended.stderr
    assert "\033" not in ended.stdout + ended.stderr


def test_folders_that_containers_use_are_made_before_them(machine: Machine) -> None:
    machine.run(START)
    made = {"data/raw", "data/processed", "models", "mlflow/mlruns", "airflow/logs", "airflow/dags"}
    assert all((machine.project / folder).is_dir() for folder in made)


def test_a_second_start_stops_the_first_and_changes_no_setting(machine: Machine) -> None:
    machine.run(START)
    before = (machine.project / ".env").read_bytes()
    first = len(machine.calls)
    ended = machine.run(START)
    assert ended.returncode == 0
    assert (machine.project / ".env").read_bytes() == before
    assert "Stopping what runs of an earlier start" in ended.stdout
    acts = [" ".join(call[3:]) for call in machine.calls[first:]]
    assert acts.index("down --remove-orphans") < acts.index("build")


@pytest.mark.parametrize("how", ["absolute", "relative", "cdpath"])
def test_scripts_work_from_any_folder(machine: Machine, tmp_path: Path, how: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "my project").mkdir(parents=True)
    folder, path = elsewhere, f"../my project/{START}"
    if how == "absolute":
        path = str(machine.project / START)
    if how == "cdpath":
        machine.settings["CDPATH"] = str(elsewhere)
        folder, path = tmp_path, f"my project/{START}"
    ended = machine.run(START, folder=folder, path=path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert (machine.project / ".env").exists()
    assert everything_in(elsewhere) == {}


# -- checks ---------------------------------------------------------------------------------------


def without_docker(machine: Machine) -> None:
    (machine.tools / "docker").unlink()


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (without_docker, "Docker was not found. Install it"),
        (
            {"info": "", "info_error": "Cannot connect to the Docker daemon"},
            "engine is not running",
        ),
        ({"info": " 0"}, "engine is not running"),
        ({"info": "", "info_error": "permission denied while trying"}, "usermod -aG docker"),
        ({"compose": "2.19.1"}, "2.20 or newer is needed (found: 2.19.1)"),
        ({"compose": "v1.29.2"}, "(found: v1.29.2)"),
        ({"compose": ""}, "(found: none)"),
        ({"info": "28.2.2 3900000000"}, "has 3.9 GB of memory; 4 GB are needed"),
    ],
)
def test_what_is_missing_is_said_and_nothing_changed(
    machine: Machine, trouble: dict[str, str] | Callable[[Machine], None], said: str
) -> None:
    trouble(machine) if callable(trouble) else machine.scenario(**trouble)
    before = everything_in(machine.project)
    ended = machine.run(START)
    assert ended.returncode == 1
    assert said in ended.stderr
    assert everything_in(machine.project) == before
    assert machine.acts() == []


def test_newer_compose_and_little_memory_are_no_hindrance(machine: Machine) -> None:
    machine.scenario(compose="v5.0.1", info="28.2.2 5200000000")
    ended = machine.run(START)
    assert ended.returncode == 0
    assert "has 5.2 GB of memory; with 6 GB the stack runs better" in ended.stderr


@pytest.mark.parametrize(
    ("free_kilobytes", "images", "said"),
    [
        (4_000_000, {}, "has 4 GB free; 5 GB are needed"),
        (4_000_000, {"image-carprice-airflow:latest": "there"}, None),
        (500_000, {"image-carprice-airflow:latest": "there"}, "has 0 GB free; 1 GB are needed"),
    ],
)
def test_disk_must_hold_what_is_still_to_be_built(
    machine: Machine, free_kilobytes: int, images: dict[str, str], said: str | None
) -> None:
    (machine.tools / "df").unlink()
    machine.fake("df", f"echo Filesystem; echo C:/My Disk 9 9 {free_kilobytes} 1% /my mount")
    machine.scenario(**images)
    ended = machine.run(START)
    assert ended.returncode == (1 if said else 0)
    assert said is None or said in ended.stderr


@pytest.mark.parametrize("tool", ["lsof", "ss", "netstat", "none of them"])
def test_a_taken_port_is_told_with_its_holder_and_variable(machine: Machine, tool: str) -> None:
    if tool != "none of them":
        if not (found := shutil.which(tool)):
            pytest.skip(f"{tool} is not installed here")
        (machine.tools / tool).symlink_to(found)
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        machine.settings["MLFLOW_PORT"] = str(port)
        ended = machine.run(START)
    assert ended.returncode == 1
    assert f"Port {port} is taken by " in ended.stderr
    assert "set MLFLOW_PORT to a free port in .env" in ended.stderr
    if tool == "none of them":
        assert "another program" in ended.stderr
    else:
        assert f"(process {os.getpid()})" in ended.stderr


def test_a_port_held_by_another_container_names_it_and_one_of_ours_is_free(
    machine: Machine,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = str(held.getsockname()[1])
        machine.settings["AIRFLOW_PORT"] = port
        machine.scenario(**{f"publisher-{port}": "old-airflow-1 other"})
        refused = machine.run(START)
        machine.scenario(**{f"publisher-{port}": f"{OWN}-airflow-webserver-1 {OWN}"})
        accepted = machine.run(START)
    assert refused.returncode == 1
    assert f"Port {port} is taken by the container old-airflow-1" in refused.stderr
    assert accepted.returncode == 0


def test_macos_names_airplay_where_it_may_hold_the_port(machine: Machine) -> None:
    machine.fake("uname", "echo Darwin")
    machine.settings["MLFLOW_PORT"] = "5000"
    try:
        held = socket.create_server(("127.0.0.1", 5000))
    except OSError:
        pytest.skip("port 5000 is taken on this machine")
    with held:
        assert "AirPlay Receiver" in machine.run(START).stderr


def test_all_problems_are_told_at_once(machine: Machine) -> None:
    machine.scenario(compose="2.1", info="28.2.2 1000000000")
    same = machine.settings["STREAMLIT_PORT"]
    machine.settings |= {"AIRFLOW_PORT": "80a", "MLFLOW_PORT": same}
    told = machine.run(START).stderr
    for part in (
        "2.20 or newer",
        "1.0 GB of memory",
        "AIRFLOW_PORT=80a is no port",
        f"STREAMLIT_PORT={same} is given",
    ):
        assert part in told
    assert len(re.findall(r"^  - ", told, re.M)) == 4


# -- .env -----------------------------------------------------------------------------------------


def test_the_first_start_writes_secrets_of_its_own(machine: Machine) -> None:
    ended = machine.run(START)
    path, values = machine.project / ".env", machine.read_env()
    assert path.stat().st_mode & 0o777 == 0o600
    assert len({values[name] for name in SECRETS}) == len(SECRETS) >= 5
    for name in SECRETS:
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}=", values[name])
        assert len(base64.urlsafe_b64decode(values[name])) == 32
    assert values["AIRFLOW_UID"] == "1234"
    template = (machine.project / ".env.example").read_text()
    assert list(values) == re.findall(r"^(\w+)=", template, re.M)
    assert "<generated>" not in re.sub("^#.*", "", path.read_text(), flags=re.M)
    told = ended.stdout + ended.stderr + str(machine.calls)
    assert not [name for name in SECRETS if values[name] in told]
    assert [each.name for each in machine.project.glob(".env*")].sort() is None
    assert {each.name for each in machine.project.glob(".env*")} == {".env", ".env.example"}


@pytest.mark.parametrize(
    ("user", "system", "sudo", "owner"),
    [
        ("501", "Darwin", None, "501"), ("0", "Linux", None, "50000"),
        ("0", "Linux", "1000", "1000"), ("197609", "MINGW64_NT-10.0-22631", None, "50000"),
    ],
)  # fmt: skip
def test_containers_write_as_the_user_who_starts(
    machine: Machine, user: str, system: str, sudo: str | None, owner: str
) -> None:
    machine.fake("id", f"echo {user}")
    machine.fake("uname", f"echo {system}")
    (machine.tools / "chown").unlink()
    machine.fake("chown", f'echo "$@" >>"{machine.engine}/chown"')
    machine.settings |= {"SUDO_UID": sudo, "SUDO_GID": sudo} if sudo else {}
    assert machine.run(START).returncode == 0
    assert machine.read_env()["AIRFLOW_UID"] == owner
    chown = machine.engine / "chown"
    if user == "0":
        assert f"-R {owner}:0 data/processed" in chown.read_text()
        assert "data/raw" not in chown.read_text()
    else:
        assert not chown.exists()


def test_a_folder_of_another_user_is_told_with_the_remedy(machine: Machine) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    (machine.project / "models").mkdir(mode=0o555)
    ended = machine.run(START)
    assert ended.returncode == 1
    assert "models cannot be written by you. Run: sudo chown -R 1234 " in ended.stderr


def test_an_env_that_cannot_be_read_is_told(machine: Machine) -> None:
    (machine.project / ".env").mkdir()
    for script in (START, STOP, RESET):
        ended = machine.run(script, *["--yes"] * (script == RESET))
        assert ended.returncode == 1
        assert ".env is no file that you may read" in ended.stderr
    assert machine.acts() == []


def test_a_missing_variable_is_added_and_all_else_kept(machine: Machine) -> None:
    written = machine.write_env(AIRFLOW_ADMIN_EMAIL="me@example.com").replace("\n", "\r\n")
    kept = re.sub(r"^(AIRFLOW_FERNET_KEY|REDIS_IMAGE)=.*\r\n", "", written, flags=re.M).rstrip()
    (machine.project / ".env").write_text(kept, newline="")
    ended = machine.run(START)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "it lacked: AIRFLOW_FERNET_KEY REDIS_IMAGE" in ended.stdout
    now = (machine.project / ".env").read_bytes().decode()
    assert now.startswith(kept + "\n")
    added = now.removeprefix(kept).split()
    assert re.fullmatch(r"AIRFLOW_FERNET_KEY=[A-Za-z0-9_-]{43}=", added[0])
    assert added[1:] == re.findall(r"^REDIS_IMAGE=.*", (ROOT / ".env.example").read_text(), re.M)


def test_env_is_read_and_never_executed(machine: Machine) -> None:
    machine.write_env(
        AIRFLOW_ADMIN_USER="$(touch executed)`touch executed`",
        AIRFLOW_ADMIN_EMAIL='"x"; touch executed',
        MLFLOW_ALLOWED_HOSTS="a\ntouch executed\nnot a line",
        COMPOSE_PROJECT_NAME="a[$(touch executed)]",
    )
    for name in PORTS:
        del machine.settings[name]
    machine.run(START)
    machine.run(STOP)
    assert not list(machine.project.parent.rglob("executed"))


def test_values_are_read_as_compose_reads_them(machine: Machine) -> None:
    written = {
        "A=eve": "eve", "B = eve ": "eve", "export C='eve' # the first": "eve",
        'D="eve # x"': "eve # x", "E=eve#1 # x": "eve#1", "F=adam\nF=eve": "eve", "G=eve\r": "eve",
        "H=a=b": "a=b", "I=": "", "J='#'": "#", "#K=adam\nK=eve": "eve", "L=$(echo 1)`echo 2`":
        "$(echo 1)`echo 2`", "AA=adam\nM=eve": "eve", "N=# nothing": "# nothing",
    }  # fmt: skip
    (machine.project / ".env").write_text("\n".join(written), newline="")
    ask = ". scripts/stack/environment.sh; for name in {A..N}; do setting $name; done"
    told = machine.run("", "-c", ask, path=str(machine.tools / "bash")).stdout
    assert told.splitlines() == list(written.values())


def test_the_environment_wins_over_env(machine: Machine) -> None:
    machine.write_env(AIRFLOW_ADMIN_USER="eve")
    machine.settings |= {"AIRFLOW_ADMIN_USER": "adam", "AIRFLOW_ADMIN_PASSWORD": "its own"}
    ended = machine.run(START)
    assert "login: adam, password as in .env" in ended.stdout
    assert "its own" not in ended.stdout + ended.stderr + str(machine.calls)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AIRFLOW_DB_PASSWORD", "a@b"), ("MLFLOW_DB_PASSWORD", "'a b'"), ("REDIS_PASSWORD", "a%20"),
        ("REDIS_PASSWORD", "é"), ("MLFLOW_DB_PASSWORD", "a:b/c"), ("REDIS_PASSWORD", "a$$b"),
    ],
)  # fmt: skip
def test_passwords_within_addresses_hold_only_plain_characters(
    machine: Machine, name: str, value: str
) -> None:
    machine.write_env(**{name: value})
    ended = machine.run(START)
    assert ended.returncode == 1
    assert f"  - {name} holds a character that is none of" in ended.stderr
    assert value not in ended.stdout + ended.stderr
    assert machine.acts() == []


def test_a_template_copied_by_hand_is_refused_with_the_remedy(machine: Machine) -> None:
    shutil.copy(machine.project / ".env.example", machine.project / ".env")
    ended = machine.run(START)
    assert ended.returncode == 1
    assert all(
        f"{name} has no value: give it one, or delete its line" in ended.stderr for name in SECRETS
    )
    cleared = re.sub("^.*=<generated>\n", "", (machine.project / ".env").read_text(), flags=re.M)
    (machine.project / ".env").write_text(cleared)
    assert machine.run(START).returncode == 0


# -- production -----------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", ["flag", "environment", ".env"])
def test_production_refuses_development_values_and_names_each(machine: Machine, asked: str) -> None:
    machine.write_env(PRODUCTION="true" if asked == ".env" else "false", REDIS_PASSWORD="")
    machine.settings |= {"PRODUCTION": "true"} if asked == "environment" else {}
    before = (machine.project / ".env").read_bytes()
    ended = machine.run(START, *["--production"] * (asked == "flag"))
    assert ended.returncode == 1
    for name in ("AIRFLOW_ADMIN_PASSWORD", "AIRFLOW_DB_PASSWORD", "REDIS_PASSWORD"):
        assert f"  - {name} " in ended.stderr
    assert (machine.project / ".env").read_bytes() == before
    assert machine.acts() == []


def test_production_is_remembered_once_it_could_start(machine: Machine) -> None:
    machine.write_env(**STRONG)
    (machine.project / ".env").chmod(0o640)
    ended = machine.run(START, "--production")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Development logins" not in ended.stderr
    assert "password as in .env" in ended.stdout
    assert machine.read_env()["PRODUCTION"] == "true"
    assert (machine.project / ".env").stat().st_mode & 0o777 == 0o640
    text = (machine.project / ".env").read_text()
    (machine.project / ".env").write_text(text.replace("'a$ b'", "admin"))
    assert machine.run(START).returncode == 1


# -- failures -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "states", "told"),
    [
        (
            "mlflow",
            ["running 0 starting 0 false", "running 0 unhealthy 0 false"],
            "mlflow: unhealthy",
        ),
        (
            "airflow-init",
            ["exited 1 none 3 false"],
            "airflow-init: exited with code 1, restarted 3",
        ),
        ("streamlit", ["restarting 137 starting 4 true"], "killed for want of memory"),
    ],
)
def test_a_failed_service_is_told_with_its_last_lines(
    machine: Machine, service: str, states: list[str], told: str
) -> None:
    machine.scenario(**{f"states-{service}": "\n".join(states)})
    ended = machine.run(START)
    assert ended.returncode == 1
    assert told in ended.stderr
    assert f"last words of {service}" in ended.stderr
    assert "last words of redis" not in ended.stderr
    assert [
        "compose",
        "--env-file",
        ".env",
        "logs",
        "--no-color",
        "--no-log-prefix",
        "--tail=30",
        service,
    ] in machine.calls
    assert "./docker-stop-full.sh stops everything" in ended.stderr
    assert not any("run_pipeline" in act for act in machine.acts())
    assert machine.engine_holds("containers")


def test_waiting_shows_progress_and_ends(machine: Machine) -> None:
    slow = ["created 0 none 0 false", "running 0 starting 0 false"]
    machine.scenario(**{"states-streamlit": "\n".join(slow)})
    machine.settings["CARPRICE_START_LIMIT"] = "2"
    ended = machine.run(START)
    assert ended.returncode == 1
    assert re.search(r"^    0 s  5 of 6 ready, waiting for streamlit$", ended.stdout, re.M)
    assert "Not everything was ready after 2 s" in ended.stderr
    assert "streamlit: starting" in ended.stderr


def test_on_a_terminal_progress_is_one_line_with_colours(machine: Machine) -> None:
    slow = ["running 0 starting 0 false"] * 3 + ["running 0 healthy 0 false"]
    machine.scenario(**{"states-streamlit": "\n".join(slow)})
    code, screen = machine.run_on_terminal(START)
    assert code == 0
    assert len(re.findall(r"\r\033\[K +\d+ s  5 of 6 ready, waiting for streamlit", screen)) >= 2
    assert "\033[1mStarting the services\033[0m" in screen


@pytest.mark.parametrize(
    ("failing", "said"),
    [
        ("build", "The images could not be built"),
        ("roles.sh", "Postgres did not take the passwords"),
        ("up --detach postgres", "The databases did not start"),
    ],
)
def test_a_failing_command_ends_the_start(machine: Machine, failing: str, said: str) -> None:
    machine.scenario(fails_at=failing)
    ended = machine.run(START)
    assert ended.returncode == 1
    assert said in ended.stderr
    assert not any("run_pipeline" in act for act in machine.acts())


def test_a_database_that_falls_is_told_with_its_last_lines(machine: Machine) -> None:
    fallen = ["restarting 1 starting 5 false"]
    machine.scenario(fails_at="SELECT 1", **{"states-postgres": "\n".join(fallen)})
    ended = machine.run(START)
    assert ended.returncode == 1
    assert "postgres: restarting with code 1, restarted 5 times" in ended.stderr
    assert "last words of postgres" in ended.stderr


def test_what_compose_says_is_shown_when_it_fails(machine: Machine) -> None:
    waiting = ["created 0 none 0 false"]
    machine.scenario(**{"states-mlflow": "\n".join(waiting)})
    (machine.tools / "docker").write_text(
        '#!/bin/sh\ncase "$*" in *"up --detach") echo port is already allocated; exit 1 ;; esac\n'
        f'exec "{FAKE}" "$@"\n'
    )
    ended = machine.run(START)
    assert ended.returncode == 1
    assert "port is already allocated" in ended.stderr


@pytest.mark.parametrize(
    ("pipeline", "code", "said"),
    [(0, 0, "All is up."), (1, 1, "first run of the pipeline failed"), (3, 3, "the gate refused")],
)
def test_the_first_run_decides_how_the_start_ends(
    machine: Machine, pipeline: int, code: int, said: str
) -> None:
    machine.scenario(pipeline=str(pipeline))
    ended = machine.run(START)
    assert ended.returncode == code
    assert said in ended.stdout + ended.stderr
    assert "http://localhost:" in ended.stdout
    assert ("airflow/logs" in ended.stderr) == (code == 1)


@pytest.mark.parametrize("moment", ["build", "up --detach", "run_pipeline.py"])
def test_an_interruption_leaves_nothing_of_the_script_behind(machine: Machine, moment: str) -> None:
    machine.scenario(hangs_at=moment)
    with subprocess.Popen(
        [machine.project / START], cwd=machine.project, env=machine.environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as process:  # fmt: skip
        deadline = time.monotonic() + 20
        while not any(act.endswith(moment) or moment in act for act in machine.acts()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        _, told = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Interrupted. What runs goes on" in told
    assert not list(machine.engine.glob("carprice.*"))
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


# -- stop -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("has_env", [True, False])
def test_stop_takes_containers_away_and_says_what_stays(machine: Machine, has_env: bool) -> None:
    machine.run(START)
    if not has_env:
        (machine.project / ".env").unlink()
    before = everything_in(machine.project)
    ended = machine.run(STOP)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert machine.acts()[-1] == "down --remove-orphans"
    assert "Kept: the databases" in ended.stdout
    assert machine.engine_holds("containers") == []
    assert everything_in(machine.project) == before
    again = machine.run(STOP)
    assert again.returncode == 0
    assert "Nothing of this stack is running." in again.stdout


def test_stop_and_reset_say_when_there_is_no_engine(machine: Machine) -> None:
    machine.scenario(info="", info_error="Cannot connect")
    for script in (STOP, RESET):
        ended = machine.run(script)
        assert ended.returncode == 1
        assert "engine is not running" in ended.stderr


# -- reset ----------------------------------------------------------------------------------------

KEPT = ["data/raw/avito.csv", "data/raw/.hidden", "data/.note"]
OF_AIRFLOW = ["airflow/logs/dag/run.log", "airflow/logs/.partial"]
OF_MODELS = ["mlflow/mlruns/1/run/model.skops", "models/v1/model.skops", "data/processed/a.parquet"]
HOLDERS = ["airflow/logs/.gitkeep", "models/.gitkeep", "data/processed/.gitkeep"]


@pytest.fixture
def used(machine: Machine) -> Machine:
    """A machine whose stack has run and has something to lose."""
    fill(machine.project, *KEPT, *OF_AIRFLOW, *OF_MODELS, *HOLDERS, "mlflow/mlflow.db")
    machine.write_env()
    (machine.engine / "containers").write_text("postgres\nredis\nmlflow\nairflow-webserver")
    (machine.engine / "volumes").write_text("carprice_redis-data")
    (machine.engine / "databases").write_text("airflow\nmlflow")
    return machine


def lost(machine: Machine, before: dict[str, bytes]) -> set[str]:
    now = everything_in(machine.project)
    assert all(now[name] == before[name] for name in now.keys() & before.keys())
    return before.keys() - now.keys()


def dropped(machine: Machine) -> list[str]:
    return [act.split()[-3] for act in machine.acts() if "DROP DATABASE" in act]


@pytest.mark.parametrize("all_of_it", [False, True])
def test_reset_deletes_what_it_lists_and_starts_again(used: Machine, all_of_it: bool) -> None:
    before = everything_in(used.project)
    ended = used.run(RESET, "--yes", *["--all"] * all_of_it)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    doomed = [*OF_AIRFLOW, *(OF_MODELS if all_of_it else []), *["mlflow/mlflow.db"] * all_of_it]
    assert lost(used, before) == set(doomed)
    assert dropped(used) == (["airflow", "mlflow"] if all_of_it else ["airflow"])
    acts = used.acts()
    stopped = "airflow-init airflow-webserver" + " streamlit" * all_of_it
    removal = f"rm --stop --force redis {'mlflow ' * all_of_it}{stopped}"
    assert acts.index(removal) < next(i for i, act in enumerate(acts) if "DROP" in act)
    assert ["volume", "rm", "carprice_redis-data"] in used.calls
    assert acts[-1].endswith("run_pipeline.py --only-if-no-production")
    goes, stays = ended.stdout.split("This stays:")
    assert "Airflow's database" in goes
    assert "airflow/logs" in goes
    assert ("mlflow/mlruns" in goes) == ("models (exported" in goes) == all_of_it
    assert "  - data/raw\n  - .env" in stays


@pytest.mark.parametrize("words", [(), ("--all",)])
def test_reset_without_a_terminal_needs_yes_said(used: Machine, words: tuple[str, ...]) -> None:
    before = everything_in(used.project)
    ended = used.run(RESET, *words)
    assert ended.returncode == 1
    assert "Nothing was deleted: there is no terminal to ask on. Say --yes" in ended.stderr
    assert lost(used, before) == set()
    assert used.acts() == []


@pytest.mark.parametrize("typed", ["no", "y", ""])
def test_reset_on_a_terminal_takes_nothing_but_yes(used: Machine, typed: str) -> None:
    before = everything_in(used.project)
    code, screen = used.run_on_terminal(RESET, typed=typed + "\n")
    assert code == 1
    assert "Type yes to delete:" in screen
    assert "Nothing was deleted." in screen
    assert lost(used, before) == set()
    assert used.acts() == []


def test_reset_on_a_terminal_goes_on_after_yes(used: Machine) -> None:
    before = everything_in(used.project)
    code, screen = used.run_on_terminal(RESET, typed="yes\n")
    assert code == 0, screen
    assert lost(used, before) == set(OF_AIRFLOW)


@pytest.mark.parametrize(
    "moment",
    [
        "rm --stop",
        "volume rm",
        "up --detach postgres",
        "EXISTS airflow",
        "EXISTS mlflow",
        "roles.sh",
    ],
)
def test_an_interrupted_reset_is_finished_by_running_it_again(used: Machine, moment: str) -> None:
    before = everything_in(used.project)
    used.scenario(dies_at=moment)
    assert used.run(RESET, "--all", "--yes").returncode == -signal.SIGKILL
    used.scenario()
    again = used.run(RESET, "--all", "--yes")
    assert again.returncode == 0, again.stderr
    assert lost(used, before) == {*OF_AIRFLOW, *OF_MODELS, "mlflow/mlflow.db"}
    assert used.engine_holds("databases") == ["airflow", "mlflow", "made", "anew"]


def test_a_database_is_never_gone_after_its_files_are(used: Machine) -> None:
    before = everything_in(used.project)
    used.scenario(fails_at="EXISTS mlflow")
    ended = used.run(RESET, "--all", "--yes")
    assert ended.returncode == 1
    assert "The database mlflow could not be deleted; no file was." in ended.stderr
    assert lost(used, before) == set()


def test_a_linked_folder_is_emptied_and_what_links_in_it_lead_to_stays(
    used: Machine, tmp_path: Path
) -> None:
    outside, precious = tmp_path / "big disk", tmp_path / "precious"
    fill(outside, "old.log")
    fill(precious, "kept")
    (outside / "link").symlink_to(precious)
    shutil.rmtree(used.project / "airflow" / "logs")
    (used.project / "airflow" / "logs").symlink_to(outside)
    assert used.run(RESET, "--yes").returncode == 0
    assert list(outside.iterdir()) == []
    assert (precious / "kept").exists()


# -- the files themselves -------------------------------------------------------------------------


def find_scripts() -> list[Path]:
    found = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(folder) / name for name in files if name.endswith(".sh")]
    return [ROOT / ".ci" / "run", *sorted(found)]


def test_shellcheck_has_nothing_to_say() -> None:
    # SC1091: that a sourced file is not followed is no news; it is checked by itself.
    scripts = [str(path.relative_to(ROOT)) for path in find_scripts()]
    assert len(scripts) > 10
    checker = Path(sys.executable).parent / "shellcheck"
    ended = subprocess.run(
        [checker, "--exclude=SC1091", *scripts],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout + ended.stderr == ""


@pytest.mark.parametrize("script", [START, STOP, RESET])
def test_scripts_at_the_root_are_short_and_executable(script: str) -> None:
    assert len((ROOT / script).read_text().splitlines()) <= 80
    assert os.access(ROOT / script, os.X_OK)


def test_env_example_and_the_compose_file_agree() -> None:
    compose = (ROOT / "docker-compose-full.yml").read_text(encoding="utf-8")
    used = set(re.findall(r"(?<!\$)\$\{([A-Z_][A-Z0-9_]*)", compose))
    offered = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M))
    of_others = {"COMPOSE_FILE", "COMPOSE_PROJECT_NAME", "PRODUCTION"}
    assert used - offered == set()
    assert offered - used == of_others


def test_each_variable_has_its_sentence() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    for before, line in zip(["", *lines], lines, strict=False):
        if "=" in line and not line.startswith("#"):
            assert re.fullmatch(r"# [A-Z0-9].*[.]", before) or before.startswith("# true:"), line
