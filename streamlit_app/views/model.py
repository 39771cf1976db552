"""« Le modèle »: the version in production, its scores, data and history.

Names of people and files, and reasons on record, are shown by `st.text`: they are no Markdown.
"""

from datetime import UTC, datetime

import streamlit as st
import texts
from language import language, say
from live import show_absence, state, workspace
from score_charts import draw_errors, draw_estimates, draw_slices

from carprice.evaluation.metrics import Evaluation
from carprice.insight.scorecard import bin_errors, bin_estimates, tabulate_slices
from carprice.language import Text
from carprice.listings.quality_report import DataProfile
from carprice.market.listing import EQUIPMENT, FEATURES, VERSIONS
from carprice.market.slices import Slice
from carprice.registry.card import write_card
from carprice.registry.history import Chapter, Fate, History
from carprice.registry.records import MODEL_NAME, Version
from carprice.serving.backups import read_backups
from carprice.serving.live_model import Serving
from carprice.wording import spell
from carprice.wording.reasons import list_reasons, say_reason, say_reasons
from carprice.wording.slices import name_slice
from carprice.wording.troubles import TroubleCode

MOST_CHAPTERS = 20
SLICE_FAMILIES = ("make", *VERSIONS[:1], "price", "year")
MOST_MISSING = 4


def show() -> None:
    st.title(say(texts.PAGE_MODEL))
    st.write(say(texts.MODEL_INTRO))
    _link_out()
    serving = state().serving
    if serving is None:
        show_absence()
    else:
        _show_production(serving)
    _show_backups()
    _show_history()


def _link_out() -> None:
    settings = workspace().settings
    with st.container(horizontal=True):
        for label, address in (
            (texts.OPEN_MLFLOW, settings.mlflow_page),
            (texts.OPEN_AIRFLOW, settings.airflow_page),
        ):
            st.link_button(say(label), address, icon=":material/open_in_new:")


def _show_production(serving: Serving) -> None:
    chapter = Chapter.of(serving.version)
    sentence = texts.SINCE if chapter.since else texts.SINCE_EVER  # no alias set by hand is dated
    date = _date(chapter.since)
    st.header(say(sentence, number=serving.version.number, date=date), divider="gray")
    _show_who(chapter)
    _show_card(serving)
    if evaluation := serving.record.evaluation:
        _show_scores(evaluation)
        _show_slices(evaluation, serving)
    else:
        st.info(say(texts.NO_EVALUATION))
    _show_unseen(serving)
    _show_data(serving)


def _show_who(chapter: Chapter) -> None:
    if chapter.who:
        st.text(say(texts.PROMOTED_BY, who=chapter.who))


def _show_card(serving: Serving) -> None:
    """Show the card, written anew: it follows the language of the page, and the ledger."""
    history = state().history
    told = {each.version.identity: each for each in history.chapters} if history else {}
    version = serving.version
    chapter = told.get(version.identity, Chapter.of(version))
    card = write_card(chapter, serving.record, language())
    if card is None:
        st.info(say(texts.NO_CARD))
        return
    st.markdown(card.half_page)
    with st.expander(card.title, icon=":material/badge:"):
        for title, text in card.sections.items():
            st.markdown(f"**{title}**\n\n{text}")
        st.download_button(
            say(texts.CARD_DOWNLOAD), card.text, f"{MODEL_NAME}-v{version.number}-card.md",
            "text/markdown", icon=":material/download:", on_click="ignore",
        )  # fmt: skip


def _show_scores(evaluation: Evaluation) -> None:
    overall = evaluation.overall
    with st.container(horizontal=True):
        for name, label in texts.SCORES.items():
            st.metric(say(label), f"{_decimal(getattr(overall, name))} %", border=True)
    st.caption(say(texts.MEASURED_ON, rows=spell.number(overall.rows)))


def _show_slices(evaluation: Evaluation, serving: Serving) -> None:
    st.subheader(say(texts.BY_SLICE))
    family = st.radio(
        say(texts.SLICE_FAMILY), SLICE_FAMILIES, horizontal=True,
        key="slice_family", bind="query-params",
        format_func=_name_family,
    )  # fmt: skip
    slices = tabulate_slices(evaluation, family)
    if slices.empty:
        st.info(say(texts.NO_SLICES))
        return
    labels = [_name_slice(family, name, serving) for name in slices["name"]]
    slices = slices.assign(label=labels)
    best, worst = (slices.loc[slices["median_error_pct"].idxmin()],
                   slices.loc[slices["median_error_pct"].idxmax()])  # fmt: skip
    overall = evaluation.overall.median_error_pct
    st.altair_chart(
        draw_slices(slices, overall),
        alt=say(
            texts.SLICE_ALT, best=best["label"], low=_decimal(best["median_error_pct"]),
            worst=worst["label"], high=_decimal(worst["median_error_pct"]),
        ),
    )  # fmt: skip
    st.caption(say(texts.SLICE_NOTE, error=_decimal(overall)))


def _name_family(family: str) -> str:
    if family in texts.SLICE_FAMILIES:
        return say(texts.SLICE_FAMILIES[family])
    return spell.title(family, language())


def _name_slice(family: str, name: str, serving: Serving) -> str:
    if family != "make":
        return name_slice(Slice.read(family, name), language())
    reference = serving.reference
    return reference.catalog.spell_make(name) if reference else spell.capital(name)


def _show_unseen(serving: Serving) -> None:
    """Draw two charts of held-out cars, side by side where there is room."""
    if serving.reference is None:
        st.info(say(texts.NO_UNSEEN))
        return
    unseen = serving.reference.unseen
    bins = bin_errors(unseen)
    near = bins.loc[bins["low"].between(-10, 5), "rows"].sum()
    across, beside = st.columns(2)
    with across:
        st.subheader(say(texts.AGAINST_PRICE))
        st.altair_chart(
            draw_estimates(bin_estimates(unseen)),
            alt=say(texts.AGAINST_PRICE_ALT, rows=spell.number(len(unseen))),
        )
        st.caption(say(texts.AGAINST_PRICE_NOTE))
    with beside:
        st.subheader(say(texts.ERRORS))
        share = f"{100 * near / max(1, len(unseen)):.0f}"
        st.altair_chart(draw_errors(bins), alt=say(texts.ERRORS_ALT, share=share))
        st.caption(say(texts.ERRORS_NOTE))


def _show_data(serving: Serving) -> None:
    record = serving.record
    st.subheader(say(texts.DATA))
    st.text(say(texts.DATA_SOURCE, source=serving.version.facts.source or "–"))
    if record.profile:
        reference = serving.reference
        _show_profile(record.profile, reference.sides if reference else serving.version.sides)
    else:
        st.info(say(texts.NO_PROFILE))
    if record.quality_page:
        # To be opened by itself: texts out of adverts have no business inside this page.
        st.download_button(
            say(texts.QUALITY_DOWNLOAD), record.quality_page,
            f"{MODEL_NAME}-v{serving.version.number}-quality.html", "text/html",
            icon=":material/download:", on_click="ignore",
        )  # fmt: skip


def _show_profile(profile: DataProfile, sides: tuple[int, int] | None) -> None:
    rows = {texts.DATA_ROWS: profile.rows}
    if sides:
        rows = {texts.DATA_LEARNT: sides[0], texts.DATA_HELD_OUT: sides[1]}
    counts = rows | {
        texts.DATA_MAKES: len(profile.models_by_make),
        texts.DATA_MODELS: sum(map(len, profile.models_by_make.values())),
    }
    with st.container(horizontal=True):
        for label, count in counts.items():
            st.metric(say(label), spell.number(count), border=True)
    named = set(FEATURES) - set(EQUIPMENT)  # adverts list what equipment there is, rarely none
    missing = {name: profile.missing.get(name, 0.0) for name in FEATURES if name in named}
    ranked = sorted(missing.items(), key=lambda item: -item[1])
    told = [
        say(
            texts.MISSING_SHARE, label=spell.label(name, language()),
            percent=f"{100 * share:.0f}",
        )
        for name, share in ranked[:MOST_MISSING]
        if share >= 0.01
    ]  # fmt: skip
    if told:
        st.caption(say(texts.DATA_MISSING, fields=", ".join(told)))


def _show_backups() -> None:
    told = read_backups(workspace().settings)
    if told is None:
        return
    dates = {
        name: spell.moment(note.date, language()) if note.date else say(texts.NEVER)
        for name, note in (("backup", told.backup), ("drill", told.drill))
    }
    if told.are_well:
        st.caption(say(texts.BACKUPS_WELL, **dates))
        return
    failure = told.backup.failure or told.drill.failure
    st.warning(say(texts.BACKUPS_UNWELL, **dates), icon=":material/backup:")
    if failure:
        st.text(failure)


def _show_history() -> None:
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
                    texts.ROLLED_BACK, date=_date(facts.rolled_back_at),
                    who=facts.rolled_back_by or "–", number=facts.rolled_back_to or "–",
                )
            )  # fmt: skip
        if facts.withdrawn_at:
            st.text(
                say(
                    texts.WITHDRAWN, date=_date(facts.withdrawn_at),
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
        say(texts.FIGURE, label=say(label), figure=_decimal(figures[name]))
        for name, label in texts.SCORES.items()
        if name in figures
    ]
    if told:
        st.text(" · ".join(told))


def _decimal(figure: float) -> str:
    return spell.decimal(figure, language())


def _date(moment: str) -> str:
    """The day of a tag's time; empty for an empty tag."""
    return spell.day(datetime.fromisoformat(moment), language()) if moment else ""
