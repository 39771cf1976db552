"""Read files of listings as they come, keep the clean table."""

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import IO

import pandas as pd
import pyarrow as pa

from carprice import texts
from carprice.errors import DatasetError
from carprice.listing import BY_NAME, FIELDS, HEADERS, TARGET, fold
from carprice.refusals import refuse, refuse_missing
from carprice.texts import Language
from carprice.whole_files import replacing

SEPARATORS = (",", ";", "\t", "|")
CHUNK_ROWS = 10_000
SIGNATURES = {
    b"PK\x03\x04": texts.ZIP_ARCHIVE,
    b"\xd0\xcf\x11\xe0": texts.OLD_WORKBOOK,
    b"\x1f\x8b": texts.GZIP_ARCHIVE,
    b"PAR1": texts.PARQUET_TABLE,
    b"%PDF": texts.PDF,
    b"<": texts.MARKUP,
}
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
UTF_8_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Upload:
    """A file that came over the network: in memory, and never on a disk."""

    name: str
    data: bytes

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Source:
    """Where listings came from, as found in the file itself."""

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


class ListingFile:
    """The rows of one file of listings, read in chunks, cells untouched.

    Raises DatasetError when the file is missing, empty, not text, or lacks a column that the
    model needs (`needs_price` says whether the price is one of them).
    """

    def __init__(self, file: Path | Upload, *, needs_price: bool) -> None:
        data = file.data if isinstance(file, Upload) else _read_bytes(file)
        text, encoding = _decode(data, file)
        # Decoded as it is read: a text held whole takes four times the room of its bytes.
        self._lines = io.TextIOWrapper(io.BytesIO(data), encoding, errors="replace", newline="")
        separator, header = _read_header(self._lines, file)
        self._start = self._lines.tell()
        self.most_rows = 1 + max(text.count("\n"), text.count("\r"))
        """Rows that there are at most, to tell how far a reader is."""
        self.source = Source(
            name=file.name,
            sha256=hashlib.sha256(data).hexdigest(),
            encoding=encoding,
            separator=separator,
            header=tuple(header),
            fields=_locate_fields(header, file, needs_price=needs_price),
            damaged_letters=text.count("\ufffd"),
        )

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[list[list[str]]]:
        """Yield the rows as lists of cells, at most `rows` at a time; empty lines are no rows.

        Raises DatasetError where a quote that is not closed swallows the rows after it.
        """
        written = self._written_rows()
        while chunk := list(islice(written, rows)):
            yield chunk

    def _written_rows(self) -> Iterator[list[str]]:
        self._lines.seek(self._start)
        taken: list[str] = []
        number = 1
        try:
            for cells in csv.reader(self._record_lines(taken), delimiter=self.source.separator):
                if len(taken) > 1:
                    self._ensure_no_hidden_rows(cells, taken)
                taken.clear()
                if cells:
                    yield cells
                    number += _is_filled(cells)
        except csv.Error as error:
            raise refuse(
                texts.FILE_WITH_OPEN_QUOTE, self.source.name, row=number, error=error
            ) from error

    def _record_lines(self, taken: list[str]) -> Iterator[str]:
        # A quote still open at the end takes the blank line in, and so makes a row of several.
        for line in chain(self._lines, ["\n"]):
            taken.append(line)
            yield line

    def _ensure_no_hidden_rows(self, cells: Sequence[str], lines: Sequence[str]) -> None:
        """Raise csv.Error when a row of several lines owes them to a stray quote."""
        separator, year = self.source.separator, self.source.fields["model_year"]
        next(csv.reader(lines, delimiter=separator, strict=True))
        inner = (line for cell in cells for line in cell.splitlines()[1:])
        for hidden in csv.reader(inner, delimiter=separator):
            if not self.is_malformed(hidden) and hidden[year].strip().isdigit():
                raise csv.Error("it holds whole rows")

    def is_malformed(self, cells: Sequence[str]) -> bool:
        """Whether the row has more or fewer cells than the header."""
        return len(cells) != len(self.source.header)

    def to_frame(self, rows: Sequence[Sequence[str]]) -> pd.DataFrame:
        """Raw texts of well-formed rows, one `str` column for each field, absent ones empty."""
        places, width = self.source.fields, len(self.source.header)
        columns = list(zip(*rows, strict=True)) or [()] * width
        columns.append((None,) * len(rows))  # what an absent field reads
        read = {at: _to_texts(columns[at]) for at in {*places.values(), width}}
        return pd.DataFrame({each.name: read[places.get(each.name, width)] for each in FIELDS})


def _to_texts(cells: Sequence[str | None]) -> pd.api.extensions.ExtensionArray:
    # By way of Arrow: pandas alone would look at every cell several times.
    texts: pd.api.extensions.ExtensionArray
    texts = pd.array(pa.array(cells, pa.large_string()), dtype="str")
    return texts


@dataclass(frozen=True)
class RawListings:
    """All well-formed rows of a file as raw text, indexed by their row number from 1."""

    frame: pd.DataFrame
    source: Source
    malformed: tuple[int, ...]
    """Numbers of the rows left out because they have more or fewer cells than the header."""


def read_listings(path: Path, progress: Callable[[int], None] = lambda _: None) -> RawListings:
    """Read a whole file for training; `progress` is told the number of rows read so far.

    Raises DatasetError when it cannot be read (see ListingFile) or holds no listing.
    """
    file = ListingFile(path, needs_price=True)
    frames: list[pd.DataFrame] = []
    malformed: list[int] = []
    seen = 0
    for chunk in file.chunks():
        sound: dict[int, list[str]] = {}
        for seen, cells in enumerate(filter(_is_filled, chunk), seen + 1):  # noqa: B020 - goes on where it stopped
            if file.is_malformed(cells):
                malformed.append(seen)
            else:
                sound[seen] = cells
        numbers = pd.Index(list(sound), dtype="int64")
        frames.append(file.to_frame(list(sound.values())).set_axis(numbers))
        progress(seen)
    if not seen:
        raise DatasetError(f"{path}: a header and no listing under it. Is this the whole file?")
    return RawListings(pd.concat(frames), file.source, tuple(malformed))


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
                found = texts.MALFORMED.say(language, found=len(cells), expected=width)
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


def _is_filled(cells: Sequence[str]) -> bool:
    """Whether a row says anything; one of empty cells is copied, but is no listing."""
    return any(map(str.strip, cells))


def write_table(frame: pd.DataFrame, folder: Path) -> str:
    """Keep a clean table under the hash of its content; the same table is written once."""
    digest = hash_content(frame)
    path = table_path(folder, digest)
    if not path.exists():
        with replacing(path) as file:
            frame.to_parquet(file)
    return digest


def read_table(folder: Path, digest: str) -> pd.DataFrame:
    """Read a clean table back. Raises DatasetError when it is absent or was altered."""
    path = table_path(folder, digest)
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"cannot read the clean table {path}: {error}. Run the check again."
        ) from error
    if (found := hash_content(frame)) != digest:
        raise DatasetError(
            f"{path}: its content has the hash {found}, its name says {digest}. "
            "Delete it and run the check again."
        )
    return frame


def table_path(folder: Path, digest: str) -> Path:
    return folder / f"listings-{digest}.parquet"


def hash_content(frame: pd.DataFrame) -> str:
    """Hash of a table's columns and rows, whatever the order and numbers of the rows.

    16 hexadecimal digits, the same in every process.
    """
    rows = pd.util.hash_pandas_object(frame, index=False).sort_values().to_numpy()
    names = ",".join(frame.columns).encode()
    return hashlib.sha256(names + rows.tobytes()).hexdigest()[:16]


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise refuse(texts.FILE_UNREADABLE, path, reason=error.strerror) from error


def _decode(data: bytes, file: Path | Upload) -> tuple[str, str]:
    """Text and encoding of a file that is text."""
    for signature, what in SIGNATURES.items():
        if data.startswith(signature):
            raise refuse(texts.FILE_OF_OTHER_KIND, file, what=what)
    text, encoding = _choose_encoding(data)
    if "\0" in text:
        raise refuse(texts.FILE_BINARY, file)
    if not text or text.isspace():
        raise refuse(texts.FILE_EMPTY, file)
    return text, encoding


def _choose_encoding(data: bytes) -> tuple[str, str]:
    """UTF-16 by its mark, UTF-8 by its mark or if it reads so, else Windows-1252 (Latin-1)."""
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
    """Find the separator that makes most sense of the first line; leave the buffer after it."""
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
        raise refuse(texts.FILE_WITHOUT_HEADER, file)
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
            f"{BY_NAME[name].label}: {[header[at] for at in found[name]]}" for name in twice
        )
        raise refuse(texts.FILE_WITH_TWINS, file, columns=columns)
    return {name: places[0] for name, places in found.items()}
