"""Atomic writing of files; light, for the process that watches arrivals."""

import errno
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from carprice.errors import DatasetError

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
"""What the system says of a full disk or a used-up quota: seconds later it is still so."""
PROBE_BYTES = 1 << 18


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes its name once all is on disk.

    Raises DatasetError when the disk refuses; nothing is left behind then.
    """
    temporary = path.with_name(f".{uuid.uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise _explain(error, path) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def ensure_room(folder: Path) -> None:
    """Raise DatasetError where a folder does not take a probe of some kilobytes."""
    try:
        with TemporaryFile(dir=folder) as probe:
            probe.write(bytes(PROBE_BYTES))
    except OSError as error:
        raise _explain(error, folder) from error


def _explain(error: OSError, path: Path) -> DatasetError:
    return DatasetError(
        f"cannot write {path}: {error.strerror or error}. Free some room or choose a place "
        "where you may write; nothing was changed.",
        retryable=error.errno not in NO_ROOM,
    )
