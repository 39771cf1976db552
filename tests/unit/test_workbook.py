"""Workbooks: what they hold as CSV, and those that are refused before they can do harm."""

import io
import subprocess
import sys
import zipfile

import pytest
from workbooks import MAIN, pack, write_sheet, write_workbook

from carprice.errors import DatasetError
from carprice.listings import workbook
from carprice.listings.workbook import is_archive, to_csv
from carprice.wording.files import WORKBOOK_REFUSALS


def refusal(data: bytes) -> str:
    with pytest.raises(DatasetError) as caught:
        to_csv("voitures.xlsx", data)
    assert str(caught.value).startswith("voitures.xlsx: ")
    assert caught.value.say("fr").startswith("voitures.xlsx : ")
    assert not caught.value.retryable
    return caught.value.say("fr")


def says(name: str) -> str:
    return WORKBOOK_REFUSALS[name].fr.partition("{file} : ")[2].partition("{")[0]


def test_the_first_sheet_that_is_shown_becomes_csv() -> None:
    rows = [["Marque", "Année", "Prix"], ["Citroën", 2016.0, 173000.5], [None, 2017, True]]
    assert to_csv("a.xlsx", write_workbook(rows)).decode() == (
        "\ufeffMarque;Année;Prix\r\nCitroën;2016;173000.5\r\n;2017;True\r\n"
    )


@pytest.mark.parametrize(("data", "expected"), [
    (write_workbook([["a"]], **{"xl/vbaProject.bin": "x"}), "macros"),
    (pack({"notes.txt": "x"}), "other_kind"),
    (b"PK\x03\x04 and no more", "unreadable"),
    (write_workbook([["a"]])[:-40], "unreadable"),
    (write_workbook([["a"]], **{"xl/worksheets/sheet1.xml": "<worksheet><sheetData><row>"}),
     "unreadable"),
    (write_workbook([["a"]], **{"xl/workbook.xml": f"<workbook {MAIN}><sheets/></workbook>"}),
     "unreadable"),
])  # fmt: skip
def test_what_is_no_plain_workbook_is_refused_with_its_reason(data: bytes, expected: str) -> None:
    assert is_archive(data)
    assert says(expected) in refusal(data)


def test_an_archive_that_unpacks_to_too_much_is_refused() -> None:
    bomb = write_workbook([["a"]], **{"xl/media/image1.bmp": "0" * 310_000_000})
    assert len(bomb) < 1_000_000
    assert says("too_large") in refusal(bomb)


def test_an_archive_that_lies_about_its_size_is_refused() -> None:
    honest = write_workbook([["a"]], **{"xl/media/image1.bmp": "0" * 310_000_000})
    with zipfile.ZipFile(io.BytesIO(honest)) as archive:
        size = archive.getinfo("xl/media/image1.bmp").file_size.to_bytes(4, "little")
    assert honest.count(size) >= 1
    assert says("too_large") in refusal(honest.replace(size, (1_000).to_bytes(4, "little")))


def test_a_table_that_says_it_is_endless_harms_its_reader_alone() -> None:
    corners = write_sheet(
        '<row r="1"><c r="A1"><v>1</v></c></row>'
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    )
    assert says("unreadable") in refusal(
        write_workbook([], **{"xl/worksheets/sheet1.xml": corners})
    )


def test_one_text_in_very_many_cells_harms_its_reader_alone() -> None:
    shared = f"<sst {MAIN}><si><t>{'x' * 32_000}</t></si></sst>"
    cells = write_sheet('<row><c t="s"><v>0</v></c></row>' * 200_000)
    bomb = write_workbook([], **{
        "xl/sharedStrings.xml": shared, "xl/worksheets/sheet1.xml": cells,
    })  # fmt: skip
    assert refusal(bomb)


def test_a_reader_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "PATIENCE_SECONDS", 0.01)
    assert says("unreadable") in refusal(write_workbook([["a"]]))


def test_the_reader_of_workbooks_imports_nothing_heavy() -> None:
    heavy = "{'pandas', 'numpy', 'sklearn', 'mlflow', 'streamlit', 'pydantic'}"
    found = subprocess.run(
        [
            sys.executable, "-c",
            f"import sys, carprice.listings.workbook; print({heavy} & set(sys.modules))",
        ],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert found.stdout.strip() == "set()"


@pytest.mark.parametrize("system", [
    "sys.modules['resource'] = None",  # Windows has none
    "import resource; resource.setrlimit = lambda *_: int('refused')",  # macOS sets none
])  # fmt: skip
def test_a_workbook_is_read_where_memory_cannot_be_limited(system: str) -> None:
    program = f"import sys; {system}\nfrom carprice.listings import workbook\nworkbook.main()"
    child = subprocess.run(
        [sys.executable, "-c", program],
        input=write_workbook([["Marque"]]), capture_output=True, check=True,
    )  # fmt: skip
    assert child.stdout.decode() == "\ufeffMarque\r\n"
