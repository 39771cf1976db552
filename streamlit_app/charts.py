"""Charts of one estimate, in the theme of the page with two accents.

Numbers are spelt by the page, not by the chart: a comma between thousands is a decimal comma here.
Altair takes 40 ms to check a chart, more than all else of an answer, so each is built once for a
language and filled with the tables of an answer; the browser then only moves what changed.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import altair as alt
import pyarrow as pa
import texts
from language import language, say_in

from carprice.insight.explanation import Curve, Explanation
from carprice.language import Language
from carprice.wording import spell

Spec = dict[str, Any]

ACCENT, AGAINST, MUTED = "#1a9e8f", "#d1495b", "#8a979d"
THOUSANDS = f"replace(format(datum.value, ',.0f'), /,/g, '{spell.THIN_SPACE}')"
PLAIN = "format(datum.value, 'd')"
QUIET = {"tooltip": None, "aria": False}
"""For marks: Vega would tell of them by names and digits of columns; the page does it in words."""


def amounts(labels: str = THOUSANDS, ticks: int = 6) -> alt.Axis:
    return alt.Axis(labelExpr=labels, tickCount=ticks)


def entitle(column: str, title: str) -> alt.Tooltip:
    """A chart's tooltip with a title for people."""
    return alt.Tooltip(f"{column}:N", title=title)


def fill(spec: Spec, **tables: Mapping[str, Sequence[object]]) -> Spec:
    """A chart with its tables filled in; each is given by name, as columns."""
    return {**spec, "datasets": {name: pa.table(columns) for name, columns in tables.items()}}


def draw_explanation(explanation: Explanation) -> Spec:
    """One bar for each contribution, the largest first."""
    found = explanation.contributions
    bars = {
        "field": [name_group(each.fields) for each in found],
        "amount": [each.amount for each in found],
        "told": [signed(each.amount) for each in found],
    }
    return fill(_explanation(language()), bars=bars) | {"height": 34 * len(found) + 60}


def draw_curve(curve: Curve, here: float | None) -> Spec:
    """Price and interval over one field, with this car as a mark."""
    prices, low, high, *_ = curve.estimates.T.tolist()
    told = [
        f"{spell.about(middle)} ({spell.about(least)} – {spell.about(most)})"
        for middle, least, most in zip(prices, low, high, strict=True)
    ]
    line = {
        "at": curve.values, "price": prices, "low": low, "high": high, "told": told,
        "where": [spell.measure(curve.name, each) for each in curve.values],
    }  # fmt: skip
    return fill(
        _curve(curve.name, language()), line=line, here={"at": [] if here is None else [here]}
    )


@cache
def _explanation(spoken: Language) -> Spec:
    axis = alt.Axis(labelLimit=200, labelOverlap=False)
    return _spell(
        _over("bars")
        .mark_bar(cornerRadius=3)
        .encode(
            y=alt.Y("field:N", sort=None, title=None, axis=axis),
            x=alt.X("amount:Q", title=say_in(spoken, texts.EFFECT), axis=amounts(ticks=5)),
            color=alt.condition("datum.amount >= 0", alt.value(ACCENT), alt.value(AGAINST)),
            tooltip=[
                entitle("field", texts.DETAIL.say(spoken)),
                entitle("told", say_in(spoken, texts.EFFECT)),
            ],
        )
    )


@cache
def _curve(name: str, spoken: Language) -> Spec:
    x = alt.X(
        "at:Q",
        title=spell.title(name, spoken),
        scale=alt.Scale(zero=False, nice=False),
        axis=amounts(PLAIN if name == "model_year" else THOUSANDS, ticks=5),
    )
    y = alt.Y("low:Q", title=say_in(spoken, texts.CAR_PRICE), axis=amounts(ticks=5))
    line = _over("line")
    # On points that nobody sees: a line would tell of its first point wherever it is pointed at.
    points = line.mark_circle(size=300, opacity=0)
    tooltip = [
        entitle("where", spell.title(name, spoken)),
        entitle("told", say_in(spoken, texts.CAR_PRICE)),
    ]
    rule = _over("here").mark_rule(color=AGAINST, strokeDash=[4, 4], size=2)
    return _spell(
        alt.layer(
            line.mark_area(opacity=0.25, color=ACCENT).encode(x=x, y=y, y2="high:Q"),
            line.mark_line(color=ACCENT, strokeWidth=3).encode(x=x, y="price:Q"),
            rule.encode(x="at:Q"),
            points.encode(x=x, y="price:Q", tooltip=tooltip),
        ).properties(height=260)
    )


def _over(table: str) -> alt.Chart:
    return alt.Chart(alt.NamedData(table))


def _spell(chart: alt.Chart | alt.LayerChart) -> Spec:
    with alt.theme.enable("none"):  # the page has its own
        return chart.configure_mark(**QUIET).to_dict()


def name_group(fields: tuple[str, ...]) -> str:
    """Labels of grouped fields, at the head of a line."""
    return spell.capital(spell.name_fields(fields, language()))


def signed(amount: float) -> str:
    return f"{'+' if amount >= 0 else '−'}{spell.about(abs(amount))}"
