"""A copy of a file of listings with estimates beside its rows."""

import csv
import io
import re
from collections.abc import Iterable
from typing import IO

from carprice.language import Language
from carprice.listings.reading import ListingFile, Source
from carprice.listings.survey import UTF_8_MARK
from carprice.market.listing import HOME
from carprice.wording.files import MALFORMED
from carprice.wording.remarks import COLUMNS

FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20].*\w|[\t\r]", re.DOTALL)
"""A spreadsheet would run such a cell of a CSV file, after a wide sign too; `--` not."""
PLAIN_NUMBER = re.compile(r"[+-]\d[\d\s.,]*%?")
"""Harmless with its sign, and a number no more behind an apostrophe."""

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


def make_harmless(cell: str) -> str:
    """A cell that no spreadsheet runs: what would be a formula stands behind an apostrophe.

    Read again it is the same name, choice or number: an apostrophe counts in none of them.
    """
    risky = FORMULA.match(cell) and not PLAIN_NUMBER.fullmatch(cell)
    return f"'{cell}" if risky else cell


def write_header(source: Source, target: IO[bytes], *, unchanged: bool = False) -> None:
    """Begin the copy of a file: byte-order mark and header, COLUMNS added.

    unchanged: whether cells are written as they were read, formulas too.
    """
    target.write(UTF_8_MARK if source.encoding == "utf-8-sig" else b"")
    _write_lines(source, target, [[*source.header, *COLUMNS]], unchanged=unchanged)


def write_rows(
    source: Source, target: IO[bytes], rows: Iterable[Row], *, unchanged: bool = False
) -> None:
    """Write some rows of the copy of a file, in its separator and in UTF-8.

    unchanged: as for `write_header`.
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
        unchanged=unchanged,
    )


def _write_lines(
    source: Source, target: IO[bytes], lines: Iterable[Iterable[str]], *, unchanged: bool
) -> None:
    text = io.StringIO(newline="")
    if not unchanged:
        lines = (map(make_harmless, line) for line in lines)
    csv.writer(text, delimiter=source.separator).writerows(lines)
    target.write(text.getvalue().encode())
