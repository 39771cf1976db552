"""What a receipt says of the code that made a version."""

import shutil
from pathlib import Path

import pytest

from carprice.promotion import receipt
from carprice.promotion.receipt import hash_code


def test_the_hash_of_the_code_changes_with_a_file_of_any_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "carprice"
    shutil.copytree(Path(receipt.__file__).parents[1], copy)
    before = hash_code()
    monkeypatch.setattr(receipt, "__file__", str(copy / "promotion" / "receipt.py"))
    assert hash_code() == before
    hashes = {before}
    for changed in ("market/morocco.py", "pricing/interval.py", "simulation/morocco.json"):
        with (copy / changed).open("a") as file:
            file.write("\n")
        hashes.add(hash_code())
    assert len(hashes) == 4
