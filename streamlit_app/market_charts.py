"""Charts of the market, in the theme of the page."""

import altair as alt
import pandas as pd
import texts
from charts import ACCENT, PLAIN, QUIET, amounts, entitle
from language import language, say

from carprice.wording import spell

BAR_HEIGHT = 28


def draw_names(groups: pd.DataFrame, column: str) -> alt.LayerChart:
    """Median and middle half of the prices of each name in a column."""
    base = alt.Chart(_tell(groups)).encode(
        y=alt.Y("name:N", sort=None, title=None, axis=alt.Axis(labelLimit=130, labelOverlap=False)),
        tooltip=_entitle_told(column),
    )
    price = alt.X("low:Q", title=say(texts.MEDIAN_PRICE_AXIS), axis=amounts(ticks=5))
    band = base.mark_bar(height=12, cornerRadius=6, opacity=0.35, color=ACCENT)
    tick = base.mark_tick(thickness=4, size=20, opacity=1, color=ACCENT)
    layers = alt.layer(band.encode(x=price, x2="high:Q"), tick.encode(x="median:Q"))
    return layers.configure_mark(**QUIET).properties(height=BAR_HEIGHT * len(groups) + 50)


def draw_years(groups: pd.DataFrame) -> alt.LayerChart:
    """Median price and middle half of prices over years, broken at gaps."""
    stretches = (groups["name"].diff() != 1).cumsum()
    base = alt.Chart(_tell(groups).assign(stretch=stretches))
    whole = base.encode(detail="stretch:N")  # across a gap it would tell of years without adverts
    year = alt.X(
        "name:Q", title=spell.title("model_year", language()),
        scale=alt.Scale(zero=False, nice=False), axis=amounts(PLAIN, ticks=6),
    )  # fmt: skip
    price = alt.Y("low:Q", title=say(texts.MEDIAN_PRICE_AXIS), axis=amounts(ticks=5))
    band = whole.mark_area(opacity=0.25, color=ACCENT).encode(x=year, y=price, y2="high:Q")
    line = whole.mark_line(color=ACCENT, strokeWidth=3).encode(x=year, y="median:Q")
    points = base.mark_circle(color=ACCENT, opacity=1, size=60).encode(
        x=year, y="median:Q", tooltip=_entitle_told("model_year")
    )
    return alt.layer(band, line, points).configure_mark(**QUIET).properties(height=300)


def _entitle_told(column: str) -> list[alt.Tooltip]:
    return [
        entitle("name", spell.title(column, language())),
        entitle("told", say(texts.MEDIAN_PRICE)),
    ]


def _tell(groups: pd.DataFrame) -> pd.DataFrame:
    told = [
        say(
            texts.MARKET_TOLD, median=spell.about(each.median), low=spell.about(each.low),
            high=spell.about(each.high), rows=spell.number(each.rows),
        )
        for each in groups.itertuples()
    ]  # fmt: skip
    return groups.assign(told=told)
