import math

import numpy as np
import pandas as pd
import pytest

from carprice.evaluation.comparison import Comparison, Difference, compare
from carprice.evaluation.metrics import Evaluation, Scores, evaluate, score, slice_rows
from carprice.evaluation.plain import price_by_line, price_by_median, score_plain_ways
from carprice.market.listing import TARGET
from carprice.market.slices import Slice

COLUMNS = ["price_mad", "low_mad", "high_mad", "wide_low_mad", "wide_high_mad"]


def estimates(*rows: tuple[float, float, float]) -> pd.DataFrame:
    """The wide interval is twice as wide."""
    wide = [(2 * low - price, 2 * high - price) for price, low, high in rows]
    return pd.DataFrame(
        [(*row, *ends) for row, ends in zip(rows, wide, strict=True)], columns=COLUMNS
    )


def listings(rows: int, **columns: object) -> pd.DataFrame:
    defaults = {TARGET: 100_000.0, "make": "Dacia", "fuel": "diesel", "model_year": 2018.0}
    return pd.DataFrame(defaults | columns, index=range(rows))


def off_by(actual: pd.Series, errors: np.ndarray) -> pd.DataFrame:
    """Estimates that many percent too dear."""
    price = actual * (1 + errors / 100)
    ends = {"low_mad": 0.9, "high_mad": 1.1, "wide_low_mad": 0.8, "wide_high_mad": 1.2}
    return pd.DataFrame({TARGET: 1.0, **ends}, price.index).mul(price, axis=0)


def test_scores_are_those_computed_by_hand() -> None:
    actual = pd.Series([100.0, 200.0, 100.0, 400.0])
    found = score(
        actual, estimates((105, 101, 125), (200, 200, 240), (70, 50, 99), (330, 300, 400))
    )
    assert found.rows == 4
    assert found.median_error_pct == pytest.approx((5 + 17.5) / 2)
    assert found.mean_error_pct == pytest.approx((5 + 0 + 30 + 17.5) / 4)
    assert (found.within_10_pct, found.within_20_pct) == (50, 75)
    assert found.mean_error == pytest.approx((5 + 0 + 30 + 70) / 4)
    assert found.coverage_pct == 50  # an end of an interval belongs to it
    assert found.wide_coverage_pct == 100
    assert found.r2_price == pytest.approx(1 - (25 + 0 + 900 + 4900) / 60_000)
    logs = [math.log(each) for each in (100, 200, 100, 400)]
    lost = sum(math.log(ratio) ** 2 for ratio in (1.05, 1, 0.7, 0.825))
    spread = sum((each - sum(logs) / 4) ** 2 for each in logs)
    assert found.r2_log == pytest.approx(1 - lost / spread)


def test_the_width_is_the_middle_one_against_the_estimate() -> None:
    found = score(
        pd.Series([1.0, 2.0, 3.0]), estimates((100, 90, 120), (100, 50, 150), (200, 190, 210))
    )
    assert found.width_pct == pytest.approx(30)
    assert found.wide_width_pct == pytest.approx(60)


def test_errors_are_measured_against_the_price_and_not_the_estimate() -> None:
    assert score(pd.Series([100.0] * 2), estimates(*[(150, 1, 2)] * 2)).median_error_pct == 50


def test_scores_of_one_row_have_no_r2_and_survive_json() -> None:
    found = score(pd.Series([100.0]), estimates((100, 90, 110)))
    assert math.isnan(found.r2_log)
    read = Scores.model_validate_json(found.model_dump_json())
    assert math.isnan(read.r2_log)
    assert read.median_error_pct == 0


def test_slices_are_named_by_make_fuel_price_and_year() -> None:
    table = listings(
        6,
        make=["Citroën", "CITROEN", "Kia", "Kia", "Kia", None],
        fuel=["petrol", "diesel", "electric", "electric", "electric", None],
        price_mad=[79_999.0, 80_000, 150_000, 400_000, 5_000_000, 400_000],
        model_year=[1999.0, 2000, 2010, 2020, 2026, np.nan],
    )
    found = slice_rows(table, 1)
    rows = {
        family: {part.name: list(index) for part, index in groups.items()}
        for family, groups in found.items()
    }
    assert rows == {
        "make": {"citroen": [0, 1], "kia": [2, 3, 4]},
        "fuel": {"diesel": [1], "electric": [2, 3, 4], "petrol": [0]},
        "price": {
            "0-79999": [0], "80000-149999": [1], "150000-249999": [2], "400000 and more": [3, 4, 5],
        },
        "year": {
            "0-1999": [0], "2000-2009": [1], "2010-2014": [2], "2020 and more": [3, 4],
        },
    }  # fmt: skip


def test_slices_with_too_few_rows_are_left_out() -> None:
    table = listings(5, make=["Kia", "Kia", "Kia", "Fiat", "Fiat"])
    assert list(slice_rows(table, 3)["make"]) == [Slice("make", "kia")]
    assert list(slice_rows(table, 2)["make"]) == [Slice("make", "fiat"), Slice("make", "kia")]


def test_each_slice_is_scored_on_its_own_rows() -> None:
    table = listings(4, make=["Kia", "Fiat", "Kia", "Fiat"]).set_axis([9, 4, 7, 2])
    errors = pd.Series([10.0, 40, 12, 44], index=table.index)
    found = evaluate(table, off_by(table[TARGET], errors), 2)
    assert found.overall.median_error_pct == pytest.approx(26)
    assert found.slices["make"]["kia"].median_error_pct == pytest.approx(11)
    assert found.slices["make"]["fiat"].median_error_pct == pytest.approx(42)
    assert found.slices["make"]["fiat"].rows == 2
    assert Evaluation.model_validate_json(found.model_dump_json()) == found


def contest(rows: int, worse_by: float, seed: int = 0) -> tuple[pd.DataFrame, ...]:
    """Listings, a champion's estimates, and those of a challenger worse by so many points."""
    random = np.random.default_rng(seed)
    table = listings(rows)
    before = random.gamma(2, 5, rows)
    after = np.abs(before + random.normal(worse_by, 2, rows))
    return table, off_by(table[TARGET], before), off_by(table[TARGET], after)


def difference(rows: int, worse_by: float, seed: int = 0) -> Difference:
    table, champion, challenger = contest(rows, worse_by, seed)
    return compare(table, champion, challenger, min_rows=rows, rounds=100).overall


def test_a_difference_is_challenger_minus_champion_in_points_of_median_error() -> None:
    table = listings(5)
    champion = off_by(table[TARGET], np.array([1.0, 2, 3, 4, 5]))
    challenger = off_by(table[TARGET], np.array([-1.0, -2, 7, -8, 9]))
    found = compare(table, champion, challenger, min_rows=5, rounds=100)
    assert found.overall.points == pytest.approx(4)
    assert found.overall.rows == 5
    assert found.overall.low <= 4 <= found.overall.high
    assert not found.identical
    back = compare(table, challenger, champion, min_rows=5, rounds=100).overall
    assert back.points == pytest.approx(-4)


def test_the_interval_of_a_difference_holds_the_true_one_about_nine_times_in_ten() -> None:
    found = [difference(200, 3, seed) for seed in range(20)]
    held = [each.low <= 3 <= each.high for each in found]
    assert 15 <= sum(held) <= 20


def test_a_worsening_of_the_detectable_size_is_noticed_about_eight_times_in_ten() -> None:
    size = np.mean([difference(200, 0, seed).detectable for seed in range(5)])
    noticed = [difference(200, float(size), seed).low > 0 for seed in range(20)]
    assert 12 <= sum(noticed) <= 19


def test_more_rows_detect_smaller_differences() -> None:
    sizes = [difference(rows, 1).detectable for rows in (100, 700, 5_000)]
    assert sizes[0] > 2 * sizes[1] > 4 * sizes[2] > 0


def test_rows_are_compared_in_pairs_so_that_shared_errors_are_no_noise() -> None:
    table, champion, challenger = contest(500, 0.5)
    paired = compare(table, champion, challenger, min_rows=500, rounds=300).overall
    order = np.random.default_rng(1).permutation(500)
    unpaired = compare(
        table, champion, challenger.iloc[order].set_axis(table.index), min_rows=500, rounds=300
    ).overall
    assert paired.points == pytest.approx(unpaired.points)
    assert paired.detectable < 0.7 * unpaired.detectable


def test_a_comparison_is_the_same_every_time() -> None:
    assert difference(200, 1) == difference(200, 1)


def test_a_comparison_looks_at_every_large_slice() -> None:
    table = listings(60, make=["Kia"] * 40 + ["Fiat"] * 20, fuel=["electric", "diesel"] * 30)
    champion = off_by(table[TARGET], np.full(60, 5.0))
    challenger = off_by(table[TARGET], np.where(table["fuel"] == "electric", 9.0, 4.0))
    found = compare(table, champion, challenger, min_rows=30, rounds=100)
    assert set(found.model_dump()["slices"]) == {
        "make kia", "fuel electric", "fuel diesel", "price 80000-149999", "year 2015-2019",
    }  # fmt: skip
    assert found.slices[Slice("fuel", "electric")].points == pytest.approx(4)
    assert found.slices[Slice("fuel", "diesel")].points == pytest.approx(-1)
    assert Comparison.model_validate_json(found.model_dump_json()) == found


def test_estimates_are_identical_only_with_the_same_prices_and_intervals() -> None:
    table, champion, _ = contest(50, 0)
    wider = champion.assign(high_mad=champion["high_mad"] * 1.1)
    other = champion.assign(price_mad=champion[TARGET] + 1)

    def identical(challenger: pd.DataFrame) -> bool:
        return compare(table, champion, challenger, min_rows=50, rounds=100).identical

    assert identical(champion.copy())
    assert not identical(wider)
    assert not identical(other)


def test_a_plain_median_falls_back_to_the_make_then_to_all_cars() -> None:
    prices = [50_000.0, 70_000.0, 200_000.0, 90_000.0]
    learnt = listings(4, make=["dacia", "dacia", "dacia", "kia"],
                      model=["logan", "logan", "duster", ""], price_mad=prices)  # fmt: skip
    asked = listings(3, make=["dacia", "dacia", "fiat"], model=["logan", "dokker", "500"])
    assert price_by_median(learnt, asked).tolist() == [60_000, 70_000, 80_000]


def test_plain_ways_are_scored_on_held_out_cars_some_fields_of_them_unknown() -> None:
    years = np.arange(2000.0, 2020)
    cars = listings(20, model="Logan", model_year=years, mileage_km=[np.nan, *[9e4] * 19],
                    price_mad=20_000 * np.exp((years - 2000) / 10))  # fmt: skip
    assert price_by_line(cars, cars).is_monotonic_increasing
    found = score_plain_ways(cars.iloc[::2], cars.iloc[1::2])
    assert found["straight_line"].median_error_pct < found["median_of_model"].median_error_pct
    assert found["median_of_model"].within_20_pct < 50
