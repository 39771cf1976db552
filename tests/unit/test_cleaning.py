import math
from typing import Any

import pandas as pd
import pytest

from carprice.listings.cleaning import (
    DROP_REASONS,
    name_vehicles,
    parse_listings,
    select_rows,
)
from carprice.listings.parsing import Parsed, parse_mileage, parse_number, parse_text, parse_yes_no
from carprice.market.listing import FIELDS, TEXTUAL
from carprice.market.problems import Problem, ProblemKind

CAR = {
    "price_mad": "173 000 DH", "make": "Nissan", "model": "Qashqai", "model_year": "2016",
    "mileage_km": "150000", "fuel": "Diesel", "gearbox": "Manuelle",
}  # fmt: skip


def raw(*cars: dict[str, str]) -> pd.DataFrame:
    rows = [{**CAR, **car} for car in cars]
    columns = {each.name: [row.get(each.name) for row in rows] for each in FIELDS}
    return pd.DataFrame(columns, dtype="str", index=range(1, len(rows) + 1))


def parse(**cells: str) -> tuple[pd.Series, set[str]]:
    parsed = parse_listings(raw(cells))
    return parsed.values.iloc[0], {problem.code for problem in parsed.problems}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("173 000 DH", 173_000),
        ("173\u202f000 DH", 173_000),
        ("173\u00a0000\u00a0DH", 173_000),
        ("DH 173.000", 173_000),
        ("1 250 000 DHS", 1_250_000),
        ("85000", 85_000),
        ("150000.0", 150_000),
        ("1.200,50", 1200.5),
        ("1,200.50", 1200.5),
        ("1200,5", 1200.5),
        ("0.125", 0.125),
        ("12 000 km", 12_000),
        ("12 000km", 12_000),
        ("6 CV", 6),
        ("Plus de 41 CV", 42),
        ("1980 ou plus ancien", 1980),
        ("-173 000 DH", -173_000),
        ("- 5", -5),
        ("٢٠١٥", 2015),
        ("0", 0),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, number: float) -> None:
    assert parse_number(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "", "Demander le prix", "NaN", "inf", "-inf", "1e5", "0x10", "=173000", "=1+1", "2015 2016",
        "12/05/2024", "12.05.2024", "1.200.50", "12 0000", "173 000 145 000 000 00", "5000 €",
        "$5000", "~5000", ">200000", "−5000", "+5", ".5", "5,", "173 000 DH (négociable)", "5 5",
        "200 000 - 249 999", "9" * 400, "1\x00000", "six", "½", "1" + ",000" * 30,
    ],
)  # fmt: skip
def test_what_is_not_one_plain_number_is_never_guessed(text: str) -> None:
    assert math.isnan(parse_number(text))


@pytest.mark.parametrize(
    ("text", "km"),
    [
        ("200 000 - 249 999", 224_999.5),
        ("200 000 – 249 999", 224_999.5),
        ("200 000 km à 249 999 km", 224_999.5),
        ("0 - 4 999", 2_499.5),
        ("150", 150),
        ("Plus de 500 000", 500_001),
        ("12 000 km", 12_000),
    ],
)
def test_mileage_is_a_number_or_the_middle_of_a_band(text: str, km: float) -> None:
    assert parse_mileage(text) == km


@pytest.mark.parametrize("text", ["249 999 - 200 000", "1 - 2 - 3", "a - b", "5 - ?", ""])
def test_mileage_that_is_no_band_is_unknown(text: str) -> None:
    assert math.isnan(parse_mileage(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [("Oui", 1), ("NON", 0), ("True", 1), ("false", 0), ("1", 1), ("0", 0), ("1.0", 1), ("0.0", 0)],
)
def test_yes_and_no_are_read_in_their_usual_forms(text: str, value: float) -> None:
    assert parse_yes_no(text) == value


@pytest.mark.parametrize("text", ["10", "1.5", "peut-être", "2"])
def test_anything_else_is_neither_yes_nor_no(text: str) -> None:
    assert math.isnan(parse_yes_no(text))


def test_a_text_loses_the_signs_that_could_act_on_a_terminal() -> None:
    assert parse_text(" Alfa\t\x1b[31m  Romeo\u202e\x00") == "Alfa [31m Romeo"


def test_a_listing_is_read_into_clean_values() -> None:
    car, problems = parse(
        fiscal_power_cv="6 CV", first_owner="Oui", origin="WW au Maroc", esp="non"
    )
    assert car[["price_mad", "model_year", "mileage_km"]].tolist() == [173_000, 2016, 150_000]
    assert car[["make", "fuel", "gearbox", "origin"]].tolist() == [
        "Nissan", "diesel", "manual", "local_new",
    ]  # fmt: skip
    assert car[["fiscal_power_cv", "first_owner", "esp"]].tolist() == [6, 1, 0]
    assert not problems


def test_texts_are_str_and_all_else_floats_whatever_is_unknown() -> None:
    for frame in (raw({}), raw(dict.fromkeys(CAR, "")), raw({}).iloc[:0]):
        values = parse_listings(frame).values
        assert list(values) == [each.name for each in FIELDS]
        for name, dtype in values.dtypes.items():
            assert str(dtype) == ("str" if name in TEXTUAL else "float64"), name


@pytest.mark.parametrize("text", ["Demander le prix", "", "--", "Prix non spécifié"])
def test_an_advert_without_price_is_unpriced_and_no_problem(text: str) -> None:
    parsed = parse_listings(raw({"price_mad": text}))
    assert select_rows(parsed)[1].tolist() == ["unpriced"]
    assert not parsed.problems


def test_a_price_of_zero_names_no_price_and_is_noticed() -> None:
    parsed = parse_listings(raw({"price_mad": "0"}))
    assert select_rows(parsed)[1].tolist() == ["unpriced"]
    assert set(parsed.problems) == {Problem("price_mad", ProblemKind.PLACEHOLDER)}


@pytest.mark.parametrize(
    ("year", "text", "km", "problem"),
    [
        ("2016", "150", 150_000, "mileage_km_in_thousands"),
        ("2016", "10", 10_000, "mileage_km_in_thousands"),
        ("2016", "999", 899_999 + 1, None),
        ("2016", "1000", 1000, None),
        ("2016", "9", None, "mileage_km_placeholder"),
        ("2016", "0", None, "mileage_km_placeholder"),
        ("2024", "0", None, "mileage_km_placeholder"),
        ("2025", "0", 0, None),
        ("2026", "150", 150, None),
        ("2016", "899999", 899_999, None),
        ("2016", "999999", None, "mileage_km_out_of_range"),
        ("2016", "-5000", None, "mileage_km_out_of_range"),
        ("2016", "500 - 900", 700, None),
        ("", "150", 150, None),
    ],
)
def test_kilometres_follow_the_rules(
    year: str, text: str, km: float | None, problem: str | None
) -> None:
    car, problems = parse(model_year=year, mileage_km=text)
    if text == "999":  # read as 999,000, which is a placeholder in turn
        km, expected = None, {"mileage_km_in_thousands", "mileage_km_out_of_range"}
    else:
        expected = {problem} if problem else set()
    assert problems == expected
    assert (None if math.isnan(car["mileage_km"]) else car["mileage_km"]) == km


@pytest.mark.parametrize(
    ("name", "text"), [("model_year", "2099"), ("model_year", "1979"), ("doors", "50")]
)
def test_a_number_out_of_its_range_is_unknown_and_noticed(name: str, text: str) -> None:
    car, problems = parse(**{name: text})
    assert math.isnan(car[name])
    assert problems == {f"{name}_out_of_range"}


@pytest.mark.parametrize(
    ("name", "text"),
    [("fuel", "Hydrogène"), ("gearbox", "CVT"), ("first_owner", "peut-être"), ("doors", "cinq"),
     ("price_mad", "=cmd|calc"), ("mileage_km", "beaucoup")],
)  # fmt: skip
def test_a_wording_that_is_not_known_is_unknown_and_counted(name: str, text: str) -> None:
    car, problems = parse(**{name: text})
    assert pd.isna(car[name])
    assert problems == {f"{name}_unreadable"}


def test_a_gearbox_of_dashes_is_unknown_and_no_problem() -> None:
    car, problems = parse(gearbox="--")
    assert pd.isna(car["gearbox"])
    assert not problems


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"price_mad": "9 999 DH"}, "price_out_of_range"),
        ({"price_mad": "5 000 001 DH"}, "price_out_of_range"),
        ({"price_mad": "-173000"}, "price_out_of_range"),
        ({"price_mad": "inf"}, "price_unreadable"),
        ({"model_year": ""}, "no_year"),
        ({"model_year": "2099"}, "no_year"),
        ({"price_mad": "1", "model_year": "2099"}, "price_out_of_range"),
    ],
)
def test_a_row_that_cannot_be_trained_on_is_dropped_for_its_first_reason(
    cells: dict[str, str], reason: str
) -> None:
    kept, reasons = select_rows(parse_listings(raw(cells, {})))
    assert reasons.to_dict() == {1: reason}
    assert kept.index.tolist() == [2]


def test_prices_at_the_ends_of_the_range_are_kept() -> None:
    kept, _ = select_rows(parse_listings(raw({"price_mad": "10000"}, {"price_mad": "5000000"})))
    assert len(kept) == 2


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        ({}, {}, "same_content"),
        ({"make": "NISSAN "}, {"model": "qashqaï"}, "same_content"),
        ({"mileage_km": "150"}, {"mileage_km": "150 000 km"}, "same_content"),
        ({"link": "x/1"}, {"link": "x/1", "price_mad": "165 000 DH"}, "same_link"),
        ({"link": "https://x/1"}, {"link": "http://www.x/1/#p", "doors": "3"}, "same_link"),
        ({"link": "x/1"}, {"link": "x/2"}, "same_content"),
    ],
)
def test_the_same_advert_is_kept_once(
    first: dict[str, Any], second: dict[str, Any], reason: str
) -> None:
    kept, reasons = select_rows(parse_listings(raw(first, second)))
    assert kept.index.tolist() == [1]
    assert reasons.to_dict() == {2: reason}


def test_adverts_that_differ_in_one_field_are_both_kept() -> None:
    kept, _ = select_rows(
        parse_listings(raw({}, {"city": "Fès"}, {"city": "Rabat"}, {"doors": "3"}))
    )
    assert len(kept) == 4


def test_an_unpriced_copy_does_not_hide_the_priced_one() -> None:
    cars = raw({"link": "x/1", "price_mad": "Demander le prix"}, {"link": "x/1"})
    kept, reasons = select_rows(parse_listings(cars))
    assert kept.index.tolist() == [2]
    assert reasons.to_dict() == {1: "unpriced"}


def test_rows_without_link_are_no_copies_of_each_other() -> None:
    kept, _ = select_rows(parse_listings(raw({"link": "--"}, {"link": "", "doors": "3"})))
    assert len(kept) == 2


def test_nothing_is_dropped_without_a_documented_reason() -> None:
    cars = raw(
        {}, {}, {"price_mad": "x"}, {"price_mad": ""}, {"price_mad": "1"}, {"model_year": ""}
    )
    _, reasons = select_rows(parse_listings(cars))
    assert set(reasons) <= set(DROP_REASONS)


def test_no_rows_give_no_rows() -> None:
    kept, reasons = select_rows(parse_listings(raw({}).iloc[:0]))
    assert kept.empty
    assert reasons.empty


def test_selection_keeps_the_order_and_the_numbers_of_the_rows() -> None:
    cars = raw({"doors": "2"}, {"price_mad": ""}, {"doors": "3"}, {"doors": "4"})
    kept, reasons = select_rows(parse_listings(cars))
    assert kept.index.tolist() == [1, 3, 4]
    assert reasons.index.tolist() == [2]


def test_the_same_car_has_one_name_however_it_is_spelt() -> None:
    cars = raw(
        {"make": "Citroën", "mileage_km": "150"},
        {"make": "CITROEN", "price_mad": "1"},
        {"make": "Citroen", "mileage_km": ""},
    )
    names = name_vehicles(parse_listings(cars).values)
    assert names.tolist() == ["citroen|qashqai|2016|150000"] * 2 + ["citroen|qashqai|2016|?"]


def test_reading_does_not_depend_on_the_other_rows() -> None:
    cars = raw({}, {"mileage_km": "150"}, {"fuel": "?"}, {"mileage_km": "200 000 - 249 999"})
    together = parse_listings(cars).values
    alone = pd.concat([parse_listings(cars.loc[[row]]).values for row in cars.index])
    pd.testing.assert_frame_equal(together, alone)


def test_parsed_problems_stand_beside_the_rows_they_hold_for() -> None:
    parsed: Parsed = parse_listings(raw({}, {"fuel": "Hydrogène"}))
    unreadable = Problem("fuel", ProblemKind.UNREADABLE)
    assert parsed.problems[unreadable].to_dict() == {1: False, 2: True}
