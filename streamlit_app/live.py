"""What answers now, shared by all sessions, and the line that says so on every page."""

import sys

import streamlit as st
from language import say

from carprice import texts
from carprice.live_model import LiveModel, State
from carprice.settings import prepare_process, read_settings
from carprice.versions import Version
from carprice.workspace import Workspace

SHOW_AGAIN_SECONDS = 5
SWITCH_SECONDS = 0.0005


@st.cache_resource(show_spinner=False)
def live_model() -> LiveModel:
    prepare_process()
    # Twenty answers are worked out by as many threads, and one thread sends them all: at Python's
    # 5 ms it would wait that long for its turn at each of the forty messages of an answer.
    sys.setswitchinterval(SWITCH_SECONDS)
    return LiveModel(Workspace(read_settings())).start()


def state() -> State:
    return live_model().state


@st.fragment(run_every=SHOW_AGAIN_SECONDS)
def show_state() -> None:
    """Renewed by itself, so that an open page tells of a promotion and of an outage."""
    now = state()
    if now.trouble:
        sentence = texts.STALE if now.serving else texts.REGISTRY_DOWN
        since = f"{now.trouble_since:%H:%M}" if now.trouble_since else ""
        st.warning(say(sentence, since=since), icon=":material/cloud_off:")
    if now.serving is None:
        return
    version = now.serving.version
    if version.tags.get("simulated") == "true":
        st.warning(say(texts.SIMULATED), icon=":material/science:")
    promoted = version.tags.get("promoted_at", "")[:10]
    st.caption(say(texts.VERSION, number=version.number, date=promoted))
    _show_newest(now.newest, version)


def _show_newest(newest: Version | None, production: Version) -> None:
    """What was trained last, where that is not what answers."""
    if newest is None or newest.number == production.number:
        return
    fate = texts.FATES.get(newest.tags.get("decision", ""), texts.NOT_IN_PRODUCTION)
    date = newest.created.date().isoformat()
    st.caption(say(texts.NEWEST, number=newest.number, date=date, fate=say(fate)))


def show_absence() -> None:
    """What to do while nothing is in production."""
    if not state().trouble:
        st.info(say(texts.NO_MODEL), icon=":material/model_training:")
