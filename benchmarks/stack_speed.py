"""How fast the stack starts, runs its pipeline and what it takes, beside the same one untuned.

make stack-bench, on a machine that does nothing else. Prints a table; the ratios of one run count,
its seconds are those of one machine. Ends with 1 when the tuned stack misses a target.
"""

import os
import re
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from conftest import copy_project, free_ports
from stack import STEPS, Stack
from targets import tell_missed

PORTS = ("AIRFLOW_PORT", "MLFLOW_PORT", "STREAMLIT_PORT", "API_PORT", "POSTGRES_PORT")
BUILT_TO_HEALTHY = "images built to all healthy, first start (s)"
RUN = "pipeline, trigger to success (s)"
WAITING = "  of which waiting between tasks (s)"
MEMORY = "memory of the whole stack at rest (MiB)"
STOP = "stop, all data stays (s)"
AGAIN = "start of an initialised stack to all healthy (s)"
TARGETS = {BUILT_TO_HEALTHY: 60, RUN: 60, WAITING: 10, MEMORY: 3072, STOP: 10, AGAIN: 45}
REST_SECONDS = 30


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        tuned = measure(clone(Path(folder) / "tuned", "docker-compose-full.yml"))
        untuned = measure(
            clone(Path(folder) / "untuned", "docker-compose-full.yml:benchmarks/untuned.yml")
        )
    print_table(tuned, untuned)
    return tell_missed(tuned, TARGETS)


def print_table(tuned: dict[str, float], untuned: dict[str, float]) -> None:
    print("\n| | tuned | untuned | tuned / untuned | target |\n|---|---|---|---|---|")
    for name, target in TARGETS.items():
        ratio = tuned[name] / untuned[name]
        print(f"| {name} | {tuned[name]:.1f} | {untuned[name]:.1f} | {ratio:.2f} | < {target} |")
    print("\nSeconds a task took, tuned and untuned:")
    for step in STEPS:
        print(f"  {step:24} {tuned[step]:6.1f} {untuned[step]:6.1f}")


def clone(folder: Path, files: str) -> Stack:
    folder.mkdir()
    copy_project(folder)
    ports = zip(PORTS, free_ports(len(PORTS)), strict=True)
    name = f"carprice-bench-{os.getpid()}-{folder.name}"
    return Stack(folder, {"COMPOSE_PROJECT_NAME": name, "COMPOSE_FILE": files, **dict(ports)})


def lay_out(stack: Stack) -> None:
    """.env, secrets and folders as a start makes them, for drills that run a part of the stack."""
    made = "ensure_environment; write_secrets; prepare_folders"
    stack.run("bash", "-c", f"set -eu; . scripts/stack/all.sh; choose_stack; {made}")


def measure(stack: Stack) -> dict[str, float]:
    """Everything once: first start, rest, the pipeline twice (the first one is cold), restart."""
    try:
        # The script makes .env and the folders and builds; only what Compose starts is measured.
        say(f"{stack.folder.name}: first start")
        stack.run("./docker-start-full.sh", timeout=1800)
        stack.compose("down", "--volumes")
        found = {BUILT_TO_HEALTHY: time_start(stack)}
        time.sleep(REST_SECONDS)
        found[MEMORY] = measure_memory(stack)
        say(f"{stack.folder.name}: pipeline")
        found |= measure_run(stack)
        say(f"{stack.folder.name}: start again")
        found[STOP] = time_of(lambda: stack.compose("down"))
        found[AGAIN] = time_start(stack)
    finally:
        stack.compose("down", "--volumes")
    return found


def time_start(stack: Stack) -> float:
    return time_of(lambda: (stack.compose("up", "--detach"), stack.wait_until_healthy(900)))


def measure_run(stack: Stack) -> dict[str, float]:
    run = stack.airflow.trigger()
    state = stack.airflow.wait_for_end(run, 900)
    if state != "success":
        sys.exit(f"the run of the pipeline ended with {state}: no figure is worth anything")
    ended, tasks = stack.airflow.run(run), stack.airflow.tasks(run)
    whole = seconds_between(ended["queued_at"], ended["end_date"])
    durations = {step: float(tasks[step]["duration"]) for step in STEPS}
    return {RUN: whole, WAITING: whole - sum(durations.values()), **durations}


def measure_memory(stack: Stack) -> float:
    """MiB of all containers together, as `docker stats` counts: without the page cache."""
    names = stack.compose("ps", "--quiet").split()
    printed = stack.run("docker", "stats", "--no-stream", "--format", "{{.MemUsage}}", *names)
    units = {"KiB": 1 / 1024, "MiB": 1.0, "GiB": 1024.0}
    return sum(float(n) * units[unit] for n, unit in re.findall(r"([\d.]+)(\w+) /", printed))


def seconds_between(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def time_of(action: Callable[[], object]) -> float:
    began = time.monotonic()
    action()
    return time.monotonic() - began


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
