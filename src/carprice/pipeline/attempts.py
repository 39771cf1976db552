"""What was killed for want of memory is not tried again the same way."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from carprice.errors import DatasetError
from carprice.memory import VARIABLE, count_kills, offer_oneself


@contextmanager
def giving_memory_once(pipeline_run: str) -> Iterator[None]:
    """The block, unless its last attempt in this container was killed for want of memory.

    A process that is killed cannot say why. So the kernel's count of such kills is noted before,
    and the note taken away after; an attempt that finds one, and a higher count, ends with
    DatasetError. A container that was stopped or killed as a whole has lost its notes: what it
    was about is tried again.

    pipeline_run: name of the run whose step this is; nothing is noted without one.
    """
    if not pipeline_run:
        yield
        return
    name = hashlib.sha256(pipeline_run.encode()).hexdigest()[:16]
    note = Path(tempfile.gettempdir()) / f"attempt-{name}"
    before = None
    with suppress(OSError, ValueError):
        before = int(note.read_text())
    kills = count_kills()
    if before is not None and kills > before:
        raise DatasetError(
            "the last attempt was killed for want of memory, and would be again. Raise "
            f"{VARIABLE} in .env (see there how much for how many rows) and start the stack "
            "again, or bring fewer listings."
        )
    offer_oneself()
    with suppress(OSError):
        note.write_text(str(kills))
    try:
        yield
    finally:
        note.unlink(missing_ok=True)
