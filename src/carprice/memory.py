"""How much memory this process may still take, where its container has a limit.

Linux says it in files of the control group; where there are none, there is no limit to heed.
"""

from contextlib import suppress
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
VARIABLE = "CARPRICE_WORKER_MEMORY"
"""Of `.env`: the limit of a worker of the stack, where the listings of a run are read."""
OTHERS_SHARE = 0.05
"""Of the limit, kept free: memory is given in pages, and what else runs takes a little more."""


def find_room() -> int | None:
    """Bytes until the limit of the container; None without a limit."""
    limit = _read(CGROUP / "memory.max", CGROUP / "memory" / "memory.limit_in_bytes")
    used = _read(CGROUP / "memory.current", CGROUP / "memory" / "memory.usage_in_bytes")
    if limit is None or used is None or limit > 2**60:  # version 1 says so where there is none
        return None
    # What was read from a disk is kept as long as nobody needs the room.
    statistics = _read_table(CGROUP / "memory.stat") or _read_table(CGROUP / "memory/memory.stat")
    kept = statistics.get("inactive_file", 0) + statistics.get("active_file", 0)
    return max(0, int(limit * (1 - OTHERS_SHARE)) - used + kept)


def count_kills() -> int:
    """How many processes of this container the kernel has killed for want of memory."""
    events = _read_table(CGROUP / "memory.events") or _read_table(
        CGROUP / "memory" / "memory.oom_control"
    )
    return events.get("oom_kill", 0)


def offer_oneself() -> None:
    """Where memory runs out, let this process go before those that serve others."""
    with suppress(OSError):  # of Linux
        Path("/proc/self/oom_score_adj").write_text("1000")


def _read(*places: Path) -> int | None:
    for place in places:
        with suppress(OSError, ValueError):  # `max`: no limit
            return int(place.read_text())
    return None


def _read_table(place: Path) -> dict[str, int]:
    try:
        lines = place.read_text().splitlines()
    except OSError:
        return {}
    return {name: int(value) for name, value in map(str.split, lines)}
