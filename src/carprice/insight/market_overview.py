"""A market as its adverts show it, summed up in a few rows a picture: pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from carprice.listings.spelling import choose_spellings
from carprice.market.fields import fold
from carprice.market.listing import TARGET

LEAST_ADVERTS = 8
"""Fewer adverts make a median of luck."""
MOST_GROUPS = 20
QUARTILES = (0.25, 0.5, 0.75)
COLUMNS = ["name", "rows", "low", "median", "high"]


class Middle(NamedTuple):
    """What is in the middle of some adverts; None where none of them says it."""

    adverts: int
    price: float | None
    model_year: float | None
    mileage_km: float | None


def unify_names(adverts: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The adverts with each name of these columns in its most common spelling."""
    return adverts.assign(**{name: _unify(adverts[name]) for name in columns})


def select_adverts(adverts: pd.DataFrame, filters: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Adverts whose fields have one of the values chosen of each; no choice is every one."""
    for name, chosen in filters.items():
        if chosen:
            adverts = adverts[adverts[name].isin(list(chosen))]
    return adverts


def find_middle(adverts: pd.DataFrame) -> Middle:
    medians = adverts[[TARGET, "model_year", "mileage_km"]].median()
    return Middle(len(adverts), *(None if np.isnan(each) else float(each) for each in medians))


def summarize_names(adverts: pd.DataFrame, column: str) -> pd.DataFrame:
    """Prices by name (COLUMNS: quartiles in DH), of the most frequent names, the dearest first."""
    groups = _summarize(adverts, column).sort_values("rows", ascending=False, kind="stable")
    return groups.head(MOST_GROUPS).sort_values("median", ascending=False, ignore_index=True)


def summarize_years(adverts: pd.DataFrame) -> pd.DataFrame:
    """Prices by model year (COLUMNS, `name` being the year), in the order of time."""
    return _summarize(adverts, "model_year").sort_values("name", ignore_index=True)


def _summarize(adverts: pd.DataFrame, column: str) -> pd.DataFrame:
    prices = adverts.groupby(column)[TARGET]
    counts = prices.size()
    frequent = counts[counts >= LEAST_ADVERTS].index
    low, median, high = (prices.quantile(share)[frequent] for share in QUARTILES)
    return pd.DataFrame(
        {"rows": counts[frequent], "low": low, "median": median, "high": high}
    ).reset_index(names="name")[COLUMNS]


def _unify(column: pd.Series) -> pd.Series:
    counts = column.value_counts()
    names: list[str] = counts.index.tolist()
    spelling = choose_spellings(zip(names, counts.tolist(), strict=True))
    return column.map({name: spelling[fold(name)] for name in names})
