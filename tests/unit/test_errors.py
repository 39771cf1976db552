import pytest

from carprice.errors import (
    ConfigurationError,
    DatasetError,
    ModelIntegrityError,
    NoticeError,
    PromotionRefusedError,
    QualityError,
    RegistryError,
    ValidationFailedError,
    can_help_to_retry,
)


@pytest.mark.parametrize(
    "error",
    [
        RegistryError("down"),
        NoticeError("not sent"),
        DatasetError("cannot write", retryable=True),
        OSError("the disk went away"),
        KeyError("a mistake of ours"),
    ],
)
def test_what_may_pass_is_worth_another_attempt(error: Exception) -> None:
    assert can_help_to_retry(error)


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
def test_what_stays_as_it_is_ends_at_once(error: Exception) -> None:
    assert not can_help_to_retry(error)
