import numpy as np
import pandas as pd
import pytest

from carprice.evaluation.metrics import Evaluation, evaluate
from carprice.insight.scorecard import bin_errors, bin_estimates, tabulate_slices


@pytest.fixture(scope="module")
def held_out(unseen: pd.DataFrame, estimates: pd.DataFrame) -> pd.DataFrame:
    """Held-out cars as a Reference keeps them."""
    return unseen.assign(
        estimate=estimates["price_mad"], low_mad=estimates["low_mad"],
        high_mad=estimates["high_mad"],
    )  # fmt: skip


@pytest.fixture(scope="module")
def evaluation(held_out: pd.DataFrame, estimates: pd.DataFrame) -> Evaluation:
    return evaluate(held_out, estimates, 100)


def test_makes_are_told_by_their_error_and_bands_in_their_order(evaluation: Evaluation) -> None:
    makes = tabulate_slices(evaluation, "make")
    assert set(makes["name"]) == set(evaluation.slices["make"])
    assert makes["median_error_pct"].is_monotonic_increasing
    years = tabulate_slices(evaluation, "year")
    assert years["name"].tolist() == list(evaluation.slices["year"])
    assert years["name"].is_monotonic_increasing


def test_a_family_without_slices_is_an_empty_table(evaluation: Evaluation) -> None:
    assert tabulate_slices(evaluation.model_copy(update={"slices": {}}), "make").empty


def test_every_car_lies_in_the_cell_of_its_price_and_estimate(held_out: pd.DataFrame) -> None:
    cells = bin_estimates(held_out)
    assert cells["rows"].sum() == len(held_out)
    assert len(cells) < 28 * 28 / 2
    one = bin_estimates(held_out.head(1)).iloc[0]
    assert one["price"] <= held_out["price_mad"].iloc[0] <= one["price_end"]
    assert one["estimate"] <= held_out["estimate"].iloc[0] <= one["estimate_end"]


def test_cells_cover_equal_ratios(held_out: pd.DataFrame) -> None:
    cells = bin_estimates(held_out)
    assert np.allclose(
        cells["price_end"] / cells["price"], cells["price_end"][0] / cells["price"][0]
    )


def test_no_car_makes_no_cell() -> None:
    nothing = pd.DataFrame({"price_mad": [], "estimate": []}, dtype=float)
    assert bin_estimates(nothing).empty
    assert bin_errors(nothing)["rows"].sum() == 0


def test_errors_are_counted_in_percent_of_the_price_and_far_ones_at_the_ends() -> None:
    found = bin_errors(pd.DataFrame({"price_mad": [100.0] * 4, "estimate": [103, 97, 900, 1]}))
    counted = found.loc[found["rows"] > 0]
    assert counted[["low", "high", "rows"]].to_numpy().tolist() == [
        [-60, -55, 1], [-5, 0, 1], [0, 5, 1], [55, 60, 1],
    ]  # fmt: skip
