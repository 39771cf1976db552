from pathlib import Path

import pytest

from carprice.errors import DatasetError
from carprice.files import replacing


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "listings.csv"


def test_a_file_is_replaced_whole(path: Path) -> None:
    for content in (b"one", b"two"):
        with replacing(path) as file:
            file.write(content)
        assert path.read_bytes() == content
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def fail_while_writing(path: Path, error: Exception) -> None:
    with replacing(path) as file:
        file.write(b"new")
        raise error


@pytest.mark.parametrize(
    ("error", "raised", "says"),
    [
        (ZeroDivisionError("mine"), ZeroDivisionError, "mine"),
        (OSError(28, "No space left on device"), DatasetError, "nothing was changed"),
    ],
)
def test_a_writing_that_fails_leaves_the_old_file_and_nothing_else(
    path: Path, error: Exception, raised: type[Exception], says: str
) -> None:
    path.write_bytes(b"old")
    with pytest.raises(raised, match=says):
        fail_while_writing(path, error)
    assert path.read_bytes() == b"old"
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_place_that_cannot_be_written_is_refused(path: Path) -> None:
    path.write_bytes(b"a file, no folder")
    with pytest.raises(DatasetError, match="choose a place") as caught, replacing(path / "x.csv"):
        pass
    assert caught.value.retryable


def test_a_written_file_has_the_rights_that_others_have(path: Path) -> None:
    ordinary = path.with_name("ordinary")
    ordinary.touch()
    with replacing(path) as file:
        file.write(b"x")
    assert path.stat().st_mode == ordinary.stat().st_mode
