"""« Surveillance »: the last look at what comes in, those before it, and the last fire drill.

Names of files, and reasons on record, are shown by `st.text`: they are no Markdown.
"""

import pandas as pd
import streamlit as st
import texts
from language import language, say
from live import state, workspace
from score_charts import draw_drift, draw_history

from carprice.errors import RegistryError
from carprice.monitoring.past import Past, PastLook, find_drill, read_past
from carprice.registry.model_facts import LastMonitoring
from carprice.wording import spell
from carprice.wording.monitoring import VERDICTS
from carprice.wording.reasons import list_reasons

ASK_AGAIN_SECONDS = 60
PROMISES = {"live_error": "expected_error", "coverage": "coverage_asked"}
"""Figures of a look by what the version promised of them."""
SHARES = {"coverage"}
"""Figures that are no percentages."""
BOXES = {"none": st.success, "watch": st.warning, "act": st.error}


def show() -> None:
    st.title(say(texts.PAGE_MONITORING))
    st.write(say(texts.MONITORING_INTRO))
    try:
        past = _read_past()
    except RegistryError:
        st.warning(say(texts.LOOKS_AWAY), icon=":material/cloud_off:")
    else:
        _show_past(past)
    _show_drill()


@st.cache_data(ttl=ASK_AGAIN_SECONDS, show_spinner=False)
def _read_past() -> Past:
    return read_past(workspace())


def _show_past(past: Past) -> None:
    looks = [each for each in past.looks if each.verdict in VERDICTS]
    if not looks:
        st.info(say(texts.NO_LOOKS))
        return
    _show_look(looks[0])
    if past.last and past.last.drift:
        _show_columns(past.last)
    st.header(say(texts.PAST_LOOKS), divider="gray")
    _show_history(looks)
    st.dataframe(pd.DataFrame([_tell_row(each) for each in looks]), hide_index=True)


def _show_look(look: PastLook) -> None:
    BOXES[look.verdict](say(VERDICTS[look.verdict]))
    date = spell.capital(spell.moment(look.at, language()))
    told = say(texts.LOOKED_AT, date=date, source=look.source, version=look.version)
    st.text(list_reasons(told, look.reasons, language()))
    serving = state().serving
    if serving and str(serving.version.number) != look.version:
        st.caption(say(texts.MEASURED_BEFORE, number=serving.version.number))
    with st.container(horizontal=True):
        for name, label in texts.LOOK_FIGURES.items():
            if name in look.figures:
                figure = look.figures[name] * (100 if name in SHARES else 1)
                st.metric(say(label), f"{spell.decimal(figure, language())} %", border=True)


def _show_columns(last: LastMonitoring) -> None:
    shares = pd.DataFrame(
        [
            (spell.title(name, language()), effect / last.drift_limit[name])
            for name, effect in last.drift.items()
            if last.drift_limit.get(name)
        ],
        columns=["label", "share"],
    ).sort_values("share", ascending=False)
    if shares.empty:
        return
    most = shares.iloc[0]
    share = spell.decimal(float(most["share"]), language(), 2)
    st.header(say(texts.BY_COLUMN), divider="gray")
    st.altair_chart(
        draw_drift(shares), alt=say(texts.BY_COLUMN_ALT, field=most["label"], share=share)
    )
    st.caption(say(texts.BY_COLUMN_NOTE))


def _show_history(looks: list[PastLook]) -> None:
    """Curves over time, of the figures that two looks have at least."""
    curves = {
        (name, promised): [each for each in reversed(looks) if {name, promised} <= {*each.figures}]
        for name, promised in PROMISES.items()
    }
    drawn = {names: known for names, known in curves.items() if len(known) > 1}
    for names, known in drawn.items():
        _show_curve(*names, known)
    if drawn:
        st.caption(say(texts.CURVES_NOTE))


def _show_curve(name: str, promised: str, looks: list[PastLook]) -> None:
    share = 100 if name in SHARES else 1
    values = [share * each.figures[name] for each in looks]
    promises = [share * each.figures[promised] for each in looks]
    spoken = [f"{spell.decimal(each, language())} %" for each in (*values, promises[-1])]
    dates = [spell.day(each.at, language()) for each in looks]
    title = say(texts.CURVES[name])
    ends = {"first": spoken[0], "last": spoken[-2], "promised": spoken[-1]}
    alt = say(texts.OVER_TIME_ALT, title=title, first_date=dates[0], last_date=dates[-1], **ends)
    table = {
        "at": [each.at.isoformat() for each in looks],
        "value": values,
        "promised": promises,
        "told": [
            f"{each.source}, {date} : {value}"
            for each, date, value in zip(looks, dates, spoken, strict=False)
        ],
    }
    st.subheader(title)
    st.altair_chart(draw_history(pd.DataFrame(table), title), alt=alt)


def _tell_row(look: PastLook) -> dict[str, str]:
    error = look.figures.get("live_error")
    cells = {
        "date": spell.moment(look.at, language()),
        "source": look.source,
        "version": look.version,
        "verdict": say(VERDICTS[look.verdict]),
        "error": "" if error is None else spell.decimal(error, language()),
    }
    return {say(texts.LOOK_COLUMNS[name]): cell for name, cell in cells.items()}


def _show_drill() -> None:
    st.header(say(texts.FIRE_DRILL), divider="gray")
    drill = find_drill(workspace().settings)
    if drill is None:
        st.info(say(texts.NO_FIRE_DRILL))
        return
    date = spell.capital(spell.moment(drill.at, language()))
    st.write(say(texts.FIRE_DRILL_TOLD, date=date, grade=drill.grade))
    rows = [
        {say(title): getattr(fault, name) for name, title in texts.DRILL_COLUMNS.items()}
        for fault in drill.faults
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True)
