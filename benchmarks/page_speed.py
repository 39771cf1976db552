"""How long people and programs wait for an estimate: make page-bench, while the page runs.

page_speed.py [ADDRESS OF THE PAGE [ADDRESS OF THE API]]

A browser measures the first load, and from Enter to the new number on the screen, with the page
open; twenty users at once speak the page's own protocol, each thinking for a while between clicks,
and measure from the click to the message that carries the number; a program asks the API. Seconds
are those of one machine, and the browser's and the users' own work is part of them when they run
beside the server.
"""

import asyncio
import itertools
import random
import re
import statistics
import sys
import time
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlencode

import requests
from browsing import open_browser, visit
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

PAGE, API = "http://127.0.0.1:8501", "http://127.0.0.1:8000"
CAR = {"make": "Dacia", "model": "Logan", "model_year": "2018"}
SERVER_SECONDS = r'carprice_api_request_seconds_{}{{route="/v1/estimate"}} (\S+)'
USERS, CLICKS, THINKING_SECONDS = 20, 10, (1.0, 3.0)
BROWSER_CLICKS, API_CALLS, WARM_UP, LOADS = 40, 200, 5, 10
DISTANCE, BUTTON = "Kilométrage", "Prédire"
TIME_AN_ANSWER = """() => {
    const shown = () => document.querySelector('[data-testid="stMetricValue"]')?.innerText;
    const before = shown();
    window.answered = new Promise(resolve => addEventListener("keydown", () => {
        const began = performance.now();
        const watch = new MutationObserver(() => {
            if (shown() && shown() !== before) {
                watch.disconnect();
                requestAnimationFrame(() => resolve(performance.now() - began));
            }
        });
        watch.observe(document.body, {subtree: true, childList: true, characterData: true});
    }, {once: true, capture: true}));
}"""


def main(page: str = PAGE, api: str = API) -> int:
    print("| what is waited for | median (ms) | 95th percentile (ms) | target |\n|---|---|---|---|")
    show("first load of the page, to its form", time_loads(page, "button"), "median < 2000")
    show("first load of a link, to its number", time_loads(page, "number"), "")
    show("Enter to number in a browser", time_browser(page), "median < 150")
    users = asyncio.run(time_users(page))
    show(f"click to number, {USERS} users at once", users, "95th percentile < 500")
    before = read_server_time(api)
    show("an estimate over the API, as a program sees it", time_api(api), "")
    seconds, answers = (now - then for now, then in zip(read_server_time(api), before, strict=True))
    if answers:  # in the stack, the figures are closed to the outside
        print(f"| of which in the server (mean) | {1000 * seconds / answers:.0f} | | < 20 |")
    return 0


def show(what: str, times: list[float], target: str) -> None:
    ninety_fifth = statistics.quantiles(times, n=20)[-1]
    print(
        f"| {what} | {statistics.median(times):.0f} | {ninety_fifth:.0f} | {target} |", flush=True
    )


def distances() -> Iterator[int]:
    """Kilometres that are never twice the same in a row, so that each answer is another one."""
    return itertools.cycle([20_000, 250_000, 90_000, 180_000, 50_000])


def time_loads(address: str, seen: str) -> list[float]:
    """Milliseconds until the form or a link's number is seen, for who has not been here before."""
    times = []
    link = f"{address}/?{urlencode(CAR)}" if seen == "number" else address
    with open_browser() as browser:
        for _ in range(LOADS + 1):
            began = time.perf_counter()
            with visit(browser, link) as page:
                number = page.get_by_test_id("stMetricValue")
                (number if seen == "number" else page.get_by_role("button", name=BUTTON)).wait_for()
                times.append(1000 * (time.perf_counter() - began))
    return times[1:]


def time_browser(address: str) -> list[float]:
    """Milliseconds from each Enter in a field to the number that it changes."""
    times = []
    with open_browser() as browser, visit(browser, f"{address}/?{urlencode(CAR)}") as page:
        page.get_by_test_id("stMetricValue").wait_for()
        for distance in itertools.islice(distances(), BROWSER_CLICKS + WARM_UP):
            field = page.get_by_role("spinbutton", name=DISTANCE)
            field.fill(str(distance))
            page.wait_for_timeout(300)  # whatever the last answer still draws has been drawn
            page.evaluate(TIME_AN_ANSWER)
            field.press("Enter")
            times.append(page.evaluate("() => window.answered"))
    return times[WARM_UP:]


async def time_users(address: str) -> list[float]:
    """Milliseconds from each click of each user to the message with the number."""
    all_there = asyncio.Barrier(USERS)
    users = [
        use_page(address, random.Random(number), all_there)  # noqa: S311
        for number in range(USERS)
    ]
    return [each for times in await asyncio.gather(*users) for each in times]


async def use_page(address: str, chance: random.Random, all_there: asyncio.Barrier) -> list[float]:
    """One user: opens the page; once all have, thinks and clicks, again and again."""
    times = []
    socket = address.replace("http", "ws", 1) + "/_stcore/stream"
    async with connect(socket, subprotocols=["streamlit"], max_size=None) as connection:
        form = await open_form(connection)
        await all_there.wait()
        for distance in itertools.islice(distances(), CLICKS):
            await asyncio.sleep(chance.uniform(*THINKING_SECONDS))
            began = time.perf_counter()
            await connection.send(click(form, distance))
            await number_of(connection)
            times.append(1000 * (time.perf_counter() - began))
            await finish(connection)
    return times


class Form(NamedTuple):
    """What the page calls the field and the button, and the part of it that the button renews."""

    distance: str
    button: str
    part: str


async def open_form(connection: ClientConnection) -> Form:
    await connection.send(run_again([]))
    found: dict[str, str] = {}
    async for message in messages(connection):
        if message.WhichOneof("type") == "script_finished":
            return Form(**found)
        element = message.delta.new_element
        if element.number_input.label.startswith(DISTANCE):
            found["distance"] = element.number_input.id
        if element.button.label == BUTTON:
            found |= {"button": element.button.id, "part": message.delta.fragment_id}
    raise ConnectionError("the page was closed while it opened")


def click(form: Form, distance: int) -> bytes:
    states = [
        WidgetState(id=form.distance, int_value=distance),
        WidgetState(id=form.button, trigger_value=True),
    ]
    return run_again(states, form.part)


def run_again(states: list[WidgetState], part: str = "") -> bytes:
    message = BackMsg()
    message.rerun_script.query_string = urlencode(CAR)
    message.rerun_script.widget_states.widgets.extend(states)
    message.rerun_script.fragment_id = part
    return message.SerializeToString()


async def number_of(connection: ClientConnection) -> str:
    """The number that the page answers with, once it comes."""
    async for message in messages(connection):
        element = message.delta.new_element
        if element.WhichOneof("type") == "metric":
            return element.metric.body
    raise ConnectionError("the page was closed before it answered")


async def finish(connection: ClientConnection) -> None:
    async for message in messages(connection):
        if message.WhichOneof("type") == "script_finished":
            return


async def messages(connection: ClientConnection):
    async for raw in connection:
        message = ForwardMsg()
        message.ParseFromString(raw)
        yield message


def time_api(address: str) -> list[float]:
    """Milliseconds of each request for one estimate, over one connection."""
    times = []
    with requests.Session() as session:
        for distance in itertools.islice(distances(), API_CALLS + WARM_UP):
            began = time.perf_counter()
            answer = session.post(
                f"{address}/v1/estimate", json={**CAR, "mileage_km": distance}, timeout=10
            )
            times.append(1000 * (time.perf_counter() - began))
            answer.raise_for_status()
    return times[WARM_UP:]


def read_server_time(address: str) -> list[float]:
    """Seconds that the API took for estimates, and how many it gave, since it was started."""
    figures = requests.get(f"{address}/metrics", timeout=10).text
    # Not there before the first one.
    found = (re.search(SERVER_SECONDS.format(each), figures) for each in ("sum", "count"))
    return [float(each[1]) if each else 0.0 for each in found]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
