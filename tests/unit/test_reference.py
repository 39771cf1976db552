"""What a model learnt from and was measured on, asked about one car."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from carprice.insight.comparables import (
    COMPARABLES,
    LEAST_RECORD,
    Likeness,
    Reference,
    Side,
    TrackRecord,
    find_side,
)
from carprice.insight.explanation import find_typical
from carprice.insight.invitation import measure_gains
from carprice.market.fields import fold
from carprice.market.listing import FEATURES
from carprice.pricing.prediction import read_cars
from carprice.pricing.price_model import Clean, PriceModel, ToldCar
from carprice.pricing.split import Split, split

SHARE = 0.4
NAMED = ("make", "model", "model_year", "mileage_km")


@pytest.fixture(scope="module")
def listings(known: pd.DataFrame) -> pd.DataFrame:
    return known


@pytest.fixture(scope="module")
def reference(served: PriceModel, listings: pd.DataFrame) -> Reference:
    return Reference.build(served, listings, Split(SHARE))


def ask(served: PriceModel, **answers: str) -> ToldCar:
    return read_cars(served, [answers]).tell(0)


def test_the_two_sides_are_those_of_the_split(reference: Reference, listings: pd.DataFrame) -> None:
    train, held_out = split(listings, SHARE)
    assert (len(reference.known), len(reference.unseen)) == (len(train), len(held_out))
    assert reference.unseen["price_mad"].tolist() == held_out["price_mad"].tolist()


def test_comparables_are_training_adverts_of_the_same_model_the_nearest_first(
    served: PriceModel, reference: Reference
) -> None:
    found = reference.find_comparables(
        ask(served, make="DACIA", model="logan", model_year="2018", mileage_km="120000")
    )
    assert len(found) == COMPARABLES
    assert set(found["make"].map(fold)) == {"dacia"}
    assert set(found["model"].map(fold)) == {"logan"}
    apart = (found["model_year"] - 2018).abs() + (found["mileage_km"] - 120_000).abs() / 20_000
    assert apart.fillna(0).is_monotonic_increasing
    alike = reference.known[reference.known["model"].map(fold) == "logan"]
    best = (alike["model_year"] - 2018).abs() + (alike["mileage_km"] - 120_000).abs() / 20_000
    assert apart.iloc[0] == best.min()


def test_another_fuel_is_farther_than_the_same(served: PriceModel, reference: Reference) -> None:
    asked = {"make": "Renault", "model": "Clio", "model_year": "2017", "mileage_km": "130000"}
    petrol, diesel = (
        (reference.find_comparables(ask(served, **asked, fuel=fuel))["fuel"] == "petrol").sum()
        for fuel in ("petrol", "diesel")
    )
    assert petrol > diesel


def test_of_two_adverts_the_one_is_nearer_that_a_person_finds_nearer(
    served: PriceModel, reference: Reference
) -> None:
    """Cars of the simulated market, each with two adverts of its model, looked at by a person.

    Where that person could not decide, the car is not among them.
    """
    cases = pd.read_csv(Path(__file__).with_name("likeness.csv")).astype({"model": str})
    for number, case in cases.groupby("case"):
        adverts = case.set_index("advert").drop(columns="case")
        pair = adverts.loc[["far", "near"]]
        names = type(reference.known_names).of(served.encode(pair.reindex(columns=[*FEATURES])))
        looked = reference._replace(known=pair, known_names=names)
        asked = adverts.loc["asked"].dropna().astype(str)
        found = looked.find_comparables(ask(served, **asked))
        assert found.index.tolist() == ["near", "far"], number
    assert cases["case"].nunique() == 50


def test_a_model_never_seen_has_no_comparables(served: PriceModel, reference: Reference) -> None:
    assert reference.find_comparables(ask(served, make="Dacia", model="Zyx")).empty
    assert reference.find_comparables(ask(served, make="Zyx")).empty


def test_what_is_typical_is_so_for_the_model_else_for_the_make_else_for_the_market(
    served: PriceModel, reference: Reference
) -> None:
    def tell(make: str, model: str) -> Clean:
        return reference.find_typical(served, ask(served, make=make, model=model)).values

    logan, rare = tell("Dacia", "Logan"), tell("Dacia", "Zyx")
    assert (logan["make"], logan["model"]) == ("Dacia", "Logan")
    known = reference.known
    years = known.loc[(known["make"] == "Dacia") & (known["model"] == "Logan"), "model_year"]
    assert logan["model_year"] == pytest.approx(years.median(), abs=1)
    assert rare["make"] == "Dacia"
    usual = find_typical(known)
    assert {name: tell("Zyx", "Zyx")[name] for name in NAMED} == {
        name: usual[name] for name in NAMED
    }


def test_a_record_is_measured_on_the_closest_kind_that_is_large_enough(
    served: PriceModel, reference: Reference
) -> None:
    unseen = reference.unseen
    counts = unseen["model"].value_counts()
    common = counts.index[0]
    make = unseen.loc[unseen["model"] == common, "make"].iloc[0]
    alike = unseen[(unseen["model"] == common) & (unseen["make"] == make)]
    assert len(alike) >= LEAST_RECORD
    car = ask(served, make=make, model=common)
    found = reference.find_record(served, car)
    answers = np.repeat(served.price(car.encoded, car.open_fields), len(alike), axis=0)
    inside = alike["price_mad"].between(answers[:, 1], answers[:, 2])
    errors = 100 * np.abs(answers[:, 0] / alike["price_mad"] - 1)
    assert found == TrackRecord(
        Likeness.MODEL, len(alike), pytest.approx(100 * inside.mean()),
        pytest.approx(np.median(errors)),
    )  # fmt: skip


def test_a_record_widens_to_the_make_before_it_says_nothing(
    served: PriceModel, reference: Reference
) -> None:
    makes = reference.unseen["make"].value_counts()
    common, rare = makes.index[0], makes.index[makes < LEAST_RECORD][0]
    found = reference.find_record(served, ask(served, make=common, model="Zyx"))
    assert found is not None
    assert (found.likeness, found.rows) == (Likeness.MAKE, makes[common])
    assert reference.find_record(served, ask(served, make=rare)) == TrackRecord(
        Likeness.MAKE, makes[rare], None, None
    )


def test_cars_of_the_same_age_come_first(served: PriceModel, reference: Reference) -> None:
    makes = reference.unseen["make"].value_counts()
    ages = reference.unseen.loc[reference.unseen["make"] == makes.index[0], "model_year"]
    year = int(ages.mode().iloc[0])
    found = reference.find_record(
        served, ask(served, make=makes.index[0], model="Zyx", model_year=str(year))
    )
    assert found is not None
    assert (found.likeness, found.rows) == (
        Likeness.MAKE_AND_AGE, int(ages.between(year - 3, year + 3).sum()),
    )  # fmt: skip


def test_a_make_never_seen_and_a_car_without_a_name_have_no_record(
    served: PriceModel, reference: Reference
) -> None:
    assert reference.find_record(served, ask(served, make="Zyx")) is None
    assert reference.find_record(served, ask(served, model_year="2018")) is None


def test_an_open_field_is_named_with_the_prices_that_it_could_bring(
    served: PriceModel, reference: Reference
) -> None:
    car = ask(served, make="Dacia", model="Logan", model_year="2018", mileage_km="120000")
    gains = {each.field: each for each in measure_gains(served, car, reference.find_alike(car))}
    prices = [
        float(served.price(told.encoded, told.open_fields)[0, 0])
        for fuel in ("diesel", "petrol")
        if (told := served.tell({**car.values, "fuel": fuel}))
    ]
    assert gains["fuel"].least <= min(prices) < max(prices) <= gains["fuel"].most
    assert all(each.narrower_pct >= 0 for each in gains.values())
    assert gains["condition"].narrower_pct > 1  # a missing field widens by 2 % at least
    assert not {"make", "model", "model_year", "mileage_km"} & gains.keys()
    spans = [each.most / each.least for each in gains.values()]
    assert spans == sorted(spans, reverse=True)


@pytest.mark.parametrize(
    ("prices", "found"),
    [
        ([1, 2, 3, 4, 5, 6, 7, 9], (Side.CHEAPER, 7)),
        ([9, 9, 9, 9], (Side.DEARER, 4)),
        ([1, 2, 3, 4, 5, 6, 9, 9], None),
        ([1, 2, 3], None),
    ],
)
def test_comparable_adverts_on_one_side_are_found(
    prices: list[float], found: tuple[Side, int] | None
) -> None:
    assert find_side(pd.DataFrame({"price_mad": prices}), 8) == found
