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
WATCHING_MEMORY = "memory that monitoring takes beside it (MiB)"
WATCHING_PROCESSOR = "processors that monitoring takes at rest"
WATCHED_PROCESSOR = "processors of all else, watched beside not watched"
WATCHED = {WATCHING_MEMORY: 400, WATCHING_PROCESSOR: 0.1, WATCHED_PROCESSOR: 1.5}
TARGETS = {BUILT_TO_HEALTHY: 60, RUN: 60, WAITING: 10, MEMORY: 3072, STOP: 10, AGAIN: 45}
REST_SECONDS = 30
SAMPLES = 15
UNITS = {"KiB": 1 / 1024, "MiB": 1.0, "GiB": 1024.0}


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        stack = clone(Path(folder) / "tuned", "docker-compose-full.yml")
        tuned = measure(stack, measure_watching)
        untuned = measure(
            clone(Path(folder) / "untuned", "docker-compose-full.yml:benchmarks/untuned.yml")
        )
    print_table(tuned, untuned)
    return tell_missed(tuned, TARGETS | WATCHED)


def print_table(tuned: dict[str, float], untuned: dict[str, float]) -> None:
    print("\n| | tuned | untuned | tuned / untuned | target |\n|---|---|---|---|---|")
    for name, target in TARGETS.items():
        ratio = tuned[name] / untuned[name]
        print(f"| {name} | {tuned[name]:.1f} | {untuned[name]:.1f} | {ratio:.2f} | < {target} |")
    print("\n| | found | target |\n|---|---|---|")
    for name, target in WATCHED.items():
        print(f"| {name} | {tuned[name]:.2f} | < {target} |")
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


def measure(
    stack: Stack, finish: Callable[[Stack], dict[str, float]] = lambda _: {}
) -> dict[str, float]:
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
        found |= finish(stack)
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
    return sum(memory for _, memory in read_stats(stack).values())


def measure_watching(stack: Stack) -> dict[str, float]:
    """What monitoring takes, and what it costs all else, at rest before and after it is on.

    Grafana is none of it where only a stand-in could be had.
    """
    say(f"{stack.folder.name}: watched")
    before = measure_rest(stack)
    watched = Stack(stack.folder, {**stack.variables, "CARPRICE_MONITORING": "true"})
    try:
        watched.compose("up", "--detach")
        watched.wait_until_healthy(900)
        after = measure_rest(watched)
    finally:
        watched.compose("down")
    new = after.keys() - before.keys()
    used = {
        name: sum(after[each][0] for each in names)
        for name, names in (("new", new), ("old", before))
    }
    return {
        WATCHING_MEMORY: sum(after[each][1] for each in new),
        WATCHING_PROCESSOR: used["new"],
        WATCHED_PROCESSOR: used["old"] / sum(processor for processor, _ in before.values()),
    }


def measure_rest(stack: Stack) -> dict[str, tuple[float, float]]:
    """Mean processors and MiB of each container of a stack that rests."""
    time.sleep(2 * REST_SECONDS)
    samples = [read_stats(stack) for _ in range(SAMPLES)]
    return {
        name: tuple(sum(each[name][at] for each in samples) / SAMPLES for at in (0, 1))
        for name in samples[0]
    }


def read_stats(stack: Stack) -> dict[str, tuple[float, float]]:
    """Processors and MiB of each container now."""
    names = stack.compose("ps", "--quiet").split()
    columns = "{{.Name}} {{.CPUPerc}} {{.MemUsage}}"
    printed = stack.run("docker", "stats", "--no-stream", "--format", columns, *names)
    found = re.findall(r"^(\S+) ([\d.]+)% ([\d.]+)(\w+) /", printed, re.M)
    return {
        name: (float(processor) / 100, float(memory) * UNITS[unit])
        for name, processor, memory, unit in found
    }


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
