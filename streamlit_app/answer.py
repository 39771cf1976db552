"""The answer for one car, the price first: what is drawn after it never delays it."""

import logging
from datetime import datetime
from math import isclose, sqrt
from threading import Lock
from time import perf_counter
from typing import NamedTuple, Self

import address
import kept
import pandas as pd
import streamlit as st
import texts
from cards import draw_cards
from charts import draw_curve, draw_explanation, name_group, signed
from figures import ANSWERS, ASKED
from form import NAMES
from language import language, say
from range_bar import draw_range
from streamlit.delta_generator import DeltaGenerator

from carprice.insight.comparables import LEAST_RECORD, Reference, TrackRecord, find_side
from carprice.insight.explanation import Curve, explain, vary
from carprice.insight.invitation import Gain, measure_gains
from carprice.insight.verdict import Standing, Zones, judge
from carprice.market.chosen import MARKET
from carprice.market.fields import THIS_YEAR
from carprice.market.listing import TARGET, VERSIONS
from carprice.pricing.prediction import CORE, LEAST_GIVEN, CarEstimate, Cars, estimate_told
from carprice.pricing.price_model import Clean, ToldCar
from carprice.serving.live_model import Serving
from carprice.wording import spell

CURVES = {
    "model_year": (texts.BY_AGE, range(MARKET.first_usual_year, THIS_YEAR + 1)),
    "mileage_km": (texts.BY_DISTANCE, MARKET.usual_km),
}
PICTURES = Lock()
"""One answer is drawn at a time: threads that all draw would keep everybody's price waiting."""
MOST_INVITED = 3
LEAST_NARROWER_PCT = 1.0
BADGES = {
    Standing.FAR_BELOW: ("orange", "warning"),
    Standing.BELOW: ("green", "thumb_up"),
    Standing.FAIR: ("blue", "balance"),
    Standing.ABOVE: ("orange", "trending_up"),
    Standing.FAR_ABOVE: ("red", "block"),
}
log = logging.getLogger("carprice.page")


class Answer(NamedTuple):
    """All that is said of one car.

    comparables: adverts alike, without rows where there are none. middle: of the interval, where
    there is no price.
    """

    serving: Serving
    answers: dict[str, str]
    car: ToldCar
    found: CarEstimate
    asked: float | None
    comparables: pd.DataFrame

    @classmethod
    def of(cls, serving: Serving, answers: dict[str, str], cars: Cars, asked: float | None) -> Self:
        began = perf_counter()
        found = estimate_told(serving.model, cars, language(), name_missing=False)[0]
        _note(serving, answers, cars, found, perf_counter() - began)
        car, reference = cars.tell(0), serving.reference
        comparables = reference.find_comparables(car) if reference else pd.DataFrame({TARGET: []})
        return cls(serving, answers, car, found, asked, comparables)

    @property
    def middle(self) -> float:
        return self.found.price or sqrt((self.found.low or 0) * (self.found.high or 0))

    @property
    def name(self) -> str:
        return _describe(self.car.values) or say(texts.NAMELESS)


def show_estimate(answer: Answer, at_the_top: DeltaGenerator) -> None:
    """Draw the price and what stands right under it; also at the top of a narrow screen."""
    found = answer.found
    st.header(answer.name)
    if found.low is None or found.high is None:
        labels = spell.name_fields(
            tuple(each for each in CORE if each not in answer.answers), language()
        )
        st.info(
            say(texts.TOO_LITTLE, least=LEAST_GIVEN, labels=labels), icon=":material/edit_note:"
        )
        return
    low, high = spell.about(found.low), spell.about(found.high)
    shown = spell.about(found.price) if found.price is not None else f"{low} – {high}"
    with at_the_top:
        st.markdown(f"**{shown}** · {say(texts.BETWEEN, low=low, high=high)}")
    with st.container(key="price"):
        st.metric(say(texts.RANGE if found.price is None else texts.ESTIMATE), shown)
    _show_range(answer, found.low, found.high)
    if found.price is None:
        sentence = texts.TOO_FEW.get(found.seen, texts.TOO_FEW_SEEN)
        st.warning(say(sentence, seen=found.seen), icon=":material/visibility_off:")
    st.write(_word_interval(answer.serving.model.coverage, low, high))
    if found.remark:
        st.info(spell.capital(found.remark), icon=":material/info:")


def show_background(answer: Answer) -> None:
    """Draw what the price rests on: record, open fields, comparable adverts, explanation."""
    with PICTURES:
        serving, found = answer.serving, answer.found
        if serving.reference:
            _show_record(serving.reference.find_record(serving.model, answer.car))
        _show_side(answer)
        if found.wide_low is not None and found.wide_high is not None:
            ends = spell.about(found.wide_low), spell.about(found.wide_high)
            wide = _word_interval(serving.model.wide_coverage, *ends)
            st.caption(f"{wide} {say(texts.ASKED_PRICES)}")
        if serving.reference:
            alike = serving.reference.find_alike(answer.car)
            _invite(measure_gains(serving.model, answer.car, alike))
        _show_comparables(answer)
        if found.price is not None:  # what explains a guess would be one too
            _show_pictures(answer)
        with st.container(key="keep"):
            kept.offer(_sum_up(answer))
            st.caption(say(texts.SHARE))
        _show_for_print(answer)


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


def _show_range(answer: Answer, low: float, high: float) -> None:
    """Draw the range with its zones, and the verdict on an asking price."""
    zones = Zones.of(answer.middle, low, high)
    prices = answer.comparables[TARGET].tolist()
    st.html(draw_range(zones, answer.found.price, prices, answer.asked))
    if answer.asked is None:
        return
    verdict = judge(answer.asked, answer.middle, low, high)
    colour, icon = BADGES[verdict.standing]
    with st.container(horizontal=True, key="verdict"):
        if answer.found.price is None:
            far = verdict.standing in (Standing.FAR_BELOW, Standing.FAR_ABOVE)
            sentence = texts.VERDICTS_WITHOUT_PRICE[verdict.standing if far else "inside"]
        else:
            label = say(texts.ZONES[verdict.standing])
            st.badge(label, color=colour, icon=f":material/{icon}:")
            sentence = texts.VERDICTS[verdict.standing]
        price = spell.money(answer.asked)
        st.write(say(sentence, price=price, percent=f"{verdict.percent:.0f}"))


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


def _show_side(answer: Answer) -> None:
    """Warn where most comparable adverts lie on one side of the estimate."""
    if answer.found.price and (found := find_side(answer.comparables, answer.found.price)):
        side, count = found
        sentence = say(texts.ON_ONE_SIDE[side], count=count, of=len(answer.comparables))
        st.warning(sentence, icon=":material/compare_arrows:")


def _invite(gains: list[Gain]) -> None:
    """Write what naming the most telling open fields would bring."""
    told = []
    for each in gains:
        low, high = spell.about(each.least), spell.about(each.most)
        if low == high:
            continue
        narrower = each.narrower_pct >= LEAST_NARROWER_PCT
        told.append(
            say(
                texts.GAIN_NARROWER if narrower else texts.GAIN, low=low, high=high,
                label=spell.label(each.field, language()), percent=f"{each.narrower_pct:.0f}",
            )
        )  # fmt: skip
    if told:
        with st.container(key="invitation"):
            st.markdown(
                "\n".join(
                    [say(texts.INVITATION), "", *(f"- {each}" for each in told[:MOST_INVITED])]
                )
            )


def _show_comparables(answer: Answer) -> None:
    st.subheader(say(texts.COMPARABLES))
    comparables, values = answer.comparables, answer.car.values
    if comparables.empty:
        unnamed = pd.isna(values["make"]) or pd.isna(values["model"])
        st.write(say(texts.NO_MODEL_NAMED if unnamed else texts.NO_COMPARABLES))
        return
    seen = answer.found.seen or 0
    st.caption(say(texts.COMPARABLES_NOTE[seen == 1], seen=spell.number(seen)))
    st.html(draw_cards(comparables, values))


def _show_pictures(answer: Answer) -> None:
    """Draw the explanation and the curves, a tab for each."""
    titles = [texts.WHY, *(title for title, _ in CURVES.values())]
    why, *curves = st.tabs([say(each) for each in titles])
    with why:
        if answer.serving.reference:
            _show_reasons(answer, answer.serving.reference)
        else:
            st.write(say(texts.NO_REFERENCE))
    for (name, (title, values)), tab in zip(CURVES.items(), curves, strict=True):
        curve = vary(answer.serving.model, answer.car, name, values)
        here = answer.car.values[name]
        with tab:
            st.vega_lite_chart(
                draw_curve(curve, None if pd.isna(here) else here),
                alt=_tell_curve(curve, say(title)),
            )
            st.caption(say(texts.CURVE_NOTE))


def _show_reasons(answer: Answer, reference: Reference) -> None:
    model = answer.serving.model
    typical = reference.find_typical(model, answer.car)
    explanation = explain(model, answer.car, typical)
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


def _tell_curve(curve: Curve, title: str) -> str:
    (first, *_), (last, *_) = curve.estimates[[0, -1]].tolist()
    return say(
        texts.CURVE_ALT, title=title,
        first=spell.about(first), start=spell.measure(curve.name, curve.values[0]),
        last=spell.about(last), end=spell.measure(curve.name, curve.values[-1]),
    )  # fmt: skip


def _sum_up(answer: Answer) -> kept.Row:
    """The answer in one row."""
    found = answer.found
    amounts = (found.price, found.low, found.high, answer.asked)
    whole = (None if each is None else float(round(each)) for each in amounts)
    return dict(zip(texts.KEPT_COLUMNS, (_name(answer), *whole, address.link()), strict=True))


def _name(answer: Answer) -> str:
    """The car as its own texts have it, for what is no Markdown."""
    mileage = answer.car.values["mileage_km"]
    driven = [] if pd.isna(mileage) else [spell.measure("mileage_km", mileage)]
    return " ".join([*(answer.answers[name] for name in NAMES if name in answer.answers), *driven])


def _show_for_print(answer: Answer) -> None:
    """Draw what a page on paper needs beside the answer; no screen shows it."""
    with st.container(key="print"):
        st.markdown(
            say(
                texts.PRINTED, date=spell.moment(datetime.now().astimezone(), language()),
                number=answer.serving.version.number, link=address.link(),
            )
        )  # fmt: skip


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
