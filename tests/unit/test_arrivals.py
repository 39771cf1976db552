import os
from pathlib import Path

import pytest

from carprice.errors import ConfigurationError, DatasetError
from carprice.listings.arrivals import (
    SHOWN,
    Arrival,
    Look,
    choose_listings,
    find_arrival,
    look_around,
    remember,
)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    return folder


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "processed" / "arrivals.json"


class Watch:
    """Looks at a folder again and again, as a trigger does."""

    def __init__(self, raw: Path, marker: Path) -> None:
        self.raw, self.marker = raw, marker
        self.before: Look = {}

    def look(self) -> Arrival | None:
        now = look_around(self.raw)
        arrival = find_arrival(now, self.before, self.marker)
        self.before = now
        return arrival


@pytest.fixture
def watch(raw: Path, marker: Path) -> Watch:
    """A watch that has begun in a folder with one file."""
    put(raw / "old.csv", "old", at=1)
    begun = Watch(raw, marker)
    assert begun.look() is None
    return begun


def put(path: Path, content: str, at: int) -> None:
    path.write_text(content)
    os.utime(path, (at, at))


def test_what_lies_there_at_the_first_start_is_no_news(watch: Watch) -> None:
    assert watch.look() is None
    assert watch.marker.exists()
    assert watch.look() is None


def test_a_new_file_is_news_once_it_has_stopped_growing(watch: Watch) -> None:
    put(watch.raw / "new.csv", "ha", at=2)
    assert watch.look() is None
    put(watch.raw / "new.csv", "half", at=2)
    assert watch.look() is None
    arrival = watch.look()
    assert arrival
    assert (arrival.newest, arrival.count) == ("new.csv", 1)


def test_an_arrival_is_told_until_it_is_remembered(watch: Watch) -> None:
    put(watch.raw / "new.csv", "new", at=2)
    watch.look()
    arrival = watch.look()
    assert arrival == watch.look()
    again = Watch(watch.raw, watch.marker)  # a watch that was killed starts anew
    assert again.look() is None
    assert again.look() == arrival
    assert arrival
    remember(watch.marker, arrival)
    assert watch.look() is None
    assert [again.look(), again.look()] == [None, None]


def test_of_several_the_newest_is_named_and_all_are_counted(watch: Watch) -> None:
    put(watch.raw / "b.csv", "b", at=3)
    put(watch.raw / "a.csv", "a", at=2)
    put(watch.raw / "old.csv", "changed", at=1)
    watch.look()
    arrival = watch.look()
    assert arrival
    assert (arrival.newest, arrival.count) == ("b.csv", 3)


@pytest.mark.parametrize(("content", "at"), [("old", 2), ("older", 1)])
def test_a_file_changed_in_size_or_time_is_news(watch: Watch, content: str, at: int) -> None:
    put(watch.raw / "old.csv", content, at)
    assert watch.look() is None
    assert watch.look()


def test_a_file_still_growing_when_another_is_handed_on_is_news_later(watch: Watch) -> None:
    put(watch.raw / "small.csv", "s", at=2)
    put(watch.raw / "large.csv", "l", at=2)
    put(watch.raw / "old.csv", "o", at=2)
    watch.look()
    put(watch.raw / "large.csv", "la", at=2)
    put(watch.raw / "old.csv", "ol", at=2)
    first = watch.look()
    assert first
    assert (first.newest, first.count) == ("small.csv", 1)
    remember(watch.marker, first)
    second = watch.look()
    assert second
    assert (second.newest, second.count) == ("old.csv", 2)


def test_a_file_that_was_growing_at_the_first_start_is_news_when_whole(
    raw: Path, marker: Path
) -> None:
    watch = Watch(raw, marker)
    put(raw / "a.csv", "a", at=1)
    assert watch.look() is None
    put(raw / "a.csv", "ab", at=2)
    assert watch.look() is None
    assert watch.look()


def test_a_deleted_file_is_no_news_and_nor_is_one_that_comes_back_as_it_was(
    watch: Watch,
) -> None:
    (watch.raw / "old.csv").unlink()
    assert [watch.look(), watch.look()] == [None, None]
    put(watch.raw / "old.csv", "old", at=1)
    assert [watch.look(), watch.look()] == [None, None]


def test_a_folder_that_is_away_is_no_news(watch: Watch, tmp_path: Path) -> None:
    watch.raw.rename(tmp_path / "elsewhere")
    assert [watch.look(), watch.look()] == [None, None]
    (tmp_path / "elsewhere").rename(watch.raw)
    assert [watch.look(), watch.look()] == [None, None]


@pytest.mark.parametrize("content", ["", "{", "[]", "3", '{"old.csv": 3}', '{"old.csv": []}'])
def test_a_damaged_marker_makes_everything_new(watch: Watch, content: str) -> None:
    watch.marker.write_text(content)
    arrival = watch.look()
    assert arrival
    assert arrival.newest == "old.csv"
    remember(watch.marker, arrival)
    assert watch.look() is None


def test_what_is_no_file_of_listings_is_not_looked_at(raw: Path) -> None:
    for name in (".gitkeep", ".new.csv", "~$new.csv", ".~lock.new.csv#", "new.csv.part",
                 "new.csv.tmp", "new.csv.crdownload", "report.pdf"):  # fmt: skip
        put(raw / name, "x", at=1)
    (raw / "folder.csv").mkdir()
    (raw / "broken.csv").symlink_to(raw / "nowhere")
    assert look_around(raw) == {}
    for name in ("a.csv", "B.CSV", "c.tsv", "d.txt"):
        put(raw / name, "x", at=1)
    assert set(look_around(raw)) == {"a.csv", "B.CSV", "c.tsv", "d.txt"}


@pytest.mark.parametrize("name", [None, ""])
def test_without_a_name_the_newest_file_is_chosen(raw: Path, name: str | None) -> None:
    assert choose_listings(raw, name) is None
    assert choose_listings(raw / "nowhere", name) is None
    put(raw / "new.csv", "new", at=2)
    put(raw / "old.csv", "old", at=1)
    assert choose_listings(raw, name) == raw / "new.csv"


def test_a_name_is_a_file_in_the_folder(raw: Path) -> None:
    for name in ("annonces 2026 à Fès.csv", "without_ending", "a..b.csv"):
        put(raw / name, "x", at=1)
        assert choose_listings(raw, name) == raw / name


@pytest.mark.parametrize(
    "name",
    ["..", ".", "../a.csv", "/etc/passwd", "folder/a.csv", "a.csv/", "..\\a.csv", "C:\\a.csv"],
)
def test_a_name_that_leads_out_of_the_folder_is_refused(raw: Path, name: str) -> None:
    put(raw / "a.csv", "x", at=1)
    with pytest.raises(ConfigurationError, match=r"without a folder. It holds: a.csv.$"):
        choose_listings(raw, name)


@pytest.mark.parametrize("name", ["b.csv", "folder", "x" * 5000, "nul\0.csv", ".hidden.csv"])
def test_a_file_that_is_not_there_is_refused_with_what_is(raw: Path, name: str) -> None:
    (raw / "folder").mkdir()
    put(raw / ".hidden.csv", "x", at=1)
    with pytest.raises(DatasetError, match=r"there is no file .* It is empty.$"):
        choose_listings(raw, name)
    for at in range(SHOWN + 3):
        put(raw / f"a{at:02}.csv", "x", at=1)
    with pytest.raises(DatasetError, match=r"It holds: a00.csv, .* a19.csv … and 3 more.$"):
        choose_listings(raw, name)
