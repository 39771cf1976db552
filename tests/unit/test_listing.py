from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from carprice.errors import ConfigurationError
from carprice.language import Text
from carprice.market.chosen import MARKET
from carprice.market.fields import Field, Kind, fold
from carprice.market.listing import (
    BY_NAME,
    FEATURES,
    FIELDS,
    HEADERS,
    HOME,
    TARGET,
    UNKNOWN_WORDS,
    UNPRICED_WORDS,
    VEHICLE,
    accepted_headers,
    read_codes,
)

LABEL = Text("Couleur", "Colour")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Citroën", " CITROEN "),
        ("600 E", "600e"),
        ("Mercedes-Benz", "mercedes benz"),
        ("Prix non spécifié", "PRIX NON SPE\u0301CIFIE\u0301"),
        ("d’occasion", "d'occasion"),
        ("Straße", "STRASSE"),
        ("İZMİR", "izmir"),
        ("بيجو", "بِيجُو"),
    ],
)
def test_fold_makes_spellings_of_the_same_word_equal(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("208", "308"),
        ("بيجو 208", "رونو 208"),
        ("Peugeot بيجو", "Peugeot رونو"),
        ("Škoda", "Skøda"),
    ],
)
def test_fold_keeps_different_words_apart_in_any_script(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@pytest.mark.parametrize("text", ["", "--", " - ", "?", "…", "N/A", "NaN", "Non renseigné", "🚗"])
def test_texts_that_say_nothing_fold_to_an_unknown_word(text: str) -> None:
    assert fold(text) in UNKNOWN_WORDS


@pytest.mark.parametrize("text", ["Demander le prix", "DEMANDER LE\u202fPRIX", "Prix non spécifié"])
def test_wordings_of_an_advert_without_price_are_known(text: str) -> None:
    assert fold(text) in UNPRICED_WORDS


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Price_Raw", "price_mad"),
        ("Prix", "price_mad"),
        ("annee modele", "model_year"),
        ("KILOMÉTRAGE", "mileage_km"),
        ("Boite de vitesses", "gearbox"),
        ("\ufeffÉtat", "condition"),
        ("URL", "link"),
        ("Système de navigation / GPS", "navigation"),
    ],
)
def test_headers_are_recognised_however_they_are_spelt(header: str, name: str) -> None:
    assert HEADERS[fold(header)] == name


def test_no_header_belongs_to_two_fields() -> None:
    owners = Counter(fold(header) for each in FIELDS for header in set(accepted_headers(each)))
    folded_twice = {header for header, count in owners.items() if count > 1}
    for header in folded_twice:
        fields = {each.name for each in FIELDS if header in map(fold, accepted_headers(each))}
        assert len(fields) == 1, (header, fields)


def test_every_choice_is_read_from_its_code_its_wording_and_its_other_spellings() -> None:
    for each in FIELDS:
        assert (each.kind is Kind.CHOICE) == bool(each.choices)
        for code, said in each.choices.items():
            wording = said.say(HOME)
            assert read_codes(each)[fold(code)] == read_codes(each)[fold(wording)] == code
        for spelling, code in each.spellings.items():
            assert read_codes(each)[fold(spelling)] == code


def test_no_wording_of_a_choice_is_taken_for_unknown() -> None:
    for each in FIELDS:
        assert not UNKNOWN_WORDS & set(read_codes(each)), each.name


def test_the_price_and_what_identifies_an_advert_are_no_features() -> None:
    assert not {TARGET, "link", "city", "simulated"} & set(FEATURES)
    assert set(VEHICLE) <= set(FEATURES)


def test_every_range_is_a_range_and_the_price_has_the_promised_one() -> None:
    assert all(each.minimum < each.maximum for each in FIELDS)
    assert (BY_NAME[TARGET].minimum, BY_NAME[TARGET].maximum) == (10_000, 5_000_000)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"fields": FIELDS[:2]}, "it lacks the field model; it lacks the field model_year"),
        ({"fields": (*FIELDS, FIELDS[1])}, "two fields are named make"),
        ({"compared": ("colour",)}, "no field is named colour"),
        (
            {"fields": (*FIELDS, Field("colour", Text("Couleur", ""), Kind.TEXT))},
            "English for label",
        ),
        ({"fields": (*FIELDS, Field("colour", LABEL, Kind.TEXT))}, "colour is no make or model"),
        ({"fields": (*FIELDS, Field("colour", LABEL, Kind.CHOICE))}, "a choice without `choices`"),
        ({"fields": (*FIELDS, Field("seats", LABEL, Kind.NUMBER))}, "seats is a number without an"),
        ({"currency": replace(MARKET.currency, code="EUR")}, "expected one: price_eur"),
    ],
)
def test_a_market_that_does_not_hold_together_says_why(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        replace(MARKET, **changed)
