"""Ask a service something real: the probe behind the health checks of the stack.

check_health.py PORT PATH [--at HOST] [--as NAME] [name.of.field=value ...]

Exits 0 when PATH answers 200 and each named field of its JSON holds the value; says on stderr what
it found otherwise. It runs every few seconds in each container, so it imports next to nothing.
"""

import argparse
import http.client
import json
import sys
from functools import reduce

SECONDS = 15


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("port", type=int)
    parser.add_argument("path")
    parser.add_argument("--at", metavar="HOST", default="127.0.0.1", help="where to ask")
    parser.add_argument("--as", metavar="NAME", dest="name", help="Host header to ask with")
    parser.add_argument("expected", nargs="*", metavar="field=value")
    asked = parser.parse_intermixed_args()
    connection = http.client.HTTPConnection(asked.at, asked.port, timeout=SECONDS)
    try:
        connection.request("GET", asked.path, headers={"Host": asked.name} if asked.name else {})
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as error:
        return complain(f"{asked.at}:{asked.port}{asked.path}: {error!r}")
    if answer.status != http.client.OK:
        return complain(f"{asked.path}: answered {answer.status}: {body[:200]!r}")
    broken = [each for each in asked.expected if not holds(body, each)]
    return complain(f"{asked.path}: not {', '.join(broken)}: {body[:500]!r}") if broken else 0


def holds(body: bytes, expected: str) -> bool:
    field, _, value = expected.partition("=")
    found = reduce(lambda node, name: node.get(name) or {}, field.split("."), json.loads(body))
    return bool(found == value)


def complain(text: str) -> int:
    print(text, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
