"""Price models by their word in params.yaml: one's own is a line here."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, SerializeAsAny
from sklearn.pipeline import Pipeline

from carprice.pricing.calibrated import CalibratedRegressor, ModelParams
from carprice.pricing.encoder import ListingEncoder
from carprice.pricing.lightgbm_trees import LightGBMRegressor
from carprice.pricing.market_regressor import MarketRegressor
from carprice.pricing.trees import BoostingRegressor, ForestRegressor

ESTIMATORS: Mapping[str, type[CalibratedRegressor]] = {
    "market": MarketRegressor,
    "boosting": BoostingRegressor,
    "forest": ForestRegressor,
    "lightgbm": LightGBMRegressor,
}
USUAL = "market"
"""The word where params.yaml has none, as those of earlier releases."""


def read_model_params(given: Any) -> Any:
    """Hyperparameters of the estimator that they name; raises ValueError for one there is not."""
    if not isinstance(given, Mapping):
        return given
    word = given.get("estimator", USUAL)
    if word not in ESTIMATORS:
        raise ValueError(f"no estimator is called {word!r}; there are {', '.join(ESTIMATORS)}")
    return ESTIMATORS[word].Params.model_validate(given)


ModelSection = Annotated[SerializeAsAny[ModelParams], BeforeValidator(read_model_params)]
"""Section `model` of params.yaml, for any word."""


def build_estimator(params: ModelParams) -> CalibratedRegressor:
    """The unfitted price model of a word, by its hyperparameters."""
    return ESTIMATORS[params.estimator](**params.model_dump(exclude={"estimator"}))


def build_pipeline(params: ModelParams) -> Pipeline:
    """An unfitted pipeline from clean listings to estimates.

    fit(listings, prices); predict(listings) -> ESTIMATE_COLUMNS.
    """
    return Pipeline([("encode", ListingEncoder()), ("price", build_estimator(params))])


def list_types() -> set[str]:
    """Types that files of these price models hold, beyond those of scikit-learn."""
    return {
        name
        for each in ESTIMATORS.values()
        for name in (f"{each.__module__}.{each.__qualname__}", *each.HOLDS)
    }
