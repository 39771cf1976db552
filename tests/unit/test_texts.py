import re
from collections.abc import Iterator
from string import Formatter

import pytest

from carprice import file_texts, model_texts, texts
from carprice.cleaning import ENDINGS, NUMERIC
from carprice.listing import FIELDS, TARGET
from carprice.texts import Text


def find_sentences() -> Iterator[tuple[str, Text]]:
    """Every sentence by its name, those in tables included."""
    named = (each for module in (texts, file_texts, model_texts) for each in vars(module).items())
    for name, value in named:
        if isinstance(value, Text):
            yield name, value
        elif isinstance(value, dict):
            for key, each in value.items():
                if isinstance(each, Text):
                    yield f"{name}[{key}]", each


SENTENCES = dict(find_sentences())


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


@pytest.mark.parametrize("name", SENTENCES)
def test_french_sentences_follow_french_typography(name: str) -> None:
    sentence = SENTENCES[name].fr
    assert not re.search(r"\S[:;!?](?:\s|$)", sentence)
    assert "  " not in sentence.strip()


@pytest.mark.parametrize("name", SENTENCES)
def test_both_languages_tell_of_the_same(name: str) -> None:
    told = [
        {place for _, place, _, _ in Formatter().parse(each) if place} for each in SENTENCES[name]
    ]
    assert told[0] == told[1]
    assert all(SENTENCES[name])


def test_english_has_a_word_for_every_field_and_choice() -> None:
    assert set(texts.LABELS_IN_ENGLISH) == {each.name for each in FIELDS}
    assert set(texts.CHOICES_IN_ENGLISH) == {code for each in FIELDS for code in each.choices}
    assert texts.title("mileage_km", "en") == "Kilometres"
    assert texts.word_choice("fuel", "petrol", "en") == "Petrol"
    assert texts.describe_problem("fuel_unreadable", "en") == "fuel cannot be read: ignored"


def test_amounts_are_written_with_thin_spaces() -> None:
    assert texts.dirhams(1_173_000) == "1\u202f173\u202f000\u00a0DH"
    assert texts.about(108_213.4) == "108\u202f000\u00a0DH"
    assert texts.about(95_253) == "95\u202f300\u00a0DH"


def test_equipment_is_told_of_by_one_word() -> None:
    assert texts.name_fields(("abs", "esp")) == "équipement"
    assert texts.name_fields(("make", "model"), "en") == "make, model"
