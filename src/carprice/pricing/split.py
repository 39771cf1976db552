"""Training and held-out listings, by a hash of the car."""

import numpy as np
import pandas as pd
from pydantic import Field

from carprice.frozen import Frozen
from carprice.listings.cleaning import name_vehicles


class SplitParams(Frozen, extra="forbid"):
    """How listings are kept apart."""

    holdout_share: float = Field(gt=0, lt=0.5)


def split(listings: pd.DataFrame, holdout_share: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training and held-out listings, by a hash of the car.

    The same car is on the same side in every file and at every retraining, its repeated adverts
    with it; a smaller share holds out a part of what a larger one does.
    """
    held_out = place_vehicles(listings) < holdout_share
    return listings[~held_out], listings[held_out]


def place_vehicles(listings: pd.DataFrame) -> pd.Series:
    """A number from 0 to 1 for each listing, the same for the same car anywhere."""
    hashes = pd.util.hash_pandas_object(name_vehicles(listings).astype(object), index=False)
    return (hashes / np.float64(2**64)).set_axis(listings.index)
