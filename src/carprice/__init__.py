"""Car listings in, a trustworthy price out."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carprice.serving.notebook import ProductionModel


def load() -> "ProductionModel":
    """The version in production, ready to be asked; for notebooks and programs.

    It is that of the registry which the command line uses: MLFLOW_TRACKING_URI, else the one in
    CARPRICE_HOME, else in the current folder.
    """
    # Heavy: whoever imports a part of the package does not wait for all of it.
    from carprice.settings import prepare_process  # noqa: PLC0415

    prepare_process()
    from carprice.serving.notebook import open_production  # noqa: PLC0415

    return open_production()
