"""« Estimer »: one car, described in a form or in the address of the page."""

import streamlit as st
from answer import show_answer
from form import ask_car, read_answers
from language import say
from live import show_absence, state

from carprice import texts
from carprice.features import known_equipment


def show() -> None:
    st.title(say(texts.TITLE))
    serving = state().serving
    if serving is None:
        show_absence()
        return
    st.write(say(texts.INTRO))
    with st.container(border=True):
        catalog = serving.reference.catalog if serving.reference else None
        ask_car(catalog, known_equipment(serving.pipeline["price"].boosted_))
    _estimate()


@st.fragment
def _estimate() -> None:
    """The button and its answer, renewed by themselves: a click draws no form again."""
    answers = read_answers()
    clicked = st.button(say(texts.BUTTON), type="primary", width="stretch")
    if clicked or _came_by_link(answers):
        st.session_state["asked"] = answers
    # Asked for here: a fragment keeps what it was first called with, and versions come and go.
    serving, asked = state().serving, st.session_state.get("asked")
    if serving and asked is not None:
        show_answer(serving, asked)


def _came_by_link(answers: dict[str, str]) -> bool:
    """Whether this session has just opened an address that holds a car."""
    opened = "opened" in st.session_state
    st.session_state["opened"] = True
    return not opened and bool(answers)
