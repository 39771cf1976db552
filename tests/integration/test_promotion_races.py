"""The ledger on the real stores: one winner, clear refusals, and no ticket that blocks for ever."""

import json
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.integration.children import Child, wait_until
from tests.integration.conftest import LISTINGS, Desk, tidied

from carprice.errors import PromotionRefusedError
from carprice.promotion.ledger import Move, move_production, tickets
from carprice.registry.client import MODEL_NAME, PRODUCTION, Registry

MOVERS = 8


@pytest.fixture(params=["sqlite", "postgres", "server"])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, empty_server: Callable[[], str]
) -> Iterator[Desk]:
    """A desk on each kind of store; the MLflow server starts while the others are at work."""
    addresses = {
        "sqlite": lambda: "",
        "postgres": lambda: request.getfixturevalue("postgres")("direct"),
        "server": empty_server,
    }
    home = tmp_path / "project"
    home.mkdir()
    yield from tidied(Desk(home, tmp_path / "scratch", addresses[request.param]()))


def draw_versions(registry: Registry, count: int) -> list[int]:
    """Versions without files: moving an alias opens none."""
    registry.ensure_model(MODEL_NAME, "a model")
    run_id = registry.start_run("a run", {})
    return [
        int(registry.client.create_model_version(MODEL_NAME, f"runs:/{run_id}/x", run_id).version)
        for _ in range(count)
    ]


def race(store: Desk, numbers: list[int], expected: int | None) -> dict[int, dict[str, Any]]:
    """Have one process for each version move production to it, all at the same moment."""
    children = {
        number: store.fork("move", targets=[number], expected=expected) for number in numbers
    }
    for child in children.values():
        child.wait_for_pause()
    for child in children.values():
        child.go_on()
    outcomes = {}
    for number, child in children.items():
        assert child.end().code == 0, child.end().text
        outcomes[number] = json.loads((child.folder / "outcome.json").read_text())
    return outcomes


def test_of_promotions_at_the_same_moment_exactly_one_wins(store: Desk) -> None:
    expected = None
    for movers in (2, MOVERS):
        registry = store.registry
        numbers = draw_versions(registry, movers)
        outcomes = race(store, numbers, expected)
        winners = [number for number, outcome in outcomes.items() if "ticket" in outcome]
        assert len(winners) == 1, outcomes
        for number in set(numbers) - set(winners):
            assert outcomes[number]["error"] == "PromotionRefusedError", outcomes[number]
            assert f"production is now version {winners[0]}" in outcomes[number]["message"]
        assert registry.find_alias(PRODUCTION).number == winners[0]
        entries = [each for each in tickets(registry) if int(each.tags["to"]) in numbers]
        assert len({each.number for each in entries}) == movers
        states = {int(each.tags["to"]): each.tags["state"] for each in entries}
        assert states == {number: "done" if number in winners else "refused" for number in numbers}
        expected = winners[0]


def test_threads_of_one_process_are_held_apart_as_well(tmp_path: Path) -> None:
    registry = Desk(tmp_path, tmp_path / "scratch").registry
    targets = [registry.version(each) for each in draw_versions(registry, MOVERS)]

    def move(at: int) -> int | None:
        try:
            move_production(registry, Move(targets[at], None, "promote", "tests"))
        except PromotionRefusedError:
            return None
        return targets[at].number

    with ThreadPoolExecutor(MOVERS) as pool:
        winners = [number for number in pool.map(move, range(MOVERS)) if number]
    assert len(winners) == 1
    assert registry.find_alias(PRODUCTION).number == winners[0]
    states = sorted(each.tags["state"] for each in tickets(registry))
    assert states == ["done"] + ["refused"] * (MOVERS - 1)


def start_up_to_the_move(desk: Desk, *versions: str) -> list[Child]:
    """One after the other: SQLite refuses two first tags of one name at the same moment."""
    children = []
    for version in versions:
        pause = {"where": "carprice.promotion.release:move_production"}
        children.append(desk.start("promote", version, "--force", pause=pause))
        children[-1].wait_for_pause()
    return children


def test_two_promote_commands_at_once_leave_one_version_with_its_copy(desk: Desk) -> None:
    trained = desk.run("run", "--data", LISTINGS, "--again")
    assert trained.code == 3, trained.text
    children = start_up_to_the_move(desk, "2", "3")
    for child in children:
        child.go_on()
    ended = {number: child.end() for number, child in zip((2, 3), children, strict=True)}
    assert sorted(each.code for each in ended.values()) == [0, 3], ended
    winner = next(number for number, each in ended.items() if each.code == 0)
    loser = 5 - winner
    assert desk.production.number == winner
    assert "production has changed since it was compared" in ended[loser].err
    assert "carprice evaluate" in ended[loser].err
    assert desk.copies() == {
        f"CarPricePredictor-v{number}.{ending}"
        for number in (1, winner)
        for ending in ("skops", "json")
    }
    assert desk.run("verify", f"models/CarPricePredictor-v{winner}.json").code == 0


def test_the_same_version_promoted_twice_at_once_keeps_its_copy(desk: Desk) -> None:
    children = start_up_to_the_move(desk, "2", "2")
    for child in children:
        child.go_on()
    assert sorted(child.end().code for child in children) == [0, 3]
    assert desk.production.number == 2
    assert desk.run("verify", "models/CarPricePredictor-v2.json").code == 0


def test_the_ticket_of_a_killed_promotion_expires(desk: Desk) -> None:
    # The one that waits has no time left of its own when the dead one's is up: it draws anew. It is
    # ready before the other is killed, so that it waits on a slow machine too.
    waiting = desk.start(
        "promote", "2", "--force",
        pause={"where": "carprice.promotion.release:move_production"},
        constants={
            "carprice.promotion.ledger.LEASE_SECONDS": 5,
            "carprice.promotion.ledger.MOVE_WITHIN_SECONDS": 2,
        },
    )  # fmt: skip
    waiting.wait_for_pause()
    dead = desk.start(
        "promote", "2", "--force",
        pause={"where": "carprice.registry.client:Registry.set_alias", "matching": "production"},
    )  # fmt: skip
    dead.wait_for_pause()
    dead.send(signal.SIGKILL)
    waiting.go_on()
    assert desk.production.number == 1
    ended = waiting.end()
    assert ended.code == 0, ended.text
    assert desk.production.number == 2
    assert desk.run("verify", "models/CarPricePredictor-v2.json").code == 0
    states = [each.tags["state"] for each in tickets(desk.registry)]
    assert states[:3] == ["done", "abandoned", "returned"]
    assert states[-1] == "done"
    assert "open" not in states


def test_a_promotion_killed_once_production_had_moved_is_on_record(desk: Desk) -> None:
    dead = desk.start(
        "promote", "2", "--force",
        pause={
            "where": "carprice.registry.client:Registry.set_alias",
            "matching": "production", "moment": "after",
        },
    )  # fmt: skip
    dead.wait_for_pause()
    dead.send(signal.SIGKILL)
    assert desk.production.number == 2
    assert desk.run("verify", "models/CarPricePredictor-v2.json").code == 0
    ended = desk.run("rollback", constants={"carprice.promotion.ledger.LEASE_SECONDS": 0.1})
    assert ended.code == 0, ended.text
    assert [each.tags["state"] for each in tickets(desk.registry)] == ["done", "done", "done"]


def test_a_slow_promotion_gives_up_before_another_could_overlap(desk: Desk) -> None:
    limit = 1.0
    slow = desk.start(
        "promote", "2", "--force",
        pause={"where": "carprice.promotion.release:export", "moment": "after"},
        constants={"carprice.promotion.ledger.MOVE_WITHIN_SECONDS": limit},
    )  # fmt: skip
    slow.wait_for_pause()
    paused = time.monotonic()
    wait_until(lambda: time.monotonic() - paused > limit)
    slow.go_on()
    ended = slow.end()
    assert ended.code == 7, ended.text
    assert "was given up" in ended.err
    assert desk.production.number == 1
    assert desk.copies() == {"CarPricePredictor-v1.skops", "CarPricePredictor-v1.json"}
    assert tickets(desk.registry)[-1].tags["state"] == "refused"
    after = desk.run("promote", "2", "--force")
    assert after.code == 0, after.text
