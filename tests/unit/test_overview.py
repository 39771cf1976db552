import numpy as np
import pandas as pd
import pytest

from carprice.insight.market_overview import (
    LEAST_ADVERTS,
    MOST_GROUPS,
    Change,
    compare_adverts,
    find_middle,
    select_adverts,
    summarize_ages,
    summarize_distances,
    summarize_names,
    summarize_years,
    unify_names,
)


@pytest.fixture
def adverts() -> pd.DataFrame:
    """Two makes, one of them spelt in two ways, and a rare third one."""
    return pd.DataFrame(
        {
            "make": ["Citroën"] * 9 + ["CITROEN"] * 2 + ["Dacia"] * 10 + ["Lada"] * 3,
            "fuel": ["diesel"] * 11 + ["petrol"] * 10 + [None] * 3,
            "model_year": [2015.0] * 11 + [2020.0] * 10 + [1990.0] * 3,
            "mileage_km": [100_000.0] * 21 + [np.nan] * 3,
            "price_mad": [*range(100_000, 111_000, 1_000), *[50_000.0] * 10, *[9e5] * 3],
        }
    )


def test_names_that_differ_in_spelling_alone_become_the_most_common_one(
    adverts: pd.DataFrame,
) -> None:
    unified = unify_names(adverts, ["make"])
    assert unified["make"].value_counts().to_dict() == {"Citroën": 11, "Dacia": 10, "Lada": 3}
    assert adverts["make"].nunique() == 4


def test_an_unknown_name_stays_unknown() -> None:
    unified = unify_names(pd.DataFrame({"city": ["Fès", None, "FES", "Fès"]}), ["city"])
    assert unified["city"].tolist()[::2] == ["Fès", "Fès"]
    assert unified["city"].isna().tolist() == [False, True, False, False]


def test_names_are_summed_up_the_dearest_first_and_rare_ones_left_out(
    adverts: pd.DataFrame,
) -> None:
    found = summarize_names(unify_names(adverts, ["make"]), "make")
    assert found.to_dict("records") == [
        {"name": "Citroën", "rows": 11, "low": 102_500, "median": 105_000, "high": 107_500},
        {"name": "Dacia", "rows": 10, "low": 50_000, "median": 50_000, "high": 50_000},
    ]


def test_of_many_names_the_most_frequent_are_shown() -> None:
    names = [f"M{at}" for at in range(40) for _ in range(LEAST_ADVERTS + at)]
    found = summarize_names(pd.DataFrame({"make": names, "price_mad": 1.0}), "make")
    assert set(found["name"]) == {f"M{at}" for at in range(40 - MOST_GROUPS, 40)}


def test_years_are_summed_up_in_the_order_of_time(adverts: pd.DataFrame) -> None:
    found = summarize_years(adverts)
    assert found["name"].tolist() == [2015, 2020]
    assert found["median"].tolist() == [105_000, 50_000]


def test_the_oldest_year_stands_for_all_before_it_and_is_left_out() -> None:
    years = [1980.0] * 20 + [1981.0] * 8
    found = summarize_years(pd.DataFrame({"model_year": years, "price_mad": 1.0}))
    assert found["name"].tolist() == [1981]


def test_kilometres_are_summed_up_by_equal_steps() -> None:
    driven = [0.0] * 4 + [19_999.0] * 4 + [60_000.0] * 8 + [80_000.0] * 7 + [np.nan]
    found = summarize_distances(pd.DataFrame({"mileage_km": driven, "price_mad": 1.0}))
    assert found[["name", "rows"]].to_numpy().tolist() == [[0, 8], [60_000, 8]]


def test_the_price_of_each_age_is_told_as_a_share_of_the_newest() -> None:
    ages = [("Clio", 2024.0, 200.0), ("Clio", 2022.0, 150.0), ("Clio", 2021.0, 130.0),
            ("Zoe", 2023.0, 300.0), ("Zoe", 2020.0, 90.0), ("Twingo", 2024.0, 50.0)]  # fmt: skip
    columns = ["model", "model_year", "price_mad"]
    found = pd.DataFrame([each for each in ages for _ in range(LEAST_ADVERTS)], columns=columns)
    rare = pd.DataFrame([("Clio", 2026.0, 900.0)], columns=columns)
    table = summarize_ages(pd.concat([found, rare]).assign(make="Renault"))
    assert table[["car", "age", "share"]].to_numpy().tolist() == [
        ["Renault Clio", 0, 100], ["Renault Clio", 2, 75], ["Renault Clio", 3, 65],
        ["Renault Zoe", 1, 100], ["Renault Zoe", 4, 30],
    ]  # fmt: skip


def test_what_came_and_went_is_no_other_spelling(adverts: pd.DataFrame) -> None:
    after = adverts[adverts["make"] != "Lada"].assign(make=adverts["make"].str.upper())
    new = pd.DataFrame({"make": ["BYD"], "price_mad": [50_000.0]})
    changed = compare_adverts(adverts, pd.concat([after, new]))
    assert changed == Change((24, 22), (101_500, 75_000), ["BYD"], ["Lada"])


def test_what_is_not_chosen_from_is_not_filtered(adverts: pd.DataFrame) -> None:
    assert len(select_adverts(adverts, {"make": [], "fuel": []})) == len(adverts)
    assert set(select_adverts(adverts, {"make": ["Dacia", "Lada"]})["make"]) == {"Dacia", "Lada"}
    both = {"make": ["Dacia", "Lada"], "fuel": ["petrol"]}
    assert set(select_adverts(adverts, both)["make"]) == {"Dacia"}


def test_the_middle_of_adverts_leaves_open_what_none_of_them_says(adverts: pd.DataFrame) -> None:
    assert find_middle(adverts) == (24, 101_500, 2015, 100_000)
    assert find_middle(adverts.tail(3)) == (3, 900_000, 1990, None)
