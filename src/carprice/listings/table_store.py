"""Clean tables on disk, each named by the hash of its content."""

import hashlib
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow.parquet import read_metadata

from carprice.errors import DatasetError
from carprice.files import replacing


def write_table(frame: pd.DataFrame, folder: Path) -> str:
    """Write a clean table unless it is there already; returns its hash."""
    digest = hash_content(frame)
    path = table_path(folder, digest)
    if not path.exists():
        with replacing(path) as file:
            frame.to_parquet(file)
    return digest


def read_table(folder: Path, digest: str) -> pd.DataFrame:
    """The clean table of a hash. Raises DatasetError when it is absent or altered."""
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


def ensure_rows(folder: Path, digest: str, most: int) -> None:
    """Raise DatasetError for a table of more rows than it was registered with.

    A few kilobytes of a column can stand for any number of rows.
    """
    path = table_path(folder, digest)
    try:
        found = read_metadata(path).num_rows
    except (OSError, pa.ArrowException) as error:
        raise DatasetError(f"cannot read the clean table {path}: {error}") from error
    if found > most:
        raise DatasetError(f"{path} has {found:,} rows, and was registered with {most:,}")


def table_path(folder: Path, digest: str) -> Path:
    return folder / f"listings-{digest}.parquet"


def hash_content(frame: pd.DataFrame) -> str:
    """Hash of a table's columns and rows: 16 hexadecimal digits.

    The order and numbers of the rows do not count; it is the same in every process.
    """
    rows = pd.util.hash_pandas_object(frame, index=False).sort_values().to_numpy()
    names = ",".join(frame.columns).encode()
    return hashlib.sha256(names + rows.tobytes()).hexdigest()[:16]
