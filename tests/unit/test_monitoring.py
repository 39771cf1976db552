"""What a look at new cars finds, in months of a market whose truth is known."""

import warnings
from collections.abc import Iterator

import monitoring_months as months
import numpy as np
import pytest

from carprice.evaluation.checks import Check, Kind, MonitoringPolicy, decide_verdict, judge
from carprice.evaluation.shift import measure_distance
from carprice.language import LANGUAGES
from carprice.market.listing import VEHICLE
from carprice.monitoring.look import Batch, Look, look, look_at_asked
from carprice.monitoring.report import REASONS, find_reasons
from carprice.wording.reasons import Code, say_reason

POLICY = MonitoringPolicy()
STRONG = dict.fromkeys(("effect", "limit"), 5.0) | {"p": 1e-3}
QUIET = [Check(kind=Kind.MAKE, name=str(at), effect=0, limit=3, p=0.5) for at in range(20)]


@pytest.fixture(scope="module", autouse=True)
def small_version() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(months, "LEARNT_ROWS", 6_000)
        patch.setattr(months, "LEARNT", {})
        months.learn(0)
        yield


def follow(change: months.Change, *strengths: float) -> list[Look]:
    return months.follow(months.Year(0, 8, change, strengths))


def kinds(found: Look) -> set[Kind]:
    return {each.kind for each in found.found}


def test_calm_and_seasonal_months_are_quiet() -> None:
    assert [each.verdict for each in follow(months.stay_calm, 0, 0)] == ["none", "none"]
    assert [each.verdict for each in follow(months.turn_season, 0.1, 0.2)] == ["none", "none"]


@pytest.mark.parametrize(
    ("change", "kind", "verdict"),
    [
        (months.raise_prices, Kind.LEVEL, "act"),
        (months.drop_make, Kind.MAKE, "watch"),
        (months.bring_electric, Kind.COLUMN, "watch"),
        (months.type_thousands, Kind.PROBLEM, "watch"),
    ],
)
def test_a_change_of_a_tenth_is_found_in_its_month(
    change: months.Change, kind: Kind, verdict: str
) -> None:
    (found,) = follow(change, 0.1)
    assert kind in kinds(found)
    assert found.verdict == verdict


def test_new_cars_are_told_from_old_ones_jointly() -> None:
    learnt = months.learn(0)
    cars = months.export_and_clean(months.draw_listings(1_000, 5), 5).kept
    swapped = cars.assign(mileage_km=cars["mileage_km"].sort_values().to_numpy())
    swapped = swapped.assign(model_year=cars["model_year"].sort_values().to_numpy())
    assert Kind.JOINT in kinds(look(learnt, Batch(swapped, {}, len(cars)), POLICY))


def test_a_market_that_is_a_year_older_is_no_news() -> None:
    learnt = months.learn(0)
    cars = months.export_and_clean(months.draw_listings(1_000, 3), 3).kept
    later = Batch(cars.assign(model_year=cars["model_year"] + 1), {}, len(cars))
    assert Kind.COLUMN in kinds(look(learnt, later, POLICY))
    assert Kind.COLUMN not in kinds(look(learnt, later, POLICY, years=1))


def test_cars_that_the_version_has_seen_are_no_late_prices() -> None:
    learnt = months.learn(0)
    again = months.export_and_clean(months.draw_listings(6_000, 0), 0)
    found = look(learnt, Batch.of(again), POLICY)
    assert (found.late_prices, found.live_error, found.coverage) == (0, None, None)
    assert find_reasons(found, [], POLICY)[0].code is Code.TOO_FEW_CARS


def test_what_is_asked_for_is_compared_by_what_everybody_names() -> None:
    learnt, asked = months.learn(0), months.draw_listings(500, 2)
    assert look_at_asked(learnt, asked.head(50), POLICY) == []
    checks = look_at_asked(learnt, asked.assign(make="Dacia"), POLICY)
    assert {each.name for each in checks} == {*VEHICLE, ""}
    assert "make" in {each.name for each in checks if each.found}


def test_two_looks_in_a_row_find_what_one_does_not() -> None:
    weak = Check(kind=Kind.MAKE, name="kia", **STRONG)
    turned = weak.model_copy(update={"effect": -weak.effect})
    assert decide_verdict(judge([weak, *QUIET])) == "none"
    assert decide_verdict(judge([weak, *QUIET], before=[turned])) == "none"
    assert decide_verdict(judge([weak, *QUIET], before=[weak])) == "watch"


def test_what_is_sure_but_small_is_no_finding() -> None:
    small = Check(kind=Kind.ERROR, effect=2, limit=15, p=1e-9)
    assert decide_verdict(judge([small])) == "none"
    assert decide_verdict(judge([small.model_copy(update={"effect": 20})])) == "act"


def find(*kinds: Kind) -> Look:
    """A look that finds one of each kind."""
    return Look(
        verdict="act", rows=900, late_prices=800, live_error=9.5, expected_error=7, coverage=0.7,
        coverage_asked=0.8,
        checks=[
            Check(kind=kind, name=name, effect=4.5, limit=1, p=0, found=True)
            for kind in kinds
            for name in ["mileage_km_in_thousands" if kind is Kind.PROBLEM else "mileage_km"]
        ],
    )  # fmt: skip


def test_each_kind_of_finding_has_a_sentence_in_both_languages() -> None:
    reasons = find_reasons(find(Kind.ERROR), ["too few rows"], POLICY)[:1]
    reasons += [reason for kind in Kind for reason in find_reasons(find(kind), [], POLICY)]
    assert len({each.code for each in reasons}) == 1 + len(REASONS)
    said = [say_reason(each, language) for each in reasons for language in LANGUAGES]
    assert len({*said}) == 2 * len(reasons)


def test_where_all_prices_have_moved_no_make_is_named() -> None:
    (reason,) = find_reasons(find(Kind.MAKE, Kind.LEVEL), [], POLICY)
    assert reason.code is Code.OTHER_LEVEL


def test_the_distance_agrees_with_another_library() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own dependencies
        from popmon.analysis.comparison.comparisons import (  # noqa: PLC0415
            jensen_shannon_divergence,
        )
    rng = np.random.default_rng(0)
    one, other = rng.integers(1, 500, (2, 50, 12))
    shares = [each / each.sum(axis=1, keepdims=True) for each in (one, other)]
    theirs = [jensen_shannon_divergence(p, q) for p, q in zip(*shares, strict=True)]
    # Theirs is in natural units, not rooted, and adds a little to each share.
    assert measure_distance(one, other) ** 2 * np.log(2) == pytest.approx(theirs, abs=1e-4)
