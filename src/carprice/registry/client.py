"""`Registry`: runs, versions, and the registration of a run's model."""

import json
from collections.abc import Mapping
from importlib.metadata import version as installed_version
from typing import TYPE_CHECKING

import mlflow
import pandas as pd
from mlflow.entities import Dataset, DatasetInput, InputTag
from mlflow.models import Model
from mlflow.types import ColSpec, DataType, Schema
from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT

from carprice.market.chosen import MARKET
from carprice.market.listing import TARGET
from carprice.registry.connection import explained
from carprice.registry.looks import Looks
from carprice.registry.models import CLEAN, SIGNATURE, Models
from carprice.registry.records import FILES_TAG, MODEL_NAME, Version, VersionFacts
from carprice.registry.removals import Removals
from carprice.registry.runs import Runs
from carprice.registry.searches import Searches
from carprice.registry.stored_model import digest_files, list_trusted_types
from carprice.registry.uploads import use_for_uploads
from carprice.settings import Settings
from carprice.wording import spell

if TYPE_CHECKING:
    # Slow to import, and many a command trains nothing.
    from sklearn.pipeline import Pipeline

PRODUCTION = "production"
STAGING = "staging"
REQUIREMENTS = (
    "mlflow", "numpy", "pandas", "pydantic", "scikit-learn", "scipy", "skops", "threadpoolctl",
)  # fmt: skip
"""What a process needs beside this package to open the model and estimate."""


def find_libraries() -> dict[str, str]:
    """The installed version of each of REQUIREMENTS."""
    return {name: installed_version(name) for name in REQUIREMENTS}


class Registry(Runs, Looks, Searches, Models, Removals):
    """Runs and versions on an MLflow server or in the embedded stores.

    Every method raises RegistryError when the registry does not answer or refuses.
    """

    def __init__(self, settings: Settings) -> None:
        use_for_uploads()
        super().__init__(settings)

    @explained
    def log_data(self, run_id: str, facts: VersionFacts) -> None:
        """Write what a run learns from as its data set; writing twice is harmless.

        The digest is the hash of the clean table: runs on the same listings are found by it.
        """
        columns = Schema([*CLEAN, ColSpec(DataType.double, name=TARGET)])
        data = Dataset(
            name=facts.source,
            digest=facts.data_hash,
            source_type="local",
            source=json.dumps({"uri": facts.source, "sha256": facts.source_sha256}),
            schema=json.dumps({"mlflow_colspec": columns.to_dict()}),
            profile=json.dumps({"num_rows": facts.rows}),
        )
        context = InputTag(MLFLOW_DATASET_CONTEXT, "training")
        self.client.log_inputs(run_id, [DatasetInput(data, [context])])

    @explained
    def register_model(
        self, run_id: str, pipeline: "Pipeline", example: pd.DataFrame, tags: Mapping[str, str]
    ) -> Version:
        """Store a pipeline with the run; return its new version of the model."""
        # Slow to import, and many a command trains nothing.
        from carprice.registry import flavor  # noqa: PLC0415

        versions = find_libraries()
        self.log(run_id, tags={f"library.{name}": found for name, found in versions.items()})
        self.give_up_models(run_id)
        with mlflow.start_run(run_id=run_id):
            logged = Model.log(
                artifact_path=None,
                name="model",
                flavor=flavor,
                sk_model=pipeline,
                signature=SIGNATURE,
                input_example=example,
                pip_requirements=[f"{name}=={found}" for name, found in versions.items()],
                serialization_format="skops",
                skops_trusted_types=list_trusted_types(),
            )
        self.client.update_run(run_id, status="RUNNING")
        self.ensure_model(MODEL_NAME, f"{spell.DESCRIPTION.en} ({MARKET.currency.symbol})")
        with self.download(logged.model_uri, MODEL_NAME) as folder:
            files = digest_files(folder)
        entry = self.client.create_model_version(
            MODEL_NAME,
            source=logged.model_uri,
            run_id=run_id,
            model_id=logged.model_id,
            tags={**tags, FILES_TAG: json.dumps(files)},
        )
        return self.version_of_run(run_id) or Version.from_entry(entry)
