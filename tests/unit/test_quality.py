import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from pydantic import ValidationError

from carprice.listings.cleaning import Cleaned, clean
from carprice.listings.quality import check
from carprice.listings.quality_report import (
    DataProfile,
    QualitySummary,
    render_html,
    summarize_report,
)
from carprice.listings.quality_rules import QualityRules
from carprice.listings.reading import read_listings
from carprice.listings.table_store import hash_content
from carprice.market.problems import Problem, ProblemKind
from carprice.params import read_params

CAR = {
    "price_mad": "100000", "make": "Dacia", "model": "Logan", "model_year": "2018",
    "mileage_km": "90000", "fuel": "Diesel", "gearbox": "Manuelle", "origin": "WW au Maroc",
}  # fmt: skip
RULES = read_params(Path(__file__).parents[2]).quality.model_copy(update={"min_priced_rows": 10})

Read = Callable[..., Cleaned]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads cars, each a change of CAR, from a real file; `None` is a row with one cell."""

    def read_cars(*cars: dict[str, str] | None) -> Cleaned:
        rows = [{**CAR, **car} if car is not None else None for car in cars]
        names = list(dict.fromkeys(name for row in rows if row for name in row)) or list(CAR)
        lines = [";".join(names)] + [
            ";".join(row.get(name, "") for name in names) if row else "alone" for row in rows
        ]
        path = tmp_path / "listings.csv"
        path.write_text("\n".join(lines), encoding="utf-8")
        return clean(read_listings(path))

    return read_cars


def market(rows: int = 60, times: float = 1, **cells: str) -> list[dict[str, str] | None]:
    """Different listings of two makes, Dacia cheaper than Audi."""
    return [
        {
            "make": ("Dacia", "Audi")[n % 2],
            "price_mad": str(int((100_000, 300_000)[n % 2] * times) + n),
            "mileage_km": str(50_000 + n),
            **cells,
        }
        for n in range(rows)
    ]


def accept(read: Read, *cars: dict[str, str] | None) -> DataProfile:
    return inspect(read(*cars)).profile


def inspect(cleaned: Cleaned, accepted: DataProfile | None = None) -> QualitySummary:
    return check(cleaned, RULES, accepted).summary


def fail(cleaned: Cleaned, accepted: DataProfile | None = None, **rules: object) -> list[str]:
    return check(cleaned, RULES.model_copy(update=rules), accepted).failures


def assert_adds_up(found: QualitySummary) -> None:
    dropped = sum(each.rows for each in found.dropped.values())
    assert found.rows_kept + dropped + found.rows_malformed == found.rows_read


def test_good_listings_break_no_rule_with_or_without_accepted_data(read: Read) -> None:
    cleaned = read(*market())
    report = check(cleaned, RULES, None)
    assert report.failures == fail(cleaned, report.summary.profile) == []
    found = report.summary
    assert (found.rows_kept, found.source, found.separator) == (60, "listings.csv", ";")
    assert found.source_sha256 == cleaned.raw.source.sha256
    assert "esp" in found.absent_fields
    assert not found.simulated
    assert found.unseen_makes.names == found.unseen_models.names == 0
    assert found.price_shift is None


def test_every_row_is_accounted_for(read: Read) -> None:
    cleaned = read(
        *market(),
        {"price_mad": "Demander le prix"},
        {"price_mad": "0"},
        {"price_mad": "cher"},
        {"price_mad": "1"},
        {"model_year": "2099"},
        {"doors": "5"},
        {"doors": "5"},
        {"link": "x/1", "doors": "3"},
        {"link": "x/1", "doors": "4"},
        None,
    )
    found = inspect(cleaned)
    assert {code: each.rows for code, each in found.dropped.items()} == {
        "unpriced": 2, "price_unreadable": 1, "price_out_of_range": 1, "no_year": 1,
        "same_link": 1, "same_content": 1,
    }  # fmt: skip
    assert (found.rows_read, found.rows_malformed, found.duplicates) == (70, 1, 2)
    assert (found.rows_priced, found.rows_kept) == (66, len(cleaned.kept))
    assert_adds_up(found)


def test_examples_are_named_by_row_with_the_raw_text_and_limited(read: Read) -> None:
    cars = [{"price_mad": text} for text in ("cher", "\x1b[31mrouge", "z" * 99, "trop")]
    found = inspect(read(*market(2), None, *cars))
    assert [(each.row, each.text) for each in found.dropped["price_unreadable"].examples] == [
        (4, "cher"), (5, "[31mrouge"), (6, "z" * 39 + "…"),
    ]  # fmt: skip
    assert found.problems[Problem("price_mad", ProblemKind.UNREADABLE)].rows == 4
    assert found.malformed_examples == (3,)


def test_problems_say_what_was_made_of_them(read: Read) -> None:
    cars = [{"mileage_km": "150"}, {"mileage_km": "0"}, {"model_year": "2099"}, {"fuel": "Eau"}]
    report = check(read(*market(), *cars), RULES, None)
    told = report.describe()["problems"]
    assert {code: each["rows"] for code, each in told.items()} == {
        "mileage_km_in_thousands": 1, "mileage_km_placeholder": 1, "model_year_out_of_range": 1,
        "fuel_unreadable": 1,
    }  # fmt: skip
    assert "read as thousands" in told["mileage_km_in_thousands"]["label"]
    assert told["fuel_unreadable"]["share"] == pytest.approx(1 / 64)
    assert report.summary.unknown_wordings == {"fuel": {"Eau": 1}}


def test_every_broken_rule_is_named_at_once_with_what_to_do(read: Read) -> None:
    accepted = accept(read, *market())
    cars = [{**car, "gearbox": "", "fuel": "Eau", "origin": ""} for car in market(60, 10) if car]
    failures = fail(read(*cars, *[None] * 10), accepted, min_priced_rows=500)
    for says, failure in zip(
        [
            "60 listings are left to train on, at least 500",
            "14.3% of rows have more or fewer cells than the header (row 61, 62, 63, …)",
            "(fuel) is unknown in 100.0% of rows, at most 50.0%",
            "(gearbox) is unknown in 100.0% of rows, at most 50.0%",
            "(origin) is unknown everywhere, the accepted data knew it in 100.0%",
            "(fuel) holds what cannot be used in 85.7% of rows",
            "Prices are 10 times those of the accepted data",
        ],
        failures,
        strict=True,
    ):
        assert says in failure
        assert re.search(r"^[^\n]*(expected|Bring|Mend|Check|Put)[^\n]*\.$", failure)


@pytest.mark.parametrize(("rows", "broken"), [(60, False), (61, True)])
def test_listings_are_enough_exactly_from_the_given_number(
    read: Read, rows: int, broken: bool
) -> None:
    assert bool(fail(read(*market()), min_priced_rows=rows)) == broken


def test_rows_that_are_unpriced_or_copies_do_not_count_as_enough(read: Read) -> None:
    cars = [*market(8), *market(8), *[{"price_mad": "Demander le prix"}] * 50]
    assert "8 listings are left" in fail(read(*cars))[0]


@pytest.mark.parametrize(("bad", "broken"), [(6, False), (7, True)])
def test_a_column_may_be_unreadable_in_as_many_rows_as_the_rule_says(
    read: Read, bad: int, broken: bool
) -> None:
    failures = fail(read(*market(60 - bad), *market(bad, origin="Mars")))
    assert bool(failures) == broken
    assert all("(origin) holds what cannot be used" in each for each in failures)


def test_prices_out_of_range_count_as_unusable(read: Read) -> None:
    (failure,) = fail(read(*market(50), *market(10, 0.001)))
    assert "(price_mad) holds what cannot be used in 16.7% of rows (row 51: 100, " in failure


@pytest.mark.parametrize(("times", "broken"), [(0.1, True), (0.5, False), (2, False), (10, True)])
def test_a_price_level_that_is_off_is_noticed_in_both_directions(
    read: Read, times: float, broken: bool
) -> None:
    accepted = accept(read, *market())
    report = check(read(*market(60, times)), RULES, accepted)
    assert report.summary.price_shift == pytest.approx(times, rel=0.01)
    assert bool(report.failures) == broken


def test_prices_a_hundred_times_too_low_are_noticed_although_the_range_drops_them(
    read: Read,
) -> None:
    accepted = accept(read, *market())
    cleaned = read(*market(60, 0.01))
    assert cleaned.kept.empty
    assert any("Prices are 0.01" in sentence for sentence in fail(cleaned, accepted))


def test_another_mix_of_cars_is_no_shift_of_prices(read: Read) -> None:
    cars = market(200)
    accepted = accept(read, *cars[1::2], *cars[0:40:2])
    found = inspect(read(*cars[0::2], *cars[1:41:2]), accepted)
    assert found.price_shift == pytest.approx(1, rel=0.01)


def test_makes_of_which_none_is_known_cannot_be_compared_and_fail(read: Read) -> None:
    accepted = accept(read, *market())
    report = check(read(*market(make="Fès")), RULES, accepted)
    assert report.summary.price_shift is None
    (failure,) = report.failures
    assert "prices cannot be compared; found Fès" in failure


def test_a_rare_field_may_be_unknown_but_not_vanish_unless_allowed(read: Read) -> None:
    accepted = accept(read, *market())
    now = read(*market(origin=""))
    assert fail(now) == []
    (failure,) = fail(now, accepted)
    assert "origin: 1.0" in failure
    assert fail(now, accepted, max_missing_share={**RULES.max_missing_share, "origin": 1.0}) == []


def test_makes_and_models_that_are_new_are_counted_however_they_are_spelt(read: Read) -> None:
    accepted = accept(read, *market())
    cars = [{"make": "BYD", "doors": "2"}, {"make": "byd", "doors": "3"}, {"model": "Spring"},
            {"make": "DACIA", "model": "logan", "doors": "4"}]  # fmt: skip
    found = inspect(read(*market(), *cars), accepted)
    assert (found.unseen_makes.names, found.unseen_makes.rows) == (1, 2)
    assert (found.unseen_models.names, found.unseen_models.rows) == (2, 3)
    assert "Dacia Spring" in found.unseen_models.shown


def test_simulated_listings_say_so(read: Read) -> None:
    report = check(read(*market(simulated="Oui")), RULES, None)
    assert report.summary.simulated
    assert report.summary.profile.simulated
    assert "These listings are simulated" in render_html(report)


def test_the_profile_survives_json_and_names_the_clean_rows(read: Read) -> None:
    cleaned = read(*market(), *market(19, make="BYD"), {"make": "", "model": ""})
    profile = inspect(cleaned).profile
    assert DataProfile.model_validate_json(profile.model_dump_json()) == profile
    assert profile.data_hash == hash_content(cleaned.kept)
    assert profile.rows == len(cleaned.kept)
    assert profile.models_by_make == {"audi": ["logan"], "byd": ["logan"], "dacia": ["logan"]}
    # Makes with few prices are left out of the comparison.
    assert profile.median_price_by_make == {"audi": 300_030, "dacia": 100_029}


@pytest.mark.parametrize(
    "cars",
    [
        [{}],
        [None],
        [None, {}],
        [{"price_mad": "Demander le prix"}] * 3,
        [dict.fromkeys(CAR, "--")] * 3,
        [{"price_mad": "=1+1", "make": "=cmd", "model_year": "NaN", "mileage_km": "inf"}],
        [{"price_mad": "9" * 59, "mileage_km": "9" * 400, "model_year": "-1"}],
    ],
)
def test_poor_files_give_a_report_with_failures_and_never_an_exception(
    read: Read, cars: list[dict[str, str] | None]
) -> None:
    accepted = accept(read, *market())
    for before in (None, accepted):
        report = check(read(*cars), RULES, before)
        assert report.failures
        assert_adds_up(report.summary)
        assert "Not fit to train on" in render_html(report)
        assert DataProfile.model_validate_json(report.summary.profile.model_dump_json())


def test_a_check_alters_nothing_and_its_report_is_small_and_the_same_again(read: Read) -> None:
    cleaned = read(*market())
    before = cleaned.raw.frame.copy(), cleaned.kept.copy()
    report = check(cleaned, RULES, None)
    assert report == check(cleaned, RULES, None)
    assert len(json.dumps(report.describe())) < 10_000
    pd.testing.assert_frame_equal(cleaned.raw.frame, before[0])
    pd.testing.assert_frame_equal(cleaned.kept, before[1])


class Page(HTMLParser):
    """Notes the tags of a page and whether each one that was opened is closed."""

    VOID = frozenset({"meta", "br", "link", "img"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


def test_the_page_is_whole_needs_nothing_else_and_shows_three_pictures(read: Read) -> None:
    page = Page(render_html(check(read(*market()), RULES, None)))
    assert page.addresses == []
    assert "script" not in page.tags
    assert page.tags.count("svg") == 3
    assert page.tags.count("rect") >= 4


def test_nothing_from_the_file_becomes_markup(read: Read) -> None:
    evil = "<script>alert(1)</script>"
    cells = {name: evil for name in CAR if name != "price_mad"} | {"<img src=x>": "1"}
    accepted = accept(read, *market())
    cleaned = read(*market(), cells, {**cells, "price_mad": evil})
    page = render_html(check(cleaned, RULES, accepted))
    assert "&lt;script&gt;" in page
    assert "&lt;img src=x&gt;" in page
    assert not {"script", "img"} & set(Page(page).tags)


def test_the_table_of_a_terminal_says_what_came_in_and_what_is_left(read: Read) -> None:
    cars = [*market(), {"price_mad": ""}, {"mileage_km": "150"}, {"make": "BYD"}, None]
    accepted = accept(read, *market())
    lines = {
        line.label: (line.value, line.note)
        for line in summarize_report(check(read(*cars), RULES, accepted))
    }
    assert lines["rows read"] == ("64", "")
    assert lines["malformed"] == ("1", "more or fewer cells than the header: row 64")
    assert lines["dropped: unpriced"][0] == "1"
    assert lines["kept"][0] == "62"
    assert lines["noticed: mileage_km_in_thousands"] == ("1", "row 62: 150")
    assert lines["new makes"] == ("1", "1 rows: BYD")
    assert lines["price level"][0] == "×1.00"


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_missing_share": {**RULES.max_missing_share, "makee": 0.1}},
        {"max_missing_share": {**RULES.max_missing_share, "make": 1.5}},
        {"max_missing_share": {"make": 0.2}},
        {"max_malformed_share": -0.1},
        {"max_price_shift": 1},
        {"min_priced_rows": 0},
        {"min_rows": 500},
    ],
)
def test_rules_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="1 validation error"):
        QualityRules.model_validate(RULES.model_dump() | wrong)
