"""What the tests' child processes do: the command line, stopped or slowed where a test asks.

Run by conftest.py through `runpy` in a forked process, with `order` as its only global.
"""

import ctypes
import importlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from carprice.cli import app
from carprice.errors import CarPriceError
from carprice.evaluation import plots
from carprice.pipeline import steps
from carprice.pipeline.child import validate_version
from carprice.promotion.ledger import Move, move_production
from carprice.registry.client import Registry
from carprice.registry.stored_model import open_stored
from carprice.settings import Settings, read_settings
from carprice.workspace import Workspace

order: dict[str, Any] = globals()["order"]
folder = Path(order["folder"])


def spare_time() -> None:
    """Do without what takes longest: processes of their own, and pictures worth a look."""
    # They would import everything anew, for seconds.
    replace("carprice.pipeline.child", "run_child", lambda _: validate_here)
    replace("carprice.registry.trial", "ensure_opens", lambda _: open_stored)
    for name in vars(plots):
        if name.startswith("draw_"):
            replace("carprice.evaluation.plots", name, lambda _: lambda *_: Figure((1, 1)))


def command(
    arguments: list[str],
    pause: dict[str, str] | None = None,
    constants: dict[str, float] | None = None,
    *,
    without_powers: bool = False,
    largest_file: int | None = None,
) -> None:
    """Run `carprice …` as a process would.

    pause: where to stop until told to go on (see `stop_at`).
    constants: values of the package's own constants, by dotted name.
    without_powers: obey the permissions of files even as root.
    largest_file: bytes that a file may have.
    """
    spare_time()
    for name, value in (constants or {}).items():
        module, _, constant = name.rpartition(".")
        replace(module, constant, lambda _, value=value: value)
    if pause:
        stop_at(**pause)
    if without_powers:
        drop_powers()
    if largest_file:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
    sys.argv = ["carprice", *arguments]
    app.main()


def step(
    name: str,
    arguments: list[Any],
    pipeline_run: str,
    pause: dict[str, str] | None = None,
    **options: Any,
) -> None:
    """Call one step as a task of the DAG does, in a process of its own; write down its result."""
    spare_time()
    if pause:
        stop_at(**pause)
    work = Workspace(read_settings(), pipeline_run=pipeline_run)
    given = [Path(each) if str(each).endswith(".csv") else each for each in arguments]
    try:
        result = getattr(steps, name)(work, *given, **options)
    except CarPriceError as error:
        answer = {"error": type(error).__name__, "message": str(error)}
    else:
        told = getattr(result, "run_id", None) or getattr(result, "markdown", None)
        answer = {"result": told or str(result)}
    (folder / "outcome.json").write_text(json.dumps(answer))


def move(targets: list[int], expected: int | None) -> None:
    """Move production to a version at the same moment as others; write down what came of it."""
    registry = Registry(read_settings())
    target = registry.version(targets[0])
    meet()
    try:
        ticket = move_production(registry, Move(target, expected, "promote", "tests"))
        outcome = {"ticket": ticket.number}
    except CarPriceError as error:
        outcome = {"error": type(error).__name__, "message": str(error)}
    (folder / "outcome.json").write_text(json.dumps(outcome))


def meet() -> None:
    """Say that this process is ready, and wait for the others."""
    (folder / "paused").touch()
    while not (folder / "go").exists():
        time.sleep(0.005)


def stop_at(where: str, moment: str = "before", matching: str = "") -> None:
    """Stop before or after a function's work, when one of its arguments is `matching`.

    where: `module:function` or `module:Class.method`.
    """
    module, _, name = where.partition(":")

    def stopping(original: Callable[..., Any]) -> Callable[..., Any]:
        def stop(*arguments: Any, **named: Any) -> Any:
            meant = not matching or matching in map(str, arguments)
            if meant and moment == "before":
                meet()
            result = original(*arguments, **named)
            if meant and moment == "after":
                meet()
            return result

        return stop

    replace(module, name, stopping)


def replace(module: str, name: str, change: Callable[[Any], Any]) -> None:
    *owners, last = name.split(".")
    owner: Any = importlib.import_module(module)
    for each in owners:
        owner = getattr(owner, each)
    setattr(owner, last, change(getattr(owner, last)))


def validate_here(settings: Settings, number: int) -> subprocess.CompletedProcess[str]:
    work = Workspace(settings)
    report = validate_version(work, work.registry.version(number))
    return subprocess.CompletedProcess([], 0, report.model_dump_json(), "")


def drop_powers() -> None:
    """Give up root's right to pass over permissions; harmless for other users."""
    if os.geteuid():
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # version 3 of the interface, this process
    nothing = (ctypes.c_uint32 * 6)()
    if libc.capset(header, nothing):
        raise OSError(ctypes.get_errno(), "capset")


def open_outputs() -> None:
    for name, number in (("out", 1), ("err", 2)):
        with (folder / name).open("wb") as file:
            os.dup2(file.fileno(), number)


open_outputs()
os.chdir(order["home"])
os.environ.update(order["environment"])  # noqa: TID251 - as a shell would
globals()[order["what"]](**order["options"])
