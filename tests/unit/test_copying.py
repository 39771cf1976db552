import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carprice.files import replacing
from carprice.listings.copying import add_cells, write_header, write_rows
from carprice.listings.reading import ListingFile
from carprice.wording.remarks import COLUMNS

PRICES = ["1", "2", "3", "4", "5"]
HEADER = "Marque,Modèle,Année-Modèle,Kilométrage,Type de carburant,Boite de vitesses"
ROW = "Dacia,Logan,2018,120000,Diesel,Manuelle"


def copy_file(source: Path, target: Path) -> None:
    """Copies a file, with what was understood of a row instead of its price."""
    file = ListingFile(source, needs_price=False)
    with replacing(target) as written:
        write_header(file.source, written, unchanged=True)
        for chunk in file.chunks():
            raw = file.to_frame([cells for cells in chunk if not file.is_malformed(cells)])
            names = zip(raw["make"], raw["model"], strict=True)
            added = [[*PRICES, f"{make}/{model}"] for make, model in names]
            write_rows(file.source, written, add_cells(file, chunk, added), unchanged=True)


def copy(folder: Path, content: str | bytes, separator: str = ",") -> list[list[str]]:
    source, target = folder / "in.csv", folder / "out.csv"
    source.write_bytes(content.encode() if isinstance(content, str) else content)
    copy_file(source, target)
    text = target.read_text(encoding="utf-8-sig")
    return [*csv.reader(text.splitlines(keepends=True), delimiter=separator)]


def test_rows_are_copied_in_order_with_their_estimates_beside_them(tmp_path: Path) -> None:
    rows = [f"Dacia,M{number},2018,1,Diesel,Manuelle" for number in range(250)]
    header, *found = copy(tmp_path, "\n".join([HEADER, *rows]))
    assert header == [*HEADER.split(","), *COLUMNS]
    assert found == [[*row.split(","), *PRICES, f"Dacia/M{at}"] for at, row in enumerate(rows)]


def test_short_and_long_rows_are_copied_with_their_trouble(tmp_path: Path) -> None:
    _, short, sound, long = copy(tmp_path, f"{HEADER}\nDacia,Logan\n{ROW}\n{ROW},x,y\n")
    assert short == [
        "Dacia", "Logan", "", "", "", "", "", "", "", "", "",
        "pas d'estimation : 2 cellules au lieu de 6",
    ]  # fmt: skip
    assert sound == [*ROW.split(","), *PRICES, "Dacia/Logan"]
    trouble = "pas d'estimation : 8 cellules au lieu de 6"
    assert long == [*ROW.split(","), *[""] * len(PRICES), trouble, "x", "y"]


def test_a_row_of_empty_cells_is_copied_in_its_place(tmp_path: Path) -> None:
    _, *found = copy(tmp_path, f"{HEADER}\n{ROW}\n,,,,,\n{ROW}\n")
    assert [row[:6] for row in found] == [ROW.split(","), [""] * 6, ROW.split(",")]


def test_quoted_cells_are_copied_as_they_were(tmp_path: Path) -> None:
    _, found = copy(tmp_path, f'{HEADER}\n"Da""cia","Lo, gan\nMCV",2018,1,Diesel,Manuelle\n')
    assert found[:2] == ['Da"cia', "Lo, gan\nMCV"]
    assert found[-1] == 'Da"cia/Lo, gan\nMCV'


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_the_copy_keeps_the_separator_and_the_byte_order_mark(
    tmp_path: Path, separator: str, mark: bytes
) -> None:
    content = mark + f"{HEADER}\n{ROW}\n".replace(",", separator).encode()
    header, row = copy(tmp_path, content, separator)
    assert len(header) == len(row) == 12
    written = (tmp_path / "out.csv").read_bytes()
    assert written.startswith(b"\xef\xbb\xbf") == bool(mark)
    assert written.count(b"\xef\xbb\xbf") == bool(mark)


CELL = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\r\n\x85\u2028\u2029\x0b\x0c\x1c\x1d\x1e"),
    max_size=8,
)


@settings(max_examples=15, deadline=None)
@given(rows=st.lists(st.lists(CELL, min_size=1, max_size=9), min_size=1, max_size=6))
def test_whatever_the_cells_hold_no_row_is_lost_or_moved(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    folder = tmp_path_factory.mktemp("copy")
    source, target = folder / "in.csv", folder / "out.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER.split(","))
        writer.writerows(rows)
    copy_file(source, target)
    with target.open(encoding="utf-8", newline="") as file:
        found = [*csv.reader(file)][1:]
    assert [row[:6] + row[12:] for row in found] == [row + [""] * (6 - len(row)) for row in rows]
    assert [row[6] for row in found] == ["1" if len(row) == 6 else "" for row in rows]
