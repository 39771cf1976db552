"""The language of a session: French, or English by the switch or by `?lang=en`."""

from typing import cast

import streamlit as st

from carprice.texts import LANGUAGE_SWITCH, Language, Text

NAMES = {"fr": "Français", "en": "English"}


def choose_language() -> None:
    st.segmented_control(
        LANGUAGE_SWITCH.fr,
        list(NAMES),
        default="fr",
        required=True,
        format_func=NAMES.__getitem__,
        key="lang",
        bind="query-params",
        persist_state="session",
        label_visibility="collapsed",
    )


def language() -> Language:
    return cast(Language, st.session_state.get("lang") or "fr")


def say(text: Text, **details: object) -> str:
    return text.say(language(), **details)
