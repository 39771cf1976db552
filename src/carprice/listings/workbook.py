"""The first sheet of an Excel workbook as CSV, its cells as raw texts.

A few hostile kilobytes can unpack to more memory than a machine has, and end the process that
reads them. So each workbook is read in a child process with limited memory and time, which takes
bytes on stdin and gives bytes on stdout.
"""

import csv
import io
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO

from carprice.errors import DatasetError
from carprice.wording.files import WORKBOOK_REFUSALS

SIGNATURE = b"PK\x03\x04"
LARGEST_UNPACKED = 300_000_000
LARGEST_TABLE = 50_000_000
"""Letters of CSV: a text that a workbook holds once may stand in any number of its cells."""
MOST_MEMORY = 384 * 2**20
PATIENCE_SECONDS = 60
BLOCK = 2**20


class _RefusedError(Exception):
    """Carries a key of WORKBOOK_REFUSALS."""


def is_archive(data: bytes) -> bool:
    """Whether a file is a zip archive: a workbook, or refused here as none."""
    return data.startswith(SIGNATURE)


def to_csv(name: str, data: bytes) -> bytes:
    """The first sheet of a workbook as CSV. Raises DatasetError when it cannot be read."""
    try:
        child = subprocess.run(
            [sys.executable, "-m", "carprice.listings.workbook"],
            input=data, capture_output=True, timeout=PATIENCE_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise _explain("unreadable", name) from error
    if child.returncode:
        # Without a word where the child was killed for want of memory.
        raise _explain(child.stderr.decode(errors="replace").strip(), name)
    return child.stdout


def write_first_sheet(data: bytes, target: IO[str]) -> None:
    """Write CSV as French spreadsheets open it: semicolons and a byte-order mark."""
    # Installed with the page alone.
    from python_calamine import (  # noqa: PLC0415
        CalamineWorkbook,
        SheetTypeEnum,
        SheetVisibleEnum,
    )

    _ensure_workbook(data)
    with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
        shown = [
            each.name
            for each in book.sheets_metadata
            if each.typ == SheetTypeEnum.WorkSheet and each.visible == SheetVisibleEnum.Visible
        ]
        if not shown:
            raise _RefusedError("unreadable")
        _write_csv(book.get_sheet_by_name(shown[0]).iter_rows(), target)


def _ensure_workbook(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = set(archive.namelist())
        if any(name.endswith("vbaProject.bin") for name in names):
            raise _RefusedError("macros")
        if "xl/workbook.xml" not in names:
            raise _RefusedError("other_kind")
        room = LARGEST_UNPACKED
        for each in archive.infolist():
            room -= _measure(archive, each, room)


def _measure(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, room: int) -> int:
    """Unpacked size of an entry, counted: the one in the archive may be a lie."""
    entry.file_size = room + 2 * BLOCK  # read on to its true end, or to where there is no room
    size = 0
    with archive.open(entry) as unpacked:
        while block := unpacked.read(BLOCK):
            size += len(block)
            if size > room:
                raise _RefusedError("too_large")
    return size


def _write_csv(rows: Iterable[Iterable[object]], target: IO[str]) -> None:
    target.write("\ufeff")
    writer, room = csv.writer(target, delimiter=";"), LARGEST_TABLE
    for row in rows:
        room -= writer.writerow(map(_spell, row))
        if room < 0:
            raise _RefusedError("too_large")


def _spell(cell: object) -> str:
    """A cell as a person would type it."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _explain(word: str, name: str) -> DatasetError:
    sentences = WORKBOOK_REFUSALS
    sentence = sentences.get(word, sentences["unreadable"])
    unpacked, table = (each // 1_000_000 for each in (LARGEST_UNPACKED, LARGEST_TABLE))
    return DatasetError(sentence, file=name, unpacked=unpacked, table=table)


def main() -> None:
    """The child process: a workbook on stdin, CSV on stdout, one word on stderr."""
    _limit_memory()
    try:
        with io.TextIOWrapper(sys.stdout.buffer, "utf-8", newline="") as target:
            write_first_sheet(sys.stdin.buffer.read(), target)
    except _RefusedError as refusal:
        sys.exit(str(refusal))
    except Exception:  # noqa: BLE001 - whatever a hostile workbook makes the reader raise
        sys.exit("unreadable")


def _limit_memory() -> None:
    # Windows has no such limit, and macOS does not let it be set (ValueError). There, what a
    # workbook unpacks to and the time it may take are limited, and a hostile one harms the machine
    # of whoever opens it.
    with suppress(ImportError, ValueError):
        import resource  # noqa: PLC0415

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    with suppress(OSError):  # of Linux: where memory runs out, this goes before the page does
        Path("/proc/self/oom_score_adj").write_text("1000")


if __name__ == "__main__":
    main()
