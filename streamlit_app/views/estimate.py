"""« Estimer »: one car, described in a form or in the address of the page."""

import address
import kept
import streamlit as st
import texts
from answer import Answer, show_background, show_estimate
from form import ASKED, ask, ask_car, clear, fill, read_answers, read_asked_price
from language import language, say
from live import show_absence, state

from carprice.insight.comparables import Reference
from carprice.pricing.prediction import UNUSABLE, Cars, read_cars
from carprice.serving.live_model import Serving
from carprice.wording import spell


def show() -> None:
    st.title(say(texts.TITLE))
    serving = state().serving
    if serving is None:
        show_absence()
        return
    if address.leads():
        address.fill_form(serving.model.equipment)
        ask()
    _show_desk()


@st.fragment
def _show_desk() -> None:
    """Draw form and answer side by side, a fragment: a change draws nothing around them again."""
    # Asked for here: a fragment keeps what it was first called with, and versions come and go.
    serving = state().serving
    if serving is None:
        st.rerun()
    answers = read_answers()
    cars = read_cars(serving.model, [answers])
    wrong = _find_wrong(cars)
    at_the_top = st.container(key="sticky")
    left, right = st.columns([2, 3], gap="medium")
    answer = None
    with right, st.container(key="answer"):
        if not st.session_state.get(ASKED):
            _show_welcome(serving)
        elif wrong:
            st.error(say(texts.CORRECT_FIRST), icon=":material/error:")
        else:
            answer = Answer.of(serving, answers, cars, read_asked_price())
            show_estimate(answer, at_the_top)
    if st.session_state.get(ASKED):
        address.write()
    with left, st.container(key="car", border=True):
        catalog = serving.reference.catalog if serving.reference else None
        ask_car(catalog, serving.model.equipment, wrong)
        with st.container(horizontal=True):
            st.button(say(texts.BUTTON), type="primary", width="stretch", on_click=ask)
            st.button(say(texts.RESET), type="tertiary", on_click=_reset)
    if answer and answer.found.low is not None:
        with right:
            show_background(answer)
    kept.show()


def _reset() -> None:
    clear()
    address.write()


def _find_wrong(cars: Cars) -> dict[str, str]:
    """What is wrong with each field whose value no car can have."""
    return {
        problem.field: say(
            texts.WRONG[problem.kind], limits=spell.limits(problem.field, language())
        )
        for problem, rows in cars.problems.items()
        if problem.kind in UNUSABLE and rows.any()
    }


def _show_welcome(serving: Serving) -> None:
    """Draw what the page does, what it rests on, and cars to try it with."""
    st.header(say(texts.WELCOME))
    st.write(say(texts.INTRO))
    if serving.reference is None:
        return
    _show_trust(serving.reference)
    st.write(say(texts.TRY))
    with st.container(horizontal=True):
        for car in serving.reference.examples:
            name = f"{car['make']} {car['model']} {car['model_year']:.0f}"
            st.button(
                spell.plain(name), on_click=fill, args=(car,), icon=":material/directions_car:"
            )


def _show_trust(reference: Reference) -> None:
    learnt, held_out = (spell.number(each) for each in reference.sides)
    error = spell.decimal(float(reference.unseen["error_pct"].median()), language())
    st.write(say(texts.TRUST, learnt=learnt, held_out=held_out, error=error))
