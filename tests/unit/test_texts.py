import re

import pytest

from carprice import texts
from carprice.cleaning import ENDINGS, NUMERIC
from carprice.listing import FIELDS, TARGET

SENTENCES = [
    value for name, value in vars(texts).items() if name.isupper() and isinstance(value, str)
]


def test_each_added_column_has_one_french_name() -> None:
    assert texts.COLUMNS == ("prix_estime", "prix_bas", "prix_haut", "remarque")


@pytest.mark.parametrize("name", [each.name for each in FIELDS if each.name != TARGET])
def test_an_unreadable_field_is_said_by_its_french_label(name: str) -> None:
    sentence = texts.describe_problem(f"{name}_unreadable")
    assert sentence == f"{texts.label(name)} illisible : ignoré"
    assert sentence == sentence.lower()


@pytest.mark.parametrize("name", [each.name for each in NUMERIC])
def test_every_correction_of_a_number_can_be_said(name: str) -> None:
    endings = ENDINGS if name == "mileage_km" else ["_out_of_range"]
    said = [texts.describe_problem(f"{name}{ending}") for ending in endings]
    assert len(set(said)) == len(said)
    assert all(sentence and "{" not in sentence for sentence in said)


def test_kilometres_in_thousands_are_said_to_be_read_so() -> None:
    said = texts.describe_problem("mileage_km_in_thousands")
    assert said == "kilométrage lu en milliers de km"


@pytest.mark.parametrize("code", ["mileage_km", "mileage_km_odd", "wings_unreadable"])
def test_a_code_that_nobody_knows_is_an_error_and_not_an_empty_remark(code: str) -> None:
    with pytest.raises(KeyError):
        texts.describe_problem(code)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_sentences_follow_french_typography(sentence: str) -> None:
    assert SENTENCES
    assert not re.search(r"\S[:;!?](?:\s|$)", sentence)
    assert "  " not in sentence
