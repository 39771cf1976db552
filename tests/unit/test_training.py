from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from carprice.evaluation.importance import measure_importance
from carprice.listings.cleaning import parse_listings
from carprice.market.listing import FEATURES, FIELDS, TARGET
from carprice.params import Params
from carprice.pricing.split import SplitRule, place_vehicles, split
from carprice.pricing.training import fit

PINNED = [
    ("Dacia", "Logan", 2018, 120_000, 0.606654795777),
    ("Dacia", "Logan", 2018, 118_500, 0.606654795777),
    ("Dacia", "Logan", 2018, 123_499, 0.606654795777),
    ("Citroën", "C3", 2016, 150_000, 0.364565413037),
    ("Mercedes-Benz", "Classe C", 2022, None, 0.395210587526),
    (None, None, 2010, None, 0.010083170225),
    ("دايسا", "لوجان", 2015, 90_000, 0.108205519807),
]


def cars(*rows: tuple[str | None, str | None, float, float | None]) -> pd.DataFrame:
    table = pd.DataFrame(list(rows), columns=["make", "model", "model_year", "mileage_km"])
    return table.astype({"make": "str", "model": "str", "model_year": float, "mileage_km": float})


def test_cars_are_where_they_have_always_been() -> None:
    """Were these to change, cars that a champion learnt from would judge its challengers."""
    places = place_vehicles(cars(*(row[:4] for row in PINNED)))
    assert places.round(12).tolist() == [row[4] for row in PINNED]
    exact = place_vehicles(cars(*(row[:4] for row in PINNED)), SplitRule.EXACT).round(12).tolist()
    assert [exact[0], *exact[3:]] == [PINNED[0][4], *(row[4] for row in PINNED[3:])]
    assert len(set(exact)) == len(exact)


def test_the_same_car_is_on_the_same_side_among_other_rows_in_another_order(
    known: pd.DataFrame, unseen: pd.DataFrame
) -> None:
    places = place_vehicles(known)
    among_others = pd.concat([unseen, known.iloc[::-1]], ignore_index=True)
    found = place_vehicles(among_others).iloc[len(unseen) :].iloc[::-1]
    assert found.tolist() == places.tolist()


def test_spelling_and_decimals_do_not_move_a_car() -> None:
    spelt = cars(
        ("Citroën", "C4 Picasso", 2016, 150_000), ("CITROEN", "c4-picasso", 2016, 150_000.2)
    )
    assert place_vehicles(spelt).nunique() == 1


def test_the_same_file_in_another_form_gives_the_same_sides() -> None:
    header = {"make": ["Citroën", "CITROEN"], "model": ["C3", "c 3"], "model_year": ["2016"] * 2,
              "mileage_km": ["150 000 km", "150000"]}  # fmt: skip
    raw = pd.DataFrame(
        {each.name: header.get(each.name, [None, None]) for each in FIELDS}, dtype="str"
    )
    assert place_vehicles(parse_listings(raw).values).nunique() == 1


@pytest.mark.parametrize(
    "other",
    [
        ("Dacia", "Sandero", 2018, 120_000), ("Renault", "Logan", 2018, 120_000),
        ("Dacia", "Logan", 2019, 120_000), ("Dacia", "Logan", 2018, 124_000),
        ("Dacia", "Logan", 2018, None), (None, "Logan", 2018, 120_000),
    ],
)  # fmt: skip
def test_another_car_has_another_place(other: tuple[str | None, str, float, float | None]) -> None:
    assert place_vehicles(cars(("Dacia", "Logan", 2018, 120_000), other)).nunique() == 2


def test_what_a_seller_changes_in_a_repeated_advert_does_not_move_the_car(
    known: pd.DataFrame,
) -> None:
    repeated = known.assign(
        price_mad=known[TARGET] * 0.9, city="Rabat", link="x/1", fuel="lpg", condition="good"
    )
    assert place_vehicles(repeated).equals(place_vehicles(known))


@pytest.mark.parametrize("share", [0.05, 0.2, 0.45])
def test_repeated_adverts_never_straddle_the_sides(known: pd.DataFrame, share: float) -> None:
    again = known.sample(frac=0.5, random_state=0)
    again["mileage_km"] += np.random.default_rng(0).integers(-499, 500, len(again))
    train, held_out = split(pd.concat([known, again], ignore_index=True), share)
    vehicle = ["make", "model", "model_year", "mileage_km"]
    assert train[vehicle].merge(held_out[vehicle]).empty
    beside = train[vehicle].merge(held_out[vehicle], on=vehicle[:3])
    assert len(beside) > 100
    assert ((beside["mileage_km_x"] - beside["mileage_km_y"]).abs() >= 500).all()


def test_near_copies_are_learnt_from_and_judge_as_one(known: pd.DataFrame) -> None:
    copies = [known.assign(mileage_km=known["mileage_km"] + apart) for apart in (0, 2, 450, 3)]
    train, held_out = split(pd.concat(copies, ignore_index=True), 0.2)
    once, held_out_once = split(known, 0.2)
    assert len(train) > 3.9 * len(once)
    assert len(held_out) == pytest.approx(len(held_out_once), rel=0.02)
    assert len(held_out_once) > 0.9 * (place_vehicles(known) < 0.2).sum()


def test_a_smaller_share_holds_out_a_part_of_what_a_larger_one_does(known: pd.DataFrame) -> None:
    sides = [split(known, share) for share in (0.05, 0.1, 0.2, 0.4)]
    for (_, smaller), (_, larger) in pairwise(sides):
        assert smaller.index.isin(larger.index).all()
        assert len(smaller) < len(larger)


def test_cars_whose_place_is_below_the_share_are_held_out(known: pd.DataFrame) -> None:
    train, held_out = split(known, 0.2)
    assert (place_vehicles(held_out) < 0.2).all()
    assert (place_vehicles(train) >= 0.2).all()


def test_places_are_spread_evenly_so_that_the_share_is_kept(known: pd.DataFrame) -> None:
    places = place_vehicles(known)
    assert places.between(0, 1).all()
    assert places.quantile([0.1, 0.5, 0.9]).tolist() == pytest.approx([0.1, 0.5, 0.9], abs=0.04)
    assert len(split(known, 0.2)[1]) / len(known) == pytest.approx(0.2, abs=0.03)


def test_a_fit_tells_how_far_it_is(known: pd.DataFrame, params: Params) -> None:
    told: list[tuple[int, int]] = []
    fit(known.head(400), params.model, lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == list(range(told[0][1]))
    assert {total for _, total in told} == {len(told)}


class PricedByMileage:
    """A pipeline that looks at the kilometres and nothing else."""

    def predict(self, listings: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({TARGET: 200_000 - listings["mileage_km"].to_numpy() / 2})


@pytest.fixture(scope="module")
def priced_by_mileage(unseen: pd.DataFrame) -> pd.DataFrame:
    cars = unseen[unseen["mileage_km"] < 300_000]
    return cars.assign(price_mad=200_000 - cars["mileage_km"] / 2, doors=np.nan)


def test_only_what_a_model_looks_at_is_important(priced_by_mileage: pd.DataFrame) -> None:
    importance = measure_importance(PricedByMileage(), priced_by_mileage)  # type: ignore[arg-type]
    assert importance.pop("mileage_km") > 20
    assert set(importance.values()) == {0}


def test_importance_is_measured_for_every_known_field_and_no_other(
    priced_by_mileage: pd.DataFrame,
) -> None:
    importance = measure_importance(PricedByMileage(), priced_by_mileage)  # type: ignore[arg-type]
    assert set(importance) == set(FEATURES) - {"doors"}


def test_make_and_year_are_important_and_two_measurements_agree(
    pipeline: Pipeline, unseen: pd.DataFrame
) -> None:
    few = unseen.head(600)
    importance = measure_importance(pipeline, few)
    ranked = sorted(importance, key=lambda name: importance[name], reverse=True)
    assert {"make", "model", "model_year"} <= set(ranked[:4])
    assert importance["model_year"] > 10 > importance["airbags"]
    assert measure_importance(pipeline, few) == importance
