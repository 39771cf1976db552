"""A copy of a file of listings with estimates beside its rows."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import IO

from carprice.language import Language
from carprice.listings.reading import UTF_8_MARK, ListingFile, Source
from carprice.market.listing import HOME
from carprice.wording.files import MALFORMED
from carprice.wording.remarks import COLUMNS

Row = tuple[list[str], list[str]]
"""The cells of a row as they were read, and those under COLUMNS."""


def add_cells(
    file: ListingFile,
    rows: Iterable[list[str]],
    cells_of_sound: Iterable[list[str]],
    language: Language = HOME,
) -> list[Row]:
    """Rows of a file, each with the cells added to it.

    cells_of_sound: those of the well-formed rows, in their order. A row with more or fewer cells
    than the header says so in the last of its own.
    """
    added, expected = iter(cells_of_sound), len(file.source.header)
    blank = [""] * (len(COLUMNS) - 1)
    return [
        (cells, [*blank, MALFORMED.say(language, found=len(cells), expected=expected)])
        if file.is_malformed(cells)
        else (cells, next(added))
        for cells in rows
    ]


def write_header(source: Source, target: IO[bytes]) -> None:
    """Begin the copy of a file: byte-order mark and header, COLUMNS added."""
    target.write(UTF_8_MARK if source.encoding == "utf-8-sig" else b"")
    _write_lines(source, target, [[*source.header, *COLUMNS]])


def write_rows(source: Source, target: IO[bytes], rows: Iterable[Row]) -> None:
    """Write some rows of the copy of a file, in its separator and in UTF-8.

    Cells are written as they were read, also those that a spreadsheet would take for a formula:
    they are in the file already, and an altered cell would be a loss. What is added is numbers
    and sentences of our own.
    """
    width = len(source.header)
    # Cells too many go to the end, so that the added ones stay under their names.
    _write_lines(
        source,
        target,
        (
            [*cells[:width], *[""] * (width - len(cells)), *added, *cells[width:]]
            for cells, added in rows
        ),
    )


def _write_lines(source: Source, target: IO[bytes], lines: Iterable[Sequence[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=source.separator).writerows(lines)
    target.write(text.getvalue().encode())
