"""Widgets of the form, built from the fields and the model's catalogue.

Only widgets that narrow other choices ask the server; the rest wait for the button, and are read
from the session then.
"""

import streamlit as st
import texts
from language import language, say

from carprice.insight.catalog import Catalog
from carprice.language import Language
from carprice.market.fields import Field, Kind
from carprice.market.listing import BY_NAME, EQUIPMENT, FEATURES
from carprice.wording import spell

NAMES = ("make", "model", "model_year")
CORE = [each for each in FEATURES if BY_NAME[each].needed and each not in NAMES]
DETAILS = [each for each in FEATURES if not BY_NAME[each].needed and each not in EQUIPMENT]
EQUIPMENT_KEY = "equipment"
FEW_CHOICES = 10
KEPT = {"persist_state": "session"}
NO_RERUN = {**KEPT, "on_change": "ignore"}


def ask_car(catalog: Catalog | None, equipment: list[str]) -> None:
    _ask_names(catalog or Catalog({}, {}))
    _ask_in_columns(CORE, 3)
    with st.expander(say(texts.DETAILS)):
        _ask_in_columns(DETAILS, 3)
        if equipment:
            _ask_equipment(equipment)


def read_answers() -> dict[str, str]:
    """Raw texts by field name, unknown fields left out."""
    given = {name: st.session_state.get(name) for name in (*NAMES, *CORE, *DETAILS)}
    answers = {name: _spell(value) for name, value in given.items() if value is not None}
    # What is not chosen is unknown, for adverts rarely say that a thing is not there.
    return answers | dict.fromkeys(st.session_state.get(EQUIPMENT_KEY) or [], "yes")


def _spell(value: str | float) -> str:
    """Raw text of a value; a whole number without exponent."""
    return value if isinstance(value, str) else f"{value:.0f}"


def _ask_names(catalog: Catalog) -> None:
    columns = st.columns(3)
    with columns[0]:
        make = _choose("make", list(catalog.names), on_change=_forget, args=(NAMES[1:],))
    with columns[1]:
        models = list(catalog.models_of(make))
        model = _choose("model", models, on_change=_forget, args=(NAMES[2:],))
    with columns[2]:
        field = BY_NAME["model_year"]
        years = catalog.years_of(make, model) or range(int(field.maximum), int(field.minimum), -1)
        _choose("model_year", [str(each) for each in years], on_change="ignore")


def _forget(names: tuple[str, ...]) -> None:
    """Clear fields chosen for another make or model.

    What is empty here is left alone: a quick hand may have filled it in the browser meanwhile.
    """
    for name in names:
        if st.session_state.get(name) is not None:
            st.session_state[name] = None


def _choose(name: str, options: list[str], **reaction: object) -> str:
    """Draw a choice of known names that takes others as well."""
    chosen = st.selectbox(
        spell.title(name, language()), options, index=None, key=name, accept_new_options=True,
        placeholder=say(texts.UNKNOWN), help=_help(BY_NAME[name]), **KEPT, **reaction,
    )  # fmt: skip
    return chosen or ""


def _ask_in_columns(names: list[str], count: int) -> None:
    for at in range(0, len(names), count):  # row by row: read in this order on a phone too
        for name, column in zip(names[at : at + count], st.columns(count), strict=False):
            with column:
                _ask_one(BY_NAME[name])


def _ask_one(field: Field) -> None:
    label = spell.title(field.name, language())
    label = f"{label} ({field.unit})" if field.unit else label
    placeholder = say(texts.UNKNOWN)
    if options := list_choices(field, language()):
        st.selectbox(
            label, list(options), index=None, key=field.name, format_func=options.__getitem__,
            placeholder=placeholder, **NO_RERUN,
        )  # fmt: skip
    else:
        # Not of integers: an address may ask for `inf`, on which Streamlit would stumble.
        st.number_input(
            label, min_value=0.0, value=None, step=5_000.0 if field.kind is Kind.MILEAGE else 1.0,
            format="%.0f", key=field.name, placeholder=placeholder, help=_help(field), **NO_RERUN,
        )  # fmt: skip


def list_choices(field: Field, spoken: Language) -> dict[str, str]:
    """Code to wording of a field's values; empty for a number of many."""
    if field.kind is Kind.CHOICE:
        return {code: spell.word_choice(field.name, code, spoken) for code in field.choices}
    if field.kind is Kind.YES_NO:
        return {"yes": spell.YES.say(spoken), "no": spell.NO.say(spoken)}
    if field.maximum - field.minimum < FEW_CHOICES:
        return {str(each): str(each) for each in range(int(field.minimum), int(field.maximum) + 1)}
    return {}


def _ask_equipment(names: list[str]) -> None:
    st.multiselect(
        say(spell.EQUIPMENT_LABEL).capitalize(), names, key=EQUIPMENT_KEY,
        placeholder=say(texts.UNKNOWN), format_func=lambda name: spell.title(name, language()),
        **NO_RERUN,
    )  # fmt: skip


def _help(field: Field) -> str | None:
    if field.kind is Kind.TEXT:
        return say(texts.HELP_NAME)
    return say(texts.HELP_RANGE, limits=spell.limits(field.name, language()))
