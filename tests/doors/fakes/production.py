"""A registry that is not there: one pipeline as any version, promotions and outages on demand."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from carprice.errors import RegistryError
from carprice.promotion.standing import Standing
from carprice.registry.model_facts import ModelFacts
from carprice.registry.records import FILES_TAG, Version
from carprice.registry.stored_model import MODEL_FILE
from carprice.serving.live_model import Serving
from carprice.settings import Settings
from carprice.wording.troubles import Trouble

STORED = b"a model file"


class FakeRegistry:
    """Holds the number of the version in production; None for none."""

    def __init__(self, home: Path) -> None:
        self.settings = Settings(home=home)
        self.production: int | None = None
        self.away = False
        self.pipeline: Any = None
        self.tags: dict[str, str] = {}
        self.trouble: Trouble | None = None
        self.facts = ModelFacts()

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
        tags = {FILES_TAG: json.dumps({MODEL_FILE: sha256(STORED).hexdigest()})} | self.tags
        return Version(self.production, "run", tags, datetime.now(UTC), ("production",))

    def read_standing(self) -> Standing:
        """Stands in for the ledger's."""
        version = self.find_alias("production")
        return Standing(
            version=version,
            alias=self.production,
            trouble=self.trouble,
            back=None,
            kept=frozenset(),
            champion=version,
            trail=(),
            way=(),
            proven=frozenset(),
        )

    def read_facts(self) -> ModelFacts:
        return self.facts

    def read_model(self, _version: Version) -> bytes:
        return STORED

    def open(self, _stored: bytes, _name: str) -> Any:
        """Stands in for the trial's."""
        return self.pipeline

    @property
    def workspace(self) -> Any:
        return SimpleNamespace(registry=self, settings=self.settings)
