"""« Le modèle », without a browser."""

import dataclasses
from datetime import UTC, datetime

import pytest
from page import LiveModel, everything, pictures, run_page
from streamlit.testing.v1 import AppTest

from carprice import texts, wording
from carprice.errors import RegistryError
from carprice.evaluation import Evaluation, evaluate
from carprice.listing import ESTIMATE_COLUMNS
from carprice.live_model import Serving, State
from carprice.quality_report import DataProfile
from carprice.versions import EVALUATION, PROFILE, QUALITY_PAGE, Run, Version
from carprice.workspace import Workspace

PROFILED = DataProfile(
    data_hash="abc", rows=1_500, median_price_by_make={"dacia": 90_000.0},
    models_by_make={"dacia": ["logan", "duster"], "kia": ["rio"]},
    missing={"make": 0.0, "origin": 0.4, "doors": 0.25}, simulated=True,
)  # fmt: skip
REFUSED = Version(
    4, "run-4",
    {
        "source": "![x](http://example.com/x.png).csv", "rows": "1500", "simulated": "false",
        "decision": "refused", "median_error_pct": "9.10",
        "decision_reasons": "median error 9.10 %; at most 8 % is allowed",
    },
    datetime(2026, 11, 4, 9, tzinfo=UTC),
)  # fmt: skip


class FakeRegistry:
    """A registry in memory, which may be away."""

    experiment_id = "1"

    def __init__(self, versions: list[Version], texts: dict[tuple[str, str], str]) -> None:
        self.all = versions
        self.texts = texts
        self.away = False
        self.asked = 0

    def versions(self) -> list[Version]:
        self._answer()
        return self.all

    def run(self, run_id: str) -> Run:
        self._answer()
        return Run(run_id, "FINISHED", {})

    def read_text(self, run_id: str, path: str) -> str:
        self._answer()
        if (run_id, path) not in self.texts:
            raise RegistryError("no such artifact")
        return self.texts[run_id, path]

    def _answer(self) -> None:
        self.asked += 1
        if self.away:
            raise RegistryError("no answer")


@pytest.fixture(scope="session")
def evaluation(serving: Serving) -> Evaluation:
    assert serving.reference
    unseen = serving.reference.unseen
    estimates = unseen[["estimate_mad", "low_mad", "high_mad"]].set_axis(
        list(ESTIMATE_COLUMNS), axis=1
    )
    return evaluate(unseen, estimates, 20)


@pytest.fixture
def registry(
    live_model: LiveModel, serving: Serving, evaluation: Evaluation,
    monkeypatch: pytest.MonkeyPatch,
) -> FakeRegistry:  # fmt: skip
    from views import model  # noqa: PLC0415 - once the folder of the pages is on the path

    run_id = serving.version.run_id
    found = FakeRegistry(
        [REFUSED, serving.version],
        {
            (run_id, EVALUATION): evaluation.model_dump_json(),
            (run_id, PROFILE): PROFILED.model_dump_json(),
            (run_id, QUALITY_PAGE): "<script>alert(1)</script>",
        },
    )
    live_model.work.__dict__["registry"] = found  # as if it had been asked for
    monkeypatch.setattr(model, "live_model", lambda: live_model)
    for cached in (model.load_history, model.records, model.last_told):
        cached.clear()
    return found


def figures(page: AppTest) -> dict[str, str]:
    return {each.label: each.value for each in page.metric}


def written(page: AppTest) -> str:
    return "\n".join(each.value for each in page.text)


def test_the_version_in_production_is_told_with_its_figures(
    registry: FakeRegistry, evaluation: Evaluation
) -> None:
    page = run_page("model")
    assert page.header[0].value == "Version 3, en production depuis le 2026-11-02"
    error = f"{evaluation.overall.median_error_pct:.1f}".replace(".", ",")
    assert figures(page)["Erreur médiane"] == f"{error} %"
    assert figures(page)["Annonces retenues"] == wording.number(1_500)
    assert figures(page)["Modèles"] == "3"
    assert "origine (40 %), nombre de portes (25 %)" in everything(page)


def test_slices_are_shown_by_the_family_that_is_asked_for(
    registry: FakeRegistry, evaluation: Evaluation
) -> None:
    page = run_page("model")
    makes = pictures(page)[0]
    assert len(makes.rows) == len(evaluation.slices["make"])
    assert makes.rows["median_error_pct"].is_monotonic_increasing
    page.segmented_control[0].set_value("price").run()
    prices = pictures(page)[0]
    assert prices.rows["label"].iloc[0] == f"moins de {wording.number(80_000)}"
    assert len(prices.rows) == len(evaluation.slices["price"])


def test_every_picture_is_small_has_words_and_takes_its_ground_from_the_theme(
    registry: FakeRegistry,
) -> None:
    found = pictures(run_page("model"))
    assert len(found) == 3
    for each in found:
        assert len(each.rows) <= 400
        assert each.alt
        assert "background" not in str(each.spec)


def test_held_out_cars_are_counted_whole(registry: FakeRegistry, serving: Serving) -> None:
    assert serving.reference
    _, estimates, errors = pictures(run_page("model"))
    for each in (estimates, errors):
        assert each.rows["rows"].sum() == len(serving.reference.unseen)


def test_each_version_tells_why_it_was_refused(registry: FakeRegistry) -> None:
    page = run_page("model")
    assert [each.label for each in page.expander] == [
        "Version 4 · 2026-11-04 · refusée par la comparaison",
        "Version 3 · 2026-11-01 · en production",
    ]
    assert "Erreur médiane 9,10 % ; au plus 8 % sont admis" in written(page)


def test_names_of_files_are_no_markdown_of_the_page(registry: FakeRegistry) -> None:
    page = run_page("model")
    assert "example.com" in written(page)
    assert "example.com" not in everything(page)


def test_the_quality_page_is_handed_out_and_never_shown(registry: FakeRegistry) -> None:
    page = run_page("model")
    labels = [each.label for each in page.get("download_button")]
    assert labels == [texts.QUALITY_DOWNLOAD.fr]
    assert not page.get("html")
    assert not page.get("iframe")
    assert "<script>" not in everything(page) + written(page)


def test_links_lead_where_the_settings_say(registry: FakeRegistry, live_model: LiveModel) -> None:
    address = {"mlflow_page": "https://mlflow.example.com"}
    live_model.work = Workspace(live_model.work.settings.model_copy(update=address))
    live_model.work.__dict__["registry"] = registry
    page = run_page("model")
    links = [each.proto.url for each in page.get("link_button")]
    assert links[:2] == ["https://mlflow.example.com", "http://localhost:8080"]
    assert links[2] == "https://mlflow.example.com/#/models/CarPricePredictor/versions/4"


def test_a_second_look_asks_the_registry_nothing(registry: FakeRegistry) -> None:
    run_page("model")
    asked = registry.asked
    run_page("model")
    assert registry.asked == asked


def test_while_the_registry_is_away_the_page_shows_what_it_told_last(
    registry: FakeRegistry, live_model: LiveModel
) -> None:
    run_page("model")
    from views import model  # noqa: PLC0415

    model.load_history.clear()
    registry.away = True
    for state in (live_model.state, live_model.state._replace(trouble="no answer")):
        live_model.state = state
        page = run_page("model")
        assert "voici ce qu'il disait" in everything(page)
        assert len(page.expander) == 2
    asked = registry.asked
    run_page("model")
    assert registry.asked == asked


def test_a_registry_that_was_never_read_is_said_to_be_away(registry: FakeRegistry) -> None:
    registry.away = True
    page = run_page("model")
    assert texts.HISTORY_AWAY.fr in everything(page)
    assert texts.RECORD_AWAY.fr in everything(page)
    registry.away = False
    assert figures(run_page("model"))["Annonces retenues"] == wording.number(1_500)


def test_a_version_without_a_record_is_said_to_have_none(registry: FakeRegistry) -> None:
    registry.texts.clear()
    page = run_page("model")
    assert texts.NO_EVALUATION.fr in everything(page)
    assert texts.NO_PROFILE.fr in everything(page)
    assert not page.get("download_button")


def test_what_is_not_on_this_machine_is_said_not_to_be(
    registry: FakeRegistry, live_model: LiveModel, serving: Serving
) -> None:
    live_model.state = State(serving._replace(reference=None))
    page = run_page("model")
    assert texts.NO_UNSEEN.fr in everything(page)
    assert len(pictures(page)) == 1


def test_without_a_model_the_versions_are_still_told(
    registry: FakeRegistry, live_model: LiveModel
) -> None:
    live_model.state = State()
    registry.all = [REFUSED]
    page = run_page("model")
    assert texts.NO_MODEL.fr in everything(page)
    assert len(page.expander) == 1


def test_of_many_versions_the_newest_are_told(registry: FakeRegistry) -> None:
    registry.all = [dataclasses.replace(REFUSED, number=30 - at) for at in range(30)]
    page = run_page("model")
    assert len(page.expander) == 20
    assert "Les 20 plus récentes de 30 versions" in everything(page)
