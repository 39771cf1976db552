"""Two plain ways to name a price, scored beside a model to show what it is worth: pure."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from carprice.evaluation.comparison import Difference, compare
from carprice.evaluation.metrics import PlainScores, relative_errors
from carprice.market.fields import fold
from carprice.market.listing import TARGET

NAMES, NUMBERS = ["make", "model"], ["model_year", "mileage_km"]
TOLD = [*NAMES, *NUMBERS, TARGET]
"""Columns of clean listings that these ways look at."""


def score_plain_ways(learnt: pd.DataFrame, held_out: pd.DataFrame) -> dict[str, PlainScores]:
    """Scores on held-out cars of each way, by its name, learnt from other clean listings."""
    return {name: _score(held_out, each) for name, each in _price(learnt, held_out)}


def compare_plain_ways(
    learnt: pd.DataFrame, held_out: pd.DataFrame, estimates: pd.Series, rounds: int
) -> dict[str, Difference]:
    """How far a model's estimates of held-out cars are ahead of each way, by its name."""
    model, none = estimates.to_frame(TARGET), len(held_out) + 1
    return {
        name: compare(held_out, each, model, min_rows=none, rounds=rounds).overall
        for name, each in _price(learnt, held_out)
    }


def price_by_median(learnt: pd.DataFrame, held_out: pd.DataFrame) -> pd.Series:
    """The median price of make and model; of the make, then of all cars, where none is known."""
    of_model = learnt.groupby(NAMES)[TARGET].median().rename("of_model")
    of_make = learnt.groupby("make")[TARGET].median()
    known = held_out.join(of_model, on=NAMES)["of_model"]
    return known.fillna(held_out["make"].map(of_make)).fillna(learnt[TARGET].median())


def price_by_line(learnt: pd.DataFrame, held_out: pd.DataFrame) -> pd.Series:
    """The price by a straight line of its logarithm: make, model year and kilometres."""
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["make"]),
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), NUMBERS),
    )
    line = make_pipeline(columns, Ridge()).fit(learnt, np.log(learnt[TARGET]))
    return pd.Series(np.exp(line.predict(held_out)), held_out.index)


WAYS: dict[str, Callable[[pd.DataFrame, pd.DataFrame], pd.Series]] = {
    "median_of_model": price_by_median,
    "straight_line": price_by_line,
}
"""By their stored names."""


def _price(learnt: pd.DataFrame, held_out: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Each way by its name, with its prices of held-out cars as a column TARGET."""
    learnt, held_out = _fold_names(learnt), _fold_names(held_out)
    for name, price in WAYS.items():
        yield name, price(learnt, held_out).to_frame(TARGET)


def _fold_names(listings: pd.DataFrame) -> pd.DataFrame:
    """What the ways look at; an unknown name is one of its own."""
    folded = {name: listings[name].map(fold, na_action="ignore").fillna("") for name in NAMES}
    return listings[TOLD].assign(**folded)


def _score(held_out: pd.DataFrame, prices: pd.DataFrame) -> PlainScores:
    error = relative_errors(held_out[TARGET], prices)
    return PlainScores(
        median_error_pct=float(np.median(error)),
        within_10_pct=100 * float((error <= 10).mean()),
        within_20_pct=100 * float((error <= 20).mean()),
    )
