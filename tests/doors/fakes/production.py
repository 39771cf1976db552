"""A registry that is not there: one pipeline as any version, promotions and outages on demand."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from carprice.errors import RegistryError
from carprice.registry.records import Version
from carprice.serving.live_model import Serving


class FakeRegistry:
    """Holds the number of the version in production; None for none."""

    def __init__(self) -> None:
        self.production: int | None = None
        self.away = False
        self.pipeline: Any = None
        self.tags: dict[str, str] = {}

    def promote(self, serving: Serving) -> None:
        self.production = serving.version.number
        self.pipeline, self.tags = serving.model.pipeline, serving.version.tags

    def versions(self) -> list[Version]:
        return []

    def find_alias(self, _alias: str) -> Version | None:
        if self.away:
            raise RegistryError("the registry at http://mlflow:5000 does not do as asked")
        if self.production is None:
            return None
        return Version(self.production, "run", self.tags, datetime.now(UTC), ("production",))

    def open_model(self, _version: Version) -> Any:
        return self.pipeline

    @property
    def workspace(self) -> Any:
        return SimpleNamespace(registry=self)
