"""A file of a million different listings through the DAG, at the worker's default limit of memory.

make big-file-drill: some minutes on a machine that does nothing else. Prints what each task took
and the peak of the worker's memory; ends with 1 unless the run succeeds at its first attempts.
"""

import csv
import sys
import tempfile
from pathlib import Path

from stack import STEPS, Stack
from stack_speed import clone, say

from carprice.simulation.dirt import write_sample

ROWS = 1_000_000
NAME = "million.annonces"
"""No arrival that starts a run by itself: its ending is not one of listings."""
PATIENCE_SECONDS = 3600
MEASURE = """
from carprice.memory import CGROUP, count_kills
peaks = CGROUP / "memory.peak", CGROUP / "memory" / "memory.max_usage_in_bytes"
print(next(each.read_text().strip() for each in peaks if each.exists()), count_kills())
"""


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        stack = clone(Path(folder) / "big", "docker-compose-full.yml")
        try:
            say("first start")
            stack.run("./docker-start-full.sh", timeout=1800)
            say(f"{ROWS:,} listings")
            write_listings(stack.folder / "data" / "raw" / NAME)
            return follow_run(stack)
        finally:
            stack.compose("down", "--volumes")


def write_listings(target: Path) -> None:
    """Drawn adverts of which no two are equal: each has kilometres of its own."""
    with tempfile.TemporaryDirectory() as folder:
        drawn = Path(folder) / "drawn.csv"
        write_sample(drawn, ROWS, seed=1)
        with (
            drawn.open(encoding="utf-8-sig", newline="") as source,
            target.open("w", encoding="utf-8", newline="") as file,
        ):
            rows, copy = csv.DictReader(source), csv.writer(file)
            copy.writerow(rows.fieldnames or ())
            for number, row in zip(range(ROWS), rows, strict=False):
                row["Kilométrage"] = str(20_000 + number // 4)
                copy.writerow(row.values())


def follow_run(stack: Stack) -> int:
    run = stack.airflow.trigger(data=NAME)
    state = stack.airflow.wait_for_end(run, PATIENCE_SECONDS)
    tasks = stack.airflow.tasks(run)
    for step in STEPS:
        each = tasks[step]
        duration = each["duration"] or 0
        print(f"{step:24} {each['state']!s:8} attempt {each['try_number']} {duration:6.1f} s")
    (worker,) = stack.containers("airflow-worker")
    limit = stack.inspect(worker)["HostConfig"]["Memory"]
    peak, kills = stack.run("docker", "exec", worker, "python", "-c", MEASURE).split()
    print(f"worker: limit {limit >> 20} MiB, peak with files {int(peak) >> 20} MiB, {kills} killed")
    print(f"the run: {state}")
    return int(state != "success" or any(tasks[step]["try_number"] != 1 for step in STEPS))


if __name__ == "__main__":
    sys.exit(main())
