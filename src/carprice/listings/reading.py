"""Files of listings as they come: their encoding, separator, header and rows as raw texts."""

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import pandas as pd
import pyarrow as pa

from carprice.errors import DatasetError
from carprice.listings.raw_files import SEPARATORS
from carprice.listings.refusals import refuse_missing
from carprice.market.fields import fold
from carprice.market.listing import FIELDS, HEADERS, TARGET
from carprice.progress import Progress, be_silent
from carprice.wording import spell
from carprice.wording.files import (
    FILE_BINARY,
    FILE_EMPTY,
    FILE_OF_OTHER_KIND,
    FILE_UNREADABLE,
    FILE_WITH_OPEN_QUOTE,
    FILE_WITH_TWINS,
    FILE_WITHOUT_HEADER,
    GZIP_ARCHIVE,
    MARKUP,
    OLD_WORKBOOK,
    PARQUET_TABLE,
    PDF,
    ZIP_ARCHIVE,
)

CHUNK_ROWS = 10_000
SIGNATURES = {
    b"PK\x03\x04": ZIP_ARCHIVE,
    b"\xd0\xcf\x11\xe0": OLD_WORKBOOK,
    b"\x1f\x8b": GZIP_ARCHIVE,
    b"PAR1": PARQUET_TABLE,
    b"%PDF": PDF,
    b"<": MARKUP,
}
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
UTF_8_MARK = b"\xef\xbb\xbf"


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


@dataclass(frozen=True)
class Decoded:
    """Encoding and size of a file, without its text.

    The file is decoded twice: whole to find these, and again row by row as it is read. Held as
    a text for all that time, it would take four times the room of its bytes.
    """

    encoding: str
    lines: int
    """How many lines there are at most."""
    damaged_letters: int
    """Letters that could not be decoded; each is read as `\ufffd`."""


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

    def __iter__(self) -> Iterator[list[str]]:
        """Yield the cells of each record, blank lines left out.

        Raises csv.Error at a record with a stray quote.
        """
        for cells in csv.reader(self._note_lines(), delimiter=self._separator):
            if len(self._taken) > 1:
                self._ensure_one_listing(cells)
            self._taken.clear()
            if cells:
                yield cells

    def _note_lines(self) -> Iterator[str]:
        for line in self._lines:
            self._taken.append(line)
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
        data = file.data if isinstance(file, Upload) else _read_bytes(file)
        decoded = _decode(data, file)
        self._lines = io.TextIOWrapper(
            io.BytesIO(data), decoded.encoding, errors="replace", newline=""
        )
        separator, header = _read_header(self._lines, file)
        self._start = self._lines.tell()
        self.most_rows = decoded.lines
        """Upper limit of the number of rows, to show progress against."""
        self.source = Source(
            name=file.name,
            sha256=hashlib.sha256(data).hexdigest(),
            encoding=decoded.encoding,
            separator=separator,
            header=tuple(header),
            fields=_locate_fields(header, file, needs_price=needs_price),
            damaged_letters=decoded.damaged_letters,
        )

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[list[list[str]]]:
        """Yield lists of at most `rows` rows, each a list of cells; blank lines left out.

        Raises DatasetError where a stray quote hides rows (see Records).
        """
        records = self._records()
        while chunk := list(islice(records, rows)):
            yield chunk

    def _records(self) -> Iterator[list[str]]:
        self._lines.seek(self._start)
        source, number = self.source, 1
        year = source.fields["model_year"]
        try:
            for cells in Records(self._lines, source.separator, len(source.header), year):
                yield cells
                number += _is_filled(cells)
        except csv.Error as error:
            raise DatasetError(
                FILE_WITH_OPEN_QUOTE, file=source.name, row=number, error=error
            ) from error

    def is_malformed(self, cells: Sequence[str]) -> bool:
        """Whether the row has more or fewer cells than the header."""
        return len(cells) != len(self.source.header)

    def to_frame(self, rows: Sequence[Sequence[str]]) -> pd.DataFrame:
        """Raw texts of well-formed rows, a `str` column for each field, absent ones missing."""
        columns = list(zip(*rows, strict=True)) or [()] * len(self.source.header)
        read = {name: _to_texts(columns[at]) for name, at in self.source.fields.items()}
        absent = _to_texts([None] * len(rows))
        return pd.DataFrame({each.name: read.get(each.name, absent) for each in FIELDS})


def _to_texts(cells: Sequence[str | None]) -> pd.api.extensions.ExtensionArray:
    # By way of Arrow: pandas alone would look at every cell several times.
    texts: pd.api.extensions.ExtensionArray
    texts = pd.array(pa.array(cells, pa.large_string()), dtype="str")
    return texts


@dataclass(frozen=True)
class RawListings:
    """All well-formed rows of a file as raw texts, indexed by row number from 1."""

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
    frames: list[pd.DataFrame] = []
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
        numbers = pd.Index(list(sound), dtype="int64")
        frames.append(file.to_frame(list(sound.values())).set_axis(numbers))
        progress(seen, 0)
    if not seen:
        raise DatasetError(f"{path}: a header and no listing under it. Is this the whole file?")
    return RawListings(pd.concat(frames), file.source, tuple(malformed))


def _is_filled(cells: Sequence[str]) -> bool:
    """Whether some cell says anything; a row of empty cells is no listing."""
    return any(map(str.strip, cells))


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(FILE_UNREADABLE, file=path, reason=error.strerror) from error


def _decode(data: bytes, file: Path | Upload) -> Decoded:
    """Encoding and size of a file that is text; raises DatasetError for any other."""
    for signature, what in SIGNATURES.items():
        if data.startswith(signature):
            raise DatasetError(FILE_OF_OTHER_KIND, file=file, what=what)
    text, encoding = _choose_encoding(data)
    if "\0" in text:
        raise DatasetError(FILE_BINARY, file=file)
    if not text or text.isspace():
        raise DatasetError(FILE_EMPTY, file=file)
    return Decoded(
        encoding=encoding,
        lines=1 + max(text.count("\n"), text.count("\r")),
        damaged_letters=text.count("\ufffd"),
    )


def _choose_encoding(data: bytes) -> tuple[str, str]:
    """Text and encoding: UTF-16 by its mark, UTF-8 if it reads so, else Windows-1252."""
    if data.startswith(UTF_16_MARKS):
        return data.decode("utf-16", errors="replace"), "utf-16"
    encoding = "utf-8-sig" if data.startswith(UTF_8_MARK) else "utf-8"
    with suppress(UnicodeDecodeError):
        return data.decode(encoding), encoding
    text = data.decode(encoding, errors="replace")
    if encoding == "utf-8-sig":
        return text, encoding
    damaged = text.count("\ufffd")
    accented = len(text) - len(text.encode("ascii", errors="ignore")) - damaged
    # A file cut in the middle of a letter stays UTF-8; one with no letter that reads is not.
    if damaged <= accented:
        return text, "utf-8"
    return data.decode("cp1252", errors="replace"), "cp1252"


def _read_header(buffer: io.TextIOWrapper, file: Path | Upload) -> tuple[str, list[str]]:
    """Separator and header, by most known columns; leaves the buffer after the header."""
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
        best = max(best, (known, separator, header, buffer.tell()), key=lambda found: found[0])
    known, separator, header, after = best
    if not header or any("\n" in cell and separator in cell for cell in header):
        raise DatasetError(FILE_WITHOUT_HEADER, file=file)
    buffer.seek(after)
    return separator, header


def _locate_fields(header: list[str], file: Path | Upload, *, needs_price: bool) -> dict[str, int]:
    found: dict[str, list[int]] = {}
    for at, cell in enumerate(header):
        if name := HEADERS.get(fold(cell)):
            found.setdefault(name, []).append(at)
    missing = [
        each.name
        for each in FIELDS
        if each.needed and each.name not in found and (needs_price or each.name != TARGET)
    ]
    if missing:
        raise refuse_missing(missing, header, file)
    if twice := [name for name, places in found.items() if len(places) > 1]:
        columns = "; ".join(
            f"{spell.title(name)}: {[header[at] for at in found[name]]}" for name in twice
        )
        raise DatasetError(FILE_WITH_TWINS, file=file, columns=columns)
    return {name: places[0] for name, places in found.items()}
