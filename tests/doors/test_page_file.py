"""« Estimer un fichier », without a browser."""

import csv
import gc
import io
import os
import pickle
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from weakref import ref

import pytest
import texts
from page import LiveModel, everything, run_page
from starlette.formparsers import MultiPartParser
from streamlit.testing.v1 import AppTest
from workbooks import write_workbook

from carprice.market.listing import BY_NAME, FEATURES
from carprice.pricing.prediction import estimate_car
from carprice.serving import batch
from carprice.serving.batch import MOST_ROWS
from carprice.serving.live_model import State
from carprice.wording import spell
from carprice.wording.remarks import COLUMNS

HEADER = "Marque;Modèle;Année-Modèle;Kilométrage;Type de carburant;Boite de vitesses"
LOGAN = "Dacia;Logan;2018;90000;Diesel;Manuelle"
CARS = f"{HEADER}\n{LOGAN}\nDacia;;;;;\nRenault;Clio;2016;1\n"
MEMORY_OF_THE_PAGE_MB = 1024
"""In the stack; a quarter of it is left to the model of a real market, and to waiting files."""
ESTIMATE_THE_LARGEST = """
import pickle, re, sys
from pathlib import Path
import altair, streamlit.web.bootstrap
import carprice.serving.live_model
from carprice.serving.batch import MOST_ROWS, estimate_upload
from carprice.listings.reading import Upload

head, row, size, pipeline = sys.argv[1:]
room = int(size) * 2**20 // MOST_ROWS - len(f"{row};\\n".encode())
rows = (f"{row};{number:>{room}}" for number in range(MOST_ROWS - 1))
upload = Upload("a.csv", "\\n".join([f"{head};Note", *rows]).encode())
result = estimate_upload(pickle.loads(Path(pipeline).read_bytes()), upload, lambda *_: None, "fr")
peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]
print(len(upload.data), len(result.table), int(peak) // 1024)
"""
"""By a process of its own, which has imported what the page imports."""


def upload(content: str | bytes, name: str = "voitures.csv", **session: object) -> AppTest:
    page = run_page("file", **session)
    data = content.encode() if isinstance(content, str) else content
    page.file_uploader[0].set_value((name, data, "application/octet-stream"))
    return page.run()


def read_copy(page: AppTest) -> list[list[str]]:
    result = page.session_state["order"].result
    assert result.name == "voitures-estimations.csv"
    text = result.copy.decode("utf-8-sig")
    return [*csv.reader(io.StringIO(text), delimiter=";")]


def figures(page: AppTest) -> dict[str, str]:
    return {each.label: each.value for each in page.metric}


@pytest.mark.usefixtures("live_model")
def test_a_file_comes_back_with_the_columns_of_the_command_line() -> None:
    page = upload(CARS)
    header, logan, bare, short = read_copy(page)
    assert header == [*HEADER.split(";"), *COLUMNS]
    assert logan[:6] == LOGAN.split(";")
    assert int(logan[7]) <= int(logan[6]) <= int(logan[8])
    assert bare[6:11] == [""] * 5
    assert short[11] == "pas d'estimation : 4 cellules au lieu de 6"
    assert figures(page) == {"Lignes": "3", "Estimées": "1", "Avec une remarque": "3"}
    labels = [each.label for each in page.get("download_button")]
    assert labels == [texts.FILE_TEMPLATE.fr, texts.FILE_DOWNLOAD.fr]


def test_a_row_is_estimated_as_the_same_car_alone(live_model: LiveModel) -> None:
    _, logan, *_ = read_copy(upload(CARS))
    assert live_model.state.serving
    names = ("make", "model", "model_year", "mileage_km", "fuel", "gearbox")
    car = dict(zip(names, LOGAN.split(";"), strict=True))
    alone = estimate_car(live_model.state.serving.model, car)
    assert alone.price
    assert [*map(int, logan[6:9])] == [round(each) for each in (
        alone.price, alone.low or 0, alone.high or 0)]  # fmt: skip


@pytest.mark.usefixtures("live_model")
def test_what_a_file_needs_is_said_and_the_template_can_be_handed_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from views import file  # noqa: PLC0415 - once the folder of the pages is on the path

    handed: list[bytes] = []
    monkeypatch.setattr(file.st, "download_button", lambda _, data, *__, **___: handed.append(data))
    page = run_page("file")
    needed = [spell.title(name) for name in FEATURES if BY_NAME[name].needed]
    assert all(f"**{each}**" in everything(page) for each in needed)
    assert "\nDacia;Logan;2018;" in page.code[0].value
    page.file_uploader[0].set_value(("voitures.csv", handed[0], "text/csv"))
    assert figures(page.run())["Estimées"] == "1"


@pytest.mark.usefixtures("live_model")
def test_a_workbook_comes_back_as_csv_for_a_french_spreadsheet() -> None:
    rows = [line.split(";") for line in (HEADER, LOGAN)]
    numbers = [*rows[1][:2], 2018.0, 90000.0, *rows[1][4:]]
    page = upload(write_workbook([rows[0], numbers]), "voitures.xlsx")
    assert page.session_state["order"].result.copy.startswith(b"\xef\xbb\xbfMarque;")
    _, logan = read_copy(page)
    assert logan[:6] == LOGAN.split(";")
    assert int(logan[6]) > 0


@pytest.mark.usefixtures("live_model")
def test_the_table_shows_what_is_asked_for() -> None:
    page = upload(CARS)
    assert page.dataframe[0].value["make"].tolist() == ["Dacia", "Dacia", ""]
    page.radio[0].set_value("unestimated").run()
    assert page.dataframe[0].value.index.tolist() == [2, 3]
    page.text_input[0].set_value("DACIA").run()
    assert page.dataframe[0].value.index.tolist() == [2]
    page.text_input[0].set_value("Lada").run()
    assert texts.FILE_TABLE_EMPTY.fr in everything(page)


@pytest.mark.usefixtures("live_model")
def test_of_a_long_file_the_table_shows_the_beginning_and_says_so() -> None:
    page = upload(f"{HEADER}\n" + f"{LOGAN}\n" * 1_200)
    assert len(page.dataframe[0].value) == 1_000
    assert "Les 1 000 premières de 1 200 lignes" in everything(page).replace("\u202f", " ")


@pytest.mark.usefixtures("live_model")
def test_the_table_has_a_name_for_those_who_do_not_see_it() -> None:
    assert upload(CARS).dataframe[0].proto.alt == texts.FILE_TABLE.fr


@pytest.mark.usefixtures("live_model")
def test_a_file_of_too_many_rows_is_refused_with_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "MOST_ROWS", 2)
    page = upload(CARS)
    assert "environ 5 lignes ; 2 au plus" in page.code[-1].value
    assert not page.metric


@pytest.mark.skipif(sys.platform != "linux", reason="where the kernel tells the peak of memory")
def test_the_largest_file_fits_into_the_memory_of_the_page(
    live_model: LiveModel, tmp_path: Path
) -> None:
    from views import file  # noqa: PLC0415 - once the folder of the pages is on the path

    assert live_model.state.serving
    stored = tmp_path / "pipeline.pickle"
    stored.write_bytes(pickle.dumps(live_model.state.serving.model))
    # With a thin space, for which Python holds two bytes a letter.
    words = [HEADER, LOGAN.replace("90000", "90\u202f000"), str(file.MOST_MEGABYTES), str(stored)]
    # With as many threads as the page has: each takes memory.
    threads = {name: value for name, value in os.environ.items() if "NUM_THREADS" not in name}  # noqa: TID251
    told = subprocess.run(
        [sys.executable, "-c", ESTIMATE_THE_LARGEST, *words],
        env=threads, capture_output=True, text=True, check=True,
    )  # fmt: skip
    size, rows, peak = map(int, told.stdout.split())
    assert size > 0.99 * file.MOST_MEGABYTES * 2**20
    assert rows == MOST_ROWS - 1
    assert peak + file.MOST_MEGABYTES_KEPT < 0.75 * MEMORY_OF_THE_PAGE_MB


@pytest.mark.usefixtures("live_model")
def test_results_of_older_sessions_make_room_and_are_estimated_anew_when_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from views import file  # noqa: PLC0415 - once the folder of the pages is on the path

    monkeypatch.setattr(file, "MOST_MEGABYTES_KEPT", 0)
    pages = [upload(CARS) for _ in range(2)]
    orders = [page.session_state["order"] for page in pages]
    assert [bool(each.result) for each in orders] == [False, True]
    assert orders[0].fulfil().copy.startswith(HEADER.encode())
    assert [bool(each.result) for each in orders] == [True, False]
    pages[1].radio[0].set_value("unestimated").run()
    assert pages[1].dataframe[0].value.index.tolist() == [2, 3]
    assert [bool(each.result) for each in orders] == [False, True]


@pytest.mark.parametrize(("session", "says"), [
    ({}, ["Ce fichier ne peut pas être estimé.", "il manque 3 colonnes", "« Kilométrage »"]),
    ({"lang": "en"}, ["This file cannot be estimated.", "3 columns that the model needs"]),
])  # fmt: skip
@pytest.mark.usefixtures("live_model")
def test_a_bad_file_is_explained_in_the_language_of_the_page(
    session: dict[str, object], says: list[str]
) -> None:
    page = upload("Marque;Modèle;Année\nDacia;Logan;2018\n", **session)
    assert all(sentence in everything(page) for sentence in says)
    assert not page.metric


@pytest.mark.usefixtures("live_model")
def test_names_in_a_bad_file_are_no_markdown_of_the_page() -> None:
    page = upload("Marque;Modèle;![x](http://example.com/x.png)\n1;2;3\n")
    assert "example.com" in page.code[-1].value
    assert all("example.com" not in each.value for each in [*page.markdown, *page.error])


@pytest.mark.usefixtures("live_model")
def test_a_file_without_cars_is_said_to_be_so() -> None:
    page = upload(f"{HEADER}\n")
    assert texts.FILE_WITHOUT_ROWS.fr in everything(page)


@pytest.mark.usefixtures("live_model")
def test_a_file_that_is_taken_away_is_forgotten() -> None:
    page = upload(CARS)
    order = ref(page.session_state["order"])
    assert order()
    page.file_uploader[0].set_value(None)
    page.run()
    assert "order" not in page.session_state
    assert not page.metric
    gc.collect()
    assert order() is None


def test_another_language_or_version_estimates_anew(live_model: LiveModel) -> None:
    page = upload(CARS)
    first = page.session_state["order"].result
    serving = live_model.state.serving
    assert serving
    version = serving.version
    live_model.state = State(serving._replace(version=type(version)(
        4, version.run_id, version.tags, version.created)))  # fmt: skip
    page.run()
    assert page.session_state["order"].result is not first
    page.session_state["lang"] = "en"
    page.run()
    *_, short = read_copy(page)
    assert short[11] == "no estimate: 4 cells instead of 6"


def test_without_a_model_the_page_says_what_to_do(live_model: LiveModel) -> None:
    live_model.state = State()
    page = run_page("file")
    assert texts.NO_MODEL.fr in everything(page)
    assert not page.file_uploader


@pytest.mark.usefixtures("live_model")
def test_no_upload_is_large_enough_to_be_put_on_a_disk() -> None:
    from views import file  # noqa: PLC0415 - once the folder of the pages is on the path

    assert MultiPartParser.spool_max_size > file.MOST_MEGABYTES * 2**20
    page = run_page("file")
    assert page.file_uploader[0].proto.max_upload_size_mb == file.MOST_MEGABYTES


@pytest.mark.usefixtures("live_model")
def test_one_file_is_at_work_at_a_time() -> None:
    from views import file  # noqa: PLC0415 - once the folder of the pages is on the path

    assert upload(CARS).metric  # what is slow once is over
    with ThreadPoolExecutor() as pool:
        with file.turn():
            waiting = pool.submit(upload, CARS)
            time.sleep(2)
            assert not waiting.done()
        assert waiting.result(30).metric
