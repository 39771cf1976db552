"""Names, amounts and reasons in words."""

from datetime import date

import pytest

from carprice.texts import Language
from carprice.wording import about, day, decimal, dirhams, name_fields, name_slice


@pytest.mark.parametrize(("family", "name", "language", "expected"), [
    ("fuel", "petrol", "fr", "Essence"),
    ("fuel", "petrol", "en", "Petrol"),
    ("price", "0-79999", "fr", "moins de 80 000"),
    ("price", "80000-149999", "fr", "80 000 – 149 999"),
    ("price", "400000 and more", "fr", "400 000 et plus"),
    ("price", "400000 and more", "en", "400 000 and more"),
    ("year", "0-1999", "fr", "moins de 2000"),
    ("year", "2015-2019", "en", "2015 – 2019"),
])  # fmt: skip
def test_slices_are_named_in_words(
    family: str, name: str, language: Language, expected: str
) -> None:
    assert name_slice(family, name, language).replace("\u202f", " ") == expected


def test_figures_have_the_decimal_mark_of_their_language() -> None:
    assert decimal(8.04) == "8,0"
    assert decimal(8.04, "en", 2) == "8.04"


def test_amounts_are_written_with_thin_spaces() -> None:
    assert dirhams(1_173_000) == "1\u202f173\u202f000\u00a0DH"
    assert about(108_213.4) == "108\u202f000\u00a0DH"
    assert about(95_253) == "95\u202f300\u00a0DH"


def test_equipment_is_told_of_by_one_word() -> None:
    assert name_fields(("abs", "esp")) == "équipement"
    assert name_fields(("make", "model"), "en") == "make, model"


def test_a_date_is_written_as_people_of_the_language_write_it() -> None:
    assert day(date(2026, 3, 7)) == "07/03/2026"
    assert day(date(2026, 3, 7), "en") == "07 Mar 2026"
