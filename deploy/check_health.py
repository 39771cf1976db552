"""Ask a service something real: the probe behind the health checks of the stack.

check_health.py PORT PATH [--at HOST] [--as NAME] [--patience SECONDS] [name.of.field=value ...]

Exits 0 when PATH answers 200 and each named field of its JSON holds the value; says on stderr what
it found otherwise. It runs again and again in each container, so it imports next to nothing, and
asks for a while before it complains: a service that starts is found up as soon as it is, without
the engine starting check after check in the meantime.
"""

import argparse
import http.client
import json
import sys
import time
from functools import reduce

ANSWER_SECONDS, PATIENCE_SECONDS, PAUSE_SECONDS = 15, 20, 0.5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("port", type=int)
    parser.add_argument("path")
    parser.add_argument("--at", metavar="HOST", default="127.0.0.1", help="where to ask")
    parser.add_argument("--as", metavar="NAME", dest="name", help="Host header to ask with")
    parser.add_argument("--patience", type=float, default=PATIENCE_SECONDS, help="ask so long")
    parser.add_argument("expected", nargs="*", metavar="field=value")
    asked = parser.parse_intermixed_args()
    deadline = time.monotonic() + asked.patience
    while (trouble := ask(asked)) and time.monotonic() < deadline:
        time.sleep(PAUSE_SECONDS)
    if trouble:
        print(trouble, file=sys.stderr)
    return 1 if trouble else 0


def ask(asked: argparse.Namespace) -> str:
    """What is wrong with the service, or nothing."""
    connection = http.client.HTTPConnection(asked.at, asked.port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", asked.path, headers={"Host": asked.name} if asked.name else {})
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as error:
        return f"{asked.at}:{asked.port}{asked.path}: {error!r}"
    finally:
        connection.close()
    if answer.status != http.client.OK:
        return f"{asked.path}: answered {answer.status}: {body[:200]!r}"
    broken = [each for each in asked.expected if not holds(body, each)]
    return f"{asked.path}: not {', '.join(broken)}: {body[:500]!r}" if broken else ""


def holds(body: bytes, expected: str) -> bool:
    field, _, value = expected.partition("=")
    found = reduce(lambda node, name: node.get(name) or {}, field.split("."), json.loads(body))
    return bool(found == value)


if __name__ == "__main__":
    sys.exit(main())
