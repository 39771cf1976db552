"""How many prices intervals hold, in groups of cars that are known before their price is; pure."""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from carprice.evaluation.metrics import PRICE_BANDS, YEAR_BANDS, group_rows
from carprice.frozen import Frozen
from carprice.market.fields import fold
from carprice.market.listing import FEATURES, HIGH, LOW, TARGET, WIDE_HIGH, WIDE_LOW
from carprice.market.slices import Slice

LEAST_CARS = 90
"""Of a group: in fewer, one price in eighty is a point."""
ADVERTS = (0, 1, 5, 30, 100, np.inf)
"""Bands of how many adverts of its model a car's version has learnt from."""
CHANCE = 0.01
"""That one group or more of a sound model is found to fall short, whatever their number."""


class Covered(Frozen):
    """How many prices of a group of cars lie in their intervals.

    promised_pct: share that the interval is to hold; share_pct: that it holds. p: chance of so few
    where it keeps its promise, exact binomial.
    """

    family: str
    name: str
    rows: int
    promised_pct: float
    share_pct: float
    p: float


def cover_groups(
    listings: pd.DataFrame,
    estimates: pd.DataFrame,
    adverts: pd.Series,
    coverage: tuple[float, float],
) -> list[Covered]:
    """Both intervals in each group of LEAST_CARS: make, age, estimated price, rarity, blanks.

    adverts: of its model, that the version has learnt from, for each car. coverage: shares that
    the interval and the wide one are to hold. An interval that a model lacks is left out.
    """
    groups = group_cars(listings, estimates, adverts)
    ends = ((LOW, HIGH), (WIDE_LOW, WIDE_HIGH))
    return [
        _cover(
            part,
            listings.loc[rows, TARGET].between(estimates.loc[rows, low], estimates.loc[rows, high]),
            promised,
        )
        for (low, high), promised in zip(ends, coverage, strict=True)
        if estimates[low].notna().any()
        for part, rows in groups.items()
    ]


def find_short(groups: list[Covered]) -> list[Covered]:
    """Those that hold fewer prices than promised, beyond chance over all of them (Bonferroni)."""
    return [each for each in groups if each.p * len(groups) < CHANCE]


def measure_chance(share_pct: float, rows: int, promised_pct: float) -> float:
    """Chance that an interval which keeps its promise holds so few prices, exact binomial."""
    if math.isnan(share_pct):
        return 0
    held = round(share_pct / 100 * rows)
    return float(stats.binomtest(held, rows, promised_pct / 100, alternative="less").pvalue)


def group_cars(
    listings: pd.DataFrame, estimates: pd.DataFrame, adverts: pd.Series
) -> dict[Slice, pd.Index]:
    """Rows of each group of LEAST_CARS that is known beforehand: see `cover_groups`."""
    families: Mapping[str, pd.Series] = {
        "make": listings["make"].map(fold, na_action="ignore"),
        "year": pd.cut(listings["model_year"], list(YEAR_BANDS), right=False),
        "estimate": pd.cut(estimates[TARGET], list(PRICE_BANDS), right=False),
        "adverts": pd.cut(adverts, list(ADVERTS), right=False),
    }
    known = [
        rows
        for each in group_rows(listings, families, LEAST_CARS).values()
        for rows in each.items()
    ]
    blanks = [(Slice("missing", name), listings.index[listings[name].isna()]) for name in FEATURES]
    return dict([*known, *((part, rows) for part, rows in blanks if len(rows) >= LEAST_CARS)])


def _cover(part: Slice, held: pd.Series, promised: float) -> Covered:
    share_pct, promised_pct = 100 * float(held.mean()), 100 * promised
    return Covered(
        family=part.family,
        name=part.name,
        rows=len(held),
        promised_pct=promised_pct,
        share_pct=share_pct,
        p=measure_chance(share_pct, len(held), promised_pct),
    )
