"""The price model of LightGBM's trees, by the word `lightgbm`; it needs the extra of that name."""

from functools import lru_cache
from typing import Annotated, Any, Literal, Self

from pydantic import Field
from sklearn.base import BaseEstimator, RegressorMixin

from carprice.arrays import Floats
from carprice.errors import ConfigurationError
from carprice.pricing.calibrated import DIRECTIONS, ModelParams
from carprice.pricing.encoder import AT, CHOICES, COLUMNS, NAMES
from carprice.pricing.space import Range
from carprice.pricing.trees import BoostingRegressor

LARGE_ERROR = 0.1
"""Log error from which a price counts no more than in proportion."""
OPENED = 4
"""Boosters kept open; a process serves one version, and validates another."""


class LightGBMParams(ModelParams):
    estimator: Literal["lightgbm"]
    learning_rate: Annotated[float, Field(gt=0, le=1), Range(0.02, 0.3, log=True)] = 0.05
    rounds: Annotated[int, Field(gt=0), Range(100, 1000)] = 500
    leaves: Annotated[int, Field(gt=1), Range(8, 64)] = 31


class LightGBMRegressor(BoostingRegressor):
    """The same of LightGBM's trees, which are kept as text."""

    Params = LightGBMParams
    HOLDS = ("carprice.pricing.lightgbm_trees.TextBooster",)

    def new_price(self) -> "TextBooster":
        return TextBooster(self.learning_rate, self.rounds, self.leaves, self.seed)


class TextBooster(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """LightGBM's trees, kept as the text that it writes: opening it runs nothing.

    text_: of the fitted trees.
    """

    def __init__(self, learning_rate: float, rounds: int, leaves: int, seed: int) -> None:
        self.learning_rate = learning_rate
        self.rounds = rounds
        self.leaves = leaves
        self.seed = seed

    def fit(self, X: Floats, y: Floats) -> Self:  # noqa: N803
        """Fit on encoded listings (n, COLUMNS) and their log prices (n,)."""
        lightgbm = import_lightgbm()
        told = {
            "objective": "huber", "alpha": LARGE_ERROR,
            "learning_rate": self.learning_rate, "num_leaves": self.leaves,
            "monotone_constraints": [DIRECTIONS.get(name, 0) for name in COLUMNS],
            "seed": self.seed, "deterministic": True, "num_threads": 1, "verbosity": -1,
        }  # fmt: skip
        named = [AT[name] for name in (*NAMES, *CHOICES)]
        cars = lightgbm.Dataset(X, y, categorical_feature=named, params={"verbosity": -1})
        self.text_: str = lightgbm.train(told, cars, self.rounds).model_to_string()
        return self

    def predict(self, X: Floats) -> Floats:  # noqa: N803
        """Log prices (n,) of encoded listings."""
        prices: Floats = _open(self.text_).predict(X, num_threads=1)
        return prices


def import_lightgbm() -> Any:
    """The library; raises ConfigurationError where its extra is not installed."""
    try:
        import lightgbm  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ConfigurationError(
            "the estimator lightgbm needs the library of that name: install carprice with its "
            "extra, `uv sync --extra lightgbm`, or choose another word in params.yaml"
        ) from error
    return lightgbm


@lru_cache(OPENED)
def _open(text: str) -> Any:
    return import_lightgbm().Booster(model_str=text)
