from pathlib import Path

import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from carprice.market.listing import FEATURES
from carprice.params import Params, read_params
from carprice.pricing.price_model import PriceModel
from carprice.pricing.training import fit
from carprice.simulation.drawing import draw_listings

HOME = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def params() -> Params:
    return read_params(HOME)


@pytest.fixture(scope="session")
def known() -> pd.DataFrame:
    """Drawn cars that the small model has learnt from."""
    return draw_listings(3_000, 5)


@pytest.fixture(scope="session")
def unseen() -> pd.DataFrame:
    """Drawn cars that the small model has not seen."""
    return draw_listings(3_000, 6)


@pytest.fixture(scope="session")
def pipeline(known: pd.DataFrame, params: Params) -> Pipeline:
    """A small model, to be read only."""
    return fit(known, params.model)


@pytest.fixture(scope="session")
def served(pipeline: Pipeline) -> PriceModel:
    """The same as it is served."""
    return PriceModel(pipeline)


@pytest.fixture(scope="session")
def estimates(pipeline: Pipeline, unseen: pd.DataFrame) -> pd.DataFrame:
    return pipeline.predict(unseen[list(FEATURES)])
