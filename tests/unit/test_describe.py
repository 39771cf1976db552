from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from carprice.pipeline.report import NOTE_LENGTH, describe_run, describe_unread
from carprice.wording.remarks import SIMULATED_WARNING

if TYPE_CHECKING:
    from carprice.registry.client import Version

TAGS = {"source": "avito.csv", "rows": "8213", "data_hash": "ab12", "version": "3",
        "outcome": "promoted", "simulated": "false"}  # fmt: skip
VERSION = cast("Version", SimpleNamespace(name="CarPricePredictor version 3"))


def test_a_report_says_what_came_in_what_came_out_and_what_is_in_production() -> None:
    assert describe_run(TAGS, {"median_error_pct": 7.834, "rows": 1642}, VERSION).markdown == (
        "# Pipeline report\n"
        "\n"
        "- Data: 8213 clean listings from `avito.csv` (content ab12)\n"
        "- Version registered: 3\n"
        "- Outcome: promoted\n"
        "- In production now: CarPricePredictor version 3\n"
        "\n"
        "| held-out figure | value |\n"
        "|---|---|\n"
        "| median_error_pct | 7.83 |\n"
        "| rows | 1,642.00 |\n"
    )


def test_a_report_on_a_run_that_ended_early_says_what_is_not_known() -> None:
    text = describe_run({}, {}, None).markdown
    assert "- Data: `?`, of which nothing could be used" in text
    assert "- Version registered: none" in text
    assert "- Outcome: unknown" in text
    assert "- In production now: no version" in text
    assert "|" not in text


def test_a_reason_is_told() -> None:
    tags = TAGS | {"outcome": "refused", "reason": "worse on electric"}
    text = describe_run(tags, {}, VERSION).markdown
    assert "- Outcome: refused\n- Reason: worse on electric\n" in text


def test_a_run_without_anything_new_says_so_in_both_languages() -> None:
    tags = TAGS | {"outcome": "unchanged", "reason": "nothing to learn", "unchanged_since": "2"}
    text = describe_run(tags, {}, VERSION).markdown
    assert "- Outcome: unchanged\n- Reason: nothing to learn\n- Raison: rien à apprendre" in text
    assert "la version 2" in text


def test_figures_of_simulated_listings_carry_a_warning_and_real_ones_do_not() -> None:
    assert SIMULATED_WARNING in describe_run(TAGS | {"simulated": "true"}, {}, None).markdown
    assert SIMULATED_WARNING not in describe_run(TAGS, {}, None).markdown


def test_steps_that_failed_are_named() -> None:
    tags = TAGS | {"outcome": "failed", "failed_steps": "train_model", "reason": "no room"}
    told = "- Outcome: failed\n- Failed: train_model\n- Reason: no room\n"
    assert told in describe_run(tags, {}, None).markdown


def test_a_report_without_any_run_says_so() -> None:
    text = describe_unread(["check_data_quality"], VERSION).markdown
    assert "- Data: none; no file could be read as listings" in text
    assert "- Failed: check_data_quality; its log says why" in text
    assert "- In production now: CarPricePredictor version 3" in text
    assert "the first step" in describe_unread([], None).markdown


def test_a_note_is_as_many_whole_lines_as_it_holds() -> None:
    short = describe_run(TAGS, {}, VERSION)
    assert short.note == short.markdown
    report = describe_run(TAGS, {f"figure {at} {'9' * 40}": 1.0 for at in range(400)}, VERSION)
    assert len(report.note) < NOTE_LENGTH + 50
    *kept, _, last = report.note.splitlines()
    assert kept == report.markdown.splitlines()[: len(kept)]
    assert last == "… the rest is in `report.md`"


def test_the_gist_of_a_report_says_what_happened_without_its_figures() -> None:
    told = describe_run({**TAGS, "simulated": "true"}, {"latency_ms": 4.0}, VERSION).gist
    assert told.splitlines()[0].startswith("- Data: ")
    assert "- Outcome: promoted" in told
    assert told.splitlines()[-1].startswith("- In production now: ")


def test_a_headline_says_how_it_ended_and_what_is_in_production() -> None:
    version = "CarPricePredictor version 3"
    told = describe_run(TAGS, {}, VERSION).headline
    assert told == f"carprice: promoted; in production: {version}"
    assert describe_unread([], None).headline == "carprice: failed; in production: no version"
