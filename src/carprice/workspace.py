"""Where steps work: the settings, the parameters and the registry."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from carprice.progress import be_silent
from carprice.registry.client import Registry
from carprice.settings import Settings

if TYPE_CHECKING:
    from carprice.params import Params


@dataclass(frozen=True)
class Workspace:
    """Where a step works: the settings and, once asked for, a connection to the registry."""

    settings: Settings
    progress: Callable[[str, int, int], None] = be_silent
    """Called with what is being done, how much is done, and how much there is (0: unknown)."""
    process: str = ""
    """Host and number of the process that sees a whole run through; empty where each step has
    a process of its own."""
    pipeline_run: str = ""
    """Name of the run of the pipeline where steps may be called again; by it, an attempt knows
    what an earlier one of the same run left behind."""

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
