from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from carprice.pipeline.report import (
    NOTE_LENGTH,
    describe_run,
    describe_unread,
    gist,
    headline,
    shorten,
)
from carprice.wording.remarks import SIMULATED_WARNING

if TYPE_CHECKING:
    from carprice.registry.client import Version

TAGS = {"source": "avito.csv", "rows": "8213", "data_hash": "ab12", "version": "3",
        "outcome": "promoted", "simulated": "false"}  # fmt: skip
VERSION = cast("Version", SimpleNamespace(name="CarPricePredictor version 3"))


def test_a_report_says_what_came_in_what_came_out_and_what_is_in_production() -> None:
    assert describe_run(TAGS, {"median_error_pct": 7.834, "rows": 1642}, VERSION) == (
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
    text = describe_run({}, {}, None)
    assert "- Data: `?`, of which nothing could be used" in text
    assert "- Version registered: none" in text
    assert "- Outcome: unknown" in text
    assert "- In production now: no version" in text
    assert "|" not in text


def test_a_reason_is_told() -> None:
    text = describe_run(TAGS | {"outcome": "refused", "reason": "worse on electric"}, {}, VERSION)
    assert "- Outcome: refused\n- Reason: worse on electric\n" in text


def test_figures_of_simulated_listings_carry_a_warning_and_real_ones_do_not() -> None:
    assert SIMULATED_WARNING in describe_run(TAGS | {"simulated": "true"}, {}, None)
    assert SIMULATED_WARNING not in describe_run(TAGS, {}, None)


def test_steps_that_failed_are_named() -> None:
    tags = TAGS | {"outcome": "failed", "failed_steps": "train_model", "reason": "no room"}
    told = "- Outcome: failed\n- Failed: train_model\n- Reason: no room\n"
    assert told in describe_run(tags, {}, None)


def test_a_report_without_any_run_says_so() -> None:
    text = describe_unread(["check_data_quality"], VERSION)
    assert "- Data: none; no file could be read as listings" in text
    assert "- Failed: check_data_quality; its log says why" in text
    assert "- In production now: CarPricePredictor version 3" in text
    assert "the first step" in describe_unread([], None)


def test_a_note_is_as_many_whole_lines_as_it_holds() -> None:
    assert shorten("short\n") == "short\n"
    lines = [f"| figure {at} | {'9' * 40} |" for at in range(400)]
    note = shorten("\n".join(lines))
    assert len(note) < NOTE_LENGTH + 50
    *kept, _, last = note.splitlines()
    assert kept == lines[: len(kept)]
    assert last == "… the rest is in `report.md`"


def test_the_gist_of_a_report_says_what_happened_without_its_figures() -> None:
    told = gist(describe_run({**TAGS, "simulated": "true"}, {"latency_ms": 4.0}, VERSION))
    assert told.splitlines()[0].startswith("- Data: ")
    assert "- Outcome: promoted" in told
    assert told.splitlines()[-1].startswith("- In production now: ")
    assert gist(describe_unread([], None)).endswith("- In production now: no version")


def test_a_headline_says_how_it_ended_and_what_is_in_production() -> None:
    version = "CarPricePredictor version 3"
    assert (
        headline(describe_run(TAGS, {}, VERSION)) == f"carprice: promoted; in production: {version}"
    )
    assert headline(describe_unread([], None)) == "carprice: failed; in production: no version"
    reason = {"reason": "a: b\n- c\n- Outcome: made up"}
    assert headline(describe_run({**TAGS, **reason}, {}, None)).startswith("carprice: promoted;")
