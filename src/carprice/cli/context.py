"""Options and workspace of all commands."""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import psutil
import typer
from rich.logging import RichHandler

from carprice.cli.terminal import Narrator, messages
from carprice.settings import read_settings

if TYPE_CHECKING:
    from carprice.workspace import Workspace

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
Again = Annotated[
    bool,
    typer.Option(
        "--again", help="Train also where data, code and parameters are those of production."
    ),
]
Data = Annotated[
    Path | None,
    typer.Option(help="CSV file of listings; without it, a simulated sample.", show_default=False),
]
Forced = Annotated[
    bool,
    typer.Option("--force", help="Let through what the gate held or refused; the receipt says so."),
]
Number = Annotated[
    int | None, typer.Argument(help="Version; the newest one when left out.", show_default=False)
]
Because = Annotated[
    str, typer.Option("--because", help="Why, for all who read it later.", show_default=False)
]
Withdrawn = Annotated[
    bool, typer.Option("--withdrawn", help="Even to a version that was withdrawn as wrong.")
]

Target = Annotated[
    str,
    typer.Option(
        "--to",
        help="A version that was in production before, or the receipt of its copy in models/.",
        show_default=False,
    ),
]


@contextmanager
def working() -> Iterator[tuple["Workspace", Narrator]]:
    """The workspace of a command and its narrator; logs go to stderr."""
    from carprice.workspace import Workspace  # noqa: PLC0415 - heavy, and --help needs none of it

    logging.basicConfig(
        level=logging.WARNING, format="%(message)s", handlers=[RichHandler(console=messages)]
    )
    narrate = Narrator()
    process = f"{socket.gethostname()}:{os.getpid()}"
    yield Workspace(read_settings(), narrate.show, process), narrate


def is_alive(process: str) -> bool:
    """Whether a process `host:pid` may still be running."""
    host, _, number = process.rpartition(":")
    return host != socket.gethostname() or psutil.pid_exists(int(number))
