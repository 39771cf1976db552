"""Charts of the market, in the theme of the page."""

import altair as alt
import pandas as pd
import texts
from charts import ACCENT, AGAINST, PLAIN, QUIET, THOUSANDS, amounts, entitle
from language import language, say

from carprice.market.listing import BY_NAME
from carprice.wording import spell

BAR_HEIGHT = 28
COLOURS = (ACCENT, AGAINST, "#b7791f", "#5b7fd1")
DASHES = ([1, 0], [8, 3], [3, 3], [8, 3, 2, 3])
"""Of lines beside each other: colours alone do not tell them apart for everybody."""


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
    return layers.configure_mark(**QUIET).properties(height=BAR_HEIGHT * len(groups) + 80)


def draw_steps(groups: pd.DataFrame, column: str, step: int) -> alt.LayerChart:
    """Median price and middle half of prices over the steps of a number, broken at gaps."""
    stretches = (groups["name"].diff() != step).cumsum()
    where = [name_step(column, each, step) for each in groups["name"]]
    base = alt.Chart(_tell(groups).assign(stretch=stretches, where=where))
    whole = base.encode(detail="stretch:N")  # across a gap it would tell of steps without adverts
    at = alt.X(
        "name:Q", title=entitle_axis(column),
        scale=alt.Scale(zero=False, nice=False),
        axis=amounts(PLAIN if column == "model_year" else THOUSANDS, ticks=6),
    )  # fmt: skip
    price = alt.Y("low:Q", title=say(texts.MEDIAN_PRICE_AXIS), axis=amounts(ticks=5))
    band = whole.mark_area(opacity=0.25, color=ACCENT).encode(x=at, y=price, y2="high:Q")
    line = whole.mark_line(color=ACCENT, strokeWidth=3).encode(x=at, y="median:Q")
    points = base.mark_circle(color=ACCENT, opacity=1, size=60).encode(
        x=at, y="median:Q", tooltip=_entitle_told(column, "where")
    )
    return alt.layer(band, line, points).configure_mark(**QUIET).properties(height=300)


def draw_ages(ages: pd.DataFrame) -> alt.LayerChart:
    """Share of the newest one's price over the ages of some cars, broken at gaps."""
    stretches = (ages["age"].diff() != 1).cumsum()
    told = [
        say(
            texts.AGE_TOLD, share=f"{each.share:.0f}", year=f"{each.year:.0f}",
            median=spell.about(each.median), rows=spell.number(each.rows),
        )
        for each in ages.itertuples()
    ]  # fmt: skip
    base = alt.Chart(ages.assign(stretch=stretches, told=told))
    cars = [*dict.fromkeys(ages["car"])]
    colour = alt.Color(
        "car:N", title=None, legend=alt.Legend(orient="bottom", columns=2, labelLimit=200),
        scale=alt.Scale(domain=cars, range=[*COLOURS[: len(cars)]]),
    )  # fmt: skip
    dash = alt.StrokeDash("car:N", title=None, scale=alt.Scale(domain=cars, range=[*DASHES]))
    age = alt.X("age:Q", title=say(texts.AGE_AXIS), axis=alt.Axis(tickMinStep=1, format="d"))
    share = alt.Y("share:Q", title=say(texts.SHARE_AXIS), axis=alt.Axis(tickCount=5))
    line = base.mark_line(strokeWidth=3).encode(
        x=age, y=share, color=colour, strokeDash=dash, detail="stretch:N"
    )
    points = base.mark_circle(opacity=1, size=60).encode(
        x=age, y=share, color=colour,
        tooltip=[entitle("car", spell.title("model", language())),
                 entitle("told", say(texts.MEDIAN_PRICE))],
    )  # fmt: skip
    return alt.layer(line, points).configure_mark(**QUIET).properties(height=320)


def name_step(column: str, start: float, step: int) -> str:
    """A year by itself, kilometres by their ends and unit."""
    if step == 1:
        return spell.figure(column, start)
    ends = {"low": spell.figure(column, start), "high": spell.measure(column, start + step)}
    return spell.LIMITS.say(language(), **ends)


def entitle_axis(column: str) -> str:
    title, unit = spell.title(column, language()), BY_NAME[column].unit
    return f"{title} ({unit})" if unit else title


def _entitle_told(column: str, named: str = "name") -> list[alt.Tooltip]:
    return [
        entitle(named, spell.title(column, language())),
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
