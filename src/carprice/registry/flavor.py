"""How MLflow's own tools open a version and ask it: by what `mlflow.pyfunc` finds in its files.

MLflow's flavor for scikit-learn would hand its table to the pipeline, which takes clean values of
every field; here a table is read as everywhere else. A model stored by an earlier release goes on
by that flavor.
"""

from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.models import Model
from mlflow.pyfunc import FLAVOR_NAME, MAIN

from carprice.pricing.prediction import estimate_table
from carprice.pricing.price_model import PriceModel
from carprice.registry.records import MODEL_NAME
from carprice.registry.stored_model import MODEL_FILE, open_pipeline


def save_model(path: str, mlflow_model: Model, **options: Any) -> None:
    """Store a model as MLflow does one of scikit-learn; `mlflow.pyfunc` opens it by this module."""
    mlflow.sklearn.save_model(path=path, mlflow_model=mlflow_model, **options)
    mlflow_model.flavors[FLAVOR_NAME][MAIN] = __name__
    mlflow_model.save(str(Path(path) / mlflow.models.model.MLMODEL_FILE_NAME))


def _load_pyfunc(path: str) -> "Asked":
    """What MLflow calls for a folder of files; types are trusted by our list, not by theirs."""
    return Asked(PriceModel(open_pipeline(Path(path) / MODEL_FILE, MODEL_NAME)))


class Asked:
    """A model as `mlflow.pyfunc` asks it."""

    def __init__(self, model: PriceModel) -> None:
        self.model = model

    def predict(self, cars: pd.DataFrame) -> pd.DataFrame:
        """ESTIMATE_COLUMNS and `remark`, row by row; codes and wordings, texts and numbers."""
        return estimate_table(self.model, cars)
