"""Cars as the table that a model takes."""

from collections.abc import Mapping

import pandas as pd

from carprice.market.listing import FEATURES, TEXTUAL


def to_listings(cars: list[Mapping[str, float | str]]) -> pd.DataFrame:
    """Clean fields of cars, absent ones unknown, as the table that the model takes."""
    return pd.DataFrame(
        {
            name: pd.Series(
                [car.get(name) for car in cars], dtype="str" if name in TEXTUAL else "float64"
            )
            for name in FEATURES
        }
    )
