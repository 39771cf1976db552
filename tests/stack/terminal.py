"""A person at a terminal in the project's folder: commands run as typed, with a TTY."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

from stack import Stack

ROWS, COLUMNS = 50, 200
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r")


def type_command(stack: Stack, command: str, then: str = "", seconds: float = 600) -> str:
    """What stood on the screen at the end; `then` is typed once something stands there."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    process = subprocess.Popen(
        ["bash", "-c", command],
        cwd=stack.folder,
        env={**os.environ, **stack.variables, "TERM": "xterm"},
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, **stack.user,
    )  # fmt: skip
    os.close(theirs)
    screen = _read_to_the_end(ours, then.encode(), time.monotonic() + seconds)
    os.close(ours)
    if process.poll() is None and screen is None:
        process.kill()
    code = process.wait(timeout=30)
    assert screen is not None, f"{command} did not end within {seconds} s"
    shown = ESCAPES.sub("", screen.decode(errors="replace"))
    assert code == 0, f"{command} ended with {code}: {shown}"
    return shown


def _read_to_the_end(terminal: int, then: bytes, deadline: float) -> bytes | None:
    """All that is written; None when that takes too long."""
    screen = b""
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            screen += os.read(terminal, 65536)
        except OSError:  # the other side has ended
            return screen
        if then:
            os.write(terminal, then)
            then = b""
    return None
