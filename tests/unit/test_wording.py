"""Names and amounts in words."""

from datetime import UTC, date, datetime

import pytest

from carprice.market.fields import THIS_YEAR
from carprice.wording.spell import (
    WORD_JOINER,
    about,
    day,
    decimal,
    figure,
    limits,
    measure,
    moment,
    money,
    name_fields,
    plain,
)


def test_figures_have_the_decimal_mark_of_their_language() -> None:
    assert decimal(8.04) == "8,0"
    assert decimal(8.04, "en", 2) == "8.04"


def test_amounts_are_written_with_thin_spaces() -> None:
    assert money(1_173_000) == "1\u202f173\u202f000\u00a0DH"
    assert about(108_213.4) == "108\u202f000\u00a0DH"
    assert about(95_253) == "95\u202f300\u00a0DH"


def test_equipment_is_told_of_by_one_word() -> None:
    assert name_fields(("abs", "esp")) == "équipement"
    assert name_fields(("make", "model"), "en") == "make, model"


def test_a_date_is_written_as_people_of_the_language_write_it() -> None:
    assert day(date(2026, 3, 7)) == "07/03/2026"
    assert day(date(2026, 3, 7), "en") == "07 Mar 2026"


@pytest.mark.parametrize(("when", "said"), [
    (datetime(2026, 7, 1, 23, 30, tzinfo=UTC), "le 02/07/2026 à 00:30 (heure du Maroc)"),
    (datetime(2026, 3, 1, 12, tzinfo=UTC), "le 01/03/2026 à 12:00 (heure du Maroc)"),
])  # fmt: skip
def test_a_moment_is_told_in_the_time_of_the_market_in_ramadan_too(
    when: datetime, said: str
) -> None:
    assert moment(when) == said
    assert moment(when, "en").endswith("(Moroccan time)")


def test_numbers_of_a_field_are_written_with_their_unit_and_years_in_one_piece() -> None:
    assert measure("mileage_km", 120_000) == "120\u202f000\u00a0km"
    assert measure("model_year", 2018) == figure("model_year", 2018) == "2018"
    assert measure("doors", 5) == "5"


def test_a_range_names_its_unit_once() -> None:
    assert limits("fiscal_power_cv") == "1 à 60\u00a0CV"
    assert limits("model_year", "en") == f"1980 to {THIS_YEAR + 1}"


def test_a_name_is_shown_to_the_letter_whatever_it_is_in_markdown() -> None:
    assert plain("Citroën C3 1") == "Citroën C3 1"
    assert plain("[a](b) *c* `d` <e> $f$ ~g~ |h| #i") == (
        r"\[a\]\(b\) \*c\* \`d\` \<e\> \$f\$ \~g\~ \|h\| \#i"
    )


@pytest.mark.parametrize("name", ["https://a.b", ":smile:", "a@b.co", "www.a.b", "WWW.a.b"])
def test_what_markdown_makes_a_link_or_an_emoji_of_is_parted(name: str) -> None:
    shown = plain(name)
    assert WORD_JOINER in shown
    assert shown.replace(WORD_JOINER, "").replace("\\", "") == name


def test_a_name_without_end_is_cut() -> None:
    assert plain("x" * 41) == "x" * 40 + "…"
    assert plain("x" * 40) == "x" * 40
