"""The command line `carprice`: its commands and exit codes; it never decides."""

import atexit
import gc
import signal
import sys
from typing import NoReturn

import typer

from carprice.cli.data import deals, predict, sample
from carprice.cli.inventory import inventory
from carprice.cli.models import rollback, status, validate, verify, withdraw
from carprice.cli.monitoring import monitor
from carprice.cli.pipeline import check, evaluate, promote, run, train
from carprice.cli.pruning import prune
from carprice.cli.replay import gate_replay
from carprice.cli.search import search
from carprice.cli.signing import sign
from carprice.cli.terminal import messages
from carprice.errors import CarPriceError
from carprice.settings import prepare_process

INTERRUPTED = 130
EXIT_CODES = """Exit codes: 0 done · 1 unexpected · 2 wrong use or configuration · 3 refused by the
gate, or held for a person's word · 4 file not usable · 5 quality rule broken · 6 validation
failed · 7 registry not usable · 8 stored model or receipt not intact · 9 report not sent ·
10 estimates got worse (monitor) · 130 interrupted."""

app = typer.Typer(
    help="Car listings in, a trustworthy price out.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.callback()(prepare_process)
for command in (
    run, check, train, evaluate, promote, validate, rollback, status, predict, deals, sample,
    verify, withdraw, prune, sign, inventory, monitor, search,
):  # fmt: skip
    app.command()(command)
# Its thresholds are read against params.yaml, which holds their names.
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(
    gate_replay
)


def main() -> None:
    """Run a command; print an error as one message and exit with its code."""
    signal.signal(signal.SIGTERM, _interrupt)
    # Before it ends, the interpreter would look through all that was imported for what may be
    # freed: a second and more, of a process whose memory goes back to the system as it is.
    atexit.register(gc.freeze)
    try:
        app()
    except CarPriceError as error:
        messages.print(f"carprice: {error}", style="red", markup=False)
        sys.exit(error.exit_code)
    except SystemExit as done:
        if done.code == INTERRUPTED:
            messages.print("carprice: interrupted; `carprice status` says what is in production")
        raise


def _interrupt(_signal: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt
