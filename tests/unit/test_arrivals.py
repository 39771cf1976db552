import json
import logging
import os
import socket
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from carprice.errors import ConfigurationError, DatasetError
from carprice.listings.arrivals import LOOK_SECONDS, Claims, Watch
from carprice.listings.raw_files import SHOWN
from carprice.listings.wholeness import PATIENCE_SECONDS

HEADER = "Marque,Modèle,Prix\n"
WHOLE = f"{HEADER}Dacia,Logan,90000\n"
OTHER = f"{HEADER}Renault,Clio,80000\n"
ELSEWHERE = "root:x:0:0"


class Folder:
    """A folder of listings with a watch on it, whose clock goes on as it looks."""

    def __init__(self, home: Path) -> None:
        self.raw, self.marker = home / "raw", home / "processed" / "arrivals.json"
        self.raw.mkdir(exist_ok=True)
        self.seconds = 0.0
        self.restart()

    def restart(self) -> None:
        """A watch that was killed starts anew, and knows what is on disk."""
        self.watch = Watch(self.raw, self.marker, clock=lambda: self.seconds)

    def put(self, name: str, content: str, at: int = 1) -> None:
        (self.raw / name).write_text(content)
        os.utime(self.raw / name, (at, at))

    def look(self, times: int = 1, every: float = LOOK_SECONDS) -> list[str]:
        """Names with which runs were called for."""
        called = []
        for _ in range(times):
            self.seconds += every
            self.watch.look()
            called.append(self.watch.call())
        return [name for name in called if name]

    def run(self, run: str) -> str | None:
        """Name of the file that a run which was called for reads."""
        claims = Claims(self.raw, self.marker, run)
        path = claims.oldest()
        claims.finish()
        return path.name if path else None

    def claims(self, run: str = "by hand") -> Claims:
        return Claims(self.raw, self.marker, run)

    def on_record(self, name: str) -> dict[str, Any]:
        return json.loads(self.marker.read_bytes())["files"][name]


@pytest.fixture
def folder(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Folder:
    """One in which a file lay at the first look."""
    caplog.set_level(logging.INFO)
    made = Folder(tmp_path)
    made.put("old.csv", WHOLE)
    assert made.look(3) == []
    return made


def test_what_lies_there_at_the_first_look_is_named_and_starts_no_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    folder = Folder(tmp_path)
    folder.put("old.csv", WHOLE)
    assert folder.look(3) == []
    assert "at the first look, and start no run: old.csv" in caplog.text
    folder.restart()
    assert folder.look(3) == []
    assert folder.claims().newest() == folder.raw / "old.csv"


def test_a_file_that_was_growing_at_the_first_look_is_read_when_whole(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.put("a.csv", HEADER)
    assert folder.look() == []
    folder.put("a.csv", WHOLE)
    assert folder.look(2) == ["a.csv"]


def test_files_that_land_in_the_same_second_are_each_read_by_a_run(folder: Folder) -> None:
    folder.put("b.csv", WHOLE, at=2)
    folder.put("a.csv", OTHER, at=2)
    folder.put("c.csv", OTHER, at=1)
    assert folder.look(3) == ["c.csv"], "one run is called for at a time"
    assert folder.run("first") == "c.csv"
    assert folder.look(2) == ["a.csv"]
    assert folder.run("second") == "a.csv"
    assert folder.look() == ["b.csv"]
    assert folder.run("third") == "b.csv"
    assert folder.look(3) == []
    assert folder.run("one too many") is None
    assert {folder.on_record(name)["state"] for name in ("a.csv", "b.csv", "c.csv")} == {"read"}


def test_what_lands_first_is_read_first_whatever_its_own_date(folder: Folder) -> None:
    folder.put("first.csv", WHOLE, at=9)
    folder.look(2)
    folder.put("second.csv", OTHER, at=1)
    folder.look(2)
    assert [folder.run("1"), folder.run("2")] == ["first.csv", "second.csv"]


def test_a_run_that_never_came_is_called_for_again(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.put("new.csv", WHOLE)
    assert folder.look(2) == ["new.csv"]
    folder.restart()
    assert folder.look(3) == []
    monkeypatch.setattr("carprice.listings.arrival_record.CALL_AGAIN", timedelta(0))
    assert folder.look() == ["new.csv"]


def test_a_run_killed_after_its_claim_reads_the_same_file_when_retried(folder: Folder) -> None:
    folder.put("a.csv", WHOLE, at=1)
    folder.put("b.csv", OTHER, at=2)
    folder.look(2)
    assert folder.claims("killed").oldest() == folder.raw / "a.csv"
    assert folder.on_record("a.csv")["state"] == "claimed"
    folder.look(3)
    assert folder.run("another") == "b.csv"
    assert folder.run("killed") == "a.csv"
    assert folder.on_record("a.csv")["run"] == "killed"


def test_two_tasks_never_claim_the_same_file(folder: Folder) -> None:
    names = [f"{at:02}.csv" for at in range(12)]
    for name in names:
        folder.put(name, OTHER)
    folder.look(2)
    claimed: list[str | None] = []
    threads = [
        Thread(target=lambda run: claimed.append(folder.run(run)), args=[name]) for name in names
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(filter(None, claimed)) == names


def test_a_replaced_file_is_read_again_and_a_touched_one_is_not(
    folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    folder.put("old.csv", WHOLE, at=7)
    assert folder.look(3) == []
    assert "'old.csv' was touched, its content is the same: no run" in caplog.text
    folder.put("old.csv", WHOLE.replace("9", "8"), at=7)  # as long, and as old by its own date
    assert folder.look(3) == ["old.csv"]
    assert folder.run("first") == "old.csv"


def test_a_file_replaced_before_it_was_read_is_named(
    folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    folder.put("new.csv", WHOLE)
    folder.look(2)
    folder.put("new.csv", OTHER)
    assert folder.run("too early") is None, "it may be half a copy"
    assert "'new.csv' was removed or changed before it was read" in caplog.text
    assert folder.look(2) == ["new.csv"]
    folder.put("new.csv", WHOLE)
    folder.look(2)
    assert "'new.csv' was replaced before it was read: only the new is" in caplog.text
    assert folder.run("first") == "new.csv"
    assert folder.look(3) == []


def test_a_file_changed_while_it_is_read_is_read_by_another_run(folder: Folder) -> None:
    folder.put("new.csv", WHOLE)
    folder.look(2)
    claims = folder.claims("first")
    claims.oldest()
    folder.put("new.csv", OTHER)
    claims.finish()
    assert folder.look(2) == ["new.csv"]
    assert folder.run("second") == "new.csv"


def test_a_removed_file_is_named_and_read_when_it_comes_back(
    folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    folder.put("new.csv", WHOLE)
    folder.look(2)
    folder.raw.rename(folder.raw.with_name("away"))
    assert folder.look(2) == []
    assert folder.run("first") is None
    assert caplog.text.count("'new.csv' was removed or changed before it was read") == 1
    folder.raw.with_name("away").rename(folder.raw)
    assert folder.look(2) == ["new.csv"]


@pytest.mark.parametrize("half", [len(WHOLE) - 4, len(HEADER) + 3, len(HEADER) - 3, 0])
def test_a_copy_that_stalls_for_a_minute_is_not_read_before_it_is_whole(
    folder: Folder, half: int, caplog: pytest.LogCaptureFixture
) -> None:
    folder.put("new.csv", WHOLE[:half])
    assert folder.look(14) == []
    assert caplog.text.count("'new.csv' waits: its last line ") == 1, "it is said once"
    assert json.loads(folder.marker.read_bytes())["unfinished"].keys() == {"new.csv"}
    folder.put("new.csv", WHOLE)
    assert folder.look(3) == ["new.csv"]
    assert json.loads(folder.marker.read_bytes())["unfinished"] == {}


def test_a_copy_that_stalls_at_the_end_of_a_line_is_not_read_while_it_is_open(
    folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    with (folder.raw / "new.csv").open("w") as copy:
        copy.write(HEADER)
        copy.flush()
        assert folder.look(14) == []
        assert "'new.csv' waits: another program has it open for writing" in caplog.text
        copy.write(WHOLE.removeprefix(HEADER))
    assert folder.look(3) == ["new.csv"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_file_without_a_last_line_end_is_read_in_the_end(folder: Folder, encoding: str) -> None:
    arabic = f"{WHOLE}مرسيدس,C 200,350000"
    (folder.raw / "new.csv").write_bytes(arabic.encode(encoding))
    assert folder.look(2) == []
    assert folder.look(every=PATIENCE_SECONDS) == ["new.csv"]


def test_half_a_line_is_never_read_by_itself_and_is_by_hand(folder: Folder) -> None:
    folder.put("half.csv", f"{WHOLE}Dacia,Lo", at=3)
    assert folder.look(3, every=10 * PATIENCE_SECONDS) == []
    assert folder.claims().newest() == folder.raw / "old.csv"
    assert folder.claims().named("half.csv") == folder.raw / "half.csv"


def test_utf_16_with_its_last_line_end_is_whole(folder: Folder) -> None:
    (folder.raw / "new.csv").write_bytes(WHOLE.encode("utf-16"))
    assert folder.look(2) == ["new.csv"]


def test_without_room_for_the_record_no_run_is_called_for_until_there_is(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: int) -> None:
        raise OSError(28, "No space left on device")

    folder.put("new.csv", WHOLE)
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", refuse)
        for _ in range(3):
            with pytest.raises(DatasetError, match="No space left on device"):
                folder.look(2)
    assert folder.look(2) == ["new.csv"]
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", refuse)
        with pytest.raises(DatasetError, match="No space left on device"):
            folder.run("first")
    assert folder.look(2) == [], "the run is on its way still"
    assert folder.run("first") == "new.csv"


def test_a_link_out_of_the_folder_is_refused_without_a_word_of_where_it_leads(
    folder: Folder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    target = tmp_path / "passwd"
    target.write_text(ELSEWHERE)
    (folder.raw / "link.csv").symlink_to(target)
    (folder.raw / "home.csv").symlink_to(tmp_path)
    assert folder.look(3) == []
    for name in ("link.csv", "home.csv"):
        with pytest.raises(DatasetError, match="link that leads out of the folder") as refused:
            folder.claims().named(name)
        assert caplog.text.count(f"'{name}' in {folder.raw} is refused") == 1, "said once"
        assert "passwd" not in str(refused.value)
    told = caplog.text + folder.marker.read_text()
    assert "passwd" not in told
    assert ELSEWHERE not in told
    assert folder.claims().newest() == folder.raw / "old.csv"


def test_a_link_that_takes_the_place_of_a_file_is_not_followed(
    folder: Folder, tmp_path: Path
) -> None:
    (tmp_path / "passwd").write_text(ELSEWHERE)
    folder.put("new.csv", WHOLE)
    folder.look(2)
    (folder.raw / "new.csv").unlink()
    (folder.raw / "new.csv").symlink_to(tmp_path / "passwd")
    assert folder.run("first") is None
    assert folder.look(2) == []
    assert folder.on_record("new.csv")["state"] == "refused"


def test_a_link_that_stays_in_the_folder_is_the_file_it_leads_to(folder: Folder) -> None:
    folder.put("2026.annonces", WHOLE)
    (folder.raw / "latest.csv").symlink_to("2026.annonces")
    assert folder.look(2) == ["latest.csv"]
    assert folder.run("first") == "2026.annonces"


def test_what_is_no_file_is_refused_at_once(
    folder: Folder, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(folder.raw / "pipe.csv")
    monkeypatch.chdir(folder.raw)  # the name of a socket is short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket.csv")
    assert folder.look() == []
    for name, kind in (("pipe.csv", "a pipe"), ("socket.csv", "a socket")):
        assert f"'{name}' in {folder.raw} is refused: it is {kind}, not a file" in caplog.text
        with pytest.raises(DatasetError, match=kind):
            folder.claims().named(name)


def test_the_marker_of_earlier_releases_is_read(folder: Folder) -> None:
    folder.put("seen.csv", WHOLE, at=2)
    folder.put("changed.csv", WHOLE, at=2)
    size, time = len(WHOLE.encode()), 2 * 10**9
    old = {"seen.csv": [size, time], "changed.csv": [size, 10**9], "gone.csv": [1, 1]}
    folder.marker.write_text(json.dumps(old))
    (folder.raw / "old.csv").unlink()
    assert folder.look(3) == ["changed.csv"]
    os.utime(folder.raw / "seen.csv", (3, 3))
    assert folder.run("first") == "changed.csv"
    assert folder.look(3) == []


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "3", '{"old.csv": 3}', '{"old.csv": []}', '{"format": 2}']
)
def test_a_damaged_record_makes_every_file_new(
    folder: Folder, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    folder.marker.write_text(content)
    folder.restart()
    assert folder.look(2) == ["old.csv"]
    assert caplog.text.count("is damaged: each file") == 1


def test_what_is_no_file_of_listings_is_not_looked_at(folder: Folder) -> None:
    for name in (".gitkeep", ".new.csv", "~$new.csv", ".~lock.new.csv#", "new.csv.part",
                 "new.csv.tmp", "new.csv.crdownload", "report.pdf"):  # fmt: skip
        folder.put(name, WHOLE)
    (folder.raw / "folder.csv").mkdir()
    (folder.raw / "broken.csv").symlink_to(folder.raw / "nowhere")
    assert folder.look(3) == []
    for name in ("a.csv", "B.CSV", "c.tsv", "d.txt"):
        folder.put(name, WHOLE)
    folder.look(2)
    assert {folder.run(str(at)) for at in range(4)} == {"a.csv", "B.CSV", "c.tsv", "d.txt"}


def test_the_newest_that_is_whole_is_chosen_without_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder(tmp_path)
    assert folder.claims().newest() is None
    folder.put("old.csv", WHOLE, at=1)
    folder.put("new.csv", OTHER, at=2)
    monkeypatch.setattr("time.sleep", lambda _: folder.put("half.csv", WHOLE[:-5], at=3))
    assert folder.claims("weekly").newest() == folder.raw / "new.csv"
    folder.put("newer.csv", WHOLE, at=4)
    folder.look(2)
    assert folder.claims("weekly").newest() == folder.raw / "new.csv", "a retry reads the same"
    assert folder.claims("by hand").newest() == folder.raw / "newer.csv"
    assert folder.run("called for it") is None


def test_where_no_file_is_whole_none_is_chosen_nor_the_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder(tmp_path)
    monkeypatch.setattr("time.sleep", lambda _: None)
    folder.put("half.csv", WHOLE[:-5])
    (folder.raw / "link.csv").symlink_to(tmp_path / "passwd")
    with pytest.raises(
        DatasetError, match=r"(?s)'half.csv': its last line has.*leads out"
    ) as waits:
        folder.claims().newest()
    assert waits.value.retryable


def test_a_name_is_a_file_in_the_folder(folder: Folder) -> None:
    for name in ("annonces 2026 à Fès.csv", "without_ending", "a..b.csv"):
        folder.put(name, WHOLE)
        assert folder.claims().named(name) == folder.raw / name


@pytest.mark.parametrize(
    "name",
    ["..", ".", "../a.csv", "/etc/passwd", "folder/a.csv", "a.csv/", "..\\a.csv", "C:\\a.csv"],
)
def test_a_name_that_leads_out_of_the_folder_is_refused(folder: Folder, name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"without a folder. It holds: old.csv.$"):
        folder.claims().named(name)


@pytest.mark.parametrize(
    "name", ["b.csv", "folder", "x" * 5000, "nul\0.csv", ".hidden.csv", "broken.csv"]
)
def test_a_file_that_is_not_there_is_refused_with_what_is(folder: Folder, name: str) -> None:
    (folder.raw / "folder").mkdir()
    folder.put(".hidden.csv", WHOLE)
    (folder.raw / "broken.csv").symlink_to(folder.raw / "nowhere")
    for at in range(SHOWN):
        folder.put(f"a{at:02}.csv", WHOLE)
    with pytest.raises(DatasetError, match=r"there is no file .* a00.csv, .* … and 2 more.$"):
        folder.claims().named(name)
