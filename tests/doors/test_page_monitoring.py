"""« Surveillance », without a browser."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from page import LiveModel, everything, pictures, run_page

from carprice.errors import RegistryError
from carprice.monitoring.past import Past, PastLook
from carprice.registry.model_facts import LastMonitoring
from carprice.settings import Settings
from carprice.wording.reasons import Code, Reason
from carprice.workspace import Workspace

LAST = LastMonitoring(
    at=0, verdict="watch", run_id="a", version=3, drift={"fuel": 0.2, "make": 0.05},
    drift_limit={"fuel": 0.1, "make": 0.1},
)  # fmt: skip
LOOK = PastLook(
    datetime(2026, 11, 27, 9, tzinfo=UTC), "week.csv", "3", "watch",
    [Reason.of(Code.OTHER_COLUMN, field="fuel", effect=0.2, limit=0.1)],
    {"live_error": 7.25, "expected_error": 7.0, "coverage": 0.79, "coverage_asked": 0.8},
)  # fmt: skip
EARLIER = LOOK._replace(
    at=datetime(2026, 11, 20, 9, tzinfo=UTC), version="2", source="before.csv",
    figures=LOOK.figures | {"coverage": 0.81, "live_error": 6.5},
)  # fmt: skip


def show(
    live_model: LiveModel, monkeypatch: pytest.MonkeyPatch, home: Path, past: Past | None
) -> str:
    from views import monitoring  # noqa: PLC0415 - once the folder of the pages is on the path

    def read_past() -> Past:
        if past is None:
            raise RegistryError("away")
        return past

    live_model.work = Workspace(Settings(home=home))
    monkeypatch.setattr(monitoring, "_read_past", read_past)
    page = run_page("monitoring")
    assert not page.exception
    drawn = [each.alt for each in pictures(page)]
    figures = [f"{each.label}: {each.value}" for each in page.metric]
    texts = [each.value for each in page.text]
    return "\n".join([everything(page), *drawn, *figures, *texts])


def test_the_last_look_is_told_in_words_figures_and_a_picture(
    live_model: LiveModel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said = show(live_model, monkeypatch, tmp_path, Past(LAST, [LOOK]))
    assert "À surveiller" in said
    assert "Type de carburant : les parts ont changé de 0,20 ; la limite est 0,10" in said
    assert "Erreur sur les nouveaux prix: 7,2 %" in said
    assert "type de carburant, à 2,00 de sa limite" in said.lower()


def test_looks_of_the_past_are_drawn_over_time(
    live_model: LiveModel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said = show(live_model, monkeypatch, tmp_path, Past(LAST, [LOOK, EARLIER]))
    coverage = "81,0 % le 20/11/2026, 79,0 % le 27/11/2026, 80,0 % promis"
    assert f"Nouveaux prix dans la fourchette (%) : {coverage}" in said
    assert "6,5 % le 20/11/2026, 7,2 % le 27/11/2026, 7,0 % promis" in said
    assert "remplacée depuis" not in said
    replaced = show(live_model, monkeypatch, tmp_path, Past(LAST, [EARLIER]))
    assert "remplacée depuis : la version 3 est en production" in replaced
    assert "promis." not in replaced


def test_what_is_absent_is_said(
    live_model: LiveModel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said = show(live_model, monkeypatch, tmp_path, Past(None, []))
    assert "Aucun fichier n'a encore été comparé" in said
    assert "Aucun exercice n'a eu lieu" in said
    assert "Le registre ne répond pas" in show(live_model, monkeypatch, tmp_path, None)


def test_the_last_fire_drill_is_told(
    live_model: LiveModel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fault = {"what": "worker killed", "healed": "by itself", "seconds": 4, "lost": 0, "grade": "A"}
    told = {"began": "20261127T190000Z", "grade": "B", "faults": [fault]}
    folder = tmp_path / "models" / "drills"
    folder.mkdir(parents=True)
    (folder / "fire-drill-20261127T190000Z.json").write_text(json.dumps(told))
    assert "note B" in show(live_model, monkeypatch, tmp_path, Past(LAST, [LOOK]))
