"""The language of a session: French, or English by the switch or by `?lang=English`."""

from typing import cast

import streamlit as st
from texts import LANGUAGE_SWITCH

from carprice.language import Language, Text

NAMES = {"fr": "Français", "en": "English"}
SPOKEN = {name: f"<script>document.documentElement.lang = '{name}'</script>" for name in NAMES}
"""Screen readers choose their voice by it; Streamlit's own page says that it is English."""


def choose_language() -> None:
    with st.container(gap=None):  # a script takes no room, but it would take a gap
        st.radio(
            LANGUAGE_SWITCH.fr,
            list(NAMES),
            format_func=NAMES.__getitem__,
            key="lang",
            on_change=_word_anew,
            bind="query-params",
            persist_state="session",
            label_visibility="collapsed",
            horizontal=True,
        )
        st.html(SPOKEN[language()], unsafe_allow_javascript=True)


def language() -> Language:
    return cast(Language, st.session_state.get("lang") or "fr")


def say(text: Text, **details: object) -> str:
    return text.say(language(), **details)


def _word_anew() -> None:
    """Set all choices again: browser and address hold them as they are worded."""
    for name, value in st.session_state.items():
        if isinstance(value, str | list):
            st.session_state[name] = value
