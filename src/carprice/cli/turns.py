"""Commands in a container that serves a page: one at a time, and ended before the page is.

They share its memory. A command that waits has imported nothing yet: ten of them take 60 MB and not
two gigabytes, which is why this module imports so little.
"""

import os
import sys
import time
from pathlib import Path

from carprice.errors import CarPriceError
from carprice.memory import find_room, offer_oneself

TURNS = Path("/run/carprice")
"""Where this folder exists, as in the container of the page, commands take turns."""
MB = 2**20
NEEDED = {"status": 256 * MB, "verify": 320 * MB, "rollback": 256 * MB, "withdraw": 256 * MB}
"""Bytes that a command takes at most, as measured."""
NEEDED_BY_MOST = 480 * MB
"""By any other one, on as many listings as the simulated market has."""
NEEDED_TO_WAIT = 32 * MB


def main() -> None:
    """Run a command of `carprice` when it is its turn; exit with 1 where memory is short."""
    try:
        take_turn(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
    except CarPriceError as refusal:
        sys.exit(f"carprice: {refusal}")
    from carprice.cli.app import main as run  # noqa: PLC0415 - heavy: not while it waits

    run()


def take_turn(words: list[str]) -> None:
    """Wait until no other command runs; the turn is given back by the kernel as the process ends.

    Raises CarPriceError, with what to do, where the command would not fit.
    """
    if not TURNS.is_dir() or not words or "--help" in words or find_room() is None:
        return
    import fcntl  # noqa: PLC0415 - Windows, which has none, comes no further than the line above

    offer_oneself()
    turn = os.open(TURNS / "turn", os.O_RDWR | os.O_CREAT, 0o600)
    command = f"carprice {words[0]}"
    try:
        fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        ensure_memory(f"waiting with {command}", NEEDED_TO_WAIT)
        other = os.pread(turn, 200, 0).decode() or "another command"
        sys.stderr.write(f"carprice: waiting for {other} to end\n")
        fcntl.flock(turn, fcntl.LOCK_EX)
    ensure_memory(command, NEEDED.get(words[0], NEEDED_BY_MOST))
    os.ftruncate(turn, 0)
    os.pwrite(turn, f"{command} (process {os.getpid()}, since {time.strftime('%X')})".encode(), 0)


def ensure_memory(what: str, needed: int) -> None:
    room = find_room()
    if room is not None and room < needed:
        raise CarPriceError(
            f"{what} needs {needed // MB} MB of memory, and {room // MB} MB of this container are "
            "free: nothing was started. Try again when the page has less to do, or raise mem_limit "
            "of its service in docker-compose-full.yml."
        )
