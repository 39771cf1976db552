"""What Airflow's tasks have logged since a time, a line each: `time task text`."""

import json
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

LOGS = Path("/opt/airflow/logs")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def read_since(text: str) -> datetime:
    """The time of `10m`, or of an ISO 8601 time."""
    if ago := re.fullmatch(r"(\d+)([smhd])", text):
        return datetime.now(UTC) - timedelta(**{UNITS[ago[2]]: int(ago[1])})
    return datetime.fromisoformat(text)


def main(since: datetime) -> None:
    for path in LOGS.glob("dag_id=*/run_id=*/task_id=*/attempt=*.log"):
        if path.stat().st_mtime < since.timestamp():
            continue
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                told = json.loads(line)
                at = datetime.fromisoformat(told["timestamp"])
            except (KeyError, TypeError, ValueError):
                continue  # a line that was cut off with its process
            if at >= since:
                task = "/".join(part.partition("=")[2] for part in path.parts[-3:-1])
                print(f"{at:%Y-%m-%dT%H:%M:%S.%f}Z", "task", json.dumps({"task": task} | told))


if __name__ == "__main__":
    main(read_since(sys.argv[1]))
