"""Start the API: `python -m carprice.api.server`, as the stack and `make app` do.

Several processes may share the port. HUP then replaces them one by one, each once its successor
answers, and one that dies is replaced while the others go on.
"""

import argparse
from contextlib import ExitStack
from tempfile import TemporaryDirectory

import uvicorn

from carprice.settings import read_settings, share_folder

ENDING_SECONDS = 25
"""A server that ends answers what it has been asked, as long as this."""
STARTING_SECONDS = 120
"""On a machine on which all starts at once, until a process answers the one that started it."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m carprice.api.server", description="the API")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=1, help="processes that share the port")
    parser.add_argument("--root-path", default="", help="prefix that a proxy takes off")
    asked = parser.parse_args()
    read_settings()  # what is wrong with them would be so in every process, again and again
    with ExitStack() as opened:
        if asked.workers > 1:
            share_folder(opened.enter_context(TemporaryDirectory(prefix="figures-")))
        uvicorn.run(
            "carprice.api.app:build_app",
            factory=True,
            host=asked.host,
            port=asked.port,
            workers=asked.workers,
            root_path=asked.root_path,
            http="carprice.api.connection:Connection",
            ws="none",
            access_log=False,
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=ENDING_SECONDS,
            timeout_worker_healthcheck=STARTING_SECONDS,
        )


if __name__ == "__main__":
    main()
