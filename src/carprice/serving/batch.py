"""A file of cars, estimated row by row: the copy to hand back, and what to show of it.

Nothing here touches a disk: what comes over the network is in memory, and gone with it.
"""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import islice
from operator import itemgetter
from pathlib import PurePath
from typing import NamedTuple

import pandas as pd
import pyarrow as pa

from carprice.language import Language
from carprice.listings import workbook
from carprice.listings.cleaning import parse_listings
from carprice.listings.copying import annotate_rows, write_rows
from carprice.listings.reading import CHUNK_ROWS, ListingFile, Upload
from carprice.listings.refusals import refuse
from carprice.market.fields import Role, fold
from carprice.market.listing import ESTIMATE_COLUMNS, FIELDS, TARGET, VEHICLE
from carprice.pricing.prediction import estimate_adverts, spell_estimates
from carprice.pricing.price_model import PriceModel
from carprice.wording import spell
from carprice.wording.files import ESTIMATED_FILE, FILE_TOO_LONG
from carprice.wording.remarks import COLUMNS

MOST_ROWS = 300_000
"""Of a file that is held in memory; one that lies on a disk may have any number."""
UNPRICED = tuple(each.name for each in FIELDS if each.role is not Role.FEATURE)
REPEATED_TEXT = pa.dictionary(pa.int32(), pa.string())
SHOWN = pa.schema(
    [
        *((name, REPEATED_TEXT) for name in VEHICLE),
        *((name, pa.float64()) for name in ESTIMATE_COLUMNS),
        ("remark", REPEATED_TEXT),
    ]
)
"""What a page shows of a row: a text is held once, in however many rows it stands."""

Row = tuple[list[str], list[str]]
"""The cells of a row as they were read, and those added to it."""


class Shown(StrEnum):
    """Which rows of an estimated file to look at."""

    ALL = "all"
    REMARKED = "remarked"
    UNESTIMATED = "unestimated"


class EstimatedFile(NamedTuple):
    """What becomes of a file of cars.

    name, copy: the CSV file to hand back. table: one row for each of the file, in its order: the
    car as it was written (VEHICLE), ESTIMATE_COLUMNS in DH, NaN where there is none, and a
    `remark`; numbered from 1, the row under the header.
    """

    name: str
    copy: bytes
    table: pd.DataFrame

    @property
    def size(self) -> int:
        """Bytes that it takes in memory."""
        return len(self.copy) + int(self.table.memory_usage(deep=True).sum())

    @property
    def estimated(self) -> int:
        return int(self.table[TARGET].notna().sum())

    @property
    def remarked(self) -> int:
        return int(self.table["remark"].ne("").sum())


class Annotator:
    """Estimates rows of raw texts, and counts them; `progress` is told how many there were."""

    def __init__(
        self, model: PriceModel, progress: Callable[[int], None], language: Language = "fr"
    ) -> None:
        self.model = model
        self.progress = progress
        self.language = language
        self.rows = self.estimated = 0

    def __call__(self, raw: pd.DataFrame) -> list[list[str]]:
        # What no price rests on is not read: a hundred thousand links take their time.
        parsed = parse_listings(raw.drop(columns=list(UNPRICED)))
        answer = estimate_adverts(self.model, parsed, self.language)
        self.rows += len(answer)
        self.estimated += int(answer[TARGET].notna().sum())
        self.progress(self.rows)
        return spell_estimates(answer)


def estimate_upload(
    model: PriceModel, upload: Upload, progress: Callable[[float], None], language: Language
) -> EstimatedFile:
    """Estimate an uploaded CSV file or Excel workbook; `progress` is told the share that is done.

    Raises DatasetError when it cannot be read as listings, or has more than MOST_ROWS.
    """
    file = _open(upload)
    annotate = Annotator(model, lambda rows: progress(min(1, rows / file.most_rows)), language)
    rows = annotate_rows(file, COLUMNS, annotate, language)
    copy, shown = io.BytesIO(), _Shown(file)
    write_rows(file, copy, COLUMNS, shown.keep(rows))
    name = ESTIMATED_FILE.format(stem=PurePath(upload.name).stem)
    return EstimatedFile(name, copy.getvalue(), shown.to_table())


def select_shown(table: pd.DataFrame, shown: Shown, make: str) -> pd.DataFrame:
    """Rows of an estimated file of one kind whose make holds a text, however it is spelt."""
    if shown is Shown.REMARKED:
        table = table[table["remark"].ne("")]
    elif shown is Shown.UNESTIMATED:
        table = table[table[TARGET].isna()]
    wanted = [each for each in table["make"].unique() if fold(make) in fold(each)]
    return table[table["make"].isin(wanted)]


def _open(upload: Upload) -> ListingFile:
    if workbook.is_archive(upload.data):
        upload = Upload(upload.name, workbook.to_csv(upload.name, upload.data))
    file = ListingFile(upload, needs_price=False)
    if file.most_rows > MOST_ROWS and _has_too_many(file.chunks()):
        found, most = spell.number(file.most_rows), spell.number(MOST_ROWS)
        raise refuse(FILE_TOO_LONG, file.source.name, found=found, most=most)
    return file


def _has_too_many(chunks: Iterable[list[list[str]]]) -> bool:
    """Counted to the first row too many: a row may have several lines, but no line several rows."""
    rows = 0
    return any((rows := rows + len(chunk)) > MOST_ROWS for chunk in chunks)


class _Shown:
    """Keeps of each row what a page shows of it."""

    def __init__(self, file: ListingFile) -> None:
        self.file = file
        self.tables: list[pa.Table] = []

    def keep(self, rows: Iterator[Row]) -> Iterator[Row]:
        name_car = itemgetter(*(self.file.source.fields[name] for name in VEHICLE))
        unnamed = [""] * len(VEHICLE)
        while chunk := list(islice(rows, CHUNK_ROWS)):
            self.tables.append(
                _pack(
                    (*(unnamed if self.file.is_malformed(cells) else name_car(cells)), *note)
                    for cells, note in chunk
                )
            )
            yield from chunk

    def to_table(self) -> pd.DataFrame:
        packed = pa.concat_tables([SHOWN.empty_table(), *self.tables]).unify_dictionaries()
        table: pd.DataFrame = packed.to_pandas()
        table.index += 1
        return table


def _pack(rows: Iterable[Sequence[str]]) -> pa.Table:
    columns = dict(zip(SHOWN.names, zip(*rows, strict=True), strict=True))
    for name in ESTIMATE_COLUMNS:
        columns[name] = [float(cell) if cell else None for cell in columns[name]]
    return pa.table(columns, SHOWN)
