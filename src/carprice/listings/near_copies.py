"""Adverts that show one car with a few kilometres between: near-copies, counted as one."""

import numpy as np
import pandas as pd

from carprice.arrays import Floats, Places
from carprice.listings.cleaning import name_vehicles, number_contents

NEAR_KM = 500
"""Adverts of one make, model and year that are less apart are taken to show one car."""


def link_near_copies(cars: Places, mileage: Floats) -> Places:
    """A number for each advert (n,), the same for near-copies, linked from one to the next.

    cars: a number of make, model and year (n,). mileage: kilometres (n,), NaN where unknown.
    """
    known = np.nan_to_num(mileage, nan=-NEAR_KM)  # unknown ones are alike, and near no other
    order = np.lexsort((known, cars))
    starts = np.ones(len(order), dtype=bool)
    starts[1:] = (np.diff(cars[order]) != 0) | (np.diff(known[order]) >= NEAR_KM)
    groups = np.empty(len(order), dtype=np.intp)
    groups[order] = np.cumsum(starts)
    return groups


def drop_near_copies(listings: pd.DataFrame) -> pd.DataFrame:
    """Clean listings with the first of all near-copies of each car."""
    cars = pd.factorize(name_vehicles(listings.assign(mileage_km=np.nan)))[0]
    groups = link_near_copies(cars, listings["mileage_km"].to_numpy())
    return listings[~pd.Series(groups, listings.index).duplicated()]


def measure_copies(listings: pd.DataFrame) -> float:
    """Percent of clean listings that repeat another in all but a few kilometres."""
    return 100 * float(1 - number_copies(listings).max(initial=0) / max(1, len(listings)))


def number_copies(listings: pd.DataFrame) -> Places:
    """A number from 1 for each clean listing (n,), the same where all but few kilometres agree."""
    everything = np.ones(len(listings), dtype=bool)
    adverts = number_contents(listings.drop(columns="mileage_km"), everything)
    return link_near_copies(adverts, listings["mileage_km"].to_numpy())
