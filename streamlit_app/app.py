"""The predictor: a door to the version in production."""

import streamlit as st
import texts
from form import CORE, DETAILS, ask

from carprice.errors import RegistryError
from carprice.prediction import estimate_car
from carprice.registry import PRODUCTION, Registry
from carprice.settings import prepare_process, read_settings
from carprice.versions import Version

# What was promoted or trained meanwhile shows at the next reload.
LOOK_AGAIN_SECONDS = 2


@st.cache_resource
def connect() -> Registry:
    prepare_process()
    return Registry(read_settings())


@st.cache_data(ttl=LOOK_AGAIN_SECONDS)
def find_production() -> Version | None:
    return connect().find_alias(PRODUCTION)


@st.cache_data(ttl=LOOK_AGAIN_SECONDS)
def find_newest() -> Version | None:
    return next(iter(connect().versions()), None)


@st.cache_resource(max_entries=2)
def open_version(number: int):
    """The model of a version; a promotion changes the number, and so what is opened."""
    return connect().open_model(connect().version(number))


def show_estimate(version: Version, answers: dict[str, str]) -> None:
    pipeline = open_version(version.number)
    car = estimate_car(pipeline, answers)
    if car.price_mad is not None:
        coverage = round(10 * pipeline["price"].coverage)
        low, high = texts.dirhams(car.low_mad), texts.dirhams(car.high_mad)
        st.metric(texts.ESTIMATE, texts.dirhams(car.price_mad))
        st.write(texts.INTERVAL.format(coverage=coverage, low=low, high=high))
    if car.remark:
        st.info(car.remark)


def show_newest(production: Version | None) -> None:
    """What was trained last, where that is not what answers."""
    newest = find_newest()
    if newest is None or (production and newest.number == production.number):
        return
    fate = texts.FATES.get(newest.tags.get("decision", ""), texts.NOT_IN_PRODUCTION)
    date = newest.created.date().isoformat()
    st.caption(texts.NEWEST.format(number=newest.number, date=date, fate=fate))


def show_page() -> None:
    st.set_page_config(page_title=texts.TITLE, page_icon="🚗")
    st.title(texts.TITLE)
    version = find_production()
    if version is None:
        st.warning(texts.NO_MODEL)
        show_newest(None)
        return
    with st.form("car"):
        st.write(texts.INTRO)
        answers = ask(CORE)
        with st.expander(texts.DETAILS):
            answers |= ask(DETAILS)
        asked = st.form_submit_button(texts.BUTTON, type="primary")
    if asked:
        show_estimate(version, answers)
    if version.tags.get("simulated") == "true":
        st.warning(texts.SIMULATED)
    since = version.tags.get("promoted_at", "")[:10]
    st.caption(texts.VERSION.format(number=version.number, date=since))
    show_newest(version)


try:
    show_page()
except RegistryError as error:
    st.error(f"{texts.REGISTRY_DOWN}\n\n{error}")
