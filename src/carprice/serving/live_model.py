"""The open version in production, renewed in the background of a server.

A thread asks the registry every few seconds. A promoted version is opened, measured and warmed up
before it takes over in one assignment; while the registry is away, or the promoted version cannot
be opened, the last good version goes on answering and `State.trouble` gives the reason.
"""

import gc
import logging
import threading
from datetime import UTC, datetime
from typing import NamedTuple

from carprice.errors import CarPriceError, DatasetError, RegistryError
from carprice.insight.comparables import Reference
from carprice.listings.table_store import read_table
from carprice.market.chosen import MARKET
from carprice.pricing.prediction import estimate_car
from carprice.pricing.price_model import PriceModel
from carprice.promotion.standing import read_standing
from carprice.registry.history import NO_RECORD, History, Record, read_history, read_record
from carprice.registry.records import Version
from carprice.workspace import Workspace

LOOK_AGAIN_SECONDS = 5.0
FIRST_LOOK_SECONDS = 20.0
FIRST_CAR = {name: str(each) for name, each in MARKET.example.items()}
"""Estimated once before a version takes over: a first estimate is slower than all others."""

log = logging.getLogger(__name__)


class Serving(NamedTuple):
    """A version that answers, and its model.

    reference: its training listings, where that table is at hand. record: reports of its run,
    once read.
    """

    version: Version
    model: PriceModel
    reference: Reference | None = None
    record: Record = NO_RECORD

    @property
    def simulated(self) -> bool:
        """Whether it was trained on simulated adverts."""
        return self.version.facts.simulated


class State(NamedTuple):
    """State of a server; `serving` is None while nothing is in production.

    history: all versions at the last answer of the registry; None before the first.
    trouble: error of the last look at the registry, empty on success.
    """

    serving: Serving | None = None
    history: History | None = None
    trouble: str = ""
    trouble_since: datetime | None = None

    @property
    def newest(self) -> Version | None:
        """The version trained last."""
        chapters = self.history.chapters if self.history else []
        return chapters[0].version if chapters else None


class LiveModel:
    """Keeps a State up to date; reading `state` is safe from any thread and never waits.

    for_page: whether to read record and reference as well.
    """

    def __init__(self, work: Workspace, *, for_page: bool = True) -> None:
        self.work = work
        self.for_page = for_page
        self.state = State()
        self._looked, self._stopping = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._keep_looking, daemon=True, name="live-model")

    def start(self) -> "LiveModel":
        """Start looking in the background; wait a while for the first look."""
        # Until the first look is over: a registry that hangs is told of instead of waited for.
        self.state = State(trouble="no answer yet", trouble_since=datetime.now(UTC))
        self._thread.start()
        self._looked.wait(FIRST_LOOK_SECONDS)
        return self

    def stop(self) -> None:
        self._stopping.set()

    def look(self) -> None:
        """Ask the registry once and renew the state."""
        try:
            registry = self.work.registry  # connects; after a failure, at the next look
            standing = read_standing(registry)
            history = read_history(registry).correct(standing.version, standing.proven)
            serving = self._follow(standing.version)
            self.state = State(serving, history)
        except Exception as error:
            since = self.state.trouble_since or datetime.now(UTC)
            unforeseen = not isinstance(error, CarPriceError)
            log.warning("the last good version goes on: %s", error, exc_info=unforeseen)
            self.state = self.state._replace(trouble=str(error), trouble_since=since)

    def _keep_looking(self) -> None:
        while not self._stopping.is_set():
            self.look()
            self._looked.set()
            self._stopping.wait(LOOK_AGAIN_SECONDS)

    def _follow(self, production: Version | None) -> Serving | None:
        """The new `Serving`; tags of the same version may have changed."""
        current = self.state.serving
        if production is None:
            return None
        # By its run as well: a registry made anew begins at version 1 again.
        if current and _identity(current.version) == _identity(production):
            return self._add_record(current._replace(version=production))
        serving = self._open(production)
        _settle_memory()
        log.info("%s answers from now on", production.name)
        return self._add_record(serving)

    def _open(self, version: Version) -> Serving:
        """A version opened, measured for a page, and warmed up."""
        model = PriceModel(self.work.registry.open_model(version))
        reference = self._read_reference(model, version) if self.for_page else None
        estimate_car(model, FIRST_CAR)
        return Serving(version, model, reference)

    def _add_record(self, serving: Serving) -> Serving:
        """The serving with its record; without one where reading fails, until the next look."""
        if not self.for_page or serving.record is not NO_RECORD:
            return serving
        try:
            return serving._replace(record=read_record(self.work.registry, serving.version.run_id))
        except RegistryError as error:
            log.warning("the record of %s: %s", serving.version.name, error)
            return serving

    def _read_reference(self, model: PriceModel, version: Version) -> Reference | None:
        """The reference of a version; None without its clean table, unneeded for estimates."""
        facts = version.facts
        if facts.holdout_share is None:
            return None
        try:
            table = read_table(self.work.settings.processed_data, facts.data_hash)
        except DatasetError as error:
            log.warning("%s: %s", version.name, error)
            return None
        return Reference.build(model, table, facts.holdout_share)


def _settle_memory() -> None:
    """Freeze the garbage collector's view of memory, after one last collection.

    After each run of a page, and whenever Python sees fit, a collection would stop every answer
    for half a second. Without the last one, garbage of now would stay for ever.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _identity(version: Version) -> tuple[int, str]:
    return version.number, version.run_id
