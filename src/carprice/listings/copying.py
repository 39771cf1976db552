"""Copy a file of listings row by row, with columns added."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import IO

import pandas as pd

from carprice.files import replacing
from carprice.language import Language
from carprice.listings.reading import CHUNK_ROWS, UTF_8_MARK, ListingFile
from carprice.wording.files import MALFORMED


def copy_with_columns(
    file: ListingFile,
    target: Path,
    columns: Sequence[str],
    annotate: Callable[[pd.DataFrame], list[list[str]]],
) -> None:
    """Copy a file row by row with columns added, whole or not at all; see annotate_rows."""
    with replacing(target) as raw:
        write_rows(file, raw, columns, annotate_rows(file, columns, annotate))


def annotate_rows(
    file: ListingFile,
    columns: Sequence[str],
    annotate: Callable[[pd.DataFrame], list[list[str]]],
    language: Language = "fr",
) -> Iterator[tuple[list[str], list[str]]]:
    """Yield each row as it was read, and the cells added to it.

    annotate: from the raw texts of some well-formed rows to the cells added to each. A row with
    more or fewer cells than the header comes as well, its trouble in the last added cell.
    """
    blank = [""] * (len(columns) - 1)
    width = len(file.source.header)
    for chunk in file.chunks():
        sound = [cells for cells in chunk if not file.is_malformed(cells)]
        added = iter(annotate(file.to_frame(sound)) if sound else [])
        for cells in chunk:
            if file.is_malformed(cells):
                found = MALFORMED.say(language, found=len(cells), expected=width)
                yield cells, [*blank, found]
            else:
                yield cells, next(added)


def write_rows(
    file: ListingFile,
    target: IO[bytes],
    columns: Sequence[str],
    rows: Iterable[tuple[list[str], list[str]]],
) -> None:
    """Write rows of `annotate_rows` as a copy of their file.

    It keeps the separator, and is UTF-8 whatever the encoding was. Cells are written as they were
    read, also those that a spreadsheet would take for a formula: they are in the file already,
    and an altered cell would be a loss. What is added is numbers and sentences of our own.
    """
    width, separator = len(file.source.header), file.source.separator
    # Cells too many go to the end, so that the added columns stay under their names.
    written = (
        [*cells[:width], *[""] * (width - len(cells)), *note, *cells[width:]]
        for cells, note in rows
    )
    lines = chain([[*file.source.header, *columns]], written)
    target.write(UTF_8_MARK if file.source.encoding == "utf-8-sig" else b"")
    while chunk := list(islice(lines, CHUNK_ROWS)):
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=separator).writerows(chunk)
        target.write(text.getvalue().encode())
