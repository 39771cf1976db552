"""What the modules of the backup share: places, running a program, word of what went wrong."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

WORK = Path("/work")
"""The service's own volume: dumps on their way, restic's cache, the throw-away stack of a drill."""
STACK = Path("/stack")
"""What is saved of the folder of the stack, each part mounted for itself."""
PROJECT = Path("/project")
"""That folder as a whole: .env, which each change replaces, and the marker of a restore."""
SECRETS = Path("/run/secrets")
LAST_WORDS = 3
LATE = 124
"""How a program ends that took too long."""


class BackupError(Exception):
    """What went wrong, in one message for people."""


def run(
    *command: str | Path,
    env: Mapping[str, str] | None = None,
    codes: tuple[int, ...] = (0,),
    seconds: float | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, or for some seconds; its standard output is returned.

    Raises BackupError with its last words where it ends with none of the codes.
    """
    environment = {**os.environ, **(env or {})}
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=seconds
        )
    except subprocess.TimeoutExpired as late:
        said = (late.stderr or b"").decode(errors="replace")
        done = subprocess.CompletedProcess(command, LATE, "", said)
    if done.returncode not in codes:
        raise BackupError(tell_end(str(command[0]), done.returncode, done.stderr))
    return done


def tell_end(program: str, code: int, said: str) -> str:
    last = " / ".join(said.strip().splitlines()[-LAST_WORDS:])
    return f"{program} ended with {code}: {last or 'no word'}"


def say(text: str) -> None:
    sys.stdout.write(f"{time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime())}  {text}\n")
    sys.stdout.flush()


def make_empty(folder: Path) -> Path:
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700, parents=True)
    return folder


def read_secret(name: str) -> str:
    return (SECRETS / name).read_text(encoding="utf-8")


def end(number: int, _frame: object) -> None:
    """A signal ends the program as a mistake would: what is half made is taken away."""
    sys.exit(128 + number)
