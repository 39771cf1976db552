"""How the model behaves: what must not change its answer, what must, and which way."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io as sio
from open_fields import measure_open_fields
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline

from carprice.arrays import Floats
from carprice.evaluation.behaviour import wrong_direction_pct
from carprice.market.fields import THIS_YEAR
from carprice.market.listing import EQUIPMENT, ESTIMATE_COLUMNS, FEATURES, TARGET
from carprice.market.table import to_listings
from carprice.params import read_params
from carprice.pricing.calibrated import FOLDS, ModelParams
from carprice.pricing.cross_fit import NAMELESS_ROWS
from carprice.pricing.encoder import AT, ListingEncoder
from carprice.pricing.estimating import LEAST_KNOWN
from carprice.pricing.estimators import ESTIMATORS, build_pipeline, read_model_params
from carprice.pricing.interval import ErrorScale, conformal_quantile
from carprice.pricing.market_regressor import MarketRegressor
from carprice.pricing.prediction import estimate_told, read_cars
from carprice.pricing.price_model import PriceModel
from carprice.pricing.training import fit
from carprice.registry import stored_model
from carprice.simulation.drawing import draw_listings

LOGAN = {
    "make": "Dacia", "model": "Logan", "model_year": 2018.0, "mileage_km": 120_000.0,
    "fuel": "diesel", "gearbox": "manual",
}  # fmt: skip


@pytest.fixture(scope="module")
def params() -> ModelParams:
    return read_params(Path(__file__).parents[2]).model


@pytest.fixture(scope="module")
def learnt() -> pd.DataFrame:
    return draw_listings(6_000, 21)


@pytest.fixture(scope="module")
def cars() -> pd.DataFrame:
    return draw_listings(2_000, 22)[list(FEATURES)]


@pytest.fixture(scope="module")
def pipeline(learnt: pd.DataFrame, params: ModelParams) -> Pipeline:
    return fit(learnt, params)


@pytest.fixture(scope="module")
def estimates(pipeline: Pipeline, cars: pd.DataFrame) -> pd.DataFrame:
    return pipeline.predict(cars)


def price(pipeline: Pipeline, **changes: float | str) -> float:
    return float(pipeline.predict(to_listings([LOGAN | changes]))[TARGET].iloc[0])


# What it is.


def test_the_model_is_a_plain_pipeline_with_the_parameters_it_was_given(
    params: ModelParams,
) -> None:
    pipeline = build_pipeline(params)
    assert type(pipeline) is Pipeline
    assert pipeline["price"].get_params() == params.model_dump(exclude={"estimator"})
    twin = clone(pipeline.set_params(price__penalty=7))
    assert twin["price"].penalty == 7
    with pytest.raises(NotFittedError):
        twin.predict(to_listings([LOGAN]))


def test_an_estimate_lies_inside_its_interval_and_all_three_are_positive(
    estimates: pd.DataFrame, cars: pd.DataFrame
) -> None:
    assert tuple(estimates) == ESTIMATE_COLUMNS
    assert len(estimates) == len(cars)
    assert np.isfinite(estimates.to_numpy()).all()
    assert (estimates["low_mad"] > 0).all()
    assert (estimates["low_mad"] < estimates["price_mad"]).all()
    assert (estimates["price_mad"] < estimates["high_mad"]).all()


def test_any_field_may_be_missing_and_all_of_them(pipeline: Pipeline, cars: pd.DataFrame) -> None:
    holes = cars.head(300).mask(np.random.default_rng(0).random((300, cars.shape[1])) < 0.5)
    nothing = to_listings([{}])
    for found in (pipeline.predict(holes), pipeline.predict(nothing)):
        assert (found["low_mad"].between(1_000, 5e6) & found["high_mad"].between(1e4, 5e7)).all()


def test_extreme_but_possible_cars_get_possible_prices(pipeline: Pipeline) -> None:
    extremes = [
        LOGAN | {"model_year": year, "mileage_km": km, "doors": doors, "fiscal_power_cv": power}
        for year in (1980.0, THIS_YEAR + 1.0) for km in (0.0, 899_999.0)
        for doors in (2.0, 6.0) for power in (1.0, 60.0)
    ]  # fmt: skip
    found = pipeline.predict(to_listings(extremes))  # type: ignore[arg-type]
    assert found[TARGET].between(500, 3e6).all()


def test_no_cars_get_no_estimates(pipeline: Pipeline) -> None:
    assert pipeline.predict(to_listings([])).shape == (0, len(ESTIMATE_COLUMNS))


def test_a_field_left_open_hardly_moves_the_median_price(
    pipeline: Pipeline, learnt: pd.DataFrame
) -> None:
    found = measure_open_fields(pipeline, draw_listings(1_000, 23))
    assert {"gearbox", "fuel + gearbox", "model_year"} <= set(found.index)
    assert found["moved_pct"].abs().max() < 4  # a thousand cars: the real ones are held to 2
    assert found["coverage_pct"].between(70, 92).all()


# What is kept.


def test_a_kept_model_estimates_the_same_to_the_last_digit(
    pipeline: Pipeline, cars: pd.DataFrame, estimates: pd.DataFrame, tmp_path: Path
) -> None:
    sio.dump(pipeline, tmp_path / stored_model.MODEL_FILE)
    opened = stored_model.open_pipeline(tmp_path / stored_model.MODEL_FILE, "the model")
    pd.testing.assert_frame_equal(opened.predict(cars), estimates, check_exact=True)


def test_kept_models_hold_exactly_the_trusted_types(
    learnt: pd.DataFrame, params: ModelParams
) -> None:
    """Of every word in params.yaml; each prices in order."""
    held = set()
    for word in ESTIMATORS:
        told = params.model_dump(include={"coverage", "seed"}) | {"estimator": word}
        chosen = params if word == params.estimator else read_model_params(told)
        pipeline = fit(learnt.head(1_500), chosen)
        held |= set(sio.get_untrusted_types(data=sio.dumps(pipeline)))
        whole = learnt.dropna(subset=list(FEATURES)).head(50)
        assert wrong_direction_pct(pipeline, whole[list(FEATURES)]) == 0, word
    trusted = set(stored_model.list_trusted_types())
    assert held <= trusted
    assert trusted - held <= stored_model.EARLIER_TYPES


def test_the_same_seed_gives_the_same_model_to_the_last_digit(
    learnt: pd.DataFrame, cars: pd.DataFrame, params: ModelParams
) -> None:
    few = learnt.head(800)
    first, again = (fit(few, params).predict(cars) for _ in range(2))
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    other = fit(few, params.model_copy(update={"seed": 1})).predict(cars)
    assert not other.equals(first)
    assert np.abs(other[TARGET] / first[TARGET] - 1).median() < 0.02


def test_training_leaves_the_listings_as_they_were(params: ModelParams) -> None:
    few = draw_listings(300, 3)
    before = few.copy()
    fit(few, params)
    pd.testing.assert_frame_equal(few, before)


# What must not change an answer.


def test_neither_the_order_of_rows_nor_of_columns_changes_an_answer(
    pipeline: Pipeline, cars: pd.DataFrame, estimates: pd.DataFrame
) -> None:
    order = np.random.default_rng(0).permutation(len(cars))
    found = pipeline.predict(cars.iloc[order, ::-1])
    np.testing.assert_allclose(found, estimates.iloc[order], rtol=1e-12)


def test_a_car_is_priced_alone_as_among_many(
    pipeline: Pipeline, cars: pd.DataFrame, estimates: pd.DataFrame
) -> None:
    alone = pd.concat([pipeline.predict(cars.iloc[[row]]) for row in range(40)])
    np.testing.assert_allclose(alone, estimates.head(40), rtol=1e-12)


def test_blocks_of_rows_are_estimated_as_one(
    pipeline: Pipeline, cars: pd.DataFrame, estimates: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("carprice.pricing.estimating.BLOCK_ROWS", 999)
    np.testing.assert_allclose(pipeline.predict(cars), estimates, rtol=1e-12)


def test_the_spelling_of_names_changes_no_answer(
    pipeline: Pipeline, cars: pd.DataFrame, estimates: pd.DataFrame
) -> None:
    spelt = cars.assign(
        make=cars["make"].str.upper().str.replace("E", "É"), model=" " + cars["model"].str.lower()
    )
    pd.testing.assert_frame_equal(pipeline.predict(spelt), estimates, check_exact=True)


@pytest.mark.parametrize("name", EQUIPMENT)
def test_what_has_nothing_to_do_with_a_price_moves_none_by_a_hundredth(
    pipeline: Pipeline, cars: pd.DataFrame, name: str
) -> None:
    """The simulated market invents its equipment; measured: 0.7 % at the most."""
    without, with_it = (pipeline.predict(cars.assign(**{name: told})) for told in (0.0, 1.0))
    assert (with_it[TARGET] / without[TARGET] - 1).abs().max() < 0.01


def test_a_car_costs_the_same_in_both_raw_forms(pipeline: Pipeline) -> None:
    told = {"make": "Dacia", "model": "Logan", "model_year": "2018", "fuel": "Diesel"}
    with_units = {**told, "mileage_km": "62 500", "fiscal_power_cv": "6 CV", "gearbox": ""}
    with_bands = {**told, "mileage_km": "60 000 - 64 999", "fiscal_power_cv": "6", "gearbox": "--"}
    model = PriceModel(pipeline)
    units, bands = estimate_told(model, read_cars(model, [with_units, with_bands]))
    assert units[:5] == pytest.approx(bands[:5], rel=1e-4)  # half a kilometre lies between them


def test_all_names_never_seen_are_one_to_the_model(pipeline: Pipeline) -> None:
    assert price(pipeline, model="Zyx") == price(pipeline, model="Wvu")
    assert price(pipeline, make="Zyx") == price(pipeline, make="Wvu", model="Utsr")


# Which way an answer must change.


@pytest.mark.parametrize(
    ("field", "worse_and_worse"),
    [("mileage_km", range(0, 900_000, 30_000)), ("model_year", range(THIS_YEAR + 1, 1979, -1))],
)
def test_a_newer_or_less_driven_car_is_never_cheaper_nor_is_an_end_of_its_interval(
    pipeline: Pipeline, cars: pd.DataFrame, field: str, worse_and_worse: range
) -> None:
    known = cars[cars[["model_year", "mileage_km", "fuel", "gearbox"]].notna().all(axis=1)].head(
        500
    )
    found = [pipeline.predict(known.assign(**{field: float(each)})) for each in worse_and_worse]
    assert np.diff(found, axis=0).max() <= 0
    assert (found[-1][TARGET] < 0.95 * found[0][TARGET]).mean() > 0.9


def test_dear_makes_are_dearer(pipeline: Pipeline) -> None:
    prices = [
        price(pipeline, make=make, model=model, model_year=2019.0)
        for make, model in (
            ("Dacia", "Logan"), ("Volkswagen", "Golf 7"), ("Mercedes-Benz", "Classe C"),
            ("Porsche", "Cayenne"),
        )
    ]  # fmt: skip
    assert prices == sorted(prices)
    assert prices[-1] > 3 * prices[0]


@pytest.mark.parametrize(
    ("field", "cheaper", "dearer"),
    [
        ("condition", "for_parts", "new"), ("condition", "damaged", "excellent"),
        ("gearbox", "manual", "automatic"),
    ],
)  # fmt: skip
def test_most_cars_are_dearer_when_they_are_better(
    pipeline: Pipeline, cars: pd.DataFrame, field: str, cheaper: str, dearer: str
) -> None:
    low, high = (
        pipeline.predict(cars.assign(**{field: value}))[TARGET] for value in (cheaper, dearer)
    )
    assert (high > low).mean() > 0.55


def test_famous_cars_cost_about_what_everybody_knows(pipeline: Pipeline) -> None:
    rules = read_params(Path(__file__).parents[2]).validation
    found = pipeline.predict(to_listings([golden.car for golden in rules.golden_cars]))[TARGET]
    for golden, estimate in zip(rules.golden_cars, found, strict=True):
        assert golden.low <= estimate <= golden.high, golden.name


# What learning must withstand.


def test_prices_typed_ten_times_off_hardly_change_an_answer(
    learnt: pd.DataFrame, cars: pd.DataFrame, params: ModelParams
) -> None:
    few = learnt.head(2_000)
    slips = np.random.default_rng(0).choice([0.1, 1, 10], len(few), p=[0.01, 0.98, 0.01])
    clean, slipped = (
        fit(listings, params).predict(cars)
        for listings in (few, few.assign(price_mad=few[TARGET] * slips))
    )
    assert np.abs(slipped[TARGET] / clean[TARGET] - 1).median() < 0.02
    width = np.log(slipped["high_mad"] / slipped["low_mad"])
    assert (width / np.log(clean["high_mad"] / clean["low_mad"])).median() < 1.15


def test_listings_that_leave_every_detail_out_can_be_learnt_from(params: ModelParams) -> None:
    poor = draw_listings(400, 4)
    details = [name for name in FEATURES if name not in LOGAN]
    poor = poor.assign(**{name: poor[name].mask(poor.index >= 0) for name in details})
    fitted = fit(poor, params)
    assert (fitted.predict(to_listings([LOGAN]))[TARGET] > 0).all()
    assert not fitted["price"].equipment


def test_equipment_that_is_hardly_ever_known_teaches_nothing(
    learnt: pd.DataFrame, params: ModelParams
) -> None:
    few = learnt.head(500).drop(columns=list(EQUIPMENT)).reindex(columns=learnt.columns)
    for given, seen in ((LEAST_KNOWN, ("sunroof",)), (LEAST_KNOWN - 1, ())):
        sunroof = pd.Series(1.0, few.index).where(np.arange(len(few)) < given)
        assert fit(few.assign(sunroof=sunroof), params)["price"].equipment == seen


class Listening(MarketRegressor):
    """Keeps what the folds said of each car."""

    def _cross_fit(self, *told):  # type: ignore[no-untyped-def]
        self.unseen_ = super()._cross_fit(*told)
        return self.unseen_


@pytest.fixture(scope="module")
def crossed(learnt: pd.DataFrame, params: ModelParams) -> tuple[Floats, Listening]:
    """Encoded cars, each advert of the first hundred twice, and a regressor fitted on them."""
    few = pd.concat([learnt.head(1_000), learnt.head(100)], ignore_index=True)
    encoded = ListingEncoder().fit_transform(few)
    regressor = Listening(**params.model_dump(exclude={"estimator"}))
    return encoded, regressor.fit(encoded, few[TARGET].to_numpy())


def test_each_car_is_left_out_once_and_its_repeated_adverts_with_it(
    crossed: tuple[Floats, Listening],
) -> None:
    encoded, regressor = crossed
    unseen = regressor.unseen_
    assert unseen.whole.sum() == len(encoded)
    assert len(np.unique(unseen.fold)) == FOLDS
    year_and_km = [AT["model_year"], AT["mileage_km"], AT["fuel"], AT["fiscal_power_cv"]]
    keys = np.column_stack([unseen.encoded[:, year_and_km], unseen.actual])[unseen.whole]
    _, groups, sizes = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    folds = unseen.fold[unseen.whole]
    for group in np.flatnonzero(sizes > 1):
        assert len(set(folds[groups.ravel() == group])) == 1


def test_a_car_left_out_is_counted_as_the_other_folds_know_it(
    crossed: tuple[Floats, Listening],
) -> None:
    encoded, regressor = crossed
    unseen = regressor.unseen_
    rows = np.flatnonzero(unseen.whole)
    known = unseen.encoded[rows]
    for name in ("make", "model"):
        number, count = known[:, AT[name]], known[:, AT[f"{name}_count"]]
        assert (count[number == 0] == 0).all()
        for row in range(0, len(rows), 97):
            if number[row]:
                elsewhere = unseen.fold[rows] != unseen.fold[rows[row]]
                all_of_it = encoded[:, AT[name]] == number[row]
                here = (number == number[row]) & ~elsewhere
                assert count[row] == all_of_it.sum() - here.sum()
    once = np.unique(encoded[:, AT["model"]], return_counts=True)
    seen_once = once[0][(once[1] == 1) & (once[0] > 0)]
    assert len(seen_once)
    assert not np.isin(known[:, AT["model"]], seen_once).any()


def test_the_interval_is_calibrated_on_whole_cars_by_models_that_have_not_seen_them(
    crossed: tuple[Floats, Listening],
) -> None:
    _, regressor = crossed
    unseen = regressor.unseen_
    told = (unseen.encoded, unseen.core, unseen.errors, unseen.weights)
    ratios = np.empty(len(unseen.fold))
    for fold in range(FOLDS):
        out = unseen.fold == fold
        scale = ErrorScale().fit(*(each[~out] for each in told), regressor.coverage)
        ratios[out] = unseen.errors[out] / scale.predict(unseen.encoded[out], unseen.core[out])
    whole = ratios[unseen.whole]
    assert regressor.quantile_ == conformal_quantile(whole, regressor.coverage)
    assert (whole <= regressor.quantile_).mean() == pytest.approx(regressor.coverage, abs=0.002)


def test_of_each_fold_some_cars_lose_their_name(crossed: tuple[Floats, Listening]) -> None:
    _, regressor = crossed
    copies = regressor.unseen_.encoded[~regressor.unseen_.whole]
    assert 0 < len(copies) <= FOLDS * NAMELESS_ROWS
    assert (copies[:, [AT["make"], AT["model"]]] == 0).all()
