"""Checks on the files of a stored model, and opening it.

The trusted types stand here, in code: the list inside a model's own `MLmodel` file could be
widened by whoever can write that file, and is never read.
"""

import hashlib
import json
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

from carprice.errors import ModelIntegrityError
from carprice.market.chosen import MARKET, VARIABLE
from carprice.registry.archive import SCHEMA, RefusedModelError, ensure_unpackable
from carprice.registry.records import Version

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

MODEL_FILE = "model.skops"
FILES_WRITTEN_ON_DOWNLOAD = frozenset({"registered_model_meta"})

MOVED = {
    "carprice.completion.Completer": "carprice.pricing.completion.Completer",
    "carprice.features.ListingEncoder": "carprice.pricing.encoder.ListingEncoder",
    "carprice.interval.ErrorScale": "carprice.pricing.interval.ErrorScale",
    "carprice.market.MarketBaseline": "carprice.pricing.baseline.MarketBaseline",
    "carprice.model.PriceRegressor": "carprice.pricing.regressor.PriceRegressor",
}
"""Type name stored by earlier releases, to its name of today."""

EARLIER_TYPES = {
    "carprice.pricing.baseline.MarketBaseline",
    "carprice.pricing.regressor.PriceRegressor",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
}
"""What only models of earlier releases hold."""

SHARED_TYPES = {
    "carprice.pricing.completion.Completer",
    "carprice.pricing.encoder.ListingEncoder",
    "carprice.pricing.interval.ErrorScale",
}
"""What every price model holds."""


REMEDY = (
    "Where it is a model of your own and they run no code when it is opened, add them to HOLDS of "
    "its estimator, a class in src/carprice/pricing."
)


def list_untrusted(error: Exception) -> str:
    """The types that skops does not trust, without its pages of advice."""
    return str(error).splitlines()[0]


def list_trusted_types() -> list[str]:
    """Types beyond those skops knows to be harmless; each is ours or a plain holder of arrays."""
    # Slow to import, and hashing or listing files needs none of it.
    from carprice.pricing.estimators import list_types  # noqa: PLC0415

    return sorted(SHARED_TYPES | EARLIER_TYPES | list_types())


def digest_files(folder: Path) -> dict[str, str]:
    """SHA-256 of each file of a stored model, by path in its folder."""
    files = {
        path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()
    }
    return {
        name: _digest(path)
        for name, path in sorted(files.items())
        if name not in FILES_WRITTEN_ON_DOWNLOAD
    }


def ensure_files(folder: Path, promised: dict[str, str], name: str) -> None:
    """Raise ModelIntegrityError naming each file whose hash differs."""
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


def ensure_market(version: Version) -> None:
    """Raise ModelIntegrityError for a version of another market."""
    if (found := version.facts.market) != MARKET.code:
        raise ModelIntegrityError(
            f"{version.name} belongs to the market {found}, and {MARKET.code} is served here. Name "
            f"the module of {found} in {VARIABLE}, or keep a registry for each market."
        )


def open_pipeline(path: Path, name: str) -> "Pipeline":
    """The pipeline of a skops file; see `open_stored`."""
    return open_stored(path.read_bytes(), name)


def open_stored(stored: bytes, name: str) -> "Pipeline":
    """The pipeline in the bytes of a skops file of sound size that holds trusted types only.

    Raises ModelIntegrityError naming the types that are not trusted, or why it cannot be read.
    """
    # Slow to import, and hashing or listing files needs none of it.
    import skops.io as sio  # noqa: PLC0415
    from sklearn.pipeline import Pipeline  # noqa: PLC0415
    from skops.io.exceptions import UntrustedTypesFoundException  # noqa: PLC0415

    try:
        ensure_unpackable(stored, name)
        pipeline = sio.loads(_rename_moved(stored), trusted=list_trusted_types())
    except (RefusedModelError, MemoryError):
        raise
    except UntrustedTypesFoundException as error:
        raise ModelIntegrityError(
            f"{name} holds types that are not trusted: {list_untrusted(error)} {REMEDY}"
        ) from error
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


def _rename_moved(stored: bytes) -> bytes:
    """Bytes of a skops file with moved types under their names of today."""
    with ZipFile(BytesIO(stored)) as archive:
        schema = archive.read(SCHEMA).decode()
        renamed = json.dumps(json.loads(schema, object_hook=_rename_type))
        if renamed == json.dumps(json.loads(schema)):
            return stored
        entries = {entry: archive.read(entry) for entry in archive.namelist()}
    entries[SCHEMA] = renamed.encode()
    target = BytesIO()
    with ZipFile(target, "w") as archive:
        for entry, content in entries.items():
            archive.writestr(entry, content)
    return target.getvalue()


def _rename_type(node: dict[str, Any]) -> dict[str, Any]:
    """A schema node with `__module__` and `__class__` of its type renamed if moved."""
    named = f"{node.get('__module__')}.{node.get('__class__')}"
    if named not in MOVED:
        return node
    module, _, name = MOVED[named].rpartition(".")
    return node | {"__module__": module, "__class__": name}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _short(digest: str | None) -> str:
    return digest[:12] if digest else "no such file"
