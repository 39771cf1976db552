"""Training and held-out listings, by a hash of the car."""

from enum import StrEnum
from typing import NamedTuple

import numpy as np
import pandas as pd
from pydantic import Field

from carprice.frozen import Frozen
from carprice.listings.cleaning import name_vehicles
from carprice.listings.near_copies import NEAR_KM, drop_near_copies

BAND_KM = 5_000
BAND_END_KM = 3_500
"""Each band holds a round mileage and ends between those that people and sites name: no whole
thousand, and no middle of a band of theirs, lies within NEAR_KM of an end."""


class SplitRule(StrEnum):
    """How a car's side is found; stored as a tag of versions, so none may change."""

    EXACT = "exact"
    """Of earlier releases: by make, model, year and the very kilometres."""
    BANDS = "bands"
    """By make, model, year and a band of kilometres."""


class SplitParams(Frozen, extra="forbid"):
    """How listings are kept apart."""

    holdout_share: float = Field(gt=0, lt=0.5)


class Split(NamedTuple):
    """How a version's listings were split."""

    holdout_share: float
    rule: SplitRule = SplitRule.BANDS


def split(
    listings: pd.DataFrame, holdout_share: float, rule: SplitRule = SplitRule.BANDS
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training listings, and held-out cars with one listing each, by a hash of the car.

    The same car is on the same side in every file and at every retraining, its repeated adverts
    with it; a smaller share holds out a part of what a larger one does. By bands, its near-copies
    are with it too, in any file: held-out cars near to a band that is learnt from are left out.
    """
    place = place_vehicles(listings, rule)
    held_out = listings[place < holdout_share]
    if rule is SplitRule.BANDS:
        for apart in (1 - NEAR_KM, NEAR_KM - 1):
            held_out = held_out[place_vehicles(held_out, rule, apart) < holdout_share]
    return listings[place >= holdout_share], drop_near_copies(held_out)


def place_vehicles(
    listings: pd.DataFrame, rule: SplitRule = SplitRule.BANDS, apart: int = 0
) -> pd.Series:
    """A number from 0 to 1 for each listing, the same for the same car anywhere.

    apart: of cars so many kilometres apart.
    """
    if rule is SplitRule.BANDS:
        mileage = listings["mileage_km"].round() + apart
        band = (mileage + BAND_KM - BAND_END_KM) // BAND_KM * BAND_KM
        listings = listings.assign(mileage_km=band)
    hashes = pd.util.hash_pandas_object(name_vehicles(listings).astype(object), index=False)
    return (hashes / np.float64(2**64)).set_axis(listings.index)
