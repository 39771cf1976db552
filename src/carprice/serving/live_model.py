"""The open version in production, renewed in the background of a server.

A thread asks the registry every few seconds. A promoted version is opened, measured and warmed up
before it takes over in one assignment. While the registry is away, or what it says is in production
is not what may be there or cannot be opened, the last good version goes on answering, from memory
or from the copy that servers keep, and `State.trouble` says what is wrong.
"""

import gc
import logging
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple

from carprice.errors import CarPriceError, DatasetError, ModelIntegrityError, RegistryError
from carprice.insight.comparables import Reference
from carprice.listings.table_store import ensure_rows, read_table
from carprice.market.chosen import MARKET
from carprice.pricing.prediction import estimate_car
from carprice.pricing.price_model import PriceModel
from carprice.promotion.signatures import Promise
from carprice.promotion.standing import Standing, read_standing
from carprice.registry.archive import RefusedModelError
from carprice.registry.history import NO_RECORD, History, Record, read_history, read_record
from carprice.registry.model_facts import ModelFacts
from carprice.registry.records import Identity, Version
from carprice.registry.trial import Trials
from carprice.serving.alarm import Alarm
from carprice.serving.last_good import LastGood
from carprice.wording.troubles import Trouble, TroubleCode
from carprice.workspace import Workspace

LOOK_AGAIN_SECONDS = 5.0
FIRST_LOOK_SECONDS = 20.0
EXAMINE_AGAIN_SECONDS = 60.0
"""How often the files of a version are fetched and hashed, and a refused version tried again."""
READ_FACTS_SECONDS = 60.0
FIRST_CAR = {name: str(each) for name, each in MARKET.example.items()}
"""Estimated once before a version takes over: a first estimate is slower than all others."""
NO_FACTS = ModelFacts()
NO_ANSWER_YET = Trouble(TroubleCode.REGISTRY_AWAY, {"message": "no answer yet"})

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
    """State of a server; `serving` is None while nothing is in production, and nothing was.

    history: all versions at the last answer of the registry; None before the first.
    trouble: found at the last look at the registry; None where all is well.
    facts: of the model as a whole, no older than READ_FACTS_SECONDS while the registry answers.
    """

    serving: Serving | None = None
    history: History | None = None
    trouble: Trouble | None = None
    trouble_since: datetime | None = None
    facts: ModelFacts = NO_FACTS

    @property
    def newest(self) -> Version | None:
        """The version trained last."""
        chapters = self.history.chapters if self.history else []
        return chapters[0].version if chapters else None


class _Examined(NamedTuple):
    """A version whose files were looked at, and what was wrong with them."""

    version: Version
    at: float
    error: ModelIntegrityError | None


class LiveModel:
    """Keeps a State up to date; reading `state` is safe from any thread and never waits.

    for_page: whether to read record and reference as well.
    """

    def __init__(self, work: Workspace, *, for_page: bool = True) -> None:
        self.work = work
        self.for_page = for_page
        self.state = State()
        self._last_good = LastGood(work.settings.serving_copies, work.settings.signing_keys)
        self._promises: Mapping[Identity, Promise] = {}
        self._last_move: Promise | None = None
        self._trials = Trials(work.settings.tried_models)
        self._alarm = Alarm(work.settings)
        self._examined: dict[Identity, _Examined] = {}
        self._facts_read: float | None = None
        self._looked, self._stopping = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._keep_looking, daemon=True, name="live-model")

    def start(self) -> "LiveModel":
        """Answer by the copy kept, and start looking in the background.

        Without a copy, wait a while for the first look.
        """
        # Until the first look is over: a registry that hangs is told of instead of waited for.
        self.state = State(self._recall(), None, NO_ANSWER_YET, datetime.now(UTC))
        self._thread.start()
        if self.state.serving is None:
            self._looked.wait(FIRST_LOOK_SECONDS)
        return self

    def stop(self) -> None:
        self._stopping.set()

    def look(self) -> None:
        """Ask the registry once and renew the state."""
        before = self.state
        if before.serving is None:
            self.state = before._replace(serving=self._recall())
        serving, history, trouble = self.state.serving, before.history, None
        facts = before.facts
        try:
            registry = self.work.registry  # connects; after a failure, at the next look
            standing = read_standing(registry)
            marks = {each: mark.of_version for each, mark in standing.withdrawn.items()}
            history = read_history(registry).correct(standing.version, standing.proven, marks)
            facts = self._renew_facts(facts)
            serving, trouble = self._follow(standing)
        except RegistryError as error:
            trouble = Trouble(TroubleCode.REGISTRY_AWAY, {"message": str(error)})
        except Exception as error:
            log.warning("the last good version goes on", exc_info=error)
            told = f"{type(error).__name__}: {error}"
            trouble = Trouble(TroubleCode.UNFORESEEN, {"message": told})
        since = _date(trouble, before)
        self.state = State(serving, history, trouble, since, facts)
        self._alarm.follow(trouble, since, serving.version.number if serving else None)

    def _keep_looking(self) -> None:
        while not self._stopping.is_set():
            self.look()
            self._looked.set()
            self._stopping.wait(LOOK_AGAIN_SECONDS)

    def _renew_facts(self, known: ModelFacts) -> ModelFacts:
        """What stands of the model as a whole, asked for now and then."""
        now = time.monotonic()
        if self._facts_read is not None and now - self._facts_read < READ_FACTS_SECONDS:
            return known
        known, self._facts_read = self.work.registry.read_facts(), now
        return known

    def _follow(self, standing: Standing) -> tuple[Serving | None, Trouble | None]:
        """What answers from now on, and what is wrong with what the registry says."""
        version, self._promises = standing.version, standing.promises
        if lost := self._find_lost_move(standing):
            unknown = Trouble(TroubleCode.LEDGER_SHORTENED, {"version": lost.tags["to"]})
            return self._fall_back(standing), unknown
        if version is None:
            serving = self._fall_back(standing)
            gone = Trouble(TroubleCode.REGISTRY_EMPTY, {}) if serving else None
            return serving, standing.trouble or gone
        try:
            serving, trouble = self._serve(version)
        except ModelIntegrityError as error:
            refused = isinstance(error, RefusedModelError)
            code = TroubleCode.MODEL_REFUSED if refused else TroubleCode.FILES_CHANGED
            told: dict[str, int | str] = {"version": version.number, "message": str(error)}
            return self._fall_back(standing), Trouble(code, told, standing.back)
        return self._add_record(serving), standing.trouble or trouble

    def _fall_back(self, standing: Standing) -> Serving | None:
        """What answers while production does not: the last good version, else one before it."""
        if self.state.serving:
            return self.state.serving
        for version in standing.way:
            if version != standing.version:
                with suppress(ModelIntegrityError):
                    return self._serve(version)[0]
        # What answered when the stack got its key goes on until its promotion is signed.
        code = standing.trouble.code if standing.trouble else None
        return self._recall(unsigned=True) if code is TroubleCode.LEDGER_UNSIGNED else None

    def _find_lost_move(self, standing: Standing) -> Promise | None:
        """The last signed move that was seen, where the ledger has earlier ones and not this one.

        Whoever writes to MLflow cannot sign a move, and could undo one by deleting its ticket.
        """
        if not standing.promises:
            return None
        last = max(standing.promises.values(), key=lambda each: each.moved_at)
        if self._last_move and last.moved_at < self._last_move.moved_at:
            return self._last_move
        self._last_move = last
        return None

    def _serve(self, version: Version) -> tuple[Serving, Trouble | None]:
        """The serving of a version, whose files are examined now and then.

        Raises ModelIntegrityError where they are not, or are no longer, what was registered.
        """
        current = self.state.serving
        # By its run as well: a registry made anew begins at version 1 again.
        if current and current.version.identity != version.identity:
            current = None
        if current and current.version.file_hashes != version.file_hashes:
            raise ModelIntegrityError(
                f"{version.name} has other hashes in the registry than when it was opened."
            )
        # Its tags may have changed.
        current = current and current._replace(version=version)
        if self._was_examined(version) and current:
            return current, None
        try:
            stored = self.work.registry.read_model(version)
            serving = current or self._open(version, stored)
        except ModelIntegrityError as error:
            log.warning("the last good version goes on: %s", error)
            self._examined[version.identity] = _Examined(version, time.monotonic(), error)
            raise
        self._examined[version.identity] = _Examined(version, time.monotonic(), None)
        return serving, self._keep(version, stored)

    def _was_examined(self, version: Version) -> bool:
        """Whether its files were looked at a short while ago; what was wrong is raised again."""
        last = self._examined.get(version.identity)
        known = (
            last is not None
            and last.version.file_hashes == version.file_hashes
            and time.monotonic() - last.at < EXAMINE_AGAIN_SECONDS
        )
        if last and known and last.error:
            raise last.error
        return known

    def _open(self, version: Version, stored: bytes) -> Serving:
        """A version opened, measured for a page, and warmed up."""
        model = PriceModel(self._trials.open(stored, version.name))
        reference = self._read_reference(model, version) if self.for_page else None
        estimate_car(model, FIRST_CAR)
        _settle_memory()
        log.info("%s answers from now on", version.name)
        return Serving(version, model, reference)

    def _keep(self, version: Version, stored: bytes) -> Trouble | None:
        """Keep a copy to fall back on; what hinders it is no more than told."""
        try:
            self._last_good.keep(version, stored, self._promises.get(version.identity))
        except DatasetError as error:
            log.warning("no copy was kept: %s", error)
            return Trouble(TroubleCode.COPY_NOT_KEPT, {"message": str(error)})
        return None

    def _recall(self, *, unsigned: bool = False) -> Serving | None:
        """The copy kept of the last good version, opened; None without a good one."""
        try:
            if (kept := self._last_good.recall(unsigned=unsigned)) is None:
                return None
            if not unsigned:
                self._last_move = kept.promise
            return self._open(kept.version, kept.stored)
        except CarPriceError as error:
            log.warning("the copy kept is not opened: %s", error)
            return None

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
        if facts.split is None:
            return None
        try:
            ensure_rows(self.work.settings.processed_data, facts.data_hash, facts.rows)
            table = read_table(self.work.settings.processed_data, facts.data_hash)
        except DatasetError as error:
            log.warning("%s: %s", version.name, error)
            return None
        return Reference.build(model, table, facts.split)


def _settle_memory() -> None:
    """Freeze the garbage collector's view of memory, after one last collection.

    After each run of a page, and whenever Python sees fit, a collection would stop every answer
    for half a second. Without the last one, garbage of now would stay for ever.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _date(trouble: Trouble | None, before: State) -> datetime | None:
    """When a trouble began."""
    if trouble is None:
        return None
    same = before.trouble is not None and before.trouble.code == trouble.code
    return before.trouble_since if same else datetime.now(UTC)
