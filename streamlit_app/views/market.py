"""« Le marché »: charts of the production version's training adverts."""

import pandas as pd
import streamlit as st
import texts
from language import language, say
from live import show_absence, state
from market_charts import draw_names, draw_years

from carprice.insight.market_overview import (
    LEAST_ADVERTS,
    MOST_GROUPS,
    find_middle,
    select_adverts,
    summarize_names,
    summarize_years,
    unify_names,
)
from carprice.language import Text
from carprice.market.listing import BY_NAME, TARGET, VERSIONS
from carprice.wording import spell

NAMED = ["make", "model", *(["city"] if "city" in BY_NAME else [])]
CHOICES = VERSIONS[:1]
SHOWN = [*NAMED, TARGET, "model_year", "mileage_km", *CHOICES]


@st.cache_resource(max_entries=1, show_spinner=False)
def read_adverts(run_id: str, _known: pd.DataFrame) -> pd.DataFrame:  # noqa: ARG001 - the key
    """Training adverts of a version, each name in one spelling; cached."""
    return unify_names(_known[SHOWN], NAMED)


def show() -> None:
    st.title(say(texts.PAGE_MARKET))
    serving = state().serving
    if serving is None:
        show_absence()
        return
    if serving.reference is None:
        st.info(say(texts.NO_MARKET))
        return
    learnt, held_out = (spell.number(each) for each in serving.reference.sides)
    st.write(say(texts.MARKET_INTRO, learnt=learnt, held_out=held_out))
    adverts = read_adverts(serving.version.run_id, serving.reference.known)
    filters = _ask_filters(adverts)
    chosen = select_adverts(adverts, filters)
    if chosen.empty:
        st.info(say(texts.NO_ADVERTS))
        return
    _show_middle(chosen)
    _show_years(chosen)
    if len(filters["make"]) == 1:
        _show_names(chosen, "model", texts.MARKET_BY_MODEL)
    else:
        _show_names(chosen, "make", texts.MARKET_BY_MAKE)
    if "city" in NAMED and chosen["city"].notna().any():
        _show_names(chosen, "city", texts.MARKET_BY_CITY)


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
        with column:
            filters[name] = st.multiselect(
                spell.title(name, language()), sorted(adverts[name].dropna().unique()),
                key=f"market_{name}s", bind="query-params",
                placeholder=say(texts.ALL_OF.get(name, texts.ALL)),
                format_func=lambda code, name=name: spell.word_choice(name, code, language()),
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


def _show_years(adverts: pd.DataFrame) -> None:
    st.header(say(texts.MARKET_BY_YEAR))
    groups = summarize_years(adverts)
    if len(groups) < 2:
        st.info(say(texts.MARKET_TOO_FEW, least=LEAST_ADVERTS))
        return
    first, last = groups.iloc[0], groups.iloc[-1]
    st.altair_chart(
        draw_years(groups),
        alt=say(
            texts.MARKET_YEAR_ALT, low=spell.about(first["median"]),
            first=f"{first['name']:.0f}", high=spell.about(last["median"]),
            last=f"{last['name']:.0f}",
        ),
    )  # fmt: skip
    st.caption(say(texts.MARKET_LINE, least=LEAST_ADVERTS))


def _show_names(adverts: pd.DataFrame, column: str, title: Text) -> None:
    st.header(say(title))
    groups = summarize_names(adverts, column)
    if groups.empty:
        st.info(say(texts.MARKET_TOO_FEW, least=LEAST_ADVERTS))
        return
    dearest, cheapest = groups.iloc[0], groups.iloc[-1]
    st.altair_chart(
        draw_names(groups, column),
        alt=say(
            texts.MARKET_GROUP_ALT, title=say(title), low=spell.about(cheapest["median"]),
            cheapest=cheapest["name"], high=spell.about(dearest["median"]),
            dearest=dearest["name"],
        ),
    )  # fmt: skip
    st.caption(say(texts.MARKET_BAR, least=LEAST_ADVERTS, most=MOST_GROUPS))
