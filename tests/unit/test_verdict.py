"""Where an asking price falls."""

import pytest

from carprice.insight.verdict import Standing, judge


@pytest.mark.parametrize(
    ("asked", "standing", "percent"),
    [
        (79_999, Standing.FAR_BELOW, 20.0),
        (80_000, Standing.BELOW, 20.0),
        (89_400, Standing.BELOW, 10.6),
        (89_500, Standing.FAIR, 10.5),
        (100_000, Standing.FAIR, 0.0),
        (111_800, Standing.FAIR, 11.8),
        (111_900, Standing.ABOVE, 11.9),
        (125_000, Standing.ABOVE, 25.0),
        (125_001, Standing.FAR_ABOVE, 25.0),
    ],
)
def test_an_asking_price_is_held_against_estimate_and_interval(
    asked: float, standing: Standing, percent: float
) -> None:
    found = judge(asked, 100_000, 80_000, 125_000)
    assert found.standing is standing
    assert found.percent == pytest.approx(percent, abs=0.01)
