import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from carprice.errors import DatasetError
from carprice.listings.cleaning import clean
from carprice.listings.reading import ListingFile, RawListings, read_listings
from carprice.listings.table_store import hash_content, read_table, table_path, write_table

HEADER = "Price_Raw,Année-Modèle,Boite de vitesses,Type de carburant,Kilométrage,Marque,Modèle"
ROW = "173\u202f000 DH,2016,Manuelle,Diesel,150000,Citroën,C3"
FORM_2 = "\n".join(
    [
        ",Lien,Ville,Secteur,Prix,Marque,Modèle,Année-Modèle,Kilométrage,Type de carburant,"
        "Boite de vitesses,Puissance fiscale,Jantes aluminium,ESP,Climatisation",
        "0,x/1,Fès,Narjiss,85000,Citroën,C3,2012,200 000 - 249 999,Essence,--,7,Oui,Non,",
        "1,x/2,Rabat,Agdal,64000,Citroën,C4,2010,0 - 4 999,Diesel,Manuelle,6,Oui,Non,Oui",
        "2,x/1,Fès,Narjiss,85000,Citroën,C3,2012,200 000 - 249 999,Essence,--,7,Oui,Non,",
        "3,x/1,Fès,Narjiss,85000,Citroën,C3,2012,200 000 - 249 999,Essence,--,7,Oui,Non,",
    ]
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "listings.csv"


def read(path: Path, content: str | bytes) -> RawListings:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_listings(path)


def refusal(path: Path, content: str | bytes) -> str:
    with pytest.raises(DatasetError) as caught:
        read(path, content)
    assert path.name in str(caught.value)
    return str(caught.value)


def test_a_file_is_read_with_its_cells_untouched(path: Path) -> None:
    raw = read(path, f"{HEADER}\n{ROW}\n")
    assert raw.frame.index.tolist() == [1]
    assert raw.frame.loc[1, "price_mad"] == "173\u202f000 DH"
    assert raw.frame.loc[1, "make"] == "Citroën"
    assert raw.frame["esp"].isna().all()
    assert set(map(str, raw.frame.dtypes)) == {"category"}
    assert raw.malformed == ()


@pytest.mark.parametrize(
    ("encoding", "found"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"), ("cp1252", "cp1252")],
)
def test_every_usual_encoding_is_recognised(path: Path, encoding: str, found: str) -> None:
    raw = read(path, f"{HEADER}\n{ROW}\n".replace("\u202f", "\u00a0").encode(encoding))
    assert raw.source.encoding == found
    assert raw.frame.loc[1, "make"] == "Citroën"
    assert raw.source.damaged_letters == 0


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_separators_quotes_and_line_ends_do_not_matter(
    path: Path, separator: str, end: str, quoting: int
) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=separator, lineterminator=end, quoting=quoting)
    writer.writerows(line.split(",") for line in (HEADER, ROW, ROW))
    raw = read(path, buffer.getvalue())
    assert raw.source.separator == separator
    assert raw.frame["model"].tolist() == ["C3", "C3"]


def test_reordered_and_unknown_columns_do_not_matter(path: Path) -> None:
    mixed = ",".join(["URL", "Title", *reversed(HEADER.split(",")), ""])
    row = ",".join(["x/1", "Une C3", *reversed(ROW.split(",")), "7"])
    raw = read(path, f"{mixed}\n{row}\n")
    assert raw.frame.loc[1, "make"] == "Citroën"
    assert raw.frame.loc[1, "link"] == "x/1"
    assert raw.source.ignored_columns == ["Title", "(unnamed)"]


def test_the_second_form_is_read_and_its_copies_are_found_behind_an_index_column(
    path: Path,
) -> None:
    for encoding in ("utf-8", "latin-1"):
        cleaned = clean(read(path, FORM_2.encode(encoding)))
        kept, reasons = cleaned.kept, cleaned.dropped
        assert kept.index.tolist() == [1, 2]
        assert reasons.to_dict() == {3: "same_link", 4: "same_link"}
        assert kept["mileage_km"].tolist() == [224_999.5, 2_499.5]
        assert kept["gearbox"].isna().tolist() == [True, False]
        assert kept["fiscal_power_cv"].tolist() == [7, 6]
        assert kept[["alloy_wheels", "esp"]].loc[1].tolist() == [1, 0]


def test_ten_thousand_columns_are_read_like_seven(path: Path) -> None:
    extra = "".join(f",Colonne {n}" for n in range(10_000))
    raw = read(path, f"{HEADER}{extra}\n{ROW}{',x' * 10_000}\n")
    assert raw.frame.loc[1, "make"] == "Citroën"
    assert len(raw.source.ignored_columns) == 10_000


def test_blank_lines_and_blank_rows_are_no_listings(path: Path) -> None:
    raw = read(path, f"\n\n{HEADER}\n\n{ROW}\n,,,,,,\n \n{ROW}\n\n")
    assert raw.frame.index.tolist() == [1, 2]


def test_rows_with_too_few_or_too_many_cells_are_set_apart_by_number(path: Path) -> None:
    raw = read(path, f"{HEADER}\n{ROW}\n{ROW},7\n{ROW}\n2016,Diesel\n")
    assert raw.malformed == (2, 4)
    assert raw.frame.index.tolist() == [1, 3]


def test_a_file_of_malformed_rows_alone_is_read_as_such(path: Path) -> None:
    raw = read(path, f"{HEADER}\n1,2\n3\n")
    assert raw.malformed == (1, 2)
    assert raw.frame.empty
    assert str(raw.frame.index.dtype) == "int64"


def test_a_cell_may_hold_line_breaks_separators_and_quotes(path: Path) -> None:
    title = 'Belle C3, "1re main"\n\nABS, ESP\nà voir, 2016'
    buffer = io.StringIO()
    csv.writer(buffer).writerows(
        [["Title", *HEADER.split(",")], [title, *ROW.split(",")], ["b", *ROW.split(",")]]
    )
    assert read(path, buffer.getvalue()).frame["make"].tolist() == ["Citroën", "Citroën"]


@pytest.mark.parametrize("where", ["first", "middle", "last"])
def test_a_quote_that_is_never_closed_is_refused_not_swallowed(path: Path, where: str) -> None:
    rows = [f"Titre,{ROW}"] * 9
    at = {"first": 0, "middle": 4, "last": 8}[where]
    rows[at] = f'"Titre,{ROW}'
    message = refusal(path, "\n".join([f"Title,{HEADER}", *rows]))
    assert f"row {at + 1} under the header" in message
    assert "quote" in message


@pytest.mark.parametrize("apart", [1, 2, 5])
@pytest.mark.parametrize("stray", ['"', '"Titre'])
def test_two_stray_quotes_do_not_make_one_listing_of_two(
    path: Path, apart: int, stray: str
) -> None:
    rows = [f"Titre,{ROW}"] * 9
    rows[2] = rows[2 + apart] = f"{stray},{ROW}"
    # Rows 3 and 3 + apart would become one row with the right number of cells.
    if apart == 1 and stray == '"':
        rows[3] = f'"x,{ROW}'
    assert "row 3 under the header" in refusal(path, "\n".join([f"Title,{HEADER}", *rows]))


def test_a_quote_inside_a_cell_is_no_quoting(path: Path) -> None:
    raw = read(path, f'Title,{HEADER}\nJantes 17",{ROW}\n"C3" 5 portes,{ROW}\n')
    assert len(raw.frame) == 2


def test_a_cell_beyond_all_measure_is_refused(path: Path) -> None:
    message = refusal(path, f"Title,{HEADER}\nx,{ROW}\n{'x' * 140_000},{ROW}\n")
    assert "row 2 under the header has a cell of more than 131\u202f072 letters" in message
    assert "quote" not in message


@pytest.mark.parametrize("cut", [0, 1, 2])
def test_a_file_cut_in_the_middle_of_a_letter_stays_utf_8_and_says_so(path: Path, cut: int) -> None:
    content = f"{HEADER}\n{ROW}\n173 000 DH,2016,Manuelle,Diesel,1,Citroën,Citro\u202f".encode()
    raw = read(path, content[: len(content) - cut])
    assert raw.source.encoding == "utf-8"
    assert raw.frame.loc[1, "make"] == "Citroën"
    assert raw.source.damaged_letters == (1 if cut else 0)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b" \r\n \n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\xff\xfe", "empty"),
        (b"PK\x03\x04rest", "zip archive or an Excel workbook"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"%PDF-1.7", "PDF"),
        (b"<!DOCTYPE html><html>", "web page"),
        (bytes(range(256)), "zero bytes"),
        (f"{HEADER}\n{ROW}\0\n".encode(), "zero bytes"),
        (f"{HEADER}\n{ROW}\n".encode("utf-16-le"), "zero bytes"),
        (f"{HEADER}\n{ROW}\n".encode("utf-32"), "zero bytes"),
        (f"{HEADER}\n".encode(), "no listing under it"),
        (HEADER.encode(), "no listing under it"),
        (f"{HEADER}\n,,,,,,\n".encode(), "no listing under it"),
        (f'"{HEADER}\n{ROW}\n{ROW}\n'.encode(), "first line cannot be read"),
        (f'{HEADER},"État\n{ROW}\n{ROW}\n'.encode(), "first line cannot be read"),
    ],
)
def test_what_is_no_file_of_listings_is_refused_with_what_it_is(
    path: Path, content: bytes, says: str
) -> None:
    assert says in refusal(path, content)


def test_a_missing_file_and_what_is_no_file_are_refused_at_once(tmp_path: Path) -> None:
    for place in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(DatasetError, match="cannot read"):
            read_listings(place)
    pipe, link = tmp_path / "pipe.csv", tmp_path / "link.csv"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for place in (pipe, link, Path("/dev/zero")):
        with pytest.raises(DatasetError, match="a pipe or a device, not a file"):
            read_listings(place)


@pytest.mark.parametrize("line", ["first", "third"])
def test_a_line_beyond_all_measure_is_named_as_such(path: Path, line: str) -> None:
    long = "a line of many cells," * 250_000
    content = long if line == "first" else f"{HEADER}\n{ROW}\n{long}\n"
    message = refusal(path, content)
    assert (
        f"line {1 if line == 'first' else 3} has more than 1\u202f000\u202f000 letters" in message
    )
    assert "quote" not in message


def test_a_file_that_changes_while_it_is_read_is_refused(path: Path) -> None:
    path.write_text(f"{HEADER}\n{ROW}\n", encoding="utf-8")
    file = ListingFile(path, needs_price=True)
    path.write_text(f"{HEADER}\n{ROW}\n{ROW}\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="changed while it was read") as caught:
        next(file.chunks())
    assert caught.value.retryable


def test_missing_columns_are_all_named_with_what_would_be_accepted_and_what_was_found(
    path: Path,
) -> None:
    message = refusal(path, "Prix;Marque;Couleur\n1;2;3\n")
    for expected in ("5 columns", "“Année-Modèle” or “Année”", "“Kilométrage”", "'Couleur'"):
        assert expected in message
    assert "Price_Raw" not in message


@pytest.mark.parametrize("separator", ",;|\t")
def test_columns_that_nobody_knows_are_told_one_by_one(path: Path, separator: str) -> None:
    assert "Found: 'a', 'b'." in refusal(path, f"a{separator}b\n1{separator}2\n")


def test_one_missing_column_is_told_in_the_singular(path: Path) -> None:
    message = refusal(path, f"{HEADER.replace('Marque', 'Couleur')}\n{ROW}\n")
    assert "a column that the model needs is missing" in message


def test_a_file_to_estimate_needs_no_price_column(path: Path) -> None:
    path.write_text(f"{HEADER}\n{ROW}\n".replace("Price_Raw,", "").replace("173\u202f000 DH,", ""))
    file = ListingFile(path, needs_price=False)
    assert file.to_frame(next(file.chunks())).loc[0, "make"] == "Citroën"
    with pytest.raises(DatasetError, match="Price_Raw"):
        ListingFile(path, needs_price=True)


def test_two_columns_for_one_field_are_refused(path: Path) -> None:
    assert "Marque: ['Marque', 'MARQUE']" in refusal(path, f"{HEADER},MARQUE\n{ROW},x\n")


def test_chunks_are_of_the_asked_size_and_can_be_read_again(path: Path) -> None:
    path.write_text("\n".join([HEADER, *[ROW] * 5]))
    file = ListingFile(path, needs_price=True)
    assert [len(chunk) for chunk in file.chunks(2)] == [2, 2, 1]
    assert [len(chunk) for chunk in file.chunks(2)] == [2, 2, 1]


def test_many_chunks_are_read_like_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = "\n".join([HEADER, *[ROW, "x", ROW.replace("2016", "")] * 4])
    whole = read(path, content)
    sizes: list[int] = []
    monkeypatch.setattr(ListingFile.chunks, "__defaults__", (5,))
    parts = read_listings(path, lambda rows, _: sizes.append(rows))
    pd.testing.assert_frame_equal(parts.frame, whole.frame)
    assert parts.malformed == whole.malformed == (2, 5, 8, 11)
    assert sizes == [5, 10, 12]


@pytest.fixture
def table(path: Path) -> pd.DataFrame:
    return clean(read(path, FORM_2)).kept


def test_a_table_is_read_back_as_it_was_written(table: pd.DataFrame, tmp_path: Path) -> None:
    digest = write_table(table, tmp_path / "new" / "folder")
    pd.testing.assert_frame_equal(read_table(tmp_path / "new" / "folder", digest), table)


def test_the_same_table_is_written_once(table: pd.DataFrame, tmp_path: Path) -> None:
    digest = write_table(table, tmp_path)
    before = table_path(tmp_path, digest).stat().st_mtime_ns
    assert write_table(table.iloc[::-1], tmp_path) == digest
    assert table_path(tmp_path, digest).stat().st_mtime_ns == before


def test_an_absent_a_broken_and_an_altered_table_are_refused(
    table: pd.DataFrame, tmp_path: Path
) -> None:
    digest = write_table(table, tmp_path)
    with pytest.raises(DatasetError, match="cannot read the clean table"):
        read_table(tmp_path, "0" * 16)
    altered = table_path(tmp_path, digest)
    table.assign(price_mad=1.0).to_parquet(altered)
    with pytest.raises(DatasetError, match="its content has the hash"):
        read_table(tmp_path, digest)
    altered.write_bytes(altered.read_bytes()[:-20])
    with pytest.raises(DatasetError, match="cannot read the clean table"):
        read_table(tmp_path, digest)


def test_the_hash_ignores_the_order_and_numbers_of_rows_and_notices_all_else(
    table: pd.DataFrame,
) -> None:
    digest = hash_content(table)
    assert hash_content(table.iloc[::-1]) == digest
    assert hash_content(table.reset_index(drop=True)) == digest
    assert hash_content(table.assign(doors=[4.0, float("nan")])) != digest
    assert hash_content(table.assign(make=["Citroën", None])) != digest
    assert hash_content(table.rename(columns={"esp": "abs", "abs": "esp"})) != digest
    assert hash_content(pd.concat([table, table])) != digest
    assert hash_content(table.iloc[:0]) != digest


def test_the_hash_is_the_same_in_a_new_process(table: pd.DataFrame, tmp_path: Path) -> None:
    digest = write_table(table, tmp_path)
    code = (
        "import sys; from pathlib import Path; from carprice.listings.table_store import *;"
        "print(hash_content(read_table(Path(sys.argv[1]), sys.argv[2])))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code, tmp_path, digest],
        capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "7"},
    )  # fmt: skip
    assert found.stdout.strip() == digest
