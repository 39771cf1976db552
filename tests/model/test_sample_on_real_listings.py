"""The sample market against the real adverts it was measured on, which the project never carries.

The adverts scored here are those the table was computed from: a check that it carries the market,
not an estimate of accuracy.
"""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from carprice.listings.cleaning import name_vehicles
from carprice.market.listing import TARGET
from carprice.simulation.drawing import draw_listings
from carprice.simulation.facts import load_market

TEXTS = ["make", "name", "fuel", "gearbox", "origin", "condition"]
NUMBERS = ["model_year", "mileage_km", "doors", "first_owner", "fiscal_power_cv"]


def test_every_row_of_the_table_stands_for_five_real_cars_of_its_model(real: pd.DataFrame) -> None:
    cars = name_vehicles(real).groupby([real["make"], real["model"]]).nunique()
    listed = load_market().variants.groupby(["make", "model"])["cars"].sum()
    assert listed.index.isin(cars.index).all()
    assert (listed <= cars.loc[listed.index] * 1.2).all()
    assert cars.loc[listed.index].min() >= 5


def test_the_table_covers_the_bulk_of_the_real_market(real: pd.DataFrame) -> None:
    named = load_market().variants[["make", "model"]].drop_duplicates()
    assert len(real.merge(named)) / len(real) > 0.9


@pytest.mark.parametrize("column", [TARGET, "model_year", "mileage_km"])
def test_drawn_quantiles_are_near_the_real_ones(real: pd.DataFrame, column: str) -> None:
    levels = [0.1, 0.25, 0.5, 0.75, 0.9]
    drawn = draw_listings(20_000, 0)[column].quantile(levels)
    ratios = (drawn / real[column].quantile(levels)).to_numpy()
    assert np.abs(ratios - 1).max() < (0.001 if column == "model_year" else 0.1)


def test_a_model_trained_on_simulated_adverts_alone_prices_real_ones(real: pd.DataFrame) -> None:
    drawn = draw_listings(20_000, 0)
    model = build_model().fit(describe(drawn), np.log(drawn[TARGET]))
    errors = np.abs(np.exp(model.predict(describe(real))) / real[TARGET] - 1)
    assert errors.median() < 0.095


def describe(listings: pd.DataFrame) -> pd.DataFrame:
    named = listings.assign(name=listings["make"].str.cat(listings["model"], "|"))
    return named[TEXTS + NUMBERS].assign(**{each: named[each].fillna("?") for each in TEXTS})


def build_model() -> Pipeline:
    codes = OrdinalEncoder(
        max_categories=250, handle_unknown="use_encoded_value", unknown_value=np.nan
    )
    return make_pipeline(
        make_column_transformer((codes, TEXTS), ("passthrough", NUMBERS)),
        HistGradientBoostingRegressor(
            loss="absolute_error",
            learning_rate=0.1,
            max_iter=200,
            categorical_features=list(range(len(TEXTS))),
            random_state=0,
        ),
    )
