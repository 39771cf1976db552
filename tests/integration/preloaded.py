"""What the processes that tests fork find done: imported, looked up, drawn. Nothing is opened."""

import io
from importlib import import_module

from matplotlib.figure import Figure
from mlflow.utils import requirements_utils  # noqa: TID251 - not asked anything
from sqlalchemy.orm import configure_mappers

MODULES = (
    "carprice.cli.app", "carprice.params", "carprice.evaluation.plots",
    "carprice.promotion.receipt", "carprice.promotion.release",
    "carprice.serving.production", "carprice.pipeline.steps",
    # What these import only once they need it.
    "alembic.command", "alembic.config", "git", "mlflow.pyfunc.scoring_server", "mlflow.sklearn",
    "mlflow.store.model_registry.sqlalchemy_workspace_store",
    "mlflow.store.tracking.sqlalchemy_workspace_store", "mlflow.tracing.processor.base_mlflow",
    "pandas.core.methods.to_dict", "pyarrow.dataset", "pyarrow.parquet", "skops.io",
    "sqlalchemy.dialects.postgresql.psycopg2", "sqlalchemy.dialects.sqlite.pysqlite",
)  # fmt: skip

for name in MODULES:
    import_module(name)
configure_mappers()
requirements_utils._init_packages_to_modules_map()
Figure().savefig(io.BytesIO())
