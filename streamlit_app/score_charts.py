"""Charts of a version's accuracy, in the theme of the page."""

import altair as alt
import pandas as pd
import texts
from charts import ACCENT, AGAINST, MUTED, QUIET, THOUSANDS, amounts, entitle
from language import language, say

from carprice.market.chosen import MARKET
from carprice.wording import spell

BAR_HEIGHT = 26


def draw_slices(slices: pd.DataFrame, overall: float) -> alt.LayerChart:
    """Median error of each slice (`label` and scores), with that of all cars."""
    told = [
        f"{spell.decimal(each.median_error_pct, language())} % · "
        f"{spell.number(each.rows)} {say(texts.CARS).lower()}"
        for each in slices.itertuples()
    ]
    error = alt.X(
        "median_error_pct:Q", title=f"{say(texts.SCORES['median_error_pct'])} (%)",
        axis=alt.Axis(format="d", tickMinStep=1, tickCount=8),
    )  # fmt: skip
    bars = (
        alt.Chart(slices.assign(told=told))
        .mark_bar(cornerRadius=3, color=ACCENT)
        .encode(
            y=alt.Y("label:N", sort=None, title=None, axis=alt.Axis(labelOverlap=False)),
            x=error,
            tooltip=[
                entitle("label", say(texts.SLICE)),
                entitle("told", say(texts.SCORES["median_error_pct"])),
            ],
        )
    )
    rule = alt.Chart(pd.DataFrame({"median_error_pct": [overall]}))
    line = rule.mark_rule(color=AGAINST, size=2, strokeDash=[4, 4]).encode(x="median_error_pct:Q")
    height = BAR_HEIGHT * len(slices) + 80
    return alt.layer(bars, line).configure_mark(**QUIET).properties(height=height)


def draw_ways(ways: pd.DataFrame) -> alt.LayerChart:
    """Median error of each way to name a price (`label`, `told`), this version's (the first) apart.

    A line tells where each of the others may lie, from `low` to `high`.
    """
    shown = ways.assign(first=ways["name"] == "").drop(columns="name")
    base = alt.Chart(shown).encode(
        y=alt.Y("label:N", sort=None, title=None, axis=alt.Axis(labelLimit=260, labelOverlap=False))
    )
    title = f"{say(texts.SCORES['median_error_pct'])} (%)"
    bars = base.mark_bar(cornerRadius=3, height=14).encode(
        x=alt.X("error:Q", title=title, axis=alt.Axis(format="d", tickCount=8)),
        color=alt.condition("datum.first", alt.value(ACCENT), alt.value(MUTED)),
        tooltip=[entitle("told", say(texts.SCORES["median_error_pct"]))],
    )
    known = base.transform_filter("isValid(datum.low)")
    line = known.mark_rule(color=AGAINST, size=2).encode(x="low:Q", x2="high:Q")
    height = BAR_HEIGHT * len(ways) + 80
    return alt.layer(bars, line).configure_mark(**QUIET).properties(height=height)


def draw_drift(shares: pd.DataFrame) -> alt.LayerChart:
    """How far each field (`label`) has moved, as a `share` of its limit, and the limit."""
    told = [spell.decimal(each, language(), 2) for each in shares["share"]]
    bars = (
        alt.Chart(shares.assign(told=told))
        .mark_bar(cornerRadius=3, color=ACCENT)
        .encode(
            y=alt.Y("label:N", sort=None, title=None, axis=alt.Axis(labelOverlap=False)),
            x=alt.X("share:Q", title=say(texts.DRIFT), axis=alt.Axis(tickCount=4, format="d")),
            tooltip=[entitle("told", say(texts.DRIFT))],
        )
    )
    rule = alt.Chart(pd.DataFrame({"share": [1.0]}))
    line = rule.mark_rule(color=AGAINST, size=2, strokeDash=[4, 4]).encode(x="share:Q")
    height = BAR_HEIGHT * len(shares) + 50
    return alt.layer(bars, line).configure_mark(**QUIET).properties(height=height)


def draw_history(looks: pd.DataFrame, title: str) -> alt.LayerChart:
    """A figure of each look (`at`, `value`, `told`) over time, beside what was promised of it."""
    base = alt.Chart(looks)
    time = alt.X("at:T", title=None, axis=alt.Axis(tickCount=6, format=say(texts.DAY_TICKS)))
    figure = alt.Y("value:Q", title=None, scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=5))
    line = base.mark_line(color=ACCENT, strokeWidth=3).encode(x=time, y=figure)
    points = base.mark_circle(color=ACCENT, opacity=1, size=60).encode(
        x=time, y=figure, tooltip=[entitle("told", title)]
    )
    promise = base.mark_line(color=AGAINST, size=2, strokeDash=[4, 4], interpolate="step-after")
    promised = promise.encode(x=time, y="promised:Q")
    return alt.layer(promised, line, points).configure_mark(**QUIET).properties(height=220)


def draw_estimates(cells: pd.DataFrame) -> alt.LayerChart:
    """Cells of `scorecard.bin_estimates`, with a dashed line of equality."""
    told = [
        f"{spell.about(each.price)} → {spell.about(each.estimate)} ({spell.number(each.rows)})"
        for each in cells.itertuples()
    ]
    scale = alt.Scale(type="log", nice=False)
    estimate = f"{say(texts.ESTIMATE)} ({MARKET.currency.symbol})"
    ends = [float(cells["price"].min()), float(cells["price_end"].max())]
    squares = (
        alt.Chart(cells.assign(told=told))
        .mark_rect(color=ACCENT)
        .encode(
            x=alt.X("price:Q", title=say(texts.CAR_PRICE), scale=scale, axis=_few_amounts()),
            x2="price_end:Q",
            y=alt.Y("estimate:Q", title=estimate, scale=scale, axis=_few_amounts()),
            y2="estimate_end:Q",
            # By opacity, which is readable on light and dark alike.
            opacity=alt.Opacity(
                "rows:Q", legend=None, scale=alt.Scale(type="sqrt", range=[0.15, 1])
            ),
            tooltip=[entitle("told", say(texts.AGAINST_PRICE))],
        )
    )
    diagonal = alt.Chart(pd.DataFrame({"price": ends, "estimate": ends}))
    line = diagonal.mark_line(color=AGAINST, strokeDash=[4, 4]).encode(x="price:Q", y="estimate:Q")
    return alt.layer(squares, line).configure_mark(**QUIET).properties(height=340)


def draw_errors(bins: pd.DataFrame) -> alt.Chart:
    """Cells of `scorecard.bin_errors`."""
    told = [
        f"{each.low:+d} – {each.high:+d} % ({spell.number(each.rows)})"
        for each in bins.itertuples()
    ]
    return (
        alt.Chart(bins.assign(told=told))
        .mark_bar(color=ACCENT, binSpacing=1)
        .encode(
            x=alt.X("low:Q", bin="binned", title=say(texts.ERROR_AXIS)),
            x2="high:Q",
            y=alt.Y("rows:Q", title=say(texts.CARS), axis=amounts()),
            tooltip=[entitle("told", say(texts.ERROR_AXIS))],
        )
        .configure_mark(**QUIET)
        .properties(height=340)
    )


def _few_amounts() -> alt.Axis:
    """A log axis with labels at a few ticks only."""
    return alt.Axis(labelExpr=THOUSANDS, values=[10_000, 30_000, 100_000, 300_000, 1_000_000])
