"""The language of a session: French, or English by the switch or by `?lang=English`."""

from typing import cast

import streamlit as st
from texts import LANGUAGE_SWITCH

from carprice.language import Language, Text
from carprice.market.chosen import MARKET

NAMES = {"fr": "Français", "en": "English"}
SPOKEN = {name: f"<script>document.documentElement.lang = '{name}'</script>" for name in NAMES}
"""Screen readers choose their voice by it; Streamlit's own page says that it is English."""


def choose_language() -> None:
    with st.container(gap=None):  # a script takes no room, but it would take a gap
        st.radio(
            LANGUAGE_SWITCH.fr,
            list(NAMES),
            index=list(NAMES).index(MARKET.language),
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
    return cast(Language, st.session_state.get("lang") or MARKET.language)


def say(text: Text, **details: object) -> str:
    """A sentence in the language of the session."""
    return say_in(language(), text, **details)


def say_in(spoken: Language, text: Text, **details: object) -> str:
    """A sentence in one language, market and currency filled in."""
    market = {"place": MARKET.place.say(spoken), "currency": MARKET.currency.symbol}
    return text.say(spoken, **market, **details)


def _word_anew() -> None:
    """Set all choices again, since browser and address hold their wordings."""
    for name, value in st.session_state.items():
        if isinstance(value, str | list):
            st.session_state[name] = value
