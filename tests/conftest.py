"""What holds for all tests."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from browsing import open_browser
from playwright.sync_api import Browser

# Where the tests run in the background of a script, an interrupt is ignored, and so it would be in
# the programs that tests interrupt; what has a handler here begins there with the default.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Tests run side by side, one on each processor: threads that wait for those of another test take
# ten times as long. Waiting without spinning is as the product has it.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
for limit in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(limit, "1")

LONGEST = "test_printed_commands"
FOLDERS = ("model", "integration", "doors", "unit")
"""What takes longest comes first, so that no worker is left with it at the end."""


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than processors: many a test waits for a server, a lease or a signal."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> tuple[bool, int]:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        at = FOLDERS.index(folder) if folder in FOLDERS else len(FOLDERS)
        return item.path.stem != LONGEST, at

    items.sort(key=place)


@pytest.fixture
def unsearched(monkeypatch: pytest.MonkeyPatch) -> None:
    """No search for garbage when a version takes over: half a second, among all that tests keep."""
    nothing = dict.fromkeys(("unfreeze", "collect", "freeze"), lambda: None)
    monkeypatch.setattr("carprice.serving.live_model.gc", SimpleNamespace(**nothing))


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
