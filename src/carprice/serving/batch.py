"""A file of cars, estimated chunk by chunk: the copy to hand back, and what to show of it.

What comes over the network is never on a disk: it is in memory, and gone with it.
"""

import io
from collections.abc import Iterable, Sequence
from enum import StrEnum
from operator import itemgetter
from pathlib import Path, PurePath
from typing import NamedTuple

import pandas as pd
import pyarrow as pa

from carprice.errors import DatasetError
from carprice.files import replacing
from carprice.language import Language
from carprice.listings import workbook
from carprice.listings.cleaning import parse_listings
from carprice.listings.copying import Row, add_cells, write_header, write_rows
from carprice.listings.reading import ListingFile, Upload
from carprice.market.fields import Role, fold
from carprice.market.listing import ESTIMATE_COLUMNS, FIELDS, HOME, TARGET, VEHICLE
from carprice.pricing.prediction import estimate_adverts, spell_estimates
from carprice.pricing.price_model import PriceModel
from carprice.progress import Progress
from carprice.wording import spell
from carprice.wording.files import ESTIMATED_FILE, FILE_TOO_LONG, FILE_WITHOUT_LISTINGS

MOST_ROWS = 300_000
"""Of an uploaded file, which is held in memory; one on a disk may have any number."""
UNPRICED = tuple(each.name for each in FIELDS if each.role is not Role.FEATURE)
REPEATED_TEXT = pa.dictionary(pa.int32(), pa.string())
SHOWN = pa.schema(
    [
        *((name, REPEATED_TEXT) for name in VEHICLE),
        *((name, pa.float64()) for name in ESTIMATE_COLUMNS),
        ("remark", REPEATED_TEXT),
    ]
)
"""What a page shows of a row; a repeated text is held once."""


class Shown(StrEnum):
    """Kinds of rows of an estimated file to look at."""

    ALL = "all"
    REMARKED = "remarked"
    UNESTIMATED = "unestimated"


class EstimatedFile(NamedTuple):
    """An uploaded file with its estimates.

    name, copy: the CSV file to hand back.
    table: one row for each of the file, in its order and numbered from 1: the car as it was
        written (VEHICLE), ESTIMATE_COLUMNS (NaN where there is none) and a `remark`.
    """

    name: str
    copy: bytes
    table: pd.DataFrame

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return len(self.copy) + int(self.table.memory_usage(deep=True).sum())

    @property
    def estimated(self) -> int:
        return int(self.table[TARGET].notna().sum())

    @property
    def remarked(self) -> int:
        return int(self.table["remark"].ne("").sum())


class Scored(NamedTuple):
    """Rows of a file with their estimates.

    rows: in the order of the file, malformed ones included.
    cars: how many rows are well-formed. estimated: how many of these have an estimate.
    """

    rows: list[Row]
    cars: int
    estimated: int


def score_chunk(
    model: PriceModel, file: ListingFile, chunk: Sequence[list[str]], language: Language = HOME
) -> Scored:
    """Estimate some rows of a file; chunks do not depend on each other."""
    sound = [cells for cells in chunk if not file.is_malformed(cells)]
    # What no price rests on is not read: a hundred thousand links take their time.
    parsed = parse_listings(file.to_frame(sound).drop(columns=list(UNPRICED)))
    answer = estimate_adverts(model, parsed, language)
    rows = add_cells(file, chunk, spell_estimates(answer), language)
    return Scored(rows, len(sound), int(answer[TARGET].notna().sum()))


def copy_with_estimates(
    model: PriceModel,
    file: ListingFile,
    target: Path,
    progress: Progress,
    *,
    unchanged: bool = False,
) -> tuple[int, int]:
    """Write a copy of a file with estimates; whole or not at all.

    progress: is told the number of cars after each chunk, and of lines.
    unchanged: whether cells that a spreadsheet would run are left as they are.
    Returns the numbers of cars and of estimates. Raises DatasetError where the file cannot be
    read on, holds no car, or the target cannot be written.
    """
    cars = estimated = rows = 0
    with replacing(target) as copy:
        write_header(file.source, copy, unchanged=unchanged)
        for chunk in file.chunks():
            scored = score_chunk(model, file, chunk)
            write_rows(file.source, copy, scored.rows, unchanged=unchanged)
            cars, estimated = cars + scored.cars, estimated + scored.estimated
            rows += len(chunk)
            progress(cars, file.most_rows)
        if not rows:
            raise DatasetError(FILE_WITHOUT_LISTINGS, file=file.source.name)
    return cars, estimated


def estimate_upload(
    model: PriceModel,
    upload: Upload,
    progress: Progress,
    language: Language,
    *,
    unchanged: bool = False,
) -> EstimatedFile:
    """Estimate an uploaded CSV file or Excel workbook.

    progress: is told the number of cars after each chunk, and of lines.
    unchanged: whether cells that a spreadsheet would run are left as they are in the copy.
    Raises DatasetError when it cannot be read as listings, or has more than MOST_ROWS.
    """
    file = open_bounded(upload, MOST_ROWS, "predict", needs_price=False)
    copy, shown, cars = io.BytesIO(), [SHOWN.empty_table()], 0
    write_header(file.source, copy, unchanged=unchanged)
    for chunk in file.chunks():
        scored = score_chunk(model, file, chunk, language)
        write_rows(file.source, copy, scored.rows, unchanged=unchanged)
        shown.append(_select_columns(file, scored.rows))
        cars += scored.cars
        progress(cars, file.most_rows)
    table: pd.DataFrame = pa.concat_tables(shown).unify_dictionaries().to_pandas()
    table.index += 1
    name = ESTIMATED_FILE.say(HOME, stem=PurePath(upload.name).stem)
    return EstimatedFile(name, copy.getvalue(), table)


def select_shown(table: pd.DataFrame, shown: Shown, make: str) -> pd.DataFrame:
    """Rows of one kind whose make contains a text, in any spelling."""
    if shown is Shown.REMARKED:
        table = table[table["remark"].ne("")]
    elif shown is Shown.UNESTIMATED:
        table = table[table[TARGET].isna()]
    wanted = [each for each in table["make"].unique() if fold(make) in fold(each)]
    return table[table["make"].isin(wanted)]


def open_bounded(
    given: Path | Upload, most: int, command: str, *, needs_price: bool
) -> ListingFile:
    """A CSV file, or an uploaded workbook, of no more rows than `most`.

    command: of `carprice`, which takes a longer one from a disk. Raises DatasetError.
    """
    if isinstance(given, Upload) and workbook.is_archive(given.data):
        given = Upload(given.name, workbook.to_csv(given.name, given.data))
    file = ListingFile(given, needs_price=needs_price)
    if file.most_rows > most and _has_more(file.chunks(), most):
        raise DatasetError(
            FILE_TOO_LONG, file=file.source.name, command=command,
            found=spell.number(file.most_rows), most=spell.number(most),
        )  # fmt: skip
    return file


def _has_more(chunks: Iterable[list[list[str]]], most: int) -> bool:
    # Lines do not tell: a row may have several of them.
    rows = 0
    return any((rows := rows + len(chunk)) > most for chunk in chunks)


def _select_columns(file: ListingFile, rows: Iterable[Row]) -> pa.Table:
    """The columns SHOWN of some rows; a malformed one has no name."""
    name_car = itemgetter(*(file.source.fields[name] for name in VEHICLE))
    unnamed = [""] * len(VEHICLE)
    shown = (
        (*(unnamed if file.is_malformed(cells) else name_car(cells)), *added)
        for cells, added in rows
    )
    columns = dict(zip(SHOWN.names, zip(*shown, strict=True), strict=True))
    for name in ESTIMATE_COLUMNS:
        columns[name] = [float(cell) if cell else None for cell in columns[name]]
    return pa.table(columns, SHOWN)
