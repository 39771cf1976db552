"""Files of listings as they come: their encoding, separator, header and rows as raw texts."""

import csv
import io
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from carprice.errors import DatasetError
from carprice.language import Text
from carprice.listings.raw_files import SEPARATORS
from carprice.listings.refusals import refuse_missing
from carprice.listings.survey import LONGEST_LINE, survey
from carprice.market.fields import fold
from carprice.market.listing import FIELDS, HEADERS, TARGET
from carprice.memory import VARIABLE, find_room
from carprice.progress import Progress, be_silent
from carprice.wording import spell
from carprice.wording.files import (
    FILE_BEYOND_MEMORY,
    FILE_CHANGED,
    FILE_IRREGULAR,
    FILE_UNREADABLE,
    FILE_WITH_LONG_CELL,
    FILE_WITH_OPEN_QUOTE,
    FILE_WITH_TWINS,
    FILE_WITHOUT_HEADER,
    FILE_WITHOUT_LISTINGS,
)

CHUNK_ROWS = 10_000
BYTES_PER_ROW = 1_150
"""Of memory that a run takes for each row of its file, in the training, which takes most: measured
on a million rows that all have a price (1,124)."""
LONGEST_CELL = csv.field_size_limit()


@dataclass(frozen=True)
class Upload:
    """A file that came over the network: kept in memory, never on a disk."""

    name: str
    data: bytes

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Source:
    """A file of listings, as described by its own bytes."""

    name: str
    sha256: str
    encoding: str
    separator: str
    header: tuple[str, ...]
    fields: dict[str, int]
    """Field name to its position in the header."""
    damaged_letters: int = 0
    """Letters that could not be decoded; each was read as `\ufffd`."""

    @property
    def ignored_columns(self) -> list[str]:
        used = set(self.fields.values())
        return [name or "(unnamed)" for at, name in enumerate(self.header) if at not in used]

    @property
    def absent_fields(self) -> list[str]:
        return [each.name for each in FIELDS if each.name not in self.fields]


class Records:
    """Records of a CSV text; raises where a stray quote hides rows.

    A cell that begins with a quote ends at the next one, however many lines below:

        Titre,Marque,Année
        "C3,Citroën,2016
        "C4,Citroën,2012

    For csv.reader this is one record of three cells; the first holds all of the first listing and
    the title of the second. So where a record spans several lines, these have to be strict CSV,
    and no line inside its cells may be a whole listing: as many cells as the header, and a number
    for the year.
    """

    def __init__(self, lines: Iterable[str], separator: str, width: int, year: int) -> None:
        """width: cells of the header. year: place of the model year among them."""
        self._separator, self._width, self._year = separator, width, year
        # A quote still open at the end takes the blank line in: its record spans several lines.
        self._lines = chain(lines, ["\n"])
        self._taken: list[str] = []

    @property
    def spans_lines(self) -> bool:
        """Whether the record at hand is more than one line."""
        return len(self._taken) > 1

    def __iter__(self) -> Iterator[list[str]]:
        """Yield the cells of each record, blank lines left out.

        Raises csv.Error at a record with a stray quote, or a cell of more than LONGEST_CELL.
        """
        for cells in csv.reader(self._note_lines(), delimiter=self._separator):
            if self.spans_lines:
                self._ensure_one_listing(cells)
            self._taken.clear()
            if cells:
                yield cells

    def _note_lines(self) -> Iterator[str]:
        for line in self._lines:
            self._taken.append(line)
            if self.spans_lines and sum(map(len, self._taken)) > LONGEST_LINE:
                raise csv.Error(f"it holds more than {LONGEST_LINE:,} letters")
            yield line

    def _ensure_one_listing(self, cells: Sequence[str]) -> None:
        next(csv.reader(self._taken, delimiter=self._separator, strict=True))
        inner = (line for cell in cells for line in cell.splitlines()[1:])
        for hidden in csv.reader(inner, delimiter=self._separator):
            if len(hidden) == self._width and hidden[self._year].strip().isdigit():
                raise csv.Error("it holds whole rows")


class ListingFile:
    """Rows of a file of listings, read in chunks, cells unchanged.

    Raises DatasetError when the file is missing, empty, not text, or lacks a column that the
    model needs (`needs_price` says whether the price is one of them).
    """

    def __init__(self, file: Path | Upload, *, needs_price: bool) -> None:
        self.given = file
        with _open(file) as (stream, self._state):
            found = survey(stream, file)
            lines = _to_text(stream, found.encoding)
            separator, header = _read_header(lines, file)
            self._start = lines.tell()
            lines.detach()
        self.most_rows = found.lines
        """Upper limit of the number of rows, to show progress against."""
        self.source = Source(
            name=file.name,
            sha256=found.sha256,
            encoding=found.encoding,
            separator=separator,
            header=tuple(header),
            fields=_locate_fields(header, file, needs_price=needs_price),
            damaged_letters=found.damaged_letters,
        )

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[list[list[str]]]:
        """Yield lists of at most `rows` rows, each a list of cells; blank lines left out.

        Raises DatasetError where a stray quote hides rows (see Records), and where the file is not
        the one any more that was looked through.
        """
        records = self._records()
        while chunk := list(islice(records, rows)):
            yield chunk

    def _records(self) -> Iterator[list[str]]:
        with _open(self.given) as (stream, state):
            if state != self._state:
                raise DatasetError(FILE_CHANGED, file=self.given, retryable=True)
            lines = _to_text(stream, self.source.encoding)
            lines.seek(self._start)
            yield from self._parse(lines)
            lines.detach()

    def _parse(self, lines: Iterable[str]) -> Iterator[list[str]]:
        source, number = self.source, 1
        year = source.fields["model_year"]
        records = Records(lines, source.separator, len(source.header), year)
        try:
            for cells in records:
                yield cells
                number += _is_filled(cells)
        except csv.Error as error:
            what = FILE_WITH_OPEN_QUOTE if records.spans_lines else FILE_WITH_LONG_CELL
            most = spell.number(LONGEST_CELL)
            raise DatasetError(
                what, file=source.name, row=number, error=error, most=most
            ) from error

    def is_malformed(self, cells: Sequence[str]) -> bool:
        """Whether the row has more or fewer cells than the header."""
        return len(cells) != len(self.source.header)

    def to_columns(self, rows: Sequence[Sequence[str]]) -> dict[str, Sequence[str]]:
        """Cells of well-formed rows by field; those of an absent one are left out."""
        columns = list(zip(*rows, strict=True)) or [()] * len(self.source.header)
        return {name: columns[at] for name, at in self.source.fields.items()}

    def to_frame(self, rows: Sequence[Sequence[str]]) -> pd.DataFrame:
        """Raw texts of well-formed rows, a `str` column for each field, absent ones missing."""
        # By way of Arrow: pandas alone would look at every cell several times.
        read = {
            name: pd.array(pa.array(cells, pa.large_string()), dtype="str")
            for name, cells in self.to_columns(rows).items()
        }
        absent = pd.array([None] * len(rows), dtype="str")
        return pd.DataFrame({each.name: read.get(each.name, absent) for each in FIELDS})


REPEATED_TEXT = pa.dictionary(pa.int32(), pa.large_string())


@dataclass(frozen=True)
class RawListings:
    """All well-formed rows of a file as raw texts, indexed by row number from 1.

    frame: a categorical column for each field: a text is held once, in however many rows it is.
    """

    frame: pd.DataFrame
    source: Source
    malformed: tuple[int, ...]
    """Numbers of the rows left out because they have more or fewer cells than the header."""

    @property
    def rows_read(self) -> int:
        """Number of all rows, malformed ones included."""
        return len(self.frame) + len(self.malformed)


def read_listings(path: Path, progress: Progress = be_silent) -> RawListings:
    """All listings of a file, for training.

    progress: is told the number of rows read so far, after each chunk, and no total.
    Raises DatasetError when it cannot be read (see ListingFile) or holds no listing.
    """
    file = ListingFile(path, needs_price=True)
    _ensure_room(file)
    return gather_listings(file, progress)


def gather_listings(file: ListingFile, progress: Progress = be_silent) -> RawListings:
    """All listings of a file that is open; see `read_listings`."""
    numbers: list[npt.NDArray[np.int64]] = []
    texts: dict[str, list[pa.DictionaryArray]] = {name: [] for name in file.source.fields}
    malformed: list[int] = []
    seen = 0
    for chunk in file.chunks():
        sound: dict[int, list[str]] = {}
        for cells in filter(_is_filled, chunk):
            seen += 1
            if file.is_malformed(cells):
                malformed.append(seen)
            else:
                sound[seen] = cells
        numbers.append(np.array([*sound], dtype=np.int64))
        for name, column in file.to_columns([*sound.values()]).items():
            texts[name].append(pa.array(column, pa.large_string()).dictionary_encode())
        progress(seen, 0)
    if not seen:
        raise DatasetError(FILE_WITHOUT_LISTINGS, file=file.given)
    # One column after the other: its parts are let go before the next is put together.
    frame = pd.DataFrame(
        {each.name: _join(texts.pop(each.name, []), seen - len(malformed)) for each in FIELDS},
        index=pd.Index(np.concatenate(numbers)),
        copy=False,
    )
    return RawListings(frame, file.source, tuple(malformed))


def _ensure_room(file: ListingFile) -> None:
    """Raise DatasetError where a file has more rows than the memory of the container takes."""
    room = find_room()
    if room is not None and file.most_rows * BYTES_PER_ROW > room:
        raise DatasetError(
            FILE_BEYOND_MEMORY, file=file.source.name, variable=VARIABLE,
            found=spell.number(file.most_rows), most=spell.number(room // BYTES_PER_ROW),
        )  # fmt: skip


def _join(parts: list[pa.DictionaryArray], rows: int) -> pd.Categorical:
    """Parts of a column as a whole; without any, as many missing values as there are rows."""
    if not parts:
        return pd.Categorical.from_codes(np.full(rows, -1, np.int8), pd.Index([], dtype="str"))
    whole = pa.chunked_array(parts, REPEATED_TEXT).unify_dictionaries().combine_chunks()
    texts = pd.Index(pd.array(whole.dictionary, dtype="str"))
    return pd.Categorical.from_codes(whole.indices.to_numpy(zero_copy_only=False), texts)


def _is_filled(cells: Sequence[str]) -> bool:
    """Whether some cell says anything; a row of empty cells is no listing."""
    return any(map(str.strip, cells))


@contextmanager
def _open(file: Path | Upload) -> Iterator[tuple[IO[bytes], object]]:
    """A file's bytes, and what changes when it does: its place on the disk, size and time."""
    if isinstance(file, Upload):
        yield io.BytesIO(file.data), None
        return
    try:
        # Without waiting: opening a pipe would last until somebody writes into it.
        with open(file, "rb", opener=_open_unblocked) as stream:
            found = os.fstat(stream.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise DatasetError(FILE_IRREGULAR, file=file)
            yield stream, (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
    except OSError as error:
        raise DatasetError(FILE_UNREADABLE, file=file, reason=error.strerror) from error


def _open_unblocked(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _to_text(stream: IO[bytes], encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(stream, encoding, errors="replace", newline="")


def _read_header(buffer: io.TextIOWrapper, file: Path | Upload) -> tuple[str, list[str]]:
    """Separator and header, by most known columns, then by most; leaves the buffer after it."""
    best: tuple[int, str, list[str], int] = (-1, ",", [], 0)
    for separator in SEPARATORS:
        buffer.seek(0)
        try:
            lines = iter(buffer.readline, "")
            cells = next(row for row in csv.reader(lines, delimiter=separator) if any(row))
        except (csv.Error, StopIteration):
            continue
        header = [cell.strip() for cell in cells]
        known = sum(fold(cell) in HEADERS for cell in header)
        found = known, separator, header, buffer.tell()
        best = max(best, found, key=lambda each: (each[0], len(each[2])))
    known, separator, header, after = best
    if not header or any("\n" in cell and separator in cell for cell in header):
        raise DatasetError(FILE_WITHOUT_HEADER, file=file)
    buffer.seek(after)
    return separator, header


def _locate_fields(header: list[str], file: Path | Upload, *, needs_price: bool) -> dict[str, int]:
    known = {HEADERS.get(fold(cell)) for cell in header}
    missing = [
        each.name
        for each in FIELDS
        if each.needed and each.name not in known and (needs_price or each.name != TARGET)
    ]
    if missing:
        raise refuse_missing(missing, header, file)
    return find_fields(header, file)


def find_fields(header: Sequence[str], file: Path | Upload | Text) -> dict[str, int]:
    """Name of each field in a header, to its place there.

    Raises DatasetError where two columns are one field.
    """
    found: dict[str, list[int]] = {}
    for at, cell in enumerate(header):
        if name := HEADERS.get(fold(cell)):
            found.setdefault(name, []).append(at)
    if twice := [name for name, places in found.items() if len(places) > 1]:
        columns = "; ".join(
            f"{spell.title(name)}: {[header[at] for at in found[name]]}" for name in twice
        )
        raise DatasetError(FILE_WITH_TWINS, file=file, columns=columns)
    return {name: places[0] for name, places in found.items()}
