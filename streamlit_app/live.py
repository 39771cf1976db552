"""The live model of all sessions, and its notes on every page."""

import re
import sys
from datetime import datetime

import streamlit as st
import texts
from language import language, say

from carprice.language import Text
from carprice.registry.history import Chapter
from carprice.serving.live_model import LiveModel, State
from carprice.settings import prepare_process, read_settings
from carprice.wording import spell
from carprice.wording.troubles import Trouble, TroubleCode
from carprice.workspace import Workspace

SHOW_AGAIN_SECONDS = 5
SWITCH_SECONDS = 0.0005
MARKDOWN = re.compile(r"[\\*_\[\]()<>#!|$:~]")


@st.cache_resource(show_spinner=False)
def live_model() -> LiveModel:
    prepare_process()
    # Twenty answers are worked out by as many threads, and one thread sends them all: at Python's
    # 5 ms it would wait that long for its turn at each of the forty messages of an answer.
    sys.setswitchinterval(SWITCH_SECONDS)
    return LiveModel(Workspace(read_settings())).start()


def state() -> State:
    return live_model().state


def workspace() -> Workspace:
    return live_model().work


def show_notes() -> None:
    """Draw the notes; the whole page is drawn again when they change."""
    st.session_state["versions"] = _name_versions(state())
    _follow()


@st.fragment(run_every=SHOW_AGAIN_SECONDS)
def _follow() -> None:
    now = state()
    if _name_versions(now) != st.session_state["versions"]:
        st.rerun(scope="app")
    if now.trouble and now.trouble_since:
        _show_trouble(now, now.trouble, now.trouble_since)
    if now.serving and now.serving.simulated:
        st.warning(say(texts.SIMULATED), icon=":material/science:")


def _show_trouble(now: State, trouble: Trouble, began: datetime) -> None:
    since = spell.moment(began, language())
    if trouble.code is TroubleCode.REGISTRY_AWAY:
        sentence = texts.STALE if now.serving else texts.REGISTRY_DOWN
        st.warning(say(sentence, since=since), icon=":material/cloud_off:")
        return
    sentence = texts.TROUBLE_SERVED if now.serving else texts.TROUBLE
    number = now.serving.version.number if now.serving else ""
    # What it quotes of a model file is anybody's text, and no Markdown.
    quoted = Text.write(lambda spoken: MARKDOWN.sub(r"\\\g<0>", trouble.say(spoken)))
    told = say(sentence, since=since, trouble=quoted, number=number)
    st.warning(told, icon=":material/report:")


def _name_versions(now: State) -> list[tuple[int, str, str]]:
    """Number, run and fate of each version shown, to notice changes."""
    # By their runs as well: a registry made anew begins at version 1 again.
    told = [now.serving.version if now.serving else None, now.newest]
    return [(each.number, each.run_id, Chapter.of(each).fate) for each in told if each]


def show_visitor() -> None:
    """Draw who is signed in, where the stack asks: nginx writes the header anew."""
    if name := st.context.headers.get("X-Carprice-User"):
        st.caption(say(texts.SIGNED_IN, name=MARKDOWN.sub(r"\\\g<0>", name)))


def show_versions() -> None:
    """Draw the version in production, and the newest one if different."""
    now = state()
    if now.serving is None:
        return
    version, newest = now.serving.version, now.newest
    since = Chapter.of(version).since
    sentence = texts.VERSION if since else texts.VERSION_UNDATED  # no alias set by hand is dated
    date = spell.day(datetime.fromisoformat(since), language()) if since else ""
    st.caption(say(sentence, number=version.number, date=date))
    if newest and newest.number != version.number:
        fate = texts.FATES.get(newest.facts.decision, texts.NOT_IN_PRODUCTION)
        date = spell.day(newest.created, language())
        st.caption(say(texts.NEWEST, number=newest.number, date=date, fate=say(fate)))


def show_absence() -> None:
    """Draw the next step while nothing is in production."""
    if not state().trouble:
        st.info(say(texts.NO_MODEL), icon=":material/model_training:")
