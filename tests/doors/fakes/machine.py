"""A machine without an engine, on which the stack's scripts run as a person runs them.

They stand in a copy of the project's files, with a PATH that holds only a fake `docker` and the
tools that the scripts may use.
"""

import os
import pty
import re
import select
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[3]
FAKE = Path(__file__).parent / "docker.sh"
START, STOP, RESET = "docker-start-full.sh", "docker-stop-full.sh", "docker-reset-full.sh"
ROTATE, UPGRADE = "docker-rotate-full.sh", "docker-upgrade-full.sh"
VOLUME = "carprice_postgres-db-volume"
BACKUP, RESTORE = "docker-backup-full.sh", "docker-restore-full.sh"
USERS = "docker-users-full.sh"
FIRE_DRILL = "scripts/fire-drill.sh"
TOOLS = [
    "awk", "base64", "bash", "cat", "chmod", "chown", "cp", "cut", "date", "df", "dirname", "du",
    "env", "find", "git", "grep", "head", "mkdir", "mktemp", "mv", "printenv", "rm", "sed", "sleep",
    "sort", "tail", "tput", "tr", "uniq", "wc",
]  # fmt: skip
PORTS = ["AIRFLOW_PORT", "MLFLOW_PORT", "STREAMLIT_PORT", "API_PORT", "POSTGRES_PORT"]
USER = "1234"
SECRETS = re.findall(r"^(\w+)=<generated>", (ROOT / ".env.example").read_text(), re.M)


class Machine:
    """A folder with the project's files, a PATH, an engine that is not there."""

    def __init__(self, folder: Path) -> None:
        # With a space, as folders of people have.
        self.project, self.tools = folder / "my project", folder / "tools"
        self.engine, self.settings = folder / "engine", dict[str, str]()
        for made in (self.project / "scripts", self.tools, self.engine, folder / "home"):
            made.mkdir(parents=True)
        scripts = (START, STOP, RESET, ROTATE, BACKUP, RESTORE, UPGRADE, USERS)
        for script in (*scripts, ".env.example", "docker-compose-full.yml"):
            shutil.copy(ROOT / script, self.project)
        shutil.copy(ROOT / FIRE_DRILL, self.project / "scripts")
        shutil.copytree(ROOT / "scripts" / "stack", self.project / "scripts" / "stack")
        for tool in TOOLS:
            (self.tools / tool).symlink_to(shutil.which(tool) or "/missing")
        shutil.copy(FAKE, self.tools / "docker")
        self.fake("id", f"echo {USER}")
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
        self,
        script: str,
        *words: str,
        folder: Path | None = None,
        path: str | None = None,
        typed: str = "",
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [path or str(self.project / script), *words],
            cwd=folder or self.project, env=self.environment, input=typed,
            capture_output=True, text=True, timeout=60, check=False, start_new_session=True,
        )  # fmt: skip

    def ask(self, *commands: str) -> subprocess.CompletedProcess[str]:
        """What functions of the scripts say and print, without the rest of a start."""
        program = "set -euo pipefail; . scripts/stack/all.sh; choose_stack; " + "\n".join(commands)
        return self.run("", "-c", program, path=str(self.tools / "bash"))

    def stack_of(self, folder: Path | str) -> None:
        """Let the engine hold containers that were made from a folder."""
        fill(self.engine, "containers")
        (self.engine / "folder-carprice").write_text(str(folder))

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
        made = {name: f"{at:x}" + 4 * "0123456789abcdef" for at, name in enumerate(SECRETS)}
        whole = {**made, "AIRFLOW_UID": USER, **values}
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


def fill(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"content of {name}")


def everything_in(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def read_secrets(machine: Machine) -> dict[str, bytes]:
    """What Compose would mount, by name."""
    folder = machine.project / ".secrets" / "made-by-docker-start-full.sh"
    return {each.name: each.read_bytes() for each in folder.iterdir()}
