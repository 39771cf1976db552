"""Widgets built from the one declaration of a listing."""

import streamlit as st
import texts

from carprice.listing import BY_NAME, EQUIPMENT, FEATURES, Field, Kind

CORE = [BY_NAME[name] for name in FEATURES if BY_NAME[name].needed]
DETAILS = [BY_NAME[name] for name in FEATURES if not BY_NAME[name].needed and name not in EQUIPMENT]


def ask(fields: list[Field]) -> dict[str, str]:
    """Show one widget a field, two a row; what was answered, as raw text, empty when unknown."""
    columns = st.columns(2)
    answers = {}
    for place, field in enumerate(fields):
        with columns[place % 2]:
            answers[field.name] = _ask_one(field)
    return answers


def _ask_one(field: Field) -> str:
    label = f"{field.label} ({field.unit})" if field.unit else field.label
    if field.kind in (Kind.CHOICE, Kind.YES_NO):
        choices = list(field.choices.values()) or [texts.YES, texts.NO]
        return st.selectbox(label, choices, index=None, placeholder=texts.UNKNOWN) or ""
    if field.kind is Kind.TEXT:
        return st.text_input(label)
    number = st.number_input(
        label, int(field.minimum), int(field.maximum), value=None, placeholder=texts.UNKNOWN
    )
    return "" if number is None else str(number)
