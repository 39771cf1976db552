"""The language of a session: that of the browser, the address (`?lang=en`) or the switch."""

from typing import cast

import streamlit as st
from texts import LANGUAGE_SWITCH

from carprice.language import LANGUAGES, Language, Text
from carprice.market.chosen import MARKET

NAMES = {"fr": "Français", "en": "English"}
SPOKEN = {name: f"<script>document.documentElement.lang = '{name}'</script>" for name in NAMES}
"""Screen readers choose their voice by it; Streamlit's own page says that it is English."""


def choose_language() -> None:
    st.session_state.setdefault("lang", _read_first())
    with st.container(key="language", gap=None):  # a script takes no room, but it would take a gap
        st.radio(
            LANGUAGE_SWITCH.fr,
            list(NAMES),
            format_func=NAMES.__getitem__,
            key="lang",
            on_change=_word_anew,
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


def _read_first() -> Language:
    """The language of a visit that begins: of the address, else of the browser, else the market."""
    names = {name: code for code, name in NAMES.items()}  # as addresses had them before
    asked = st.query_params.get("lang", "")
    told = (names.get(asked, asked), (st.context.locale or "")[:2], MARKET.language)
    return next(cast(Language, each) for each in told if each in LANGUAGES)


def _word_anew() -> None:
    """Say it in the address, and set all choices again, since the browser holds their wordings."""
    st.query_params["lang"] = language()
    for name, value in st.session_state.items():
        if isinstance(value, str | list):
            st.session_state[name] = value
