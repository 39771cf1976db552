"""« Estimer »: one car, described in a form or in the address of the page."""

import address
import streamlit as st
import texts
from answer import show_answer
from form import ask_car, read_answers
from language import say
from live import show_absence, state


def show() -> None:
    st.title(say(texts.TITLE))
    serving = state().serving
    if serving is None:
        show_absence()
        return
    st.write(say(texts.INTRO))
    equipment = serving.model.equipment
    if address.leads():
        address.fill_form(equipment)
        st.session_state["asked"] = read_answers() or None
    with st.container(border=True):
        catalog = serving.reference.catalog if serving.reference else None
        ask_car(catalog, equipment)
    _estimate()


@st.fragment
def _estimate() -> None:
    """Draw button and answer, a fragment: a click draws no form again."""
    if st.button(say(texts.BUTTON), type="primary", width="stretch"):
        st.session_state["asked"] = read_answers()
    # Asked for here: a fragment keeps what it was first called with, and versions come and go.
    serving, asked = state().serving, st.session_state.get("asked")
    if serving and asked is not None:
        address.write(asked)
        show_answer(serving, asked)
