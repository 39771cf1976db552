import re
from collections import ChainMap
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
import texts

from carprice.language import Text
from carprice.listings.cleaning import NUMERIC
from carprice.market.fields import THIS_YEAR
from carprice.market.listing import FIELDS, TARGET
from carprice.market.problems import Problem, ProblemKind
from carprice.wording import api, card, files, reasons, remarks, spell
from carprice.wording.remarks import COLUMNS, describe_problem


def find_sentences() -> Iterator[tuple[str, Text]]:
    """Every sentence by its name, those in tables included."""
    spoken = (vars(each) for each in (api, card, files, reasons, remarks, spell, texts))
    for name, value in ChainMap(*spoken).items():
        if isinstance(value, Text):
            yield name, value
        elif isinstance(value, dict):
            for key, each in value.items():
                if isinstance(each, Text):
                    yield f"{name}[{key}]", each


SENTENCES = dict(find_sentences())


def test_no_sentence_of_the_page_takes_the_name_of_another() -> None:
    names = re.findall(r"^(\w+) = ", Path(texts.__file__).read_text(encoding="utf-8"), re.MULTILINE)
    assert len(names) == len(set(names))


def test_each_added_column_has_one_french_name() -> None:
    prices = "prix_estime", "prix_bas", "prix_haut", "prix_bas_large", "prix_haut_large"
    assert list(COLUMNS) == [*prices, "remarque"]


@pytest.mark.parametrize("name", [each.name for each in FIELDS if each.name != TARGET])
def test_an_unreadable_field_is_said_by_its_french_label(name: str) -> None:
    sentence = describe_problem(Problem(name, ProblemKind.UNREADABLE))
    assert sentence == f"{spell.label(name)} illisible : valeur ignorée"
    assert sentence == sentence.lower()


@pytest.mark.parametrize("name", [each.name for each in NUMERIC])
def test_a_number_out_of_range_is_said_with_its_range(name: str) -> None:
    assert spell.limits(name) in describe_problem(Problem(name, ProblemKind.OUT_OF_RANGE))


def test_every_problem_with_kilometres_is_said_in_its_own_words() -> None:
    said = [describe_problem(Problem("mileage_km", kind)) for kind in ProblemKind]
    assert said == [
        "kilométrage illisible : valeur ignorée",
        "kilométrage hors limites (0 à 899\u202f999\u00a0km) : valeur ignorée",
        "kilométrage invraisemblable pour cet âge : valeur ignorée",
        "kilométrage lu en milliers de km",
    ]
    said_in_english = describe_problem(Problem("model_year", ProblemKind.OUT_OF_RANGE), "en")
    assert said_in_english == f"model year out of range (1980 to {THIS_YEAR + 1}): ignored"


def test_french_sentences_follow_french_typography() -> None:
    assert len(SENTENCES) > 100
    assert not {
        name: each.fr
        for name, each in SENTENCES.items()
        if re.search(r"\S[:;!?](?:\s|$)", each.fr) or "  " in each.fr.strip()
    }


def find_places(sentence: str) -> set[str]:
    return {place for _, place, _, _ in Formatter().parse(sentence) if place}


def test_both_languages_tell_of_the_same() -> None:
    assert not {
        name: each
        for name, each in SENTENCES.items()
        if not all(each) or find_places(each.fr) != find_places(each.en)
    }


def test_english_has_a_word_for_every_field_and_choice() -> None:
    said = [text for each in FIELDS for text in (each.label, *each.choices.values())]
    assert all(each.fr and each.en for each in said)
    assert spell.title("mileage_km", "en") == "Kilometres"
    assert spell.word_choice("fuel", "petrol", "en") == "Petrol"
    assert (
        describe_problem(Problem("fuel", ProblemKind.UNREADABLE), "en")
        == "fuel cannot be read: ignored"
    )
