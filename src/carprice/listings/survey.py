"""One look through the bytes of a file: its hash, encoding and lines, or why it is no CSV file."""

import codecs
import hashlib
from dataclasses import dataclass
from typing import IO

from carprice.errors import DatasetError
from carprice.wording import spell
from carprice.wording.files import (
    FILE_BINARY,
    FILE_EMPTY,
    FILE_OF_OTHER_KIND,
    FILE_WITH_LONG_LINE,
    GZIP_ARCHIVE,
    MARKUP,
    OLD_WORKBOOK,
    PARQUET_TABLE,
    PDF,
    ZIP_ARCHIVE,
)

BLOCK = 2**18
"""Bytes of a file looked at together: it never stands in memory as a whole."""
LONGEST_LINE = 1_000_000
"""Letters of a line; an advert with all its prose has some thousand."""
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
class Survey:
    """What one look through the bytes of a file tells of its text, which is never held as a whole.

    lines: how many there are at most.
    damaged_letters: could not be decoded; each is read as `\ufffd`.
    accented: letters beyond ASCII that could.
    valid: whether all letters could be decoded.
    """

    encoding: str
    sha256: str
    lines: int
    damaged_letters: int
    accented: int
    valid: bool


def survey(stream: IO[bytes], file: object) -> Survey:
    """Encoding and size of a file that is text: UTF-16 by its mark, UTF-8, or Windows-1252.

    Raises DatasetError for any other file. Leaves the stream at its beginning.
    """
    start = stream.read(max(map(len, SIGNATURES)))
    for signature, what in SIGNATURES.items():
        if start.startswith(signature):
            raise DatasetError(FILE_OF_OTHER_KIND, file=file, what=what)
    if start.startswith(UTF_16_MARKS):
        return _look_through(stream, file, "utf-16")
    if start.startswith(UTF_8_MARK):
        return _look_through(stream, file, "utf-8-sig")
    found = _look_through(stream, file, "utf-8")
    # A file cut in the middle of a letter stays UTF-8; one with no letter that reads is not.
    if found.valid or found.damaged_letters <= found.accented:
        return found
    return _look_through(stream, file, "cp1252")


def _look_through(stream: IO[bytes], file: object, encoding: str) -> Survey:
    """Read a stream as a text in an encoding. Raises DatasetError unless it can be of rows."""
    strict, lenient = (codecs.getincrementaldecoder(encoding)(how) for how in ("strict", "replace"))
    digest, valid, blank = hashlib.sha256(), True, True
    feeds = returns = damaged = accented = line = 0
    stream.seek(0)
    while block := stream.read(BLOCK):
        digest.update(block)
        text = lenient.decode(block)
        valid = valid and _decodes(strict, block)
        if "\0" in text:
            raise DatasetError(FILE_BINARY, file=file)
        blank = blank and (not text or text.isspace())
        first = min(at for at in (text.find("\n"), text.find("\r"), len(text)) if at >= 0)
        if line + first > LONGEST_LINE:
            number, most = spell.number(1 + max(feeds, returns)), spell.number(LONGEST_LINE)
            raise DatasetError(FILE_WITH_LONG_LINE, file=file, line=number, most=most)
        last = max(text.rfind("\n"), text.rfind("\r"))
        line = line + len(text) if last < 0 else len(text) - 1 - last
        feeds, returns = feeds + text.count("\n"), returns + text.count("\r")
        if not text.isascii():
            here = text.count("\ufffd")
            damaged += here
            accented += len(text) - len(text.encode("ascii", errors="ignore")) - here
    left = lenient.decode(b"", final=True)  # of a letter that was cut
    valid = valid and _decodes(strict, b"", final=True)
    if blank and not left:
        raise DatasetError(FILE_EMPTY, file=file)
    stream.seek(0)
    return Survey(
        encoding=encoding,
        sha256=digest.hexdigest(),
        lines=1 + max(feeds, returns),
        damaged_letters=damaged + len(left),
        accented=accented,
        valid=valid,
    )


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True
