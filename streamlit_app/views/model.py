"""« Le modèle »: the version in production, as a story.

How good it is, where it is weak, what it learnt from, why it is there, and all versions. Names of
people and files, and reasons on record, are shown by `st.text`: they are no Markdown.
"""

import pandas as pd
import streamlit as st
import texts
from language import language, say
from live import show_absence, state, workspace
from score_charts import draw_errors, draw_estimates, draw_slices, draw_ways
from version_history import say_date, say_decimal, show_history

from carprice.evaluation.comparison import Difference
from carprice.evaluation.metrics import Evaluation
from carprice.evaluation.plain import compare_plain_ways
from carprice.insight.comparables import Reference
from carprice.insight.scorecard import bin_errors, bin_estimates, tabulate_slices, tabulate_ways
from carprice.language import Text
from carprice.listings.quality_report import DataProfile
from carprice.market.listing import EQUIPMENT, FEATURES, VERSIONS
from carprice.market.slices import Slice
from carprice.registry.card import write_card
from carprice.registry.history import Chapter
from carprice.registry.records import MODEL_NAME
from carprice.serving.backups import read_backups
from carprice.serving.live_model import Serving
from carprice.wording import card as said
from carprice.wording import spell
from carprice.wording.slices import name_slice

SLICE_FAMILIES = ("make", *VERSIONS[:1], "price", "year")
MOST_MISSING = 4
MOST_WEAK = 3
ROUNDS = 1_000
"""Resamples of the held-out cars, as the gate has them."""


@st.cache_resource(max_entries=1, show_spinner=False)
def compare_ways(run_id: str, _reference: Reference) -> dict[str, Difference]:  # noqa: ARG001 - the key
    """How far a version is ahead of plain ways; cached."""
    unseen = _reference.unseen
    return compare_plain_ways(_reference.known, unseen, unseen["estimate"], ROUNDS)


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
    show_history()


def _link_out() -> None:
    """Draw links to what runs beside the page."""
    settings = workspace().settings
    links = {texts.OPEN_MLFLOW: settings.mlflow_page, texts.OPEN_AIRFLOW: settings.airflow_page}
    with st.container(horizontal=True):
        for label, address in links.items():
            if address:
                st.link_button(say(label), address, icon=":material/open_in_new:")


def _show_production(serving: Serving) -> None:
    since = Chapter.of(serving.version).since
    sentence = texts.SINCE if since else texts.SINCE_EVER  # no alias set by hand is dated
    date = say_date(since)
    st.header(say(sentence, number=serving.version.number, date=date), divider="gray")
    evaluation = serving.record.evaluation
    st.header(say(texts.ACCURACY))
    if evaluation:
        _show_scores(evaluation)
        _show_ways(evaluation, serving)
    else:
        st.info(say(texts.NO_EVALUATION))
    st.header(say(texts.WEAKNESS))
    if evaluation:
        _show_slices(evaluation, serving)
    _show_unseen(serving)
    _show_data(serving)
    _show_why(serving)


def _show_scores(evaluation: Evaluation) -> None:
    overall = evaluation.overall
    with st.container(horizontal=True):
        for name, label in texts.SCORES.items():
            st.metric(say(label), f"{say_decimal(getattr(overall, name))} %", border=True)
    st.caption(say(texts.MEASURED_ON, rows=spell.number(overall.rows)))


def _show_ways(evaluation: Evaluation, serving: Serving) -> None:
    """Draw the version beside plain ways to name a price, and the version before it."""
    reference = serving.reference
    plain = compare_ways(serving.version.run_id, reference) if reference else {}
    ways = tabulate_ways(evaluation, plain, serving.record.decision)
    if len(ways) < 2:
        return
    labels = [_name_way(each) for each in ways["name"]]
    errors = [f"{say_decimal(each)} %" for each in ways["error"]]
    others = [f"{error} ({label[:1].lower()}{label[1:]})"
              for error, label in zip(errors, labels, strict=True)]  # fmt: skip
    title = say(texts.WAYS, error=errors[0], others=", ".join(others[1:]))
    st.subheader(title)
    told = [_tell_way(*each) for each in zip(errors, ways["low"], ways["high"], strict=True)]
    st.altair_chart(draw_ways(ways.assign(label=labels, told=told)), alt=title)
    st.caption(say(texts.WAYS_NOTE))


def _name_way(name: str | int) -> str:
    if isinstance(name, int):
        return say(texts.VERSION_BEFORE, number=name)
    return say(said.PLAIN_WAYS.get(name, said.THIS_VERSION))


def _tell_way(error: str, low: float, high: float) -> str:
    if pd.isna(low):
        return error
    return say(texts.WAY_TOLD, error=error, low=say_decimal(low), high=say_decimal(high))


def _show_slices(evaluation: Evaluation, serving: Serving) -> None:
    _tell_weakest(evaluation, serving)
    family = st.radio(
        say(texts.SLICE_FAMILY),
        SLICE_FAMILIES,
        horizontal=True,
        key="slice_family",
        format_func=_name_family,
    )
    slices = tabulate_slices(evaluation, family)
    if slices.empty:
        st.info(say(texts.NO_SLICES))
        return
    labels = [_name_slice(Slice.read(family, name), serving) for name in slices["name"]]
    slices = slices.assign(label=labels)
    best, worst = (slices.loc[slices["median_error_pct"].idxmin()],
                   slices.loc[slices["median_error_pct"].idxmax()])  # fmt: skip
    overall = evaluation.overall.median_error_pct
    ends = {"low": say_decimal(best["median_error_pct"]),
            "high": say_decimal(worst["median_error_pct"])}  # fmt: skip
    named = {"family": _name_family(family).lower()}
    escaped = {"best": spell.plain(best["label"]), "worst": spell.plain(worst["label"])}
    st.subheader(say(texts.BY_SLICE, **named, **escaped, **ends))
    st.altair_chart(
        draw_slices(slices, overall),
        alt=say(texts.BY_SLICE, **named, best=best["label"], worst=worst["label"], **ends),
    )
    st.caption(say(texts.SLICE_NOTE, error=say_decimal(overall)))


def _tell_weakest(evaluation: Evaluation, serving: Serving) -> None:
    ranked = sorted(evaluation.all_slices, key=lambda each: -each[1].median_error_pct)
    told = [
        say(
            texts.WEAK_SLICE, family=_name_family(part.family).lower(),
            name=_name_slice(part, serving), error=say_decimal(scores.median_error_pct),
            rows=spell.number(scores.rows),
        )
        for part, scores in ranked[:MOST_WEAK]
    ]  # fmt: skip
    if told:
        st.text(say(texts.WEAKEST, told=" · ".join(told)))


def _name_family(family: str) -> str:
    if family in texts.SLICE_FAMILIES:
        return say(texts.SLICE_FAMILIES[family])
    return spell.title(family, language())


def _name_slice(part: Slice, serving: Serving) -> str:
    if part.family != "make":
        return name_slice(part, language())
    reference = serving.reference
    return reference.catalog.spell_make(part.name) if reference else spell.capital(part.name)


def _show_unseen(serving: Serving) -> None:
    """Draw two charts of held-out cars, side by side where there is room."""
    if serving.reference is None:
        st.info(say(texts.NO_UNSEEN))
        return
    unseen = serving.reference.unseen
    bins = bin_errors(unseen)
    across, beside = st.columns(2)
    with across:
        share = f"{100 * (unseen['error_pct'] <= 20).mean():.0f}"
        st.subheader(say(texts.AGAINST_PRICE_TITLE, share=share))
        st.altair_chart(
            draw_estimates(bin_estimates(unseen)),
            alt=say(texts.AGAINST_PRICE_ALT, rows=spell.number(len(unseen))),
        )
        st.caption(say(texts.AGAINST_PRICE_NOTE))
    with beside:
        title = say(texts.ERRORS, **_tell_errors(bins))
        st.subheader(title)
        st.altair_chart(draw_errors(bins), alt=title)
        st.caption(say(texts.ERRORS_NOTE))


def _tell_errors(bins: pd.DataFrame) -> dict[str, str]:
    """Shares of estimates near their price, further above it, and further below."""
    groups = {
        "near": bins["low"].between(-10, 5), "over": bins["low"] > 5, "under": bins["low"] < -10
    }  # fmt: skip
    rows = max(1, bins["rows"].sum())
    return {name: f"{100 * bins.loc[each, 'rows'].sum() / rows:.0f}"
            for name, each in groups.items()}  # fmt: skip


def _show_data(serving: Serving) -> None:
    record, version = serving.record, serving.version
    st.header(say(texts.DATA))
    st.text(say(texts.DATA_SOURCE, source=version.facts.source or "–"))
    if record.profile:
        reference = serving.reference
        _show_profile(record.profile, reference.sides if reference else version.sides)
    else:
        st.info(say(texts.NO_PROFILE))
    if record.quality_page:
        # To be opened by itself: texts out of adverts have no business inside this page.
        st.download_button(
            say(texts.QUALITY_DOWNLOAD), record.quality_page,
            f"{MODEL_NAME}-v{version.number}-quality.html", "text/html",
            icon=":material/download:", on_click="ignore",
        )  # fmt: skip


def _show_profile(profile: DataProfile, sides: tuple[int, int] | None) -> None:
    rows: dict[Text, int] = {texts.DATA_ROWS: sum(sides) if sides else profile.rows}
    if sides:
        rows |= {texts.DATA_LEARNT: sides[0], texts.DATA_HELD_OUT: sides[1]}
    counts = rows | {
        texts.DATA_MAKES: len(profile.models_by_make),
        texts.DATA_MODELS: sum(map(len, profile.models_by_make.values())),
    }
    with st.container(horizontal=True):
        for label, count in counts.items():
            st.metric(say(label), spell.number(count), border=True)
    if sides:
        kept, learnt, held_out = map(spell.number, (sum(sides), *sides))
        st.caption(say(texts.DATA_SUM, rows=kept, learnt=learnt, held_out=held_out))
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


def _show_why(serving: Serving) -> None:
    """Show the decision and the card, written anew: it follows language and ledger."""
    st.header(say(texts.WHY_PRODUCTION))
    history = state().history
    told = {each.version.identity: each for each in history.chapters} if history else {}
    version = serving.version
    chapter = told.get(version.identity, Chapter.of(version))
    card = write_card(chapter, serving.record, language())
    if card is None:
        st.info(say(texts.NO_CARD))
        return
    st.markdown(card.decided)
    with st.expander(card.title, icon=":material/badge:"):
        st.markdown(card.told)
        for title, text in card.sections.items():
            st.markdown(f"**{title}**\n\n{text}")
        st.download_button(
            say(texts.CARD_DOWNLOAD), card.text, f"{MODEL_NAME}-v{version.number}-card.md",
            "text/markdown", icon=":material/download:", on_click="ignore",
        )  # fmt: skip


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
