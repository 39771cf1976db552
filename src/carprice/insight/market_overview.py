"""Summaries of a market's adverts, a few rows for each picture: pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from carprice.listings.spelling import choose_spellings
from carprice.market.fields import fold
from carprice.market.listing import BY_NAME, TARGET

LEAST_ADVERTS = 8
"""Adverts that a median needs: with fewer, it would be luck."""
MOST_GROUPS = 20
QUARTILES = (0.25, 0.5, 0.75)
COLUMNS = ["name", "rows", "low", "median", "high"]
KM_STEP = 20_000


class Middle(NamedTuple):
    """Medians of some adverts; None where no advert has a value."""

    adverts: int
    price: float | None
    model_year: float | None
    mileage_km: float | None


class Change(NamedTuple):
    """Adverts and their median price, before and after; makes that came and went, by number."""

    adverts: tuple[int, int]
    price: tuple[float, float]
    came: list[str]
    went: list[str]


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
    """Price quartiles (COLUMNS) by model year, `name` being the year, oldest first.

    Without the oldest year that there is: it stands for all before it as well.
    """
    dated = adverts[adverts["model_year"] > (BY_NAME["model_year"].minimum or 0)]
    return _summarize(dated, "model_year").sort_values("name", ignore_index=True)


def summarize_distances(adverts: pd.DataFrame) -> pd.DataFrame:
    """Price quartiles (COLUMNS) by kilometres, `name` being the low end of KM_STEP of them."""
    steps = adverts["mileage_km"] // KM_STEP * KM_STEP
    found = _summarize(adverts.assign(mileage_km=steps), "mileage_km")
    return found.sort_values("name", ignore_index=True)


def summarize_ages(adverts: pd.DataFrame) -> pd.DataFrame:
    """Median price of each car by its age, and its `share` in percent of that of the newest.

    Columns `car` (make and model), `year`, `age` (against the newest year of all), `rows`,
    `median`, `share`; only cars with two ages or more, the most frequent first.
    """
    cars = adverts["make"] + " " + adverts["model"]
    prices = adverts.assign(car=cars).groupby(["car", "model_year"])[TARGET]
    found = prices.agg(rows="size", median="median").query("rows >= @LEAST_ADVERTS").reset_index()
    found = found[found.groupby("car")["model_year"].transform("size") > 1]
    newest = found.groupby("car")["median"].transform("last")
    found = found.assign(
        year=found["model_year"], age=found["model_year"].max() - found["model_year"],
        share=100 * found["median"] / newest, frequent=found["car"].map(cars.value_counts()),
    )  # fmt: skip
    columns = ["car", "year", "age", "rows", "median", "share"]
    ranked = found.sort_values(["frequent", "car", "age"], ascending=[False, True, True])
    return pd.DataFrame(ranked, columns=columns).reset_index(drop=True)


def compare_adverts(before: pd.DataFrame, after: pd.DataFrame) -> Change:
    """What changed between two clean tables."""
    makes = [unify_names(each, ["make"])["make"].value_counts() for each in (before, after)]
    old, new = ({fold(name): name for name in counts.index} for counts in makes)
    return Change(
        adverts=(len(before), len(after)),
        price=(float(before[TARGET].median()), float(after[TARGET].median())),
        came=[name for folded, name in new.items() if folded not in old],
        went=[name for folded, name in old.items() if folded not in new],
    )


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
