"""Where steps work, and how a run that ends badly is closed."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from carprice.errors import PromotionRefusedError, RegistryError
from carprice.registry import Registry
from carprice.settings import Settings

if TYPE_CHECKING:
    from carprice.params import Params

log = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is (0: unknown)."""


def be_silent(_what: str, _done: int, _total: int) -> None:
    """Progress for those who do not watch."""


@dataclass(frozen=True)
class Workspace:
    """Where a step works: the settings and, once asked for, a connection to the registry."""

    settings: Settings
    progress: Progress = be_silent
    process: str = ""
    """Host and number of the process that sees a whole run through; empty where each step has
    a process of its own."""

    @cached_property
    def params(self) -> "Params":
        # What params.yaml configures is slow to import, and many a command needs none of it.
        from carprice.params import read_params  # noqa: PLC0415

        return read_params(self.settings.home)

    @property
    def who(self) -> str:
        return self.settings.user_name

    @cached_property
    def registry(self) -> Registry:
        self.progress("connecting to the registry", 0, 0)
        return Registry(self.settings)


def close_abandoned_runs(work: Workspace, is_alive: Callable[[str], bool]) -> int:
    """Mark runs whose process is gone as killed; returns how many there were."""
    abandoned = {
        run_id: tags
        for run_id, tags in work.registry.running().items()
        if tags.get("process") and not is_alive(tags["process"])
    }
    for run_id, tags in abandoned.items():
        # What it had come to before its process died stays: its version may be in production.
        work.registry.log(run_id, tags={"outcome": tags.get("outcome", "killed")})
        work.registry.end_run(run_id, "KILLED")
    return len(abandoned)


@contextmanager
def closing_badly_ended(work: Workspace, run_id: str) -> Iterator[None]:
    """Record on the run how a step ended badly; what it raises goes on to the caller."""
    try:
        yield
    except BaseException as error:
        outcome, status = _judge(error)
        note = {"outcome": outcome, "reason": str(error)[:4000] or type(error).__name__}
        try:
            work.registry.log(run_id, tags=note)
            work.registry.end_run(run_id, status)
        except RegistryError as lost:
            log.warning("the run could not be marked as %s: %s", outcome, lost)
        raise


def _judge(error: BaseException) -> tuple[str, str]:
    """Outcome and MLflow status of a run that ended with an error."""
    if isinstance(error, PromotionRefusedError):
        return "refused", "FINISHED"
    if isinstance(error, Exception):
        return "failed", "FAILED"
    return "killed", "KILLED"
