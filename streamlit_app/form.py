"""Widgets of the form, built from the fields and the model's catalogue.

Until there is an answer, only widgets that narrow other choices ask the server, and numbers, which
are sent by Enter; from then on each change does, so that the answer is always that of the form.
"""

from collections.abc import Mapping

import pandas as pd
import streamlit as st
import texts
from language import language, say

from carprice.insight.catalog import Catalog
from carprice.language import Language
from carprice.market.fields import Field, Kind
from carprice.market.listing import BY_NAME, EQUIPMENT, FEATURES
from carprice.pricing.prediction import CORE, LEAST_GIVEN
from carprice.pricing.price_model import Clean
from carprice.wording import spell

NAMES = ("make", "model", "model_year")
DETAILS = [each for each in FEATURES if each not in (*CORE, *EQUIPMENT)]
FIELDS = (*CORE, *DETAILS)
EQUIPMENT_KEY = "equipment"
ASKED, ASKED_PRICE = "asked", "asked_price"
MOST_ASKED = 999_999_999.0
FEW_CHOICES = 10
KEPT = {"persist_state": "session"}
Wrong = Mapping[str, str]
"""What is wrong with the value of a field, by its name."""


def ask_car(catalog: Catalog | None, equipment: list[str], wrong: Wrong) -> None:
    """Draw the form, what is wrong beside its field."""
    _ask_in_columns(CORE, catalog or Catalog({}, {}), wrong)
    with st.expander(say(texts.DETAILS), expanded=any(name in wrong for name in DETAILS)):
        _ask_in_columns(DETAILS, Catalog({}, {}), wrong)
        if equipment:
            _ask_equipment(equipment)
    st.number_input(
        say(texts.ASKING_PRICE), min_value=1.0, max_value=MOST_ASKED, value=None, step=1_000.0,
        format="%.0f", key=ASKED_PRICE, placeholder=say(texts.ASKING_PLACEHOLDER),
        on_change=_ask_if_enough, **KEPT,
    )  # fmt: skip


def read_answers() -> dict[str, str]:
    """Raw texts by field name, unknown fields left out."""
    given = {name: st.session_state.get(name) for name in FIELDS}
    answers = {name: _spell(value) for name, value in given.items() if value is not None}
    # What is not chosen is unknown, for adverts rarely say that a thing is not there.
    return answers | dict.fromkeys(st.session_state.get(EQUIPMENT_KEY) or [], "yes")


def read_asked_price() -> float | None:
    price: float | None = st.session_state.get(ASKED_PRICE)
    return price


def ask() -> None:
    """From now on there is an answer for what the form says."""
    st.session_state[ASKED] = True


def fill(car: Clean) -> None:
    """Set the form to a car, and ask."""
    clear()
    for name in FIELDS:
        if not pd.isna(value := car[name]):
            st.session_state[name] = _hold(BY_NAME[name], value)
    ask()


def clear() -> None:
    """Empty the form, and take the answer away."""
    st.session_state.update(dict.fromkeys((*FIELDS, ASKED_PRICE)))
    st.session_state[EQUIPMENT_KEY] = []
    st.session_state[ASKED] = False


def list_choices(field: Field, spoken: Language) -> dict[str, str]:
    """Code to wording of a field's values; empty for a number of many."""
    if field.kind is Kind.CHOICE:
        return {code: spell.word_choice(field.name, code, spoken) for code in field.choices}
    if field.kind is Kind.YES_NO:
        return {"yes": spell.YES.say(spoken), "no": spell.NO.say(spoken)}
    if field.maximum - field.minimum < FEW_CHOICES:
        return {str(each): str(each) for each in range(int(field.minimum), int(field.maximum) + 1)}
    return {}


def _spell(value: str | float) -> str:
    """Raw text of a value; a whole number without exponent."""
    return value if isinstance(value, str) else f"{value:.0f}"


def _hold(field: Field, value: float | str) -> float | str:
    """A clean value as the widget of its field holds it."""
    if field.kind is Kind.YES_NO:
        return "yes" if value else "no"
    is_list = field.name in NAMES or list_choices(field, language())
    return _spell(value) if is_list else value


def _ask_if_enough() -> None:
    if sum(st.session_state.get(name) is not None for name in CORE) >= LEAST_GIVEN:
        ask()


def _ask_in_columns(names: tuple[str, ...] | list[str], catalog: Catalog, wrong: Wrong) -> None:
    """Draw fields in pairs, row by row: they are read in this order on a phone too."""
    for at in range(0, len(names), 2):
        for name, column in zip(names[at : at + 2], st.columns(2), strict=False):
            with column:
                _ask_name(name, catalog) if name in NAMES else _ask_one(BY_NAME[name])
                if name in wrong:
                    st.error(wrong[name])


def _ask_name(name: str, catalog: Catalog) -> None:
    """Draw a choice of known names that takes others as well; it narrows those after it."""
    make, model = (st.session_state.get(each) or "" for each in NAMES[:2])
    field = BY_NAME["model_year"]
    options = {
        "make": list(catalog.names),
        "model": list(catalog.models_of(make)),
        "model_year": [
            str(each)
            for each in catalog.years_of(make, model)
            or range(int(field.maximum), int(field.minimum) - 1, -1)
        ],
    }
    after = NAMES[NAMES.index(name) + 1 :]
    reaction = {"on_change": _forget, "args": (after,)} if after else _react()
    st.selectbox(
        spell.title(name, language()), options[name], index=None, key=name,
        accept_new_options=True, placeholder=say(texts.UNKNOWN), help=_help(BY_NAME[name]),
        **KEPT, **reaction,
    )  # fmt: skip


def _forget(names: tuple[str, ...]) -> None:
    """Clear fields chosen for another make or model.

    What is empty here is left alone: a quick hand may have filled it in the browser meanwhile.
    """
    for name in names:
        if st.session_state.get(name) is not None:
            st.session_state[name] = None


def _react() -> dict[str, str]:
    """Whether a change of a choice asks the server."""
    return {"on_change": "rerun" if st.session_state.get(ASKED) else "ignore"}


def _ask_one(field: Field) -> None:
    label = spell.title(field.name, language())
    label = f"{label} ({field.unit})" if field.unit else label
    placeholder = say(texts.UNKNOWN)
    if options := list_choices(field, language()):
        st.selectbox(
            label, list(options), index=None, key=field.name, format_func=options.__getitem__,
            placeholder=placeholder, **KEPT, **_react(),
        )  # fmt: skip
    else:
        # Not of integers: an address may ask for `inf`, on which Streamlit would stumble.
        st.number_input(
            label, min_value=0.0, value=None, step=5_000.0 if field.kind is Kind.MILEAGE else 1.0,
            format="%.0f", key=field.name, placeholder=placeholder, help=_help(field),
            on_change=_ask_if_enough, **KEPT,
        )  # fmt: skip


def _ask_equipment(names: list[str]) -> None:
    # By a table: what the browser sends back is in the words that it was sent.
    words = {name: spell.title(name, language()) for name in names}
    st.multiselect(
        say(spell.EQUIPMENT_LABEL).capitalize(), names, key=EQUIPMENT_KEY,
        placeholder=say(texts.UNKNOWN), format_func=words.__getitem__, **KEPT, **_react(),
    )  # fmt: skip


def _help(field: Field) -> str | None:
    if field.kind is Kind.TEXT:
        return say(texts.HELP_NAME)
    return say(texts.HELP_RANGE, limits=spell.limits(field.name, language()))
