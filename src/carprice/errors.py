"""Every error this package raises on purpose.

CarPriceError                    exit code 1: something outside went wrong
├── DatasetError                 exit code 4: a file cannot be read as listings, or written
├── QualityError                 exit code 5: the listings were read and break a quality rule
├── ConfigurationError           exit code 2: params.yaml or the environment is not usable
├── PromotionRefusedError        exit code 3: the gate or another promotion said no
├── ValidationFailedError        exit code 6: the stored model does not do what was promised
└── RegistryError                exit code 7: the registry is down or does not hold what is asked
    └── ModelIntegrityError      exit code 8: the stored model is not the one that was registered
"""


class CarPriceError(Exception):
    """Base of all: its message says what, where, found against expected, and what to do."""

    exit_code = 1


class ConfigurationError(CarPriceError):
    exit_code = 2


class PromotionRefusedError(CarPriceError):
    """Carries the reasons, one sentence each."""

    exit_code = 3

    def __init__(self, summary: str, reasons: list[str]) -> None:
        super().__init__("\n  - ".join([summary, *reasons]))
        self.reasons = reasons


class DatasetError(CarPriceError):
    exit_code = 4


class QualityError(CarPriceError):
    exit_code = 5


class ValidationFailedError(CarPriceError):
    exit_code = 6


class RegistryError(CarPriceError):
    exit_code = 7


class ModelIntegrityError(RegistryError):
    exit_code = 8
