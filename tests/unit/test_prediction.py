import numpy as np
import pandas as pd
import pytest

from carprice.listings.cleaning import parse_listings
from carprice.listings.parsing import Parsed
from carprice.market.fields import THIS_YEAR, fold
from carprice.market.listing import BY_NAME, EQUIPMENT, ESTIMATE_COLUMNS, FEATURES, FIELDS
from carprice.pricing.prediction import (
    CORE,
    LEAST_GIVEN,
    RARE_BELOW,
    estimate_adverts,
    estimate_car,
    spell_estimates,
)
from carprice.pricing.price_model import PriceModel

LOGAN = {
    "make": "Dacia", "model": "Logan", "model_year": "2018", "mileage_km": "120 000",
    "fuel": "Diesel", "gearbox": "Manuelle", "origin": "WW au Maroc", "condition": "Bon",
    "first_owner": "Oui", "fiscal_power_cv": "6 CV", "doors": "5",
}  # fmt: skip


def parse(*cars: dict[str, str | None]) -> Parsed:
    return parse_listings(
        pd.DataFrame(
            {each.name: [car.get(each.name) for car in cars] for each in FIELDS}, dtype="str"
        )
    )


def remark(served: PriceModel, **changes: str | None) -> str:
    return str(estimate_adverts(served, parse(LOGAN | changes))["remark"].item())


def test_a_car_that_is_fully_known_needs_no_remark(served: PriceModel) -> None:
    answer = estimate_adverts(served, parse(LOGAN)).iloc[0]
    assert answer["remark"] == ""
    assert 0 < answer["low_mad"] < answer["price_mad"] < answer["high_mad"]


def test_the_price_is_the_one_of_the_pipeline(served: PriceModel, unseen: pd.DataFrame) -> None:
    answer = estimate_adverts(served, Parsed(unseen.head(50), {}))
    pd.testing.assert_frame_equal(
        answer[list(ESTIMATE_COLUMNS)],
        served.pipeline.predict(unseen.head(50)),
        check_exact=True,
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"make": "Zyx"}, "marque jamais vue : fourchette élargie"),
        ({"make": "Zyx", "model": None},
         "marque jamais vue : fourchette élargie ; non renseigné : modèle"),
        ({"model": "Zyx"}, "modèle jamais vu pour cette marque : fourchette élargie"),
        ({"make": "Renault"}, "modèle jamais vu pour cette marque : fourchette élargie"),
        ({"mileage_km": "120"}, "kilométrage lu en milliers de km"),
        ({"make": None}, "non renseigné : marque"),
        ({"origin": "", "condition": "--"}, "non renseigné : origine, état"),
        ({"model_year": None, "fuel": None}, "non renseigné : type de carburant, année-modèle"),
        ({"make": "Zyx", "mileage_km": "120", "doors": None},
         "marque jamais vue : fourchette élargie ; kilométrage lu en milliers de km ; "
         "non renseigné : nombre de portes"),
        ({"price_mad": "beaucoup"}, ""),
        ({"price_mad": "1"}, ""),
    ],
)  # fmt: skip
def test_each_case_is_said_in_french(
    served: PriceModel, changes: dict[str, str | None], said: str
) -> None:
    assert remark(served, **changes) == said


@pytest.mark.parametrize(
    ("changes", "begins"),
    [
        ({"mileage_km": "3"}, "kilométrage invraisemblable pour cet âge : valeur ignorée"),
        ({"mileage_km": "beaucoup"}, "kilométrage illisible : valeur ignorée"),
        (
            {"model_year": "1850"},
            f"année-modèle hors limites (1980 à {THIS_YEAR + 1}) : valeur ignorée",
        ),
        ({"fuel": "charbon"}, "type de carburant illisible : valeur ignorée"),
    ],
)
def test_what_was_not_used_is_said_with_its_reason(
    served: PriceModel, changes: dict[str, str], begins: str
) -> None:
    assert remark(served, **changes).startswith(begins)


def test_a_rare_model_is_said_to_be_rare(served: PriceModel, known: pd.DataFrame) -> None:
    counts = known.groupby(["make", "model"]).size()
    for times, rare in ((4, True), (5, False)):
        make, model = counts.index[counts == times][0]
        said = remark(served, make=make, model=model)
        assert said == ("modèle rare : moins de 5 annonces connues" if rare else "")


def test_remarks_are_said_of_their_own_rows_only(served: PriceModel) -> None:
    cars = [LOGAN, LOGAN | {"make": "Zyx"}, LOGAN | {"doors": ""}, {"make": "Dacia"}, LOGAN]
    together = estimate_adverts(served, parse(*cars))
    alone = pd.concat([estimate_adverts(served, parse(car)) for car in cars], ignore_index=True)
    assert together["remark"].tolist() == alone["remark"].tolist()
    pd.testing.assert_frame_equal(together, alone, rtol=1e-12)


def test_rows_keep_their_numbers(served: PriceModel) -> None:
    parsed = parse(LOGAN, {}, LOGAN | {"make": "Zyx"})
    moved = Parsed(
        parsed.values.set_axis([7, 3, 9]),
        {code: rows.set_axis([7, 3, 9]) for code, rows in parsed.problems.items()},
    )
    answer = estimate_adverts(served, moved)
    assert answer.index.tolist() == [7, 3, 9]
    assert answer["price_mad"].isna().tolist() == [False, True, False]
    assert answer["remark"].str.contains("jamais vue").tolist() == [False, False, True]


def test_with_too_little_known_there_is_no_price_but_the_reason(served: PriceModel) -> None:
    assert CORE == ("make", "model", "model_year", "mileage_km", "fuel", "gearbox")
    for known in range(len(CORE) + 1):
        car = {name: LOGAN[name] for name in CORE[:known]}
        answer = estimate_adverts(served, parse(car | {"doors": "5", "origin": "Dédouanée"})).iloc[
            0
        ]
        if known < LEAST_GIVEN:
            assert answer[list(ESTIMATE_COLUMNS)].isna().all()
            assert answer["remark"] == (
                f"pas d'estimation : trop peu de renseignements ({known} sur 6, il en faut 3)"
            )
        else:
            assert answer[list(ESTIMATE_COLUMNS)].gt(0).all()


def test_what_cannot_be_read_does_not_count_as_known(served: PriceModel) -> None:
    vague = {"make": "Dacia", "model": "Logan", "model_year": "récente", "fuel": "charbon"}
    assert "2 sur 6" in estimate_adverts(served, parse(vague))["remark"].item()


def test_one_car_is_estimated_from_what_a_form_says(served: PriceModel) -> None:
    equipped = dict.fromkeys(EQUIPMENT, "non")
    found = estimate_car(served, {**LOGAN, **equipped, "gearbox": "", "wheels": "4"})
    row = estimate_adverts(served, parse(LOGAN | equipped | {"gearbox": None})).iloc[0]
    assert list(found) == row.tolist()
    assert found.remark == "non renseigné : boîte de vitesses"


def test_what_an_advert_lacks_and_what_a_person_leaves_open_are_two_things(
    served: PriceModel,
) -> None:
    lacking = parse(LOGAN | {"doors": ""})
    assert "doors" in np.array(FEATURES)[served.lacking]
    assert estimate_adverts(served, lacking)["price_mad"].item() == (
        served.pipeline.predict(lacking.values[list(FEATURES)])["price_mad"].item()
    )
    silent = [estimate_car(served, LOGAN | {"doors": given}) for given in ("", "5")]
    assert silent[0].price == pytest.approx(silent[1].price, rel=0.02)
    # What cannot be used says nothing: neither what the car is, nor that an advert lacks it.
    spoilt = LOGAN | {"doors": "beaucoup"} | dict.fromkeys(EQUIPMENT, "non")
    assert estimate_adverts(served, parse(spoilt))["price_mad"].item() == (
        estimate_car(served, spoilt).price
    )
    assert estimate_car(served, {**LOGAN, "doors": ""}, "en").remark == "not given: doors"


def test_of_a_car_too_rarely_seen_there_is_a_range_and_no_price(
    served: PriceModel, known: pd.DataFrame
) -> None:
    counts = known.groupby(["make", "model"]).size()
    for times in (RARE_BELOW - 1, RARE_BELOW):
        make, model = counts.index[counts == times][0]
        found = estimate_car(served, LOGAN | {"make": make, "model": model})
        assert found.seen == times
        assert (found.price is None) == (times < RARE_BELOW)
        assert found.low < found.high
    never = estimate_car(served, LOGAN | {"make": "Zyx"})
    assert (never.price, never.seen) == (None, 0)


def test_a_car_without_a_model_counts_adverts_of_its_make(
    served: PriceModel, known: pd.DataFrame
) -> None:
    found = estimate_car(served, LOGAN | {"model": ""})
    assert found.seen == (known["make"].map(fold) == "dacia").sum()
    assert found.price is not None
    nameless = estimate_car(served, LOGAN | {"make": "", "model": ""})
    assert nameless.seen is None
    assert nameless.price is not None


def test_one_car_of_which_too_little_is_said_has_no_price(served: PriceModel) -> None:
    found = estimate_car(served, {"make": "Dacia", "fuel": "charbon"})
    assert found[:3] == (None, None, None)
    assert "1 sur 6" in found.remark


def test_no_cars_give_no_estimates(served: PriceModel) -> None:
    answer = estimate_adverts(served, parse())
    assert len(answer) == 0
    assert spell_estimates(answer) == []


def test_estimates_are_spelt_in_whole_dirhams_and_empty_where_there_are_none() -> None:
    answer = pd.DataFrame(
        {
            "price_mad": [123_456.7, np.nan, 1e6],
            "low_mad": [100_000.2, np.nan, 999_999.6],
            "high_mad": [150_000.5, np.nan, 1_234_567.0],
            "wide_low_mad": [90_000.2, np.nan, np.nan],
            "wide_high_mad": [160_000.5, np.nan, np.nan],
            "remark": ["", "pas d'estimation", "x ; y"],
        },
        index=[4, 2, 7],
    )
    assert spell_estimates(answer) == [
        ["123457", "100000", "150000", "90000", "160000", ""],
        ["", "", "", "", "", "pas d'estimation"],
        ["1000000", "1000000", "1234567", "", "", "x ; y"],
    ]


def test_every_core_field_is_needed_in_a_file() -> None:
    assert all(BY_NAME[name].needed for name in CORE)
