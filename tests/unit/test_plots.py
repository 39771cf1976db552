import io
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from carprice.evaluation.metrics import evaluate
from carprice.evaluation.plots import (
    draw_importance,
    draw_predicted_against_real,
    draw_residuals,
    draw_slices,
)
from carprice.market.listing import TARGET

Draw = Callable[[], Figure]
ACTUAL = pd.Series([50_000.0, 100_000, 200_000, 400_000], index=[5, 2, 9, 1])
ESTIMATES = pd.DataFrame(
    {TARGET: ACTUAL * [1.1, 0.9, 2.5, 0.1], "low_mad": ACTUAL * 0.5, "high_mad": ACTUAL * 3}
).assign(wide_low_mad=ACTUAL * 0.4, wide_high_mad=ACTUAL * 4)
LISTINGS = pd.DataFrame({TARGET: ACTUAL, "make": "Kia", "fuel": "diesel", "model_year": 2018.0})
IMPORTANCE = {"model_year": 27.0, "abs": -0.1, "make": 16.0}


@pytest.mark.parametrize(
    "draw",
    [
        lambda: draw_predicted_against_real(ACTUAL, ESTIMATES),
        lambda: draw_residuals(ACTUAL, ESTIMATES),
        lambda: draw_slices(evaluate(LISTINGS, ESTIMATES, 2)),
        lambda: draw_slices(evaluate(LISTINGS, ESTIMATES, 99)),
        lambda: draw_importance(IMPORTANCE),
    ],
)
def test_a_picture_is_drawn_without_a_screen_and_says_what_it_shows(draw: Draw) -> None:
    figure = draw()
    (axes,) = figure.axes
    assert axes.get_title()
    assert axes.get_xlabel()
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=40)
    assert file.getvalue().startswith(b"\x89PNG")


def test_every_car_is_a_point_of_its_price_and_estimate() -> None:
    (axes,) = draw_predicted_against_real(ACTUAL, ESTIMATES).axes
    points = np.asarray(axes.collections[-1].get_offsets())
    assert points.tolist() == np.column_stack([ACTUAL, ESTIMATES[TARGET]]).tolist()
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert "4 held-out cars" in axes.get_title()


def test_residuals_beyond_the_edges_are_counted_at_the_edges() -> None:
    (axes,) = draw_residuals(ACTUAL, ESTIMATES).axes
    heights = [bar.get_height() for bar in axes.patches]
    assert sum(heights) == 4
    assert heights[0] == heights[-1] == 1


def test_every_slice_has_a_bar_with_its_median_error() -> None:
    (axes,) = draw_slices(evaluate(LISTINGS, ESTIMATES, 4)).axes
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["year 2015-2019", "fuel diesel", "make kia"]
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([50] * 3)


def test_fields_are_ranked_with_the_most_important_on_top() -> None:
    (axes,) = draw_importance(IMPORTANCE).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["abs", "make", "model_year"]
    assert [bar.get_width() for bar in axes.patches] == [-0.1, 16, 27]
