import pytest

from carprice.model_texts import decimal, name_slice
from carprice.texts import Language


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
