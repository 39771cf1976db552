"""Listings that land in `data/raw`: the trigger that calls for a run, and what the run reads."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from airflow.sdk import Asset, AssetWatcher, get_current_context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from airflow.triggers.base import BaseEventTrigger, TriggerEvent
from pipeline_steps import airflow_terms

from carprice.errors import DatasetError
from carprice.listings.arrivals import LOOK_SECONDS, Claims, Watch, locate_named
from carprice.settings import read_settings

NOTHING_WAITS = (
    "no file of data/raw waits: another run has read what this one was called for, or it was "
    "removed; nothing is trained a second time"
)

log = logging.getLogger("carprice")


class ListingArrivalTrigger(BaseEventTrigger):
    """Fires while a file of listings waits to be read, once for each run that is called for.

    Airflow's own file triggers delete what they watch; this one only looks. What waits stands on
    disk beside the clean tables and not in the events, of which Airflow makes one run for several.
    """

    def __init__(self, poll_seconds: float = LOOK_SECONDS) -> None:
        super().__init__()
        self.poll_seconds = poll_seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return f"{__name__}.{type(self).__name__}", {"poll_seconds": self.poll_seconds}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        settings = read_settings()
        watch, trouble = Watch(settings.raw_data, settings.arrivals_marker), ""
        while True:
            try:
                await asyncio.to_thread(watch.look)
                if name := await asyncio.to_thread(watch.call):
                    yield TriggerEvent(name)
                trouble = ""
            except (OSError, DatasetError) as error:
                if str(error) != trouble:
                    log.warning("no run is started for new listings: %s", error)
                trouble = str(error)
            await asyncio.sleep(self.poll_seconds)


NEW_LISTINGS = Asset("new_listings", watchers=[AssetWatcher("data_raw", ListingArrivalTrigger())])
READ_LISTINGS = Asset("read_listings")
"""Changes as a run of the pipeline ends; with it comes the name of the file that it was about."""


@contextmanager
def claimed_listings() -> Iterator[Path | None]:
    """What the running task reads: the file named by hand, that which landed, or the newest.

    None without any file. Skips the task when its run was started for a file and none waits.
    """
    context, settings = get_current_context(), read_settings()
    claims = Claims(settings.raw_data, settings.arrivals_marker, context["run_id"])
    with airflow_terms():
        if name := context["params"]["data"]:
            listings = claims.named(name)
        elif context["triggering_asset_events"]:
            listings = claims.oldest()
            if listings is None:
                raise AirflowSkipException(NOTHING_WAITS)
        else:
            listings = claims.newest()
    log.info("this run reads %s", listings.name if listings else "the simulated sample")
    try:
        yield listings
    except AirflowFailException:
        _finish(claims)
        raise
    _finish(claims)


def chosen_listings() -> Path | None:
    """What a search learns from: the file named by hand, else the newest; a run may still read it.

    None without any file.
    """
    from carprice.monitoring.watch import find_newest  # noqa: PLC0415 - heavy

    raw = read_settings().raw_data
    with airflow_terms():
        name = get_current_context()["params"]["data"]
        return locate_named(raw, name) if name else find_newest(raw)


def _finish(claims: Claims) -> None:
    try:
        claims.finish()
    except DatasetError as error:  # it stays on record as claimed, so it is not read again either
        log.warning("%s", error)
