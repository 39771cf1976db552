"""What the open fields of a car could be: lent by adverts of cars like it, and nothing else."""

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from carprice.arrays import Floats
from carprice.market.listing import BY_NAME, FEATURES, TARGET
from carprice.pricing.completion import COMPLETIONS, Completer, FieldFlags
from carprice.pricing.encoder import AT, PLACES, ListingEncoder
from carprice.pricing.interval import blank, is_missing


@pytest.fixture(scope="module")
def encoder(known: pd.DataFrame) -> ListingEncoder:
    return ListingEncoder().fit(known)


@pytest.fixture(scope="module")
def completer(encoder: ListingEncoder, known: pd.DataFrame) -> Completer:
    return Completer().fit(encoder.transform(known), np.log(known[TARGET].to_numpy()))


@pytest.fixture(scope="module")
def cars(encoder: ListingEncoder, unseen: pd.DataFrame) -> Floats:
    return encoder.transform(unseen.head(40))


def leave_open(cars: Floats, *names: str) -> FieldFlags:
    return np.tile(np.isin(FEATURES, names), (len(cars), 1))


@pytest.mark.parametrize("name", ["make", "model", "model_year", "gearbox", "condition", "abs"])
def test_only_what_is_open_is_filled_whatever_stood_there(
    completer: Completer, cars: Floats, name: str
) -> None:
    names = ["make", "model"] if name == "make" else [name]
    filled = completer.complete(cars, leave_open(cars, *names))
    again = completer.complete(blank(cars, name), leave_open(cars, *names))
    np.testing.assert_array_equal(filled, again)
    assert filled.shape == (len(cars), COMPLETIONS, cars.shape[1])
    assert not is_missing(filled.reshape(-1, cars.shape[1]), name).any()
    kept = np.setdiff1d(np.arange(cars.shape[1]), [at for each in names for at in PLACES[each]])
    np.testing.assert_array_equal(filled[:, :, kept], np.repeat(cars[:, None], 32, 1)[:, :, kept])


def test_a_car_is_filled_alone_as_among_many(completer: Completer, cars: Floats) -> None:
    is_open = leave_open(cars, "fuel", "gearbox", "origin")
    alone = [completer.complete(cars[[row]], is_open[[row]])[0] for row in range(len(cars))]
    np.testing.assert_array_equal(completer.complete(cars, is_open), alone)


def test_a_model_is_one_of_its_make_and_both_are_lent_together(
    completer: Completer, cars: Floats
) -> None:
    own = {tuple(pair) for pair in completer.lenders_[:, [AT["make"], AT["model"]]].tolist()}
    for names in (("model",), ("make", "model")):
        filled = completer.complete(cars, leave_open(cars, *names))
        pairs = filled[:, :, [AT["make"], AT["model"]]].reshape(-1, 2)
        assert {tuple(pair) for pair in pairs.tolist()} <= own


def test_a_field_is_lent_as_often_as_cars_like_it_say(
    completer: Completer, encoder: ListingEncoder, known: pd.DataFrame
) -> None:
    manual = list(BY_NAME["gearbox"].choices).index("manual") + 1
    common = known.groupby(["make", "model"]).filter(lambda alike: len(alike) >= 30)
    for (make, model), alike in common.groupby(["make", "model"]):
        cars = encoder.transform(alike)
        lent = completer.complete(cars, leave_open(cars, "gearbox"))[:, :, AT["gearbox"]] == manual
        share = alike["gearbox"].eq("manual").mean()
        assert lent.mean() == pytest.approx(share, abs=0.1), (make, model)


def test_what_no_advert_of_a_make_says_is_lent_by_all_and_what_none_says_stays_missing(
    known: pd.DataFrame, encoder: ListingEncoder
) -> None:
    encoded = encoder.transform(known.assign(doors=np.nan))
    make = encoded[0, AT["make"]]
    encoded[encoded[:, AT["make"]] == make, AT["origin"]] = 0
    completer = Completer().fit(encoded, np.log(known[TARGET].to_numpy()))
    car = encoded[:1]
    filled = completer.complete(car, leave_open(car, "origin", "doors"))[0]
    assert (filled[:, AT["origin"]] > 0).all()
    assert np.isnan(filled[:, AT["doors"]]).all()


@pytest.mark.parametrize("name", ["fuel", "gearbox", "origin", "condition"])
def test_a_price_never_lies_outside_those_of_what_is_left_open(
    pipeline: Pipeline, unseen: pd.DataFrame, name: str
) -> None:
    few = unseen.head(200)[list(FEATURES)]
    for others in ([], ["doors", "fiscal_power_cv", "first_owner"]):
        poor = few.assign(**dict.fromkeys(others, np.nan))
        told = [
            pipeline.predict(poor.assign(**{name: code}), open_fields=leave_open(few, *others))[
                TARGET
            ]
            for code in BY_NAME[name].choices
        ]
        silent = pipeline.predict(poor, open_fields=leave_open(few, name, *others))[TARGET]
        assert (silent >= 0.999 * np.min(told, axis=0)).all()
        assert (silent <= 1.001 * np.max(told, axis=0)).all()


def test_more_kilometres_never_make_a_car_dearer_of_which_little_is_told(
    pipeline: Pipeline, unseen: pd.DataFrame
) -> None:
    few = unseen.head(100)[list(FEATURES)]
    is_open = leave_open(few, "gearbox", "condition", "origin", "fiscal_power_cv")
    prices = [
        pipeline.predict(few.assign(mileage_km=float(km)), open_fields=is_open)[TARGET]
        for km in range(0, 400_001, 40_000)
    ]
    assert np.diff(prices, axis=0).max() <= 1e-6


def test_the_interval_of_a_car_of_which_less_is_told_is_hardly_ever_narrower(
    pipeline: Pipeline, unseen: pd.DataFrame
) -> None:
    few = unseen.head(1_000)[list(FEATURES)]
    told = pipeline.predict(few)
    for name in ("model", "model_year", "mileage_km", "fuel", "gearbox"):
        found = pipeline.predict(few, open_fields=leave_open(few, name))
        wider = (found["high_mad"] / found["low_mad"]) > (told["high_mad"] / told["low_mad"])
        assert wider.mean() > 0.9, name
