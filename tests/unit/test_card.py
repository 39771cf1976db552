import dataclasses
from datetime import UTC, datetime

import pytest

from carprice.evaluation.comparison import Comparison, Difference
from carprice.evaluation.decision import Decision, Level, Measured
from carprice.evaluation.metrics import Evaluation, PlainScores, Scores
from carprice.listings.quality_report import DataProfile
from carprice.registry.card import LONGEST_DESCRIPTION, describe_version, join_cards, write_card
from carprice.registry.history import NO_RECORD, Chapter, Record
from carprice.registry.records import Version
from carprice.wording.reasons import Code, Reason
from carprice.wording.stored_reasons import store_reasons

VERSION = Version(
    7, "run",
    {
        "source": "avito_[2026].csv", "source_sha256": "5e" * 32, "data_hash": "ab12",
        "source_changed": "2026-11-20 10:00:00+00:00", "rows": "8213", "rows_trained": "6570",
        "holdout_share": "0.2", "simulated": "false", "decision": "held",
        "decision_reasons_json": store_reasons(
            [Reason.of(Code.LEVEL_MOVED, shift=-25.0, rows=1500, champion=6, most=10.0)]
        ),
    },
    datetime(2026, 11, 21, tzinfo=UTC),
)  # fmt: skip


def make_scores(rows: int, error: float, coverage: float = 80.0) -> Scores:
    return Scores(
        rows=rows, median_error_pct=error, mean_error_pct=2 * error, within_10_pct=60,
        within_20_pct=85, mean_error=20_000, r2_log=0.9, r2_price=0.8, coverage_pct=coverage,
        width_pct=30,
    )  # fmt: skip


OVERALL = make_scores(1600, 7.64)
PLAIN = {
    "median_of_model": PlainScores(median_error_pct=18.9, within_10_pct=29, within_20_pct=52),
    "straight_line": PlainScores(median_error_pct=16.9, within_10_pct=31, within_20_pct=57),
}
RECORD = Record(
    Evaluation(
        overall=OVERALL,
        slices={
            "make": {"kia": make_scores(120, 6.1), "<b>fiat": make_scores(130, 9.8)},
            "price": {"400000 and more": make_scores(140, 9.2, coverage=67.25)},
        },
        plain=PLAIN,
    ),
    DataProfile(
        data_hash="ab12", rows=8213, median_price_by_make={}, missing={}, simulated=False,
        models_by_make={"kia": ["rio", "picanto"], "fiat": ["500"]},
    ),
    None,
    Decision(
        held=True, challenger=7, champion=6,
        comparison=Comparison(
            overall=Difference(rows=1600, points=0.12, low=-0.3, high=0.5, detectable=0.6),
            slices={}, identical=False,
        ),
        measured=Measured(
            scores=OVERALL, promised_coverage_pct=80, simulated=False, copies_pct=1.5,
            level=Level(rows=1500, shift_pct=-25),
        ),
    ),
)  # fmt: skip


def test_the_half_page_says_what_came_in_was_learnt_was_decided_and_is_to_be_done() -> None:
    card = write_card(Chapter.of(VERSION), RECORD, "fr")
    assert card
    came_in, learnt, plain, worst, decided, why, to_do = card.half_page.split("\n\n")
    assert "8\u202f213 annonces réelles exploitables, du fichier avito\\_\\[2026\\].csv" in came_in
    assert "s'écarte du prix demandé de 7,6 % en médiane ; 85 fois sur cent" in learnt
    assert "s'en écarterait de 18,9 %, une simple droite de 16,9 %" in plain
    assert "se trompe le plus : marque &lt;b>fiat, 9,8 % (130 voitures)" in worst
    assert decided.startswith("**Ce qui a été décidé.** Retenue")
    assert "-25,0 %" in why
    assert "`carprice promote 7 --force`" in to_do


@pytest.mark.parametrize(("language", "told"), [
    ("fr", ["fichier modifié le 20/11/2026, modèle entraîné le 21/11/2026",
            "| 6\u202f570 · 1\u202f643 |",
            "prix 400\u202f000 et plus : 67,2 %", "0,12 points d'erreur médiane", ": -25,0 %"]),
    ("en", ["file changed on 20 Nov 2026, model trained on 21 Nov 2026", "| 2 · 3 |", "MIT",
            "price 400\u202f000 and more: 67.2 %", "0.12 points of median error", ": -25.0 %"]),
])  # fmt: skip
def test_the_card_tells_data_coverage_and_comparison_as_measured(
    language: str, told: list[str]
) -> None:
    card = write_card(Chapter.of(VERSION), RECORD, language)  # type: ignore[arg-type]
    assert card
    assert [each for each in told if each not in card.text] == []
    assert "5e" * 32 in card.text
    assert card.text in join_cards(Chapter.of(VERSION), RECORD)


def test_what_an_earlier_release_did_not_store_is_said_not_to_be_on_record() -> None:
    bare = dataclasses.replace(VERSION, tags={"rows": "900"})
    old = RECORD._replace(
        evaluation=Evaluation(overall=OVERALL, slices={}), profile=None, decision=None
    )
    card = write_card(Chapter.of(bare), old, "en")
    assert card
    assert "neither the adverts nor this version say when they date from" in card.text
    assert "not on record" in card.sections["Comparison"]
    assert "`carprice evaluate 7`" in card.half_page
    assert "least accurate" not in card.half_page
    assert write_card(Chapter.of(bare), NO_RECORD, "en") is None
    assert not join_cards(Chapter.of(bare), NO_RECORD)


def test_the_text_of_a_version_fits_however_many_reasons_there_are() -> None:
    whole = describe_version(Chapter.of(VERSION), RECORD)
    assert whole.index("Ce qui est arrivé") < whole.index("What came in")
    reasons = [Reason.of(Code.ON_RECORD, sentence=f"{at} {'long' * 30}") for at in range(40)]
    many = dataclasses.replace(
        VERSION, tags=VERSION.tags | {"decision_reasons_json": store_reasons(reasons)}
    )
    cut = describe_version(Chapter.of(many), RECORD)
    assert 4_000 < len(cut) <= LONGEST_DESCRIPTION
