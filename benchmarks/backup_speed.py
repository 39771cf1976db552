"""How long a backup of 1, 10 and 50 versions takes and how large it is, and a restore of them.

make backup-bench: some twenty minutes, most of them training. Prints a table; its ratios count.
"""

import re
import sys
import tempfile
from pathlib import Path

from stack import Stack
from stack_speed import clone, say, time_of

VERSIONS = (1, 10, 50)
BACKUP, RESTORE = "./docker-backup-full.sh", "./docker-restore-full.sh"
TRAIN = ("exec", "-T", "streamlit", "carprice", "train")
PATIENCE = 1800
SIZE = re.compile(r"all backups together take ([\d.]+) MB")


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        stack = clone(Path(folder) / "backups", "docker-compose-full.yml")
        try:
            stack.run("./docker-start-full.sh", timeout=PATIENCE)
            rows = [measure(stack, count) for count in VERSIONS]
            say("restore")
            words = (RESTORE, "latest", "--yes", "--unsaved")
            seconds = time_of(lambda: stack.run(*words, timeout=PATIENCE))
        finally:
            stack.compose("--profile=*", "down", "--volumes", check=False)
    print("| versions | backup (s) | once more (s) | all backups (MB) |\n|---|---|---|---|")
    for row in rows:
        print("| {} | {:.1f} | {:.1f} | {:.1f} |".format(*row))
    print(f"\nRestore of {VERSIONS[-1]} versions, until all was shown to be back: {seconds:.0f} s")
    return 0


def measure(stack: Stack, count: int) -> tuple[int, float, float, float]:
    """Versions, seconds of a backup and of one right after it, MB of all backups then."""
    while len(stack.mlflow.versions()) < count:
        say(f"version {len(stack.mlflow.versions()) + 1} of {count}")
        stack.compose(*TRAIN)
    told: list[str] = []
    first, again = (
        time_of(lambda: told.append(stack.run(BACKUP, timeout=PATIENCE))) for _ in range(2)
    )
    return count, first, again, float(SIZE.findall(told[-1])[0])


if __name__ == "__main__":
    sys.exit(main())
