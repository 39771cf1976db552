"""A model file that asks for too much is refused before it is unpacked, or beside a server."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import numpy as np
import pytest
import skops.io as sio
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from carprice.errors import ConfigurationError, ModelIntegrityError
from carprice.registry import trial
from carprice.registry.archive import RefusedModelError
from carprice.registry.models import Model
from carprice.registry.stored_model import list_trusted_types, open_stored
from carprice.registry.trial import Trials

NAME = "CarPricePredictor version 7"
Members = dict[str, bytes]


@pytest.fixture(scope="module")
def members(pipeline: Pipeline) -> Members:
    """What a sound model file holds."""
    with ZipFile(io.BytesIO(sio.dumps(pipeline))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(members: Members, compression: int = ZIP_STORED) -> bytes:
    target = io.BytesIO()
    with ZipFile(target, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def write_array(array: np.ndarray) -> bytes:
    target = io.BytesIO()
    np.save(target, array)
    return target.getvalue()


def hold_zeros(members: Members) -> bytes:
    packed = pack(members | {"zeros.npy": write_array(np.zeros(10_000_000))}, ZIP_DEFLATED)
    assert len(packed) < 700_000
    return packed


def hold_some_zeros(members: Members) -> bytes:
    return pack(members | {"zeros.npy": write_array(np.zeros(5_000_000))}, ZIP_DEFLATED)


def claim_a_huge_array(members: Members) -> bytes:
    header = io.BytesIO()
    told = {"descr": "<f8", "fortran_order": False, "shape": (10**12,)}
    np.lib.format.write_array_header_1_0(header, told)
    return pack(members | {"claimed.npy": header.getvalue()})


def hold_an_archive(members: Members) -> bytes:
    return pack(members | {"inner.npz": pack({"a": b"b"})})


def leave_the_folder(members: Members) -> bytes:
    return pack(members | {"../a.npy": write_array(np.zeros(3))})


def hold_many(members: Members) -> bytes:
    return pack(members | {f"{number}.npy": b"" for number in range(3_000)})


def hold_a_long_schema(members: Members) -> bytes:
    return pack(members | {"schema.json": b"[" * 5_000_000})


@pytest.mark.parametrize(
    ("deed", "words"),
    {
        hold_zeros: "unpacked bytes, and at most",
        hold_some_zeros: "unpacked bytes for a packed one",
        claim_a_huge_array: "an array of 8,000,000,000,128 bytes in 128",
        hold_an_archive: "'inner.npz', which is no array",
        leave_the_folder: "'../a.npy', which is no array",
        hold_many: "members, and at most",
        hold_a_long_schema: "bytes of schema",
    }.items(),
)
def test_what_would_unpack_to_too_much_is_refused_before_it_is(
    members: Members,
    deed: Callable[[Members], bytes],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hostile = deed(members)
    monkeypatch.setattr(sio, "loads", lambda *_, **__: pytest.fail("it was unpacked"))
    with pytest.raises(RefusedModelError, match=words):
        open_stored(hostile, NAME)


def repeat_an_array(members: Members) -> bytes:
    """A list of one small array, again and again: what no size in the archive tells."""
    array = {
        "__class__": "ndarray", "__module__": "numpy", "__loader__": "NdArrayNode",
        "type": "numpy", "file": "a.npy",
    }  # fmt: skip
    told = {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode"}
    schema = json.loads(members["schema.json"]) | told | {"content": [array] * 1_000}
    array_file = write_array(np.random.default_rng(0).random(500_000))
    return pack({"schema.json": json.dumps(schema).encode(), "a.npy": array_file})


def test_what_takes_too_much_all_the_same_ends_a_process_of_its_own(
    members: Members, tmp_path: Path
) -> None:
    trials = Trials(tmp_path)
    with pytest.raises(RefusedModelError, match="takes more than 128 MB of memory"):
        trials.open(repeat_an_array(members), NAME)
    assert not [*tmp_path.iterdir()]


def test_what_has_passed_is_opened_at_once_from_then_on(
    members: Members, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = pack(members)
    assert isinstance(Trials(tmp_path).open(sound, NAME), Pipeline)
    monkeypatch.setattr(trial, "ensure_opens", lambda *_: pytest.fail("it was tried again"))
    assert isinstance(Trials(tmp_path).open(sound, NAME), Pipeline)


def test_what_takes_too_long_is_given_up(
    members: Members, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "PATIENCE_SECONDS", 0.05)
    with pytest.raises(ModelIntegrityError, match=r"not open within 0.05 seconds"):
        Trials(tmp_path).open(pack(members), NAME)


class Own(BaseEstimator):  # type: ignore[misc]
    """An estimator that nobody trusts; `held` is what it was made with."""

    def __init__(self, held: object = None) -> None:
        self.held = held

    def predict(self, cars: object) -> object:
        return cars


@pytest.mark.parametrize(
    ("held", "told"),
    [(None, r"Own'\]\. .* add them to HOLDS of that class"), (memoryview(b""), "Keep plain")],
)
@pytest.mark.filterwarnings("ignore:.*type hint")
def test_a_model_that_cannot_be_stored_is_told_with_the_place_to_change(
    tmp_path: Path, held: object, told: str
) -> None:
    from carprice.registry.flavor import save_model  # noqa: PLC0415 - MLflow warns of itself

    pipeline = Pipeline([("price", Own(held))])
    options = {"serialization_format": "skops", "skops_trusted_types": list_trusted_types()}
    with pytest.raises(ConfigurationError, match=told) as refused:
        save_model(str(tmp_path / "model"), Model(), pipeline, **options)
    assert "the model of Own, " in str(refused.value)
    assert "test_model_file.py, " in str(refused.value)
    if held is None:
        with pytest.raises(ModelIntegrityError, match="HOLDS of its estimator, a class in src"):
            open_stored(sio.dumps(pipeline), NAME)
