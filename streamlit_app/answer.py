"""The answer for one car, the price first: what is drawn after it never delays it."""

import logging
from math import isclose
from threading import Lock
from time import perf_counter

import numpy as np
import pandas as pd
import streamlit as st
import texts
from charts import draw_curve, draw_explanation, draw_interval, name_group, signed
from figures import ANSWERS, ASKED
from language import language, say

from carprice.insight.comparables import LEAST_RECORD, TrackRecord
from carprice.insight.explanation import Curve, Explanation, explain, vary
from carprice.insight.verdict import Standing, Widening, judge, measure_widening
from carprice.market.chosen import MARKET
from carprice.market.fields import THIS_YEAR, Kind
from carprice.market.listing import BY_NAME, TARGET, VERSIONS
from carprice.pricing.prediction import CarEstimate, Cars, estimate_told, read_cars
from carprice.pricing.price_model import Clean, ToldCar
from carprice.serving.live_model import Serving
from carprice.wording import spell

CURVES = {
    "model_year": (texts.BY_AGE, range(MARKET.first_usual_year, THIS_YEAR + 1)),
    "mileage_km": (texts.BY_DISTANCE, MARKET.usual_km),
}
PICTURES = Lock()
"""One answer is drawn at a time: threads that all draw would keep everybody's price waiting."""
log = logging.getLogger("carprice.page")
MOST_ASKED = 999_999_999.0
COMPARED = (TARGET, "model_year", "mileage_km", *MARKET.compared)


def show_answer(serving: Serving, answers: dict[str, str]) -> None:
    """Draw the answer for one car, from its raw texts by field name."""
    began = perf_counter()
    cars = read_cars(serving.model, [answers])
    found, car = estimate_told(serving.model, cars, language())[0], cars.tell(0)
    _note(serving, answers, cars, found, perf_counter() - began)
    st.header(_describe(car.values) or say(texts.NAMELESS), divider="gray")
    if found.low is None or found.high is None:
        st.warning(spell.capital(found.remark))
        return
    _show_price(serving, found)
    if found.remark:
        st.info(spell.capital(found.remark), icon=":material/info:")
    with PICTURES:
        _show_background(serving, car, found)


def _note(
    serving: Serving, answers: dict[str, str], cars: Cars, found: CarEstimate, seconds: float
) -> None:
    """Count an answer once, however often it is drawn."""
    told = (serving.version.identity, answers)
    if st.session_state.get("counted") != told:
        st.session_state["counted"] = told
        ASKED.note(serving.version.number, cars, [found])
        ANSWERS.observe(seconds)
        log.info(
            "answered", extra={"version": serving.version.number, "seconds": round(seconds, 4)}
        )


def _show_background(serving: Serving, car: ToldCar, found: CarEstimate) -> None:
    """Draw the verdict on a price, its explanation, curves and comparable adverts."""
    model, reference = serving.model, serving.reference
    comparables = pd.DataFrame({TARGET: []})
    if reference:
        _show_record(reference.find_record(car))
        _show_widening(measure_widening(model, car, reference.complete))
        comparables = reference.find_comparables(car)
    _judge_advert(found, comparables)
    if found.price is not None:  # what explains a guess would be one too
        if reference:
            typical = reference.find_typical(model, car)
            _show_reasons(explain(model, car, typical), typical)
        _show_curves(serving, car)
    _show_comparables(comparables, car, found.seen)
    st.caption(say(texts.SHARE) if reference else say(texts.NO_REFERENCE))


def _show_price(serving: Serving, found: CarEstimate) -> None:
    low, high = spell.about(found.low), spell.about(found.high)
    if found.price is None:
        st.metric(say(texts.RANGE), f"{low} – {high}")
        sentence = texts.TOO_FEW.get(found.seen, texts.TOO_FEW_SEEN)
        st.warning(say(sentence, seen=found.seen), icon=":material/visibility_off:")
    else:
        st.metric(say(texts.ESTIMATE), spell.about(found.price))
    st.write(_word_interval(serving.model.coverage, low, high))
    if found.wide_low is not None and found.wide_high is not None:
        ends = spell.about(found.wide_low), spell.about(found.wide_high)
        st.write(_word_interval(serving.model.wide_coverage, *ends))
    st.caption(say(texts.ASKED_PRICES))


def _word_interval(coverage: float, low: str, high: str) -> str:
    tenths = round(10 * coverage)
    if isclose(10 * coverage, tenths):
        return say(texts.INTERVAL, coverage=tenths, low=low, high=high)
    return say(texts.INTERVAL_PERCENT, percent=f"{100 * coverage:.0f}", low=low, high=high)


def _show_record(record: TrackRecord | None) -> None:
    """Write the track record of such estimates."""
    if record:
        likeness = say(texts.LIKENESSES[record.likeness])
        if record.coverage_pct is None or record.median_error_pct is None:
            st.write(say(texts.NO_RECORD, rows=record.rows, likeness=likeness, least=LEAST_RECORD))
        else:
            st.write(
                say(
                    texts.RECORD, rows=spell.number(record.rows), likeness=likeness,
                    coverage=f"{record.coverage_pct:.0f}",
                    error=spell.decimal(record.median_error_pct, language()),
                )
            )  # fmt: skip


def _show_widening(widening: Widening) -> None:
    """Write how much open fields widen the interval."""
    if widening.fields and round(widening.percent) > 0:
        labels = spell.name_fields(widening.fields, language())
        st.write(say(texts.WIDENED, labels=labels, percent=f"{widening.percent:.0f}"))


@st.fragment
def _judge_advert(found: CarEstimate, comparables: pd.DataFrame) -> None:
    """Draw the interval with an asking price; a fragment."""
    st.subheader(say(texts.FAIR_PRICE))
    asked = st.number_input(
        say(texts.ASKING_PRICE), min_value=1.0, max_value=MOST_ASKED, value=None, step=1_000.0,
        format="%.0f", key="asked_price", placeholder=say(texts.ASKING_PLACEHOLDER),
        bind="query-params", persist_state="session",
    )  # fmt: skip
    if asked is not None:
        st.write(_word_verdict(asked, found))
    low, high = spell.about(found.low), spell.about(found.high)
    st.vega_lite_chart(
        draw_interval(found.low, found.price, found.high, comparables, asked),
        alt=say(texts.INTERVAL_ALT, low=low, high=high, count=len(comparables)),
    )
    st.caption(say(texts.INTERVAL_NOTE))


def _word_verdict(asked: float, found: CarEstimate) -> str:
    price = spell.money(asked)
    middle = found.price or float(np.sqrt(found.low * found.high))
    verdict = judge(asked, middle, found.low, found.high)
    if found.price is None:
        far = verdict.standing in (Standing.FAR_BELOW, Standing.FAR_ABOVE)
        return say(texts.VERDICTS_WITHOUT_PRICE[verdict.standing if far else "inside"], price=price)
    return say(texts.VERDICTS[verdict.standing], price=price, percent=f"{verdict.percent:.0f}")


def _show_reasons(explanation: Explanation, typical: ToldCar) -> None:
    st.subheader(say(texts.WHY))
    if not explanation.contributions:
        st.write(say(texts.SAME_AS_TYPICAL))
        return
    price = spell.about(explanation.typical)
    st.write(say(texts.TYPICAL, car=_describe(typical.values), price=price))
    told = "; ".join(
        say(texts.EXPLANATION_ALT, name=name_group(each.fields), amount=signed(each.amount))
        for each in explanation.contributions
    )
    st.vega_lite_chart(draw_explanation(explanation), alt=told)
    st.caption(say(texts.EXPLAINED))


def _show_curves(serving: Serving, car: ToldCar) -> None:
    for (name, (title, values)), column in zip(CURVES.items(), st.columns(2), strict=True):
        curve = vary(serving.model, car, name, values)
        here = car.values[name]
        with column:
            st.subheader(say(title))
            st.vega_lite_chart(
                draw_curve(curve, None if pd.isna(here) else here),
                alt=_tell_curve(curve, say(title)),
            )
            st.caption(say(texts.CURVE_NOTE))


def _tell_curve(curve: Curve, title: str) -> str:
    (first, *_), (last, *_) = curve.estimates[[0, -1]].tolist()
    return say(
        texts.CURVE_ALT, title=title,
        first=spell.about(first), start=spell.measure(curve.name, curve.values[0]),
        last=spell.about(last), end=spell.measure(curve.name, curve.values[-1]),
    )  # fmt: skip


def _show_comparables(comparables: pd.DataFrame, car: ToldCar, seen: int | None) -> None:
    st.subheader(say(texts.COMPARABLES))
    if comparables.empty:
        unnamed = pd.isna(car.values["make"]) or pd.isna(car.values["model"])
        st.write(say(texts.NO_MODEL_NAMED if unnamed else texts.NO_COMPARABLES))
        return
    st.caption(say(texts.COMPARABLES_NOTE, seen=spell.number(seen or 0)))
    table = pd.DataFrame(
        {
            _head(name): [_spell(name, value) for value in comparables[name]]
            for name in COMPARED
            if comparables[name].notna().any()
        }
    )
    links = [_head(name) for name in COMPARED if name == "link"]
    shown = dict.fromkeys(links, st.column_config.LinkColumn(display_text="↗"))
    st.dataframe(table, column_config=shown, hide_index=True, alt=say(texts.COMPARABLES))


def _spell(name: str, value: object) -> str:
    """Text of a cell; a dash for an unknown value."""
    if pd.isna(value):
        return "" if name == "link" else "–"
    if name == "link":  # from somebody's file: only what leads to a page is made a link
        return str(value) if str(value).startswith(("https://", "http://")) else ""
    if BY_NAME[name].kind is Kind.CHOICE:
        return spell.word_choice(name, str(value), language())
    if isinstance(value, str):
        return value
    return spell.figure(name, value)


def _head(name: str) -> str:
    unit = BY_NAME[name].unit
    return spell.title(name, language()) + (f" ({unit})" if unit else "")


def _describe(row: Clean) -> str:
    """Known fields of a car: « Dacia Logan 2018, 120 000 km, diesel, manuelle »."""
    name = " ".join(
        spell.plain(each) if isinstance(each, str) else f"{each:.0f}"
        for each in (row["make"], row["model"], row["model_year"])
        if not pd.isna(each)
    )
    mileage = row["mileage_km"]
    distance = [] if pd.isna(mileage) else [spell.measure("mileage_km", mileage)]
    choices = [
        spell.word_choice(each, row[each], language()).lower()
        for each in VERSIONS
        if not pd.isna(row[each])
    ]
    return ", ".join(filter(None, [name, *distance, *choices]))
