"""What reading and cleaning make of real adverts, which the project never carries."""

import json
from pathlib import Path

import pytest

from carprice.listings.cleaning import Cleaned, clean
from carprice.listings.quality import check
from carprice.listings.quality_report import QualityReport, render_html
from carprice.listings.reading import RawListings
from carprice.listings.table_store import hash_content
from carprice.market.problems import ProblemKind
from carprice.params import read_params

RULES = read_params(Path(__file__).parents[2]).quality


@pytest.fixture(scope="module")
def cleaned(raw: RawListings) -> Cleaned:
    return clean(raw)


@pytest.fixture(scope="module")
def report(cleaned: Cleaned) -> QualityReport:
    return check(cleaned, RULES, None)


def test_every_real_advert_is_kept_or_dropped_for_the_reason_that_was_counted_by_hand(
    report: QualityReport,
) -> None:
    found = report.summary
    assert (found.rows_read, found.rows_malformed, found.rows_kept) == (12_782, 0, 8_213)
    assert {code: each.rows for code, each in found.dropped.items()} == {
        "unpriced": 4_328, "same_content": 214, "price_out_of_range": 14, "no_year": 13,
    }  # fmt: skip


def test_no_wording_of_a_real_advert_is_left_unread(report: QualityReport) -> None:
    assert not [each for each in report.summary.problems if each.kind is ProblemKind.UNREADABLE]
    assert report.summary.unknown_wordings == {}
    assert report.summary.damaged_letters == 0


def test_real_adverts_break_no_rule_and_are_their_own_accepted_data(
    cleaned: Cleaned, report: QualityReport
) -> None:
    again = check(cleaned, RULES, report.summary.profile)
    assert report.failures == again.failures == []
    assert again.summary.price_shift == pytest.approx(1)
    assert again.summary.unseen_models.names == 0
    assert again.summary.profile.data_hash == hash_content(cleaned.kept)


def test_the_report_on_real_adverts_stays_small(report: QualityReport) -> None:
    assert len(render_html(report)) < 50_000
    assert len(json.dumps(report.describe())) < 50_000
