"""The workspace of steps: settings, params and registry."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from carprice.progress import be_silent
from carprice.registry.client import Registry
from carprice.settings import Settings

if TYPE_CHECKING:
    from carprice.params import Params


@dataclass(frozen=True)
class Workspace:
    """Settings of a step; params and registry are read at first use."""

    settings: Settings
    progress: Callable[[str, int, int], None] = be_silent
    """Called with what is being done, how much is done, and how much there is (0: unknown)."""
    process: str = ""
    """`host:pid` of the process of a whole run; empty where each step has its own."""
    pipeline_run: str = ""
    """Name of a pipeline run whose steps may be retried: an attempt finds by it what an earlier one
    left behind; empty: none."""
    logs: Path | None = None
    """Folder that keeps what a step logs, without room in which no step is begun; None: nobody
    keeps it."""

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
