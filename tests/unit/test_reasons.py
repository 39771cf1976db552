"""Reasons by code: both wordings, what is stored of them, what earlier releases stored."""

from string import Formatter

import pytest
from pydantic import ValidationError

from carprice.language import Language
from carprice.market.slices import Slice
from carprice.wording.reasons import REASONS, Code, Reason, list_reasons, say_reason, say_reasons
from carprice.wording.slices import name_slice
from carprice.wording.stored_reasons import recall_reasons, store_reasons, write_reasons

SLICE = {"family": "price", "slice": "400000 and more", "points": 4.0, "rows": 120, "most": 2.0}
GOLDEN = {"car": "Kia Rio 2018", "price": 1_108_213.0, "low": 70_000.0, "high": 90_000.0}
EXAMPLES = [
    Reason.of(Code.TOO_FEW_ROWS, rows=1, least=100),
    Reason.of(Code.ERROR_TOO_LARGE, error=9.104, most=8.5),
    Reason.of(Code.TOO_FEW_NEAR, share=58.3, least=60.0),
    Reason.of(Code.COVERAGE_TOO_LOW, share=74.04, least=74.5),
    Reason.of(Code.SAME_PRICES, rows=1800, champion=1),
    Reason.of(Code.SIMULATED_AGAINST_REAL, champion=3),
    Reason.of(Code.WORSE, points=1.004, champion=12, low=0.5, high=1.5),
    Reason.of(Code.WORSE_ON_SLICE, **SLICE),
    Reason.of(Code.WORSE_ON_SLICE, **SLICE | {"family": "make", "slice": "land rover"}),
    Reason.of(Code.CHAMPION_NOT_OPENED, message="CarPricePredictor version 7 cannot be read: x"),
    Reason.of(Code.SCORES, error=6.7, near=93.2, coverage=80.0, rows=800),
    Reason.of(Code.NO_CHAMPION),
    Reason.of(Code.NOT_WORSE, points=-1.2, low=-3.0, high=1.08, detectable=3.15),
    Reason.of(Code.NOT_FIT, version=4),
    Reason.of(Code.NOT_VALIDATED, version=4, exit_code=-9, message="it went away"),
    Reason.of(Code.NOT_POSITIVE),
    Reason.of(Code.OUTSIDE_INTERVAL),
    Reason.of(Code.ONE_PRICE),
    Reason.of(Code.WRONG_DIRECTION, share=55.55, most=2.0),
    Reason.of(Code.TOO_SLOW, time=12.34, most=10.0),
    Reason.of(Code.OPEN_FIELD_PRICE, **GOLDEN, opened="model_year + mileage_km"),
    Reason.of(Code.GOLDEN_PRICE, **GOLDEN),
]


@pytest.mark.parametrize("code", Code)
def test_every_code_is_said_in_both_languages_with_all_its_figures(code: Code) -> None:
    places = {place: spec for _, place, spec, _ in Formatter().parse(REASONS[code].en) if place}
    places.pop("currency", None)
    reason = Reason.of(code, **dict.fromkeys(places, 1234.5))
    english = [format(1234.5, spec) for spec in places.values()]
    french = [each.translate({44: "\u202f", 46: ","}) for each in english]
    assert all(each in say_reason(reason, "en") for each in english)
    assert all(each in say_reason(reason) for each in french)
    assert say_reason(reason) != reason.text


@pytest.mark.parametrize("reason", EXAMPLES, ids=lambda each: each.code)
def test_a_sentence_of_an_earlier_release_is_said_as_its_code_is(reason: Reason) -> None:
    earlier = Reason.model_validate_json(f'"{reason.text}"'.replace("\n", "\\n"))
    assert earlier.code is Code.ON_RECORD
    assert earlier.text == reason.text
    assert say_reason(earlier) == say_reason(reason)


def test_the_earlier_release_had_a_sentence_for_every_code() -> None:
    codes = [*Code]
    later = codes[
        codes.index(Code.NOTHING_STANDS_OUT) :
    ]  # of monitoring, and for what is on record
    assert {each.code for each in EXAMPLES} == {*codes} - {*later}


@pytest.mark.parametrize(("reason", "said"), [
    (EXAMPLES[7], "prix 400000 et plus : erreur médiane +4,00 point sur 120 voitures ; "
     "au plus +2 est toléré sur un grand groupe"),
    (EXAMPLES[9], "la version en production ne peut être comparée : la version 7 ne peut pas être "
     "lue : x"),
    (EXAMPLES[-1], "Kia Rio 2018 à 1\u202f108\u202f213 DH ; un prix entre 70\u202f000 et "
     "90\u202f000 DH était attendu"),
])  # fmt: skip
def test_figures_are_written_as_in_french(reason: Reason, said: str) -> None:
    assert say_reason(reason) == said


def test_reasons_are_parted_and_listed_as_the_language_does() -> None:
    two = [EXAMPLES[4], EXAMPLES[11]]
    first, second = (each.text for each in two)
    assert say_reasons(two, "en") == f"{first}; {second}"
    assert " ; aucun modèle" in say_reasons(two)
    assert say_reasons(recall_reasons("", f"{first}; {second}")) == say_reasons(two)
    assert list_reasons("no:", two) == f"no:\n  - {first}\n  - {second}"


@pytest.mark.parametrize("figures", [{"time": 3.0}, {"time": "long", "most": 10.0}])
def test_figures_that_do_not_fit_the_sentence_are_refused(figures: dict[str, float | str]) -> None:
    with pytest.raises(ValidationError):
        Reason.of(Code.TOO_SLOW, **figures)


def test_reasons_come_back_from_their_tag_or_from_its_text() -> None:
    assert recall_reasons(store_reasons(EXAMPLES), "text") == EXAMPLES
    assert recall_reasons('[{"code": "of_tomorrow", "figures": {}}]', "text")[0].text == "text"
    assert recall_reasons("", "") == []
    endless = Reason.of(Code.CHAMPION_NOT_OPENED, message="x" * 9_000)
    assert recall_reasons(store_reasons([endless]), write_reasons([endless]))[0].text.endswith("x")


def test_a_tag_holds_whole_reasons() -> None:
    many = EXAMPLES * 9
    text, stored = write_reasons(many), store_reasons(many)
    assert 3_500 < len(text) <= 4_000
    assert 4_500 < len(stored) <= 5_000
    assert any(text.endswith(each.text) for each in many)
    kept = recall_reasons(stored, "")
    assert kept == many[: len(kept)]


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
    part = Slice.read(family, name)
    assert name_slice(part, language).replace("\u202f", " ") == expected
    assert Slice.read_title(part.title) == part
