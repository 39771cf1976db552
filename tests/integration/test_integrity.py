"""A stored model that is not the one registered is refused by name and never opened."""

import hashlib
import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import skops.io
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from tests.integration.conftest import LISTINGS, Desk

from carprice.errors import ModelIntegrityError
from carprice.promotion.receipt import read_receipt
from carprice.registry.client import FILES_TAG, MODEL_NAME, Registry, Version


class Vandal:
    """Whoever may write where the artifacts lie, and perhaps the registry as well."""

    def __init__(self, registry: Registry, number: int) -> None:
        self.registry = registry
        with registry.files(registry.version(number)) as where_they_lie:
            self.folder = where_they_lie
        self.number = number

    @property
    def model(self) -> Path:
        return self.folder / "model.skops"

    @property
    def description(self) -> Path:
        return self.folder / "MLmodel"

    def rewrite(self, path: Path, old: str, new: str) -> None:
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def register_hashes(self) -> None:
        """Say in the registry that the files are as they should be."""
        hashes = {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in self.folder.iterdir()
            if path.name != "registered_model_meta"
        }
        self.registry.tag_version(self.number, {FILES_TAG: json.dumps(hashes)})


class Payload:
    """Writes a file when it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return os.mkdir, (str(self.canary),)


def alter_model(vandal: Vandal) -> None:
    data = bytearray(vandal.model.read_bytes())
    data[len(data) // 2] ^= 1
    vandal.model.write_bytes(data)


def trust_more_types(vandal: Vandal) -> None:
    known = "    - carprice.pricing.encoder.ListingEncoder\n"
    vandal.rewrite(vandal.description, known, f"{known}    - posix.system\n")


def add_a_file(vandal: Vandal) -> None:
    (vandal.folder / "loader.py").write_text("print('hello')")


def add_a_file_under_a_name_of_mlflow(vandal: Vandal) -> None:
    (vandal.folder / "code").mkdir()
    (vandal.folder / "code" / "registered_model_meta").write_text("anything")


def remove_a_file(vandal: Vandal) -> None:
    (vandal.folder / "requirements.txt").unlink()


def change_the_signature(vandal: Vandal) -> None:
    vandal.rewrite(vandal.description, '"make"', '"brand"')
    vandal.register_hashes()


def hold_an_untrusted_type(vandal: Vandal) -> None:
    skops.io.dump(Pipeline([("price", FunctionTransformer(os.system))]), vandal.model)
    vandal.register_hashes()


def hold_something_else(vandal: Vandal) -> None:
    skops.io.dump({"a": 1}, vandal.model)
    vandal.register_hashes()


def forget_the_hashes(vandal: Vandal) -> None:
    client = vandal.registry.client
    client.delete_model_version_tag(MODEL_NAME, str(vandal.number), FILES_TAG)


def hold_a_pickle(vandal: Vandal) -> None:
    vandal.model.write_bytes(pickle.dumps(Payload(canary_of(vandal))))
    vandal.rewrite(vandal.description, "format: skops", "format: pickle")
    vandal.register_hashes()


def canary_of(vandal: Vandal) -> Path:
    return vandal.folder.parent / "canary"


DEEDS = {
    alter_model: "model.skops: found ",
    trust_more_types: "MLmodel: found ",
    add_a_file: "loader.py: found ",
    add_a_file_under_a_name_of_mlflow: "code/registered_model_meta: found ",
    remove_a_file: "requirements.txt: found no such file",
    change_the_signature: "has another signature",
    hold_an_untrusted_type: "posix.system",
    hold_something_else: "holds a dict; a scikit-learn Pipeline was expected",
    forget_the_hashes: "has no file hashes",
    hold_a_pickle: "cannot be read",
}


@pytest.mark.parametrize(("deed", "words"), DEEDS.items(), ids=[deed.__name__ for deed in DEEDS])
def test_a_tampered_version_is_refused_by_name(
    desk: Desk, deed: Callable[[Vandal], None], words: str
) -> None:
    registry = desk.registry
    vandal = Vandal(registry, 2)
    assert registry.open_model(registry.version(2))  # intact until now
    deed(vandal)
    with pytest.raises(ModelIntegrityError) as caught:
        registry.open_model(registry.version(2))
    assert "CarPricePredictor version 2" in str(caught.value)
    assert words in str(caught.value)
    ended = desk.run("evaluate", "2")
    assert ended.code == 8, ended.text
    assert "CarPricePredictor version 2" in ended.err
    assert words in ended.err
    assert "Traceback" not in ended.text
    assert desk.production.number == 1
    assert not canary_of(vandal).exists()


def test_a_version_tampered_with_after_its_validation_is_not_released(desk: Desk) -> None:
    child = desk.start(
        "promote", "2", "--force", pause={"where": "carprice.pipeline.steps:release"}
    )
    child.wait_for_pause()
    alter_model(Vandal(desk.registry, 2))
    child.go_on()
    ended = child.end()
    assert ended.code == 8, ended.text
    assert "model.skops: found " in ended.err
    assert desk.production.number == 1
    assert desk.copies() == {"CarPricePredictor-v1.skops", "CarPricePredictor-v1.json"}


def test_a_tampered_champion_estimates_nothing_and_lets_no_challenger_pass(desk: Desk) -> None:
    alter_model(Vandal(desk.registry, 1))
    ended = desk.run("predict", LISTINGS, "out.csv")
    assert ended.code == 8, ended.text
    assert not (desk.home / "out.csv").exists()
    ended = desk.run("evaluate", "2")
    assert ended.code == 3, ended.text
    assert "the champion cannot be compared with" in ended.out
    assert desk.production.number == 1


def test_a_rollback_to_a_tampered_version_is_refused(desk: Desk) -> None:
    assert desk.run("promote", "2", "--force").code == 0
    alter_model(Vandal(desk.registry, 1))
    (desk.home / "models" / "CarPricePredictor-v1.skops").unlink()
    ended = desk.run("rollback")
    assert ended.code == 8, ended.text
    assert desk.production.number == 2


def test_a_receipt_holds_until_somebody_edits_it_or_the_model(desk: Desk) -> None:
    path = desk.home / "models" / "CarPricePredictor-v1.json"
    ended = desk.run("verify", str(path))
    assert ended.code == 0, ended.text
    assert "✗" not in ended.out
    receipt, text = read_receipt(path)
    edited = desk.home / "edited.json"
    edited.write_text(text.replace('"promoted_by": "', '"promoted_by": "not '))
    ended = desk.run("verify", str(edited))
    assert ended.code == 8
    assert "the ledger has this very text" in ended.err
    edited.write_text(text.replace(receipt.data.content_hash, "0" * 16))
    ended = desk.run("verify", str(edited), "--json")
    assert ended.code == 8
    broken = {each["statement"] for each in json.loads(ended.out) if not each["holds"]}
    assert broken == {
        "the ledger has this very text", "the version learnt from these data"
    }  # fmt: skip
    alter_model(Vandal(desk.registry, 1))
    ended = desk.run("verify", str(path))
    assert ended.code == 8
    assert "the stored file model.skops is unchanged" in ended.err


@pytest.mark.parametrize("content", ["not JSON", "[]", '{"version": 1}', None])
def test_what_is_no_receipt_is_said_to_be_none(desk: Desk, content: str | None) -> None:
    path = desk.home / "note.json"
    if content is not None:
        path.write_text(content)
    ended = desk.run("verify", str(path))
    assert ended.code == 4, ended.text
    assert "note.json" in ended.err
    assert "Traceback" not in ended.text


def test_every_promise_of_the_registry_is_kept_by_a_version(desk: Desk) -> None:
    version: Version = desk.registry.version(2)
    assert set(version.file_hashes) >= {"model.skops", "MLmodel", "requirements.txt"}
