"""Processes at work beside a test: waited for, sent signals, and how they ended."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

DEADLINE_SECONDS = 90.0


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


@dataclass
class Child:
    """A command at work in a process of its own."""

    process: BaseProcess
    folder: Path

    @property
    def paused(self) -> Path:
        return self.folder / "paused"

    def wait_for_pause(self) -> None:
        """Return once the child has announced that it waits at the place asked for."""
        wait_until(lambda: self.paused.exists() or not self.process.is_alive())
        assert self.paused.exists(), f"ended before its pause: {self.end().text}"

    def go_on(self) -> None:
        (self.folder / "go").touch()

    def deliver(self, number: signal.Signals) -> None:
        assert self.process.pid
        os.kill(self.process.pid, number)

    def send(self, number: signal.Signals) -> Ended:
        """Send a signal and return how the child ended."""
        self.deliver(number)
        return self.end()

    def end(self) -> Ended:
        self.process.join(DEADLINE_SECONDS)
        code = self.process.exitcode
        if code is None:
            self.process.kill()
            self.process.join()
        out, err = (
            (self.folder / name).read_text() if (self.folder / name).exists() else ""
            for name in ("out", "err")
        )
        assert code is not None, f"still at work after {DEADLINE_SECONDS} s: {out}{err}"
        return Ended(code, out, err)


def wait_until(holds: Callable[[], bool], seconds: float = DEADLINE_SECONDS) -> None:
    """Poll; fail when it does not come true in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not so after {seconds} s"
        time.sleep(0.02)
