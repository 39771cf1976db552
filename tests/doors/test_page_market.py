"""« Le marché », and the pictures of all pages, without a browser."""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import texts
from page import LiveModel, Picture, everything, pictures, run_page, tell_of
from streamlit.testing.v1 import AppTest

from carprice.evaluation.decision import Decision
from carprice.insight.market_overview import LEAST_ADVERTS
from carprice.listings.table_store import write_table
from carprice.registry.history import Record
from carprice.serving.live_model import Serving, State
from carprice.simulation.drawing import draw_listings
from carprice.wording import spell
from carprice.workspace import Workspace

CAR = {"make": "Dacia", "model": "Logan", "model_year": "2018", "fuel": "diesel"}


@pytest.fixture(autouse=True)
def _nothing_prepared(live_model: LiveModel) -> None:
    from views import market  # noqa: PLC0415 - once the folder of the pages is on the path

    market.read_adverts.clear()


@pytest.mark.usefixtures("live_model")
def test_the_market_is_told_in_figures_and_pictures(serving: Serving) -> None:
    page = run_page("market")
    assert serving.reference
    known = serving.reference.known
    figures = {each.label: each.value for each in page.metric}
    learnt, held_out = map(spell.number, (len(known), len(serving.reference.unseen)))
    assert figures["Annonces"] == learnt
    told = f"{spell.number(1_500)} annonces retenues : les {learnt} annonces d'apprentissage"
    assert f"{told}, montrées ici, et {held_out} mises de côté" in everything(page)
    assert figures["Prix médian"] == spell.about(known["price_mad"].median())
    assert told_by(page) == [
        "année-modèle", "kilométrage", "marque", "type de carburant", "boîte de vitesses", "ville"
    ]  # fmt: skip
    years, _, makes, *_ = pictures(page)
    dearest = makes.rows.iloc[0]
    title = f"à {spell.about(dearest['median'])} ({dearest['name']}) en médiane"
    assert title in page.header[2].value
    assert makes.alt == page.header[2].value
    newest = known.loc[known["model_year"] == years.rows["name"].iloc[-1], "price_mad"]
    assert years.rows["median"].iloc[-1] == newest.median()
    assert makes.rows["rows"].sum() <= len(known)
    assert makes.rows["median"].is_monotonic_decreasing


@pytest.mark.usefixtures("live_model")
def test_every_picture_is_small_has_words_and_takes_its_ground_from_the_theme() -> None:
    found = pictures(run_page("market"))
    assert len(found) == 6
    for each in found:
        assert len(each.rows) <= 60
        assert re.search(r"\d.*(DH|%)", each.alt)
        assert "background" not in str(each.spec)
        titles = [*find_titles(each)]
        assert titles
        assert all(re.search(r"\((DH|km)\)|Année", title) for title in titles), titles


def find_titles(picture: Picture) -> Iterator[str]:
    """The titles of the axes that have one."""
    for _, encoding in find_layers(picture.spec):
        told = (encoding[name].get("title") for name in "xy" if name in encoding)
        yield from filter(None, told)


def told_by(page: AppTest) -> list[str]:
    """By what prices are told, in the order of the pictures."""
    titles = (re.match(r"Par (.+), de ", each.value) for each in page.header)
    return [each[1] for each in titles if each]


def find_tooltips(spec: Any) -> Iterator[dict[str, str]]:
    """What is told where a picture is pointed at, wherever it stands in the picture."""
    if isinstance(spec, dict) and "tooltip" in spec:
        yield from spec["tooltip"] or []
    inner = spec.values() if isinstance(spec, dict) else spec if isinstance(spec, list) else []
    for each in inner:
        yield from find_tooltips(each)


@pytest.mark.parametrize("name", ["market", "estimate"])
@pytest.mark.usefixtures("live_model")
def test_what_a_picture_tells_where_it_is_pointed_at_has_a_name(name: str) -> None:
    for each in pictures(run_page(name, asked=True, **CAR)):
        assert each.spec["config"]["mark"] == {"tooltip": None, "aria": False}
        told = list(find_tooltips(each.spec))
        assert told
        assert all(one["title"][0].isupper() for one in told), told


@pytest.mark.parametrize("name", ["market", "estimate"])
@pytest.mark.usefixtures("live_model")
def test_a_line_leaves_it_to_its_points_for_it_would_tell_of_the_first_only(name: str) -> None:
    drawn = [each.spec for each in pictures(run_page(name, asked=True, **CAR))]
    lined = [spec for spec in drawn if any(mark == "line" for mark, _ in find_layers(spec))]
    assert lined
    for spec in lined:
        told = {mark for mark, encoding in find_layers(spec) if "tooltip" in encoding}
        assert told == {"circle"}


def find_layers(spec: Any) -> list[tuple[str, Any]]:
    """What each layer of a picture is drawn with, and how."""
    return [(each["mark"]["type"], each["encoding"]) for each in spec.get("layer", [])]


@pytest.mark.usefixtures("live_model")
def test_no_line_leads_over_years_without_adverts() -> None:
    import market_charts  # noqa: PLC0415 - once the folder of the pages is on the path

    years = pd.DataFrame({"name": [1981.0, 1987.0, 1988.0, 1990.0]})
    groups = years.assign(rows=8, low=1e4, median=2e4, high=3e4)
    drawn = market_charts.draw_steps(groups, "model_year", 1)
    stretches = [row["stretch"] for row in next(iter(drawn.to_dict()["datasets"].values()))]
    assert stretches == [1, 2, 2, 3]
    split = {mark: "detail" in encoding for mark, encoding in find_layers(drawn.to_dict())}
    assert split == {"area": True, "line": True, "circle": False}


@pytest.mark.usefixtures("live_model")
def test_what_the_pictures_of_the_scores_tell_has_a_name() -> None:
    import score_charts  # noqa: PLC0415 - once the folder of the pages is on the path

    slices = pd.DataFrame({"label": ["Dacia"], "median_error_pct": [8.0], "rows": [40]})
    cells = pd.DataFrame(
        {"price": [1e4], "price_end": [2e4], "estimate": [1e4], "estimate_end": [2e4], "rows": [3]}
    )
    bins = pd.DataFrame({"low": [-5], "high": [0], "rows": [3]})
    drawn = [
        score_charts.draw_slices(slices, 8.0), score_charts.draw_estimates(cells),
        score_charts.draw_errors(bins),
    ]  # fmt: skip
    for chart in drawn:
        assert chart.to_dict()["config"]["mark"] == {"tooltip": None, "aria": False}
        told = list(find_tooltips(chart.to_dict()))
        assert told
        assert all(one["title"][0].isupper() for one in told), told


@pytest.mark.usefixtures("live_model")
def test_one_make_is_shown_by_its_models() -> None:
    page = run_page("market", market_makes=["Dacia"], market_fuels=["diesel"])
    assert "modèle" in told_by(page)
    assert not {"marque", "type de carburant"} & {*told_by(page)}  # one of each: no picture
    everywhere = run_page("market").metric[0].value
    assert page.metric[0].value != everywhere


@pytest.mark.usefixtures("live_model")
def test_what_nobody_sells_is_said_to_be_so(serving: Serving) -> None:
    assert serving.reference
    known = serving.reference.known
    electric = set(known.loc[known["fuel"] == "electric", "make"])
    make = next(each for each in known["make"] if each not in electric)
    page = run_page("market", market_makes=[make], market_fuels=["electric"])
    assert texts.NO_ADVERTS.fr in everything(page)
    assert not page.metric


@pytest.mark.usefixtures("live_model")
def test_the_page_speaks_english_when_asked_to() -> None:
    page = run_page("market", lang="en")
    assert page.title[0].value == "The market"
    assert page.multiselect[1].options == ["Diesel", "Electric", "Hybrid", "Petrol"]


def test_models_are_told_beside_each_other_by_age(live_model: LiveModel, serving: Serving) -> None:
    from views import market  # noqa: PLC0415 - once the folder of the pages is on the path

    assert serving.reference
    assert texts.MARKET_TOO_FEW.fr[:20] in everything(run_page("market"))
    market.read_adverts.clear()
    many = serving.reference._replace(known=pd.concat([serving.reference.known] * LEAST_ADVERTS))
    live_model.state = State(serving._replace(reference=many))
    page = run_page("market")
    ages = pictures(page)[-1]
    first, second = ages.rows["car"].unique()
    assert (ages.rows.groupby("car")["share"].first() == 100).all()
    last = ages.rows[ages.rows["car"] == first].iloc[-1]
    assert f"{first} {last['share']:.0f} % à {last['age']:.0f} ans, {second}" in ages.alt
    assert {*find_titles(ages)} == {texts.AGE_AXIS.fr, texts.SHARE_AXIS.fr}


def test_what_changed_since_the_version_before_is_told(
    live_model: LiveModel, serving: Serving, tmp_path: Path
) -> None:
    from views import market  # noqa: PLC0415 - once the folder of the pages is on the path

    market.read_change.clear()
    settings = live_model.work.settings.model_copy(update={"home": tmp_path})
    live_model.work = Workspace(settings)
    old = draw_listings(300, 1)
    old.loc[0, "make"] = "Simca"
    settings.processed_data.mkdir(parents=True)
    digest = write_table(old, settings.processed_data)
    tags = {"data_hash": digest, "rows": "300"}
    before = dataclasses.replace(serving.version, number=2, run_id="run-2", tags=tags, aliases=())
    record = Record(None, None, None, Decision(promote=True, challenger=3, champion=2))
    live_model.state = State(serving._replace(record=record), tell_of(serving.version, before))
    page = run_page("market")
    adverts = next(each for each in page.metric if each.delta)
    assert (adverts.value, adverts.delta) == (spell.number(1_500), "+400,0 %")
    assert any("Marques disparues : Simca" in each.value for each in page.text)


def test_without_the_adverts_the_page_says_so(live_model: LiveModel, serving: Serving) -> None:
    live_model.state = State(serving._replace(reference=None))
    assert texts.NO_MARKET.fr in everything(run_page("market"))


def test_without_a_model_the_page_says_what_to_do(live_model: LiveModel) -> None:
    live_model.state = State()
    assert texts.NO_MODEL.fr in everything(run_page("market"))
