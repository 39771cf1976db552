"""Every error this package raises on purpose.

```text
CarPriceError                    exit code 1: something outside went wrong
├── DatasetError                 exit code 4: a file cannot be read as listings, or written (✻)
├── QualityError                 exit code 5: the listings were read and break a quality rule
├── ConfigurationError           exit code 2: params.yaml or the environment is not usable
├── PromotionRefusedError        exit code 3: the gate or another promotion said no
├── ValidationFailedError        exit code 6: the stored model does not do what was promised (✻)
├── UnchangedError               exit code 0: there is nothing to train, and so nothing to do
├── EstimatesWorseError          exit code 10: on new prices, production has lost in quality
├── NoticeError                ↻ exit code 9: a report stands in the registry but was not sent
└── RegistryError              ↻ exit code 7: the registry is down or does not hold what is asked
    └── ModelIntegrityError      exit code 8: the stored model is not the one that was registered
```

↻ The same step may succeed when it is called again (`retryable`); ✻ only where it was no fault of
the file or the model: a disk refused, the process that validates was killed or lost the registry.
None may where there is no room left on a disk (decision 47).
"""

from collections.abc import Sequence
from typing import Any

from carprice.language import Language, Text


class CarPriceError(Exception):
    """Base class; messages say what, where, found against expected, what to do."""

    exit_code = 1
    retryable = False
    """Whether calling the same step again, with nothing mended by hand, can help."""

    def __init__(self, message: str, *, retryable: bool | None = None) -> None:
        super().__init__(message)
        if retryable is not None:
            self.retryable = retryable


class ConfigurationError(CarPriceError):
    exit_code = 2


class PromotionRefusedError(CarPriceError):
    """Carries the reasons, one sentence each, and whether a person's word would lift them."""

    exit_code = 3

    def __init__(self, summary: str, reasons: list[str], *, held: bool = False) -> None:
        super().__init__("\n  - ".join([summary, *reasons]))
        self.reasons = reasons
        self.held = held


class DatasetError(CarPriceError):
    """The message is in English; `say` has it in a reader's language."""

    exit_code = 4

    def __init__(
        self, message: str | Text, *, retryable: bool | None = None, **details: object
    ) -> None:
        """details: values for the places in a Text; see `Text.say`."""
        self._message, self._details = message, details
        super().__init__(self.say("en"), retryable=retryable)

    def say(self, language: Language) -> str:
        """The message in a language; in English where it is no Text."""
        if isinstance(self._message, Text):
            return self._message.say(language, **self._details)
        return self._message


class QualityError(CarPriceError):
    exit_code = 5


class ValidationFailedError(CarPriceError):
    """Carries the reasons to store: `wording.reasons.Reason`, from a module above."""

    exit_code = 6

    def __init__(
        self, message: str, *, reasons: Sequence[Any] = (), retryable: bool | None = None
    ) -> None:
        super().__init__(message, retryable=retryable)
        self.reasons = reasons


class UnchangedError(CarPriceError):
    exit_code = 0


class EstimatesWorseError(CarPriceError):
    exit_code = 10


class RegistryError(CarPriceError):
    exit_code = 7
    retryable = True


class ModelIntegrityError(RegistryError):
    exit_code = 8
    retryable = False


class NoticeError(CarPriceError):
    exit_code = 9
    retryable = True
