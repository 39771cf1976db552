"""A signature is of one promise, by one key."""

import pytest

from carprice.promotion.signatures import PROMISED, SIGNATURE_TAG, Promise

KEY, OTHER = "k" * 32, "o" * 32
PROMISE = Promise(number=3, run_id="r", tags={"to": "2", "by": "Amina ✓", "from": "None"}).sign(KEY)


def test_one_of_several_keys_is_enough_and_another_is_none() -> None:
    assert PROMISE.is_signed([OTHER, KEY])
    assert not PROMISE.is_signed([OTHER])
    assert not PROMISE.is_signed([])


@pytest.mark.parametrize(
    "changed",
    [
        {"number": 4},
        {"run_id": "s"},
        {"signature": ""},
        {"signature": "é" * 64},
        *({"tags": {**PROMISE.tags, name: "other"}} for name in sorted(PROMISED)),
        {"tags": {"to": "2", "by": "Amina ✓"}},
    ],
)
def test_nothing_of_it_can_be_changed(changed: dict[str, object]) -> None:
    assert not PROMISE.model_copy(update=changed).is_signed([KEY])


def test_what_comes_and_goes_is_not_promised() -> None:
    assert not PROMISED & {"state", "reason", SIGNATURE_TAG}
