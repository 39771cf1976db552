"""Summaries of a market's adverts, a few rows for each picture: pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from carprice.listings.spelling import choose_spellings
from carprice.market.fields import fold
from carprice.market.listing import TARGET

LEAST_ADVERTS = 8
"""Adverts that a median needs: with fewer, it would be luck."""
MOST_GROUPS = 20
QUARTILES = (0.25, 0.5, 0.75)
COLUMNS = ["name", "rows", "low", "median", "high"]


class Middle(NamedTuple):
    """Medians of some adverts; None where no advert has a value."""

    adverts: int
    price: float | None
    model_year: float | None
    mileage_km: float | None


def unify_names(adverts: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Adverts with each name in its most common spelling."""
    return adverts.assign(**{name: _unify(adverts[name]) for name in columns})


def select_adverts(adverts: pd.DataFrame, filters: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Adverts with the chosen values of each field; an empty choice means all."""
    for name, chosen in filters.items():
        if chosen:
            adverts = adverts[adverts[name].isin(list(chosen))]
    return adverts


def find_middle(adverts: pd.DataFrame) -> Middle:
    medians = adverts[[TARGET, "model_year", "mileage_km"]].median()
    return Middle(len(adverts), *(None if np.isnan(each) else float(each) for each in medians))


def summarize_names(adverts: pd.DataFrame, column: str) -> pd.DataFrame:
    """Price quartiles (COLUMNS) of the most frequent names, the dearest first."""
    groups = _summarize(adverts, column).sort_values("rows", ascending=False, kind="stable")
    return groups.head(MOST_GROUPS).sort_values("median", ascending=False, ignore_index=True)


def summarize_years(adverts: pd.DataFrame) -> pd.DataFrame:
    """Price quartiles (COLUMNS) by model year, `name` being the year, oldest first."""
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
