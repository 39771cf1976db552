"""Whether a file that has stopped growing is whole, or half a copy.

Imports nothing heavy, for a process that only watches.
"""

import csv
import fcntl
import os
import signal
from io import BufferedReader
from math import inf
from typing import NamedTuple

from carprice.listings.raw_files import SEPARATORS

PATIENCE_SECONDS = 300.0
"""How long a file that may be half a copy must stay as it is."""
END_BYTES = 1 << 16


class Doubt(NamedTuple):
    """Why a file may be half a copy."""

    reason: str
    patience: float = PATIENCE_SECONDS
    """Seconds without a change after which it counts as whole all the same."""

    @property
    def text(self) -> str:
        if self.patience == inf:
            return f"{self.reason}; it is read once the rest has come"
        return (
            f"{self.reason}; it is read once it stays as it is for {self.patience / 60:.0f} minutes"
        )


def find_doubt(file: BufferedReader) -> Doubt | None:
    """What speaks against a file whose size stays being whole, if anything does."""
    if _is_being_written(file.fileno()):
        return Doubt("another program has it open for writing")
    head, tail = _read_ends(file)
    if tail.endswith(("\n", "\r")):
        return None
    cells, columns = _count_cells(head, tail)
    if cells < columns:
        return Doubt(f"its last line ends after {cells} of {columns} cells", inf)
    return Doubt("its last line has no end")


def _is_being_written(file: int) -> bool:
    """Whether the kernel knows of a program that may still write to a file.

    It is asked for a lease, which it denies while there is one. For files of other users, on some
    file systems and outside Linux there is none to have: then nothing is known.
    """
    try:
        # Who opens the file for writing in this moment sends a signal: by default a deadly one.
        fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        return True
    except (OSError, AttributeError):
        return False
    fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False


def _read_ends(file: BufferedReader) -> tuple[str, str]:
    """Beginning and end of a file: ASCII letters are right in all the encodings that are read."""
    size = os.fstat(file.fileno()).st_size
    head = os.pread(file.fileno(), END_BYTES, 0)
    tail = os.pread(file.fileno(), END_BYTES, max(0, size - END_BYTES))
    first, last = (part.replace(b"\0", b"").decode("latin-1") for part in (head, tail))
    return first, last


def _count_cells(head: str, tail: str) -> tuple[int, int]:
    """Cells of the last line, and of the header."""
    first = next(filter(str.strip, _split_lines(head)), "")
    separator = max(SEPARATORS, key=first.count)
    cells, columns = (
        next(csv.reader([line], delimiter=separator), [])
        for line in (_split_lines(tail)[-1], first)
    )
    return len(cells), len(columns)


def _split_lines(text: str) -> list[str]:
    # Not `splitlines`: it also splits where a byte is a part of an Arabic letter.
    return text.replace("\r", "\n").split("\n")
