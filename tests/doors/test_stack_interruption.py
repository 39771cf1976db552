"""Scripts that are interrupted leave nothing of themselves behind, and say what to do."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from machine import START, Machine


def start_that_hangs(machine: Machine, moment: str, act: Callable[[int], None]) -> tuple[int, str]:
    """Exit code and messages of a start that meets `act` at a moment, and leaves nothing behind."""
    with subprocess.Popen(
        [machine.project / START], cwd=machine.project, env=machine.environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as process:  # fmt: skip
        deadline = time.monotonic() + 60
        while not any(act.endswith(moment) for act in machine.acts()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        act(process.pid)
        _, told = process.communicate(timeout=60)
    assert not list(machine.engine.glob("carprice.*"))
    ensure_gone(process.pid)
    return process.returncode, told


def ensure_gone(group: int) -> None:
    """What was interrupted with the script may be a moment later than it."""
    deadline = time.monotonic() + 10
    with suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.killpg(group, 0)
            time.sleep(0.05)
        raise AssertionError(f"the process group {group} goes on")


@pytest.mark.parametrize("moment", [
    "build", "up --detach postgres redis", "up --detach", "run_pipeline.py --only-if-no-production",
])  # fmt: skip
def test_an_interruption_leaves_nothing_of_the_script_behind(machine: Machine, moment: str) -> None:
    machine.scenario(hangs_at=moment)
    code, told = start_that_hangs(machine, moment, lambda pid: os.killpg(pid, signal.SIGINT))
    assert code == 130, told
    assert "Interrupted. What runs goes on" in told


def test_who_ends_the_script_alone_ends_what_it_started(machine: Machine) -> None:
    machine.scenario(hangs_at="up --detach")
    code, told = start_that_hangs(machine, "up --detach", lambda pid: os.kill(pid, signal.SIGTERM))
    assert code == 130, told
    assert "Interrupted. What runs goes on" in told


def test_a_failed_start_starts_nothing_any_more(machine: Machine) -> None:
    unwell = ["running 0 unhealthy 0 false"]
    machine.scenario(hangs_at="up --detach", **{"states-redis": "\n".join(unwell)})
    code, told = start_that_hangs(machine, "up --detach", lambda _: None)
    assert code == 1
    assert "redis: unhealthy" in told
