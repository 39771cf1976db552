"""The history of all versions, each with its figures and its reasons."""

from datetime import UTC, datetime

import streamlit as st
import texts
from language import language, say
from live import state, workspace

from carprice.language import Text
from carprice.registry.history import Chapter, Fate, History
from carprice.registry.records import MODEL_NAME, Version
from carprice.wording import spell
from carprice.wording.reasons import list_reasons, say_reason, say_reasons
from carprice.wording.troubles import TroubleCode

MOST_CHAPTERS = 20


def show_history() -> None:
    st.header(say(texts.HISTORY), divider="gray")
    _show_last_run()
    history = _find_history()
    if history is None:
        st.warning(say(texts.HISTORY_AWAY), icon=":material/cloud_off:")
        return
    if not history.chapters:
        st.info(say(texts.NO_VERSIONS))
    count = len(history.chapters)
    if count > MOST_CHAPTERS:
        st.caption(say(texts.HISTORY_CUT, shown=MOST_CHAPTERS, count=count))
    for chapter in history.chapters[:MOST_CHAPTERS]:
        _show_chapter(chapter)


def _show_last_run() -> None:
    """Tell of a run that left no version as well, such as one on data that had not changed."""
    if last := state().facts.last_pipeline:
        time = spell.moment(datetime.fromtimestamp(last.at, UTC), language())
        outcome = texts.RUN_OUTCOMES.get(last.outcome, texts.RUN_ENDED)
        st.caption(say(texts.LAST_RUN, time=time, outcome=outcome))


def _find_history() -> History | None:
    """The last history of the registry, with a warning if it is stale."""
    now = state()
    away = now.trouble is not None and now.trouble.code is TroubleCode.REGISTRY_AWAY
    if now.history and away:
        st.warning(say(texts.HISTORY_STALE, time=spell.moment(now.history.told, language())))
    return now.history


def _show_chapter(chapter: Chapter) -> None:
    version, facts = chapter.version, chapter.version.facts
    fate = say(texts.VERSION_FATES[chapter.fate])
    date = spell.day(version.created, language())
    with st.expander(say(texts.VERSION_TITLE, number=version.number, date=date, fate=fate)):
        st.text(_tell_sides(version))
        _show_figures(chapter)
        decided = texts.WHY_DECIDED[facts.decision or "refused"]
        _show_why(decided, say_reasons(chapter.reasons, language()))
        if chapter.fate is Fate.HELD:
            st.markdown(say(texts.HELD_WORD, number=version.number))
        _show_why(texts.INVALID_BECAUSE, _tell_invalid(chapter))
        _show_who(chapter)
        if facts.rolled_back_at:
            st.text(
                say(
                    texts.ROLLED_BACK, date=say_date(facts.rolled_back_at),
                    who=facts.rolled_back_by or "–", number=facts.rolled_back_to or "–",
                )
            )  # fmt: skip
        if facts.withdrawn_at:
            st.text(
                say(
                    texts.WITHDRAWN, date=say_date(facts.withdrawn_at),
                    who=facts.withdrawn_by or "–", because=facts.withdrawn_because or "–",
                )
            )  # fmt: skip
        mlflow = workspace().settings.mlflow_page
        page = f"{mlflow}/#/models/{MODEL_NAME}/versions/{version.number}"
        st.link_button(say(texts.OPEN_VERSION), page, icon=":material/open_in_new:")


def _tell_sides(version: Version) -> str:
    facts = version.facts
    source, simulated = facts.source or "–", facts.simulated
    if version.sides is None:
        sentence = texts.LEARNT_SIMULATED_PART if simulated else texts.LEARNT_FROM_PART
        return say(sentence, rows=spell.number(facts.rows), source=source)
    learnt, held_out = map(spell.number, version.sides)
    sentence = texts.LEARNT_SIMULATED if simulated else texts.LEARNT_FROM
    return say(sentence, learnt=learnt, held_out=held_out, source=source)


def _show_why(title: Text, reasons: str) -> None:
    if reasons:
        st.markdown(f"**{say(title)}**")
        st.text(spell.capital(reasons))


def _tell_invalid(chapter: Chapter) -> str:
    if not chapter.invalid:
        return ""
    heading, *broken = chapter.invalid
    return list_reasons(say_reason(heading, language()), broken, language())


def _show_figures(chapter: Chapter) -> None:
    figures = chapter.version.facts.figures
    told = [
        say(texts.FIGURE, label=say(label), figure=say_decimal(figures[name]))
        for name, label in texts.SCORES.items()
        if name in figures
    ]
    if told:
        st.text(" · ".join(told))


def _show_who(chapter: Chapter) -> None:
    if chapter.who:
        st.text(say(texts.PROMOTED_BY, who=chapter.who))


def say_decimal(figure: float) -> str:
    return spell.decimal(figure, language())


def say_date(moment: str) -> str:
    """The day of a tag's time; empty for an empty tag."""
    return spell.day(datetime.fromisoformat(moment), language()) if moment else ""
