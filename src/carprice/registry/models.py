"""Versions of the model, their aliases and stored files."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import mlflow
from mlflow.models import Model, ModelSignature
from mlflow.types import ColSpec, DataType, Schema
from mlflow.types.schema import AnyType

from carprice.errors import ModelIntegrityError, RegistryError
from carprice.market.listing import ESTIMATE_COLUMNS, FEATURES, TEXTUAL
from carprice.registry.archive import MOST_FILES, ensure_sizes
from carprice.registry.connection import (
    Connection,
    asking_once,
    exists_already,
    explained,
    explaining,
    is_absent,
    tolerating,
)
from carprice.registry.model_facts import ModelFacts
from carprice.registry.records import MODEL_NAME, Version
from carprice.registry.stored_model import MODEL_FILE, ensure_files, ensure_market

if TYPE_CHECKING:
    # Slow to import, and many a command opens nothing.
    from sklearn.pipeline import Pipeline


CLEAN = [
    ColSpec(DataType.string if name in TEXTUAL else DataType.double, name=name, required=False)
    for name in FEATURES
]
"""Columns of a clean table."""
ANY = [ColSpec(AnyType(), name=name, required=False) for name in FEATURES]
"""The same as `mlflow.pyfunc` takes them: texts and numbers, codes and wordings."""


def _sign(taken: Sequence[ColSpec], answered: Sequence[str]) -> ModelSignature:
    outputs = [ColSpec(DataType.double, name=name) for name in answered]
    remark = [ColSpec(DataType.string, name="remark")] if taken is ANY else []
    return ModelSignature(inputs=Schema([*taken]), outputs=Schema([*outputs, *remark]))


SIGNATURE = _sign(ANY, ESTIMATE_COLUMNS)
SIGNATURES = (SIGNATURE, _sign(CLEAN, ESTIMATE_COLUMNS), _sign(CLEAN, ESTIMATE_COLUMNS[:3]))
"""Those that are opened: models of earlier releases take clean tables, or have no wide interval."""


class Models(Connection):
    """The registered-model half of `Registry`."""

    @explained
    def version_of_run(self, run_id: str) -> Version | None:
        """The complete version that a run registered through this package, or None.

        A request that is sent again because its answer was lost registers twice: the second
        version is removed.
        """
        entries = self.client.search_model_versions(f"run_id = '{run_id}'")
        found = [Version.from_entry(each) for each in entries if each.name == MODEL_NAME]
        whole = sorted((each for each in found if each.file_hashes), key=lambda each: each.number)
        for extra in whole[1:]:
            self.client.delete_model_version(MODEL_NAME, str(extra.number))
        return whole[0] if whole else None

    @explained
    def give_up_models(self, run_id: str) -> None:
        """Mark half-stored models of a run as failed."""
        asked = f"source_run_id = '{run_id}'"
        for each in self.client.search_logged_models([self.experiment_id], asked):
            if each.status == "PENDING":
                self.client.finalize_logged_model(each.model_id, "FAILED")

    @explained
    def ensure_model(self, name: str, description: str) -> None:
        """Create a registered model if absent."""
        with tolerating(exists_already):
            self.client.create_registered_model(name, description=description)

    @explained
    def versions(self) -> list[Version]:
        """All versions, newest first."""
        entries = self.client.search_model_versions(f"name='{MODEL_NAME}'")
        aliases = self._aliases()
        return sorted(
            (Version.from_entry(each, aliases.get(int(each.version), ())) for each in entries),
            key=lambda version: -version.number,
        )

    @explained
    def version(self, number: int) -> Version:
        return Version.from_entry(self.client.get_model_version(MODEL_NAME, str(number)))

    def choose(self, number: int | None) -> Version:
        """The version with a number; the newest one for None.

        Raises ModelIntegrityError for one that was registered by other means.
        """
        versions = [self.version(number)] if number is not None else self.versions()
        if not versions:
            raise RegistryError("there is no version yet: type `carprice run` or `carprice train`")
        if not versions[0].run_id:
            raise ModelIntegrityError(
                f"{versions[0].name} has no run: it was not registered by this pipeline. Name "
                "another version, or train one with `carprice run` or `carprice train`."
            )
        return versions[0]

    @explained
    def find_alias(self, alias: str) -> Version | None:
        """The version an alias points at, or None."""
        with tolerating(is_absent):
            return Version.from_entry(self.client.get_model_version_by_alias(MODEL_NAME, alias))
        return None

    @explained
    def set_alias(self, alias: str, number: int) -> None:
        self.client.set_registered_model_alias(MODEL_NAME, alias, str(number))

    def set_alias_now(self, alias: str, number: int) -> None:
        """Set an alias within HASTE_SECONDS or fail: a late write could undo another's."""
        with asking_once():
            self.set_alias(alias, number)

    @explained
    def clear_alias(self, alias: str) -> None:
        """Remove an alias; harmless when it is not set."""
        with tolerating(is_absent):
            self.client.delete_registered_model_alias(MODEL_NAME, alias)

    @explained
    def tag_version(self, number: int, tags: Mapping[str, str]) -> None:
        for key, value in tags.items():
            self.client.set_model_version_tag(MODEL_NAME, str(number), key, value)

    @explained
    def describe_version(self, number: int, text: str) -> None:
        """Set the text (Markdown) that MLflow shows of a version."""
        self.client.update_model_version(MODEL_NAME, str(number), text)

    @explained
    def tag_model(self, tags: Mapping[str, str]) -> None:
        """Tag the registered model itself; nothing happens before its first version."""
        with tolerating(is_absent):
            for key, value in tags.items():
                self.client.set_registered_model_tag(MODEL_NAME, key, value)

    @explained
    def read_facts(self) -> ModelFacts:
        """What its own tags say; nothing before the first version."""
        with tolerating(is_absent):
            return ModelFacts.from_tags(self.client.get_registered_model(MODEL_NAME).tags)
        return ModelFacts()

    def open_model(self, version: Version) -> "Pipeline":
        """The pipeline of a version, its bytes, signature, sizes and types checked.

        Raises ModelIntegrityError naming what differs.
        """
        return self.trials.open(self.read_model(version), version.name)

    def read_model(self, version: Version) -> bytes:
        """Bytes of a version's model file, checked against its hash."""
        with self.checked_files(version) as folder:
            stored = (folder / MODEL_FILE).read_bytes()
        if sha256(stored).hexdigest() != version.file_hashes[MODEL_FILE]:
            raise ModelIntegrityError(f"{version.name} was changed while it was read.")
        return stored

    @contextmanager
    def checked_files(self, version: Version) -> Iterator[Path]:
        """Folder of a version's files, each checked against its hash."""
        ensure_market(version)
        with self.files(version) as folder:
            ensure_files(folder, version.file_hashes, version.name)
            if _read_signature(folder, version) not in SIGNATURES:
                raise ModelIntegrityError(
                    f"{version.name} has another signature than this release of carprice expects. "
                    "Train again with this release, or go back to the release that made it."
                )
            yield folder

    def files(self, version: Version) -> AbstractContextManager[Path]:
        """Folder of a version's files, their sizes checked alone; it lasts as long as the block."""
        return self.download(f"models:/{MODEL_NAME}/{version.number}", version.name)

    @contextmanager
    def download(self, uri: str, name: str) -> Iterator[Path]:
        """Folder of the files under an address.

        Raises ModelIntegrityError where there are none, or too many or too large ones.
        """
        with ExitStack() as fetched:
            with explaining(self.uri):
                target = None  # the files of an embedded store are read where they lie
                if not self.artifact_root:
                    target = fetched.enter_context(TemporaryDirectory(prefix="carprice-"))
                ensure_sizes(self._list_files(uri), name)
                folder = Path(mlflow.artifacts.download_artifacts(uri, dst_path=target))
            yield folder

    def _list_files(self, uri: str) -> dict[str, int]:
        """Sizes in bytes of the files under an address, by path; no more than are too many."""
        sizes: dict[str, int] = {}
        folders = [""]
        while folders and len(sizes) + len(folders) <= MOST_FILES:
            for each in mlflow.artifacts.list_artifacts(f"{uri}/{folders.pop()}".rstrip("/")):
                if each.is_dir:
                    folders.append(each.path)
                sizes[each.path] = each.file_size or 0
        return sizes

    def _aliases(self) -> dict[int, tuple[str, ...]]:
        names: dict[int, tuple[str, ...]] = {}
        with tolerating(is_absent):
            registered = self.client.get_registered_model(MODEL_NAME)
            for alias, number in registered.aliases.items():
                names[int(number)] = (*names.get(int(number), ()), alias)
        return names


def _read_signature(folder: Path, version: Version) -> ModelSignature | None:
    try:
        return Model.load(str(folder)).signature
    except Exception as error:
        # What a description that was written by hand makes MLflow and its YAML raise.
        raise ModelIntegrityError(
            f"{version.name} has a description that cannot be read: {type(error).__name__}"
        ) from error
