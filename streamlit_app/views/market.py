"""« Le marché »: charts of the production version's training adverts."""

from collections.abc import Callable

import pandas as pd
import streamlit as st
import texts
from address import read_codes, write_codes
from language import language, say
from live import show_absence, state, workspace
from market_charts import draw_ages, draw_names, draw_steps, name_step

from carprice.errors import DatasetError
from carprice.insight.comparables import Reference
from carprice.insight.market_overview import (
    KM_STEP,
    LEAST_ADVERTS,
    MOST_GROUPS,
    Change,
    compare_adverts,
    find_middle,
    select_adverts,
    summarize_ages,
    summarize_distances,
    summarize_names,
    summarize_years,
    unify_names,
)
from carprice.listings.table_store import ensure_rows, read_table
from carprice.market.listing import BY_NAME, TARGET, VERSIONS
from carprice.registry.records import Version
from carprice.serving.live_model import Serving
from carprice.wording import spell

NAMED = ["make", "model", *(["city"] if "city" in BY_NAME else [])]
CHOICES = VERSIONS[:1]
SHOWN = [*NAMED, TARGET, "model_year", "mileage_km", *VERSIONS]
MOST_CARS = 4
MOST_MAKES = 8


@st.cache_resource(max_entries=1, show_spinner=False)
def read_adverts(run_id: str, _known: pd.DataFrame) -> pd.DataFrame:  # noqa: ARG001 - the key
    """Training adverts of a version, each name in one spelling; cached."""
    return unify_names(_known[SHOWN], NAMED)


@st.cache_resource(max_entries=1, show_spinner=False)
def read_change(
    run_id: str,  # noqa: ARG001 - the key
    _reference: Reference,
    _before: Version,
) -> Change | None:
    """What changed since the adverts of the version before; None without its table; cached."""
    folder, facts = workspace().settings.processed_data, _before.facts
    try:
        ensure_rows(folder, facts.data_hash, facts.rows)
        before = read_table(folder, facts.data_hash)
    except DatasetError:
        return None
    return compare_adverts(before, pd.concat([_reference.known, _reference.unseen]))


def show() -> None:
    st.title(say(texts.PAGE_MARKET))
    serving = state().serving
    if serving is None:
        show_absence()
        return
    if serving.reference is None:
        st.info(say(texts.NO_MARKET))
        return
    sides = serving.reference.sides
    rows, learnt, held_out = map(spell.number, (sum(sides), *sides))
    st.write(say(texts.MARKET_INTRO, rows=rows, learnt=learnt, held_out=held_out))
    adverts = read_adverts(serving.version.run_id, serving.reference.known)
    filters = _ask_filters(adverts)
    chosen = select_adverts(adverts, filters)
    if chosen.empty:
        st.info(say(texts.NO_ADVERTS))
        return
    _show_pictures(chosen, "model" if len(filters["make"]) == 1 else "make")
    _show_ages(adverts)
    _show_change(serving, serving.reference)


def _show_pictures(adverts: pd.DataFrame, name: str) -> None:
    """Draw prices by all that has enough adverts; by make, or the models of one."""
    _show_middle(adverts)
    if len(adverts) < LEAST_ADVERTS:
        st.info(say(texts.MARKET_TOO_FEW, least=LEAST_ADVERTS))
    _show_steps(adverts, "model_year", 1)
    _show_steps(adverts, "mileage_km", KM_STEP)
    for column in (name, *VERSIONS, *NAMED[2:]):
        _show_names(adverts, column)


def _ask_filters(adverts: pd.DataFrame) -> dict[str, list[str]]:
    """Draw the filters; return the choices by field."""
    frequent = adverts["make"].value_counts().index.tolist()
    columns = st.columns(1 + len(CHOICES))
    with columns[0]:
        makes = st.multiselect(
            spell.title("make", language()), frequent, key="market_makes", bind="query-params",
            placeholder=say(texts.ALL_MAKES),
        )  # fmt: skip
    filters = {"make": makes}
    for name, column in zip(CHOICES, columns[1:], strict=True):
        codes = sorted(adverts[name].dropna().unique())
        words = {code: spell.word_choice(name, code, language()) for code in codes}
        key = f"market_{name}s"
        read_codes(key, words)
        with column:
            filters[name] = st.multiselect(
                spell.title(name, language()), codes, key=key,
                on_change=write_codes, args=(key,), format_func=words.__getitem__,
                placeholder=say(texts.ALL_OF.get(name, texts.ALL)),
            )  # fmt: skip
    return filters


def _show_middle(adverts: pd.DataFrame) -> None:
    middle = find_middle(adverts)
    told = {
        texts.ADVERTS: spell.number(middle.adverts),
        texts.MEDIAN_PRICE: spell.about(middle.price) if middle.price else "–",
        texts.MEDIAN_AGE: f"{middle.model_year:.0f}" if middle.model_year else "–",
        texts.MEDIAN_DISTANCE: (
            spell.measure("mileage_km", middle.mileage_km) if middle.mileage_km is not None else "–"
        ),
    }
    with st.container(horizontal=True):
        for label, figure in told.items():
            st.metric(spell.capital(say(label)), figure, border=True)


def _show_steps(adverts: pd.DataFrame, column: str, step: int) -> None:
    """Draw prices over a number, with what is seen as the title."""
    years = column == "model_year"
    groups = summarize_years(adverts) if years else summarize_distances(adverts)
    if len(groups) < 2:
        return
    first, last = groups.iloc[0], groups.iloc[-1]
    title = say(
        texts.MARKET_TITLE, label=spell.label(column, language()),
        low=spell.about(first["median"]), cheapest=name_step(column, first["name"], step),
        high=spell.about(last["median"]), dearest=name_step(column, last["name"], step),
    )  # fmt: skip
    st.header(title)
    st.altair_chart(draw_steps(groups, column, step), alt=title)
    note = texts.MARKET_YEAR_NOTE if years else texts.MARKET_DISTANCE_NOTE
    st.caption(say(note, least=LEAST_ADVERTS))


def _show_names(adverts: pd.DataFrame, column: str) -> None:
    groups = summarize_names(adverts, column)
    if len(groups) < 2:
        return
    if BY_NAME[column].choices:
        worded = [spell.word_choice(column, each, language()) for each in groups["name"]]
        groups = groups.assign(name=worded)
    dearest, cheapest = groups.iloc[0], groups.iloc[-1]
    told = {
        "label": spell.label(column, language()),
        "low": spell.about(cheapest["median"]), "high": spell.about(dearest["median"]),
    }  # fmt: skip
    ends = {"cheapest": cheapest["name"], "dearest": dearest["name"]}
    escaped = {end: spell.plain(name) for end, name in ends.items()}
    st.header(say(texts.MARKET_TITLE, **told, **escaped))
    st.altair_chart(draw_names(groups, column), alt=say(texts.MARKET_TITLE, **told, **ends))
    st.caption(say(texts.MARKET_BAR, least=LEAST_ADVERTS, most=MOST_GROUPS))


def _show_ages(adverts: pd.DataFrame) -> None:
    """Draw how the prices of some cars differ by age."""
    ages = summarize_ages(adverts)
    st.header(say(texts.AGES))
    if ages.empty:
        st.info(say(texts.MARKET_TOO_FEW, least=LEAST_ADVERTS))
        return
    cars = [*dict.fromkeys(ages["car"])]
    chosen = st.multiselect(
        say(texts.AGE_CARS), cars, default=cars[:2], max_selections=MOST_CARS, key="market_cars",
        bind="query-params",
    )  # fmt: skip
    ages = ages[ages["car"].isin(chosen)]
    if ages.empty:
        return
    oldest = ages.groupby("car", sort=False).last().reset_index().to_dict("records")

    def tell(name: Callable[[str], str]) -> str:
        told = (
            say(
                texts.AGE_SHARE, car=name(each["car"]), share=f"{each['share']:.0f}",
                age=f"{each['age']:.0f}",
            )
            for each in oldest
        )  # fmt: skip
        return say(texts.AGES_TITLE, told=", ".join(told))

    st.subheader(tell(spell.plain))
    st.altair_chart(draw_ages(ages), alt=tell(str))
    st.caption(say(texts.AGES_NOTE, least=LEAST_ADVERTS))


def _show_change(serving: Serving, reference: Reference) -> None:
    """Tell what changed since the adverts of the version before, where these are at hand."""
    before = _find_before(serving)
    if before is None:
        return
    st.header(say(texts.CHANGE))
    if before.facts.data_hash == serving.version.facts.data_hash:
        st.write(say(texts.CHANGE_NONE, number=before.number))
        return
    change = read_change(serving.version.run_id, reference, before)
    if change is None:
        st.info(say(texts.CHANGE_AWAY, number=before.number))
        return
    counts = {texts.ADVERTS: change.adverts, texts.MEDIAN_PRICE: change.price}
    with st.container(horizontal=True):
        for label, (old, new) in counts.items():
            spelt = spell.number(new) if label is texts.ADVERTS else spell.about(new)
            share = 100 * (new / old - 1)
            moved = f"{'+' if share >= 0 else '-'}{spell.decimal(abs(share), language())} %"
            st.metric(spell.capital(say(label)), spelt, moved, border=True, delta_color="off")
    st.caption(say(texts.CHANGE_NOTE, number=before.number))
    for sentence, makes in ((texts.CAME, change.came), (texts.WENT, change.went)):
        if makes:
            more = say(texts.MORE, count=len(makes) - MOST_MAKES) if len(makes) > MOST_MAKES else ""
            st.text(say(sentence, makes=", ".join(makes[:MOST_MAKES]) + more))


def _find_before(serving: Serving) -> Version | None:
    """The version that was in production before, as the decision on this one names it."""
    decision, history = serving.record.decision, state().history
    chapters = history.chapters if history else []
    champion = decision.champion if decision else None
    return next((each.version for each in chapters if each.version.number == champion), None)
