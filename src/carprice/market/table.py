"""Cars as a model's input table."""

from collections.abc import Mapping, Sequence

import pandas as pd

from carprice.market.listing import FEATURES, TEXTUAL


def to_listings(cars: Sequence[Mapping[str, float | str]]) -> pd.DataFrame:
    """Input table of a model from cars' clean fields; absent ones are unknown."""
    return pd.DataFrame(
        {
            name: pd.Series(
                [car.get(name) for car in cars], dtype="str" if name in TEXTUAL else "float64"
            )
            for name in FEATURES
        }
    )
