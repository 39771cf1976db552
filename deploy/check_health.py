"""Ask a service something real: the probe behind the health checks of the stack.

check_health.py URL [--host NAME] [name.of.field=value ...]

Exits 0 when URL answers 200 and each named field of its JSON holds the value; says on stderr what
it found otherwise. `--host` is the Host header to ask with.
"""

import argparse
import json
import sys
import urllib.request
from functools import reduce


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url")
    parser.add_argument("--host", help="Host header to ask with")
    parser.add_argument("expected", nargs="*", metavar="field=value")
    asked = parser.parse_args()
    headers = {"Host": asked.host} if asked.host else {}
    try:
        request = urllib.request.Request(asked.url, headers=headers)  # noqa: S310 (our own URL)
        with urllib.request.urlopen(request, timeout=8) as answer:  # noqa: S310
            body = answer.read()
    except OSError as error:
        print(f"{asked.url}: {error}", file=sys.stderr)
        return 1
    return 0 if all(holds(body, each) for each in asked.expected) else 1


def holds(body: bytes, expected: str) -> bool:
    field, _, value = expected.partition("=")
    found = reduce(lambda node, name: node.get(name) or {}, field.split("."), json.loads(body))
    if found != value:
        print(f"{field}: found {found}, expected {value}", file=sys.stderr)
    return found == value


if __name__ == "__main__":
    sys.exit(main())
