"""The files of a stored model: what they must hold to be opened, and how they are opened.

The trusted types stand here, in code: the list inside a model's own `MLmodel` file could be
widened by whoever can write that file, and is never read.
"""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from carprice.errors import ModelIntegrityError

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

MODEL_FILE = "model.skops"
FILES_WRITTEN_ON_DOWNLOAD = frozenset({"registered_model_meta"})

TRUSTED_TYPES = (
    "carprice.completion.Completer",
    "carprice.features.ListingEncoder",
    "carprice.interval.ErrorScale",
    "carprice.market.MarketBaseline",
    "carprice.model.PriceRegressor",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
)
"""Types beyond those skops knows to be harmless; each is ours or a plain holder of arrays."""


def digest_files(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a stored model by its path inside the folder."""
    files = {
        path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()
    }
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in sorted(files.items())
        if name not in FILES_WRITTEN_ON_DOWNLOAD
    }


def ensure_files(folder: Path, promised: dict[str, str], name: str) -> None:
    """Raise ModelIntegrityError naming each file that is not the one registered."""
    if not promised:
        raise ModelIntegrityError(
            f"{name} has no file hashes: it was not registered by this pipeline and is not opened. "
            "Train it with `carprice run` or `carprice train`."
        )
    found = digest_files(folder)
    altered = sorted(
        path for path in promised.keys() | found.keys() if promised.get(path) != found.get(path)
    )
    if altered:
        details = "; ".join(
            f"{path}: found {_short(found.get(path))}, registered {_short(promised.get(path))}"
            for path in altered
        )
        raise ModelIntegrityError(
            f"{name} is not what was registered and is not opened ({details}). "
            "Roll back to an intact version, or train again."
        )


def open_pipeline(path: Path, name: str) -> "Pipeline":
    """Load a pipeline from a skops file that holds trusted types only.

    Raises ModelIntegrityError naming the types that are not trusted, or why it cannot be read.
    """
    # Slow to import, and hashing or listing files needs none of it.
    import skops.io as sio  # noqa: PLC0415
    from sklearn.pipeline import Pipeline  # noqa: PLC0415
    from skops.io.exceptions import UntrustedTypesFoundException  # noqa: PLC0415

    try:
        pipeline = sio.load(path, trusted=list(TRUSTED_TYPES))
    except UntrustedTypesFoundException as error:
        raise ModelIntegrityError(f"{name} holds types that are not trusted: {error}") from error
    except Exception as error:
        # A damaged archive makes skops raise anything from BadZipFile to KeyError.
        raise ModelIntegrityError(
            f"{name} cannot be read: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(pipeline, Pipeline):
        raise ModelIntegrityError(
            f"{name} holds a {type(pipeline).__name__}; a scikit-learn Pipeline was expected"
        )
    return pipeline


def _short(digest: str | None) -> str:
    return digest[:12] if digest else "no such file"
