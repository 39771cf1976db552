"""A file of cars, estimated row by row: the copy to hand back, and what to show of it.

Nothing here touches a disk: what comes over the network is in memory, and gone with it.
"""

import io
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import PurePath
from typing import NamedTuple

import pandas as pd
from sklearn.pipeline import Pipeline

from carprice import texts, workbook
from carprice.cleaning import parse_listings
from carprice.dataset import ListingFile, Upload, annotate_rows, write_rows
from carprice.listing import ESTIMATE_COLUMNS, FIELDS, TARGET, VEHICLE, Role, fold
from carprice.prediction import estimate, spell_estimates
from carprice.texts import Language

UNPRICED = tuple(each.name for each in FIELDS if each.role is not Role.FEATURE)

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
    def estimated(self) -> int:
        return int(self.table[TARGET].notna().sum())

    @property
    def remarked(self) -> int:
        return int(self.table["remark"].ne("").sum())


class Annotator:
    """Estimates rows of raw texts, and counts them; `progress` is told how many there were."""

    def __init__(
        self, pipeline: Pipeline, progress: Callable[[int], None], language: Language = "fr"
    ) -> None:
        self.pipeline = pipeline
        self.progress = progress
        self.language = language
        self.rows = self.estimated = 0

    def __call__(self, raw: pd.DataFrame) -> list[list[str]]:
        # What no price rests on is not read: a hundred thousand links take their time.
        parsed = parse_listings(raw.drop(columns=list(UNPRICED)))
        answer = estimate(self.pipeline, parsed, self.language)
        self.rows += len(answer)
        self.estimated += int(answer[TARGET].notna().sum())
        self.progress(self.rows)
        return spell_estimates(answer)


def estimate_upload(
    pipeline: Pipeline, upload: Upload, progress: Callable[[float], None], language: Language
) -> EstimatedFile:
    """Estimate an uploaded CSV file or Excel workbook; `progress` is told the share that is done.

    Raises DatasetError when it cannot be read as listings.
    """
    file = _open(upload)
    annotate = Annotator(pipeline, lambda rows: progress(min(1, rows / file.most_rows)), language)
    rows = annotate_rows(file, texts.COLUMNS, annotate, language)
    copy, shown = io.BytesIO(), _Shown(file)
    write_rows(file, copy, texts.COLUMNS, shown.keep(rows))
    name = texts.ESTIMATED_FILE.format(stem=PurePath(upload.name).stem)
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
    return ListingFile(upload, needs_price=False)


class _Shown:
    """Keeps of each row what a page shows of it."""

    def __init__(self, file: ListingFile) -> None:
        self.file = file
        self.rows: list[list[str]] = []

    def keep(self, rows: Iterator[Row]) -> Iterator[Row]:
        places = [self.file.source.fields[name] for name in VEHICLE]
        unnamed = [""] * len(VEHICLE)
        for cells, note in rows:
            known = unnamed if self.file.is_malformed(cells) else [cells[at] for at in places]
            self.rows.append([*known, *note])
            yield cells, note

    def to_table(self) -> pd.DataFrame:
        columns = [*VEHICLE, *ESTIMATE_COLUMNS, "remark"]
        table = pd.DataFrame(self.rows, columns=columns, dtype="str")
        table.index += 1
        return table.assign(**{name: pd.to_numeric(table[name]) for name in ESTIMATE_COLUMNS})
