"""What a start makes of the secrets in .env: files that Compose mounts."""

import re
import subprocess

import pytest
from machine import ROOT, SECRETS, START, Machine, read_secrets

FOLDER = ".secrets/made-by-docker-start-full.sh"
AS_COMPOSE_READS = {
    "p$$g": "p$g", "'a $b'": "a $b", '"a\\$b\\"c\\\\d"': 'a$b"c\\d', "it's@/:#%é": "it's@/:#%é",
    "${OTHER}": "eve", "smtp://u:${OTHER}@h:25": "smtp://u:eve@h:25", '"$OTHER $$" # x': "eve $",
    "$(echo 1) $1": "$(echo 1) $1", "$MISSING": "",
}  # fmt: skip


def test_a_start_writes_each_secret_into_a_file_of_its_own(machine: Machine) -> None:
    assert machine.run(START).returncode == 0
    written, values = read_secrets(machine), machine.read_env()
    assert written == {name.lower(): values[name.upper()].encode() for name in written}
    assert {name.lower() for name in SECRETS} < set(written)
    assert (machine.project / ".secrets").stat().st_mode & 0o777 == 0o700
    files = (machine.project / FOLDER).iterdir()
    assert {each.stat().st_mode & 0o777 for each in files} == {0o444}, "Postgres's user reads them"


def test_what_changed_in_env_changes_there_and_nothing_else(machine: Machine) -> None:
    machine.run(START)
    kept = machine.project / FOLDER / "airflow_fernet_key"
    inode = kept.stat().st_ino
    env = machine.project / ".env"
    env.write_text(re.sub("(?<=\nREDIS_PASSWORD=).*", "its own", env.read_text()))
    (machine.project / FOLDER / "mlflow_db_password").unlink()
    assert machine.run(START).returncode == 0
    written = read_secrets(machine)
    assert written["redis_password"] == b"its own"
    assert written["mlflow_db_password"]
    assert kept.stat().st_ino == inode, "a container would go on with the file that it was given"


@pytest.mark.parametrize(("written", "read"), AS_COMPOSE_READS.items())
def test_a_secret_is_what_compose_would_read(machine: Machine, written: str, read: str) -> None:
    machine.write_env(CARPRICE_SMTP_URL=written)
    with (machine.project / ".env").open("a") as env:
        env.write("OTHER=eve\n")
    assert machine.ask("write_secrets").returncode == 0
    assert read_secrets(machine)["carprice_smtp_url"].decode() == read


def test_a_folder_that_cannot_be_written_is_told(machine: Machine) -> None:
    machine.write_env()
    (machine.project / ".secrets").write_text("no folder")
    ended = machine.ask("write_secrets")
    assert ended.returncode == 1
    assert ".secrets cannot be written by you. Run: sudo chown -R 1234 .secrets" in ended.stderr


def test_git_and_images_leave_the_secrets_alone() -> None:
    asked = ["git", "check-ignore", "--quiet", f"{FOLDER}/redis_password"]
    assert subprocess.run(asked, cwd=ROOT, check=False).returncode == 0
    assert (ROOT / ".dockerignore").read_text().splitlines()[1] == "*"


def test_passwords_reach_postgres_without_standing_on_a_command_line(machine: Machine) -> None:
    machine.fake("psql", f'echo "$@" >"{machine.engine}/words"; cat >"{machine.engine}/asked"')
    roles = {"CURRENT_USER": "postgres", "airflow": "airflow_db", "mlflow": "mlflow_db"}
    machine.settings["POSTGRES_USER"] = "postgres"
    script = ROOT / "deploy" / "postgres" / "roles.sh"
    ended = machine.run("", str(script), path=str(machine.tools / "bash"))
    assert ended.returncode == 0, ended.stderr
    assert "assword" not in (machine.engine / "words").read_text()
    asked = (machine.engine / "asked").read_text()
    read = dict(re.findall(r"^\\set (\w+) `cat /run/secrets/(\w+)_password`$", asked, re.M))
    for role, name in roles.items():
        (variable,) = (each for each, file in read.items() if file == name)
        assert f"ALTER ROLE {role} PASSWORD :'{variable}';" in asked
