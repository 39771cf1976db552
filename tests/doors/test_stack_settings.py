"""What the scripts of the stack do with .env: made once, completed, read, refused."""

import base64
import os
import re
import shutil

import pytest
from machine import PORTS, RESET, ROOT, SECRETS, START, STOP, VOLUME, Machine, read_secrets

SIGNING_KEYS = ("AIRFLOW_JWT_SECRET", "AIRFLOW_SECRET_KEY")
STRONG = {"AIRFLOW_ADMIN_PASSWORD": "'a$ b is long'", "AIRFLOW_DB_PASSWORD": "long and strong"}


def test_the_first_start_writes_secrets_of_its_own(machine: Machine) -> None:
    ended = machine.run(START)
    path, values = machine.project / ".env", machine.read_env()
    assert path.stat().st_mode & 0o777 == 0o600
    assert len({values[name] for name in SECRETS}) == len(SECRETS) >= 5
    for name in SECRETS:
        length = 48 if name in SIGNING_KEYS else 32
        assert re.fullmatch(r"[A-Za-z0-9_-]{64}|[A-Za-z0-9_-]{43}=", values[name])
        assert len(base64.urlsafe_b64decode(values[name])) == length
    assert "Shorter" not in ended.stderr
    assert values["AIRFLOW_UID"] == "1234"
    template = (machine.project / ".env.example").read_text()
    assert list(values) == re.findall(r"^(\w+)=", template, re.M)
    assert "<generated>" not in re.sub("^#.*", "", path.read_text(), flags=re.M)
    told = ended.stdout + ended.stderr + str(machine.calls)
    assert not [name for name in SECRETS if values[name] in told]
    assert [each.name for each in machine.project.glob(".env*")].sort() is None
    assert {each.name for each in machine.project.glob(".env*")} == {".env", ".env.example"}


@pytest.mark.parametrize("has_env", [False, True])
def test_where_no_secret_can_be_made_env_stays_as_it_was(machine: Machine, has_env: bool) -> None:
    env = machine.project / ".env"
    if has_env:
        machine.write_env()
        env.write_text(env.read_text().replace("AIRFLOW_JWT_SECRET=", "# AIRFLOW_JWT_SECRET="))
    before = env.read_bytes() if has_env else None
    (machine.tools / "base64").unlink()
    ended = machine.run(START)
    assert ended.returncode == 1
    assert "No secret could be made" in ended.stderr
    assert (env.read_bytes() if env.exists() else None) == before
    assert not list(machine.project.glob(".env.??????"))
    assert not machine.acts()


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
    assert machine.ask("ensure_environment", "prepare_folders").returncode == 0
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


def test_a_short_signing_key_starts_and_is_told_with_the_remedy(machine: Machine) -> None:
    short, key = 11 * "abc=", "AIRFLOW_JWT_SECRET"
    written = machine.write_env(**{key: short})
    ended = machine.run(START)
    assert ended.returncode == 0
    assert f"Shorter than the 64 characters that Airflow wants: {key}; while" in ended.stderr
    assert short not in ended.stdout + ended.stderr
    assert (machine.project / ".env").read_text() == written
    (machine.project / ".env").write_text(written.replace(f"{key}={short}\n", ""))
    assert "Shorter" not in machine.run(START).stderr
    assert len(machine.read_env()[key]) == 64


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


def test_an_owner_that_nobody_chose_is_set_right(machine: Machine) -> None:
    for untouched in ("50000", ""):
        machine.write_env(AIRFLOW_UID=untouched)
        ended = machine.ask("ensure_environment", "check_environment false")
        assert ended.returncode == 0, ended.stderr
        assert "Wrote AIRFLOW_UID=1234 into .env." in ended.stdout
        assert machine.read_env()["AIRFLOW_UID"] == "1234"


@pytest.mark.parametrize("where", [".env", "environment"])
def test_an_owner_that_could_not_write_is_refused_with_the_remedy(
    machine: Machine, where: str
) -> None:
    machine.write_env(**{"AIRFLOW_UID": "1000"} if where == ".env" else {})
    machine.settings |= {"AIRFLOW_UID": "1000"} if where == "environment" else {}
    before = (machine.project / ".env").read_bytes()
    ended = machine.run(START)
    assert ended.returncode == 1
    assert "  - AIRFLOW_UID=1000 is not you, so that containers could not write" in ended.stderr
    assert "set it to 1234 in .env." in ended.stderr
    assert (machine.project / ".env").read_bytes() == before
    assert machine.acts() == []


@pytest.mark.parametrize(
    ("user", "system", "owner"),
    [
        ("501", "Darwin", "50000"), ("197609", "MINGW64_NT-10.0-22631", "1000"),
        ("0", "Linux", "1000"), ("1234", "Linux", "0"),
    ],
)  # fmt: skip
def test_an_owner_stays_where_it_is_mapped_or_given_the_folders(
    machine: Machine, user: str, system: str, owner: str
) -> None:
    machine.fake("id", f"echo {user}")
    machine.fake("uname", f"echo {system}")
    (machine.tools / "chown").unlink()
    machine.fake("chown", "")
    machine.write_env(AIRFLOW_UID=owner)
    ended = machine.ask("ensure_environment", "check_environment false")
    assert ended.returncode == 0, ended.stderr
    assert machine.read_env()["AIRFLOW_UID"] == owner


def test_the_environment_wins_over_env(machine: Machine) -> None:
    machine.write_env(AIRFLOW_ADMIN_USER="eve")
    machine.settings |= {"AIRFLOW_ADMIN_USER": "adam", "AIRFLOW_ADMIN_PASSWORD": "its own"}
    ended = machine.run(START)
    assert "login: adam, password as in .env" in ended.stdout
    assert "its own" not in ended.stdout + ended.stderr + str(machine.calls)


CARRIED = {
    "S3cr$et1": "'S3cr$et1'", "p$$g$1": "'p$$g$1'", '"a $b"': "'a $b'", "'a$b'": "'a$b'",
    '"a\\$b"': '"a\\$b"', "${OTHER}": "${OTHER}", "it's@/:#%": "it's@/:#%", "&/%$": "'&/%$'",
}  # fmt: skip
"""Passwords as typed, and as they stand in .env once a start has seen to it that they stay so."""


def test_a_dollar_in_a_password_stays_one(machine: Machine) -> None:
    machine.write_env(REDIS_PASSWORD="@value@")  # noqa: S106
    written = (machine.project / ".env").read_text()
    for at, value in enumerate(CARRIED):
        (machine.project / f"{at}.env").write_text(written.replace("@value@", value))
    each = f"{{0..{len(CARRIED) - 1}}}"
    start = "ensure_environment; grep ^REDIS_PASSWORD= .env"
    told = machine.ask(f"for at in {each}; do cp $at.env .env; {start}; {start}; done").stdout
    kept = re.findall(r"^REDIS_PASSWORD=(.*)$", told, re.M)
    assert kept == [value for value in CARRIED.values() for _ in range(2)]
    changed = [typed != value for typed, value in CARRIED.items()]
    assert told.count("Put REDIS_PASSWORD into single quotes in .env") == sum(changed)


@pytest.mark.parametrize("password", ["it's$x", "a$b\\"])
def test_a_password_that_compose_cannot_be_told_is_refused(machine: Machine, password: str) -> None:
    written = machine.write_env(MLFLOW_DB_PASSWORD=password)
    ended = machine.run(START)
    assert ended.returncode == 1
    assert "  - MLFLOW_DB_PASSWORD holds a $ and also a ' or" in ended.stderr
    assert "write it in .env as MLFLOW_DB_PASSWORD='…'" in ended.stderr
    assert password not in ended.stdout + ended.stderr
    assert (machine.project / ".env").read_text() == written
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


def test_an_empty_password_is_the_development_value(machine: Machine) -> None:
    machine.write_env(AIRFLOW_ADMIN_USER="", **dict.fromkeys(STRONG, '""'))
    (machine.engine / "volumes").write_text(VOLUME)
    refused, accepted = machine.run(START, "--production"), machine.run(START)
    assert refused.returncode == 1
    assert accepted.returncode == 0
    for name, value in (("AIRFLOW_ADMIN_PASSWORD", "admin"), ("AIRFLOW_DB_PASSWORD", "airflow")):
        told = f"  - {name} is the development value {value}: change it in .env."
        assert told in refused.stderr
        assert told in accepted.stderr
    assert "login: admin, password: admin" in accepted.stdout
    assert read_secrets(machine)["airflow_admin_password"] == b"admin"


@pytest.mark.parametrize("changed", STRONG)
def test_only_what_is_still_a_development_value_is_told(machine: Machine, changed: str) -> None:
    machine.write_env(**{changed: STRONG[changed]})
    told = machine.ask("check_environment false").stderr
    for name in STRONG:
        assert (f"  - {name} is the development value" in told) == (name != changed)


@pytest.mark.parametrize("word", ["yes", "1"])
def test_production_is_true_or_false_and_nothing_else(machine: Machine, word: str) -> None:
    machine.write_env(PRODUCTION=word, **STRONG)
    ended = machine.run(START)
    assert ended.returncode == 1
    told = f"  - PRODUCTION={word} is neither true nor false: set it to one of them in .env."
    assert told in ended.stderr
    assert machine.acts() == []


@pytest.mark.parametrize(("word", "code"), [("True", 1), ("FALSE", 0), ("", 0)])
def test_true_and_false_are_understood_in_capitals_too(
    machine: Machine, word: str, code: int
) -> None:
    machine.write_env(PRODUCTION=word)
    ended = machine.ask("check_environment false")
    assert ended.returncode == code, ended.stderr
    assert "AIRFLOW_DB_PASSWORD is the development value" in ended.stderr
    assert "neither true nor false" not in ended.stderr


def test_monitoring_is_on_or_off_and_its_page_is_told(machine: Machine) -> None:
    machine.write_env(CARPRICE_MONITORING="on")
    ended = machine.run(START)
    assert ended.returncode == 1
    assert "CARPRICE_MONITORING=on is neither true nor false" in ended.stderr
    machine.write_env(CARPRICE_MONITORING="true", GRAFANA_PORT="99999")
    assert "GRAFANA_PORT=99999 is no port" in machine.run(START).stderr
    machine.write_env(CARPRICE_MONITORING="true")
    ended = machine.run(START)
    assert ended.returncode == 0, ended.stderr
    assert "Grafana    http://localhost:3000   login: admin, password as in .env" in ended.stdout


@pytest.mark.parametrize("asked", ["flag", "environment", ".env"])
def test_production_refuses_development_values_and_names_each(machine: Machine, asked: str) -> None:
    machine.write_env(PRODUCTION="true" if asked == ".env" else "false", REDIS_PASSWORD="")
    machine.settings |= {"PRODUCTION": "true"} if asked == "environment" else {}
    (machine.engine / "volumes").write_text(VOLUME)
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
    (machine.engine / "volumes").write_text(VOLUME)
    text = (machine.project / ".env").read_text()
    (machine.project / ".env").write_text(text.replace(STRONG["AIRFLOW_ADMIN_PASSWORD"], "admin"))
    assert machine.run(START).returncode == 1


@pytest.mark.parametrize("asked", ["flag", ".env"])
def test_production_from_the_beginning_has_passwords_of_its_own(
    machine: Machine, asked: str
) -> None:
    if asked == ".env":
        machine.write_env(PRODUCTION="true", AIRFLOW_DB_PASSWORD="")
    ended = machine.run(START, *["--production"] * (asked == "flag"))
    assert ended.returncode == 0, ended.stderr
    values = machine.read_env()
    made = {values[name] for name in (*STRONG, "CARPRICE_SIGNING_KEY")}
    assert len(made) == len(STRONG) + 1
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}=", each) for each in made)
    assert not [each for each in made if each in ended.stdout + ended.stderr]
    assert values["PRODUCTION"] == "true"


WEAK = {
    "eleven chrs": "is shorter than 12 characters", "abababababababab": "repeats fewer than 5",
    "chef": "is the name of a user", "long and strong": "is the same as AIRFLOW_DB_PASSWORD",
    "airflow": "is the name of a user",
}  # fmt: skip


@pytest.mark.parametrize(("value", "told"), WEAK.items())
def test_production_refuses_what_can_be_guessed(machine: Machine, value: str, told: str) -> None:
    chosen = {"AIRFLOW_ADMIN_USER": "chef", "CARPRICE_SIGNING_KEY": "one that is signed with"}
    written = machine.write_env(**STRONG, **chosen, REDIS_PASSWORD=value)
    assert machine.ask("check_environment false").returncode == 0, "a development start may"
    ended = machine.run(START, "--production")
    assert ended.returncode == 1
    assert f"  - REDIS_PASSWORD {told}" in ended.stderr
    assert value not in ended.stderr.replace("'", "").split(), "it is not repeated"
    assert (machine.project / ".env").read_text() == written
    assert machine.acts() == []
