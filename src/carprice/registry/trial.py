"""The first opening of a model file, in a process of its own with limited memory and time.

What a model file takes is known once it is open. The process that opens it first may be ended for
it; a server may not. What has passed is remembered by its hash, and opened at once from then on.
"""

import hashlib
import logging
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from carprice.errors import DatasetError, ModelIntegrityError, RegistryError
from carprice.files import replacing
from carprice.memory import offer_oneself
from carprice.registry.archive import RefusedModelError
from carprice.registry.stored_model import open_stored
from carprice.settings import lean_environment

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

MOST_MEMORY = 128 * 2**20
"""Bytes beyond what is imported; a model takes a dozen millions of them."""
MOST_SECONDS = 20
"""Of a processor, beyond imports; opening takes a twentieth of one."""
PATIENCE_SECONDS = 300
"""On a machine that is busy, imports alone take a minute or two."""

log = logging.getLogger(__name__)


class Trials:
    """Opens model files that have passed; `folder` remembers them by their hash."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def open(self, stored: bytes, name: str) -> "Pipeline":
        """The pipeline of a model file, tried before if it is a new one.

        Raises ModelIntegrityError saying why it is not opened.
        """
        mark = self.folder / hashlib.sha256(stored).hexdigest()
        if not mark.exists():
            ensure_opens(stored, name)
            self._remember(mark)
        return open_stored(stored, name)

    def _remember(self, mark: Path) -> None:
        try:
            with replacing(mark):
                pass
        except DatasetError as error:
            log.warning("it will be tried again: %s", error)


def ensure_opens(stored: bytes, name: str) -> None:
    """Raise ModelIntegrityError unless a process of its own opens the file and estimates a car."""
    command = [sys.executable, "-m", "carprice.registry.trial", name]
    try:
        child = subprocess.run(
            command, input=stored, capture_output=True, timeout=PATIENCE_SECONDS, check=False,
            env=lean_environment(),
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise RefusedModelError(
            f"{name} is not opened: it was not open within {PATIENCE_SECONDS} seconds.",
            retryable=True,
        ) from error
    except OSError as error:
        raise RegistryError(f"{name} was not opened: no process can be started: {error}") from error
    if child.returncode:
        raise _explain(child.returncode, child.stderr.decode(errors="replace").strip(), name)


def _explain(code: int, told: str, name: str) -> ModelIntegrityError:
    if code == ModelIntegrityError.exit_code:
        return ModelIntegrityError(told)
    if code == -signal.SIGXCPU:
        return RefusedModelError(
            f"{name} is not opened: it takes more than {MOST_SECONDS} seconds of a processor."
        )
    if code == 1 and told.startswith(name):
        return RefusedModelError(told)
    last = told.splitlines()[-1:] or ["no word"]
    return RefusedModelError(
        f"{name} is not opened: the process that tried it was ended with {code} ({last[0][:200]}).",
        retryable=code < 0,
    )


def main(name: str) -> None:
    """The child process: the file on stdin; how it ends says whether it opened."""
    # Imported before the limit: what they take depends on the machine.
    import skops.io  # noqa: F401, PLC0415

    from carprice.market.chosen import MARKET  # noqa: PLC0415
    from carprice.pricing.prediction import estimate_car  # noqa: PLC0415
    from carprice.pricing.price_model import PriceModel  # noqa: PLC0415

    car = {field: str(each) for field, each in MARKET.example.items()}
    stored = sys.stdin.buffer.read()
    _limit()
    offer_oneself()  # where memory runs out all the same, this goes before a server does
    try:
        estimate_car(PriceModel(open_stored(stored, name)), car)
    except RefusedModelError as error:
        sys.exit(str(error))
    except ModelIntegrityError as error:
        sys.stderr.write(str(error))
        sys.exit(error.exit_code)
    except MemoryError:
        sys.exit(f"{name} is not opened: it takes more than {MOST_MEMORY // 2**20} MB of memory.")
    except Exception as error:  # noqa: BLE001 - whatever a hostile file makes of an estimate
        sys.exit(f"{name} is not opened: it estimates no car: {type(error).__name__}: {error}")


def _limit() -> None:
    # Linux alone limits its memory; elsewhere what the archive may unpack to is limited, and time.
    with suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415

        pages = int(Path("/proc/self/statm").read_text().split()[5])
        most = pages * resource.getpagesize() + MOST_MEMORY
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        seconds = int(time.process_time()) + MOST_SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))


if __name__ == "__main__":
    main(sys.argv[1])
