import errno

import pytest

from carprice.errors import (
    CarPriceError,
    ConfigurationError,
    DatasetError,
    ModelIntegrityError,
    NoticeError,
    PromotionRefusedError,
    QualityError,
    RegistryError,
    ValidationFailedError,
)
from carprice.registry.connection import explaining


@pytest.mark.parametrize(
    "error",
    [
        RegistryError("down"),
        NoticeError("not sent"),
        DatasetError("cannot write", retryable=True),
        ValidationFailedError("its process was killed", retryable=True),
    ],
)
def test_what_may_pass_is_worth_another_attempt(error: CarPriceError) -> None:
    assert error.retryable


@pytest.mark.parametrize(
    "error",
    [
        ModelIntegrityError("altered"),
        DatasetError("no listings"),
        QualityError("too few rows"),
        ConfigurationError("no such number"),
        ValidationFailedError("too dear"),
        PromotionRefusedError("worse", []),
    ],
)
def test_what_stays_as_it_is_ends_at_once(error: CarPriceError) -> None:
    assert not error.retryable


def test_want_of_room_here_is_not_laid_on_the_server() -> None:
    with pytest.raises(RegistryError, match="no room is left in") as told, explaining("http://m"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert not told.value.retryable
    assert "MLFLOW_TRACKING_URI" not in str(told.value)
