"""Event trigger: listings have landed in `data/raw`."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from carprice.listings.arrivals import find_arrival, look_around, remember
from carprice.settings import read_settings


class ListingArrivalTrigger(BaseEventTrigger):
    """Fires with the name of a file of listings that is new or has changed, once it is whole.

    Airflow's own file triggers delete what they watch; this one only looks. What has been told
    stands in a marker beside the clean tables, so a restart neither misses a file nor tells of it
    twice.
    """

    def __init__(self, poll_seconds: float = 5.0) -> None:
        super().__init__()
        self.poll_seconds = poll_seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return f"{__name__}.{type(self).__name__}", {"poll_seconds": self.poll_seconds}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        settings = read_settings()
        raw, marker = settings.raw_data, settings.arrivals_marker
        before = await asyncio.to_thread(look_around, raw)
        while True:
            await asyncio.sleep(self.poll_seconds)
            now = await asyncio.to_thread(look_around, raw)
            if arrival := await asyncio.to_thread(find_arrival, now, before, marker):
                yield TriggerEvent(arrival.newest)
                await asyncio.to_thread(remember, marker, arrival)
            before = now
