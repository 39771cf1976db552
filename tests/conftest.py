"""What holds for all tests."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import open_browser
from playwright.sync_api import Browser

# Where the tests run in the background of a script, an interrupt is ignored, and so it would be in
# the programs that tests interrupt; what has a handler here begins there with the default.
signal.signal(signal.SIGINT, signal.default_int_handler)

# As the product has it: threads that spin while they wait starve what is tested at the same time.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where screenshots are kept for a look."""
    default = Path(__file__).parents[1] / "test-pictures"
    folder = Path(os.environ.get("CARPRICE_PICTURES", default))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened
