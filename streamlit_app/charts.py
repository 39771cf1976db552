"""Pictures of one estimate, in the theme of the page: its colours but for one accent and its foe.

Numbers are spelt by the page, not by the chart: a comma between thousands is a decimal comma here.
"""

import altair as alt
import pandas as pd
from language import language, say

from carprice import texts, wording
from carprice.explanation import Explanation
from carprice.listing import TARGET

ACCENT, AGAINST, MUTED = "#1a9e8f", "#d1495b", "#8a979d"
THOUSANDS = f"replace(format(datum.value, ',.0f'), /,/g, '{wording.THIN_SPACE}')"
PLAIN = "format(datum.value, 'd')"


def amounts(labels: str = THOUSANDS, ticks: int = 6) -> alt.Axis:
    return alt.Axis(labelExpr=labels, tickCount=ticks)


def draw_interval(
    low: float, price: float | None, high: float, comparables: pd.DataFrame, asked: float | None
) -> alt.LayerChart:
    """The interval as a band, the price as a mark, comparable adverts as dots, the asked price."""
    x = alt.X(
        "low:Q", title=say(texts.CAR_PRICE), scale=alt.Scale(zero=False, nice=True), axis=amounts()
    )
    band = pd.DataFrame({"low": [low], "high": [high]})
    layers = [
        alt.Chart(band)
        .mark_bar(height=26, cornerRadius=13, opacity=0.35, color=ACCENT)
        .encode(x=x, x2="high:Q")
    ]
    if len(comparables):
        dots = pd.DataFrame({"low": comparables[TARGET]})
        dots["told"] = dots["low"].map(wording.dirhams)
        layers.append(
            alt.Chart(dots)
            .mark_circle(size=60, opacity=0.8, color=MUTED)
            .encode(x="low:Q", tooltip="told:N")
        )
    for amount, colour in ((price, ACCENT), (asked, AGAINST)):
        if amount is not None:
            tick = pd.DataFrame({"low": [amount], "told": [wording.about(amount)]})
            layers.append(
                alt.Chart(tick)
                .mark_tick(thickness=4, size=44, color=colour)
                .encode(x="low:Q", tooltip="told:N")
            )
    return alt.layer(*layers).properties(height=110)


def draw_explanation(explanation: Explanation) -> alt.Chart:
    """One bar a contribution, the largest first."""
    rows = pd.DataFrame(
        [
            (name_group(each.fields), each.amount_mad, signed(each.amount_mad))
            for each in explanation.contributions
        ],
        columns=["field", "amount", "told"],
    )
    axis = alt.Axis(labelLimit=200, labelOverlap=False)
    return (
        alt.Chart(rows)
        .mark_bar(cornerRadius=3)
        .encode(
            y=alt.Y("field:N", sort=None, title=None, axis=axis),
            x=alt.X("amount:Q", title=say(texts.EFFECT), axis=amounts(ticks=5)),
            color=alt.condition("datum.amount >= 0", alt.value(ACCENT), alt.value(AGAINST)),
            tooltip=["field:N", "told:N"],
        )
        .properties(height=34 * len(rows) + 60)
    )


def draw_curve(curve: pd.DataFrame, name: str, here: float | None) -> alt.LayerChart:
    """Price and its band over one field, and where this car stands."""
    told = [
        f"{row[TARGET]} ({row['low_mad']} – {row['high_mad']})"
        for _, row in curve[[TARGET, "low_mad", "high_mad"]].map(wording.about).iterrows()
    ]
    base = alt.Chart(curve.assign(told=told))
    x = alt.X(
        f"{name}:Q",
        title=wording.title(name, language()),
        scale=alt.Scale(zero=False, nice=False),
        axis=amounts(PLAIN if name == "model_year" else THOUSANDS, ticks=5),
    )
    y = alt.Y("low_mad:Q", title=say(texts.CAR_PRICE), axis=amounts(ticks=5))
    layers = [
        base.mark_area(opacity=0.25, color=ACCENT).encode(x=x, y=y, y2="high_mad:Q"),
        base.mark_line(color=ACCENT, strokeWidth=3).encode(x=x, y=f"{TARGET}:Q", tooltip="told:N"),
    ]
    if here is not None:
        rule = alt.Chart(pd.DataFrame({name: [here]}))
        layers.append(
            rule.mark_rule(color=AGAINST, strokeDash=[4, 4], size=2).encode(x=f"{name}:Q")
        )
    return alt.layer(*layers).properties(height=260)


def name_group(fields: tuple[str, ...]) -> str:
    """Fields that are told of together, as they head a line."""
    return wording.capital(wording.name_fields(fields, language()))


def signed(amount: float) -> str:
    return f"{'+' if amount >= 0 else '−'}{wording.about(abs(amount))}"
