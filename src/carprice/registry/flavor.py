"""How MLflow's own tools open a version and ask it: by what `mlflow.pyfunc` finds in its files.

MLflow's flavor for scikit-learn would hand its table to the pipeline, which takes clean values of
every field; here a table is read as everywhere else. A model stored by an earlier release goes on
by that flavor.
"""

from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import Model
from mlflow.pyfunc import FLAVOR_NAME, MAIN
from sklearn.pipeline import Pipeline
from skops.io.exceptions import UntrustedTypesFoundException

from carprice.errors import ConfigurationError
from carprice.pricing.prediction import estimate_table
from carprice.pricing.price_model import PriceModel
from carprice.registry.records import MODEL_NAME
from carprice.registry.stored_model import MODEL_FILE, list_untrusted, open_pipeline


def save_model(path: str, mlflow_model: Model, sk_model: Pipeline, **options: Any) -> None:
    """Store a model as MLflow does one of scikit-learn; `mlflow.pyfunc` opens it by this module.

    Raises ConfigurationError for one that skops cannot hold, or that holds types not trusted.
    """
    try:
        mlflow.sklearn.save_model(sk_model, path, mlflow_model=mlflow_model, **options)
    except MlflowException as error:
        # MLflow speaks of parameters of its own, and names their reason as what it was handling.
        if isinstance(error.__context__, TypeError):
            raise _refuse(sk_model, error.__context__) from error
        raise
    mlflow_model.flavors[FLAVOR_NAME][MAIN] = __name__
    mlflow_model.save(str(Path(path) / mlflow.models.model.MLMODEL_FILE_NAME))


def _refuse(model: Pipeline, reason: TypeError) -> ConfigurationError:
    estimator = type(model["price"])
    place = f"{estimator.__name__}, {estimator.__module__.replace('.', '/')}.py"
    if not isinstance(reason, UntrustedTypesFoundException):
        return ConfigurationError(
            f"the model of {place}, cannot be stored: {reason}. Keep plain values, arrays and "
            "estimators of scikit-learn in it."
        )
    return ConfigurationError(
        f"the model of {place}, holds types that are not trusted: {list_untrusted(reason)} Where "
        "they run no code when it is opened, add them to HOLDS of that class, and train again."
    )


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
