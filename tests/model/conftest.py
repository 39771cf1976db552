"""Real adverts, which the project never carries: a file named by CARPRICE_REAL_LISTINGS."""

import os
from pathlib import Path

import pandas as pd
import pytest

from carprice.listings.cleaning import clean
from carprice.listings.reading import RawListings, read_listings

VARIABLE = "CARPRICE_REAL_LISTINGS"


@pytest.fixture(scope="session")
def raw() -> RawListings:
    place = os.environ.get(VARIABLE, "")  # noqa: TID251 - names a file for tests, sets nothing
    if not place:
        pytest.skip(f"set {VARIABLE} to the file of real listings to run this test")
    return read_listings(Path(place))


@pytest.fixture(scope="session")
def real(raw: RawListings) -> pd.DataFrame:
    """The clean rows to train and measure on."""
    return clean(raw).kept
