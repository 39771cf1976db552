"""Holds the licences in bills of materials, each a file, against the list in licences.toml."""

import json
import re
import sys
import tomllib
from pathlib import Path

LIST = tomllib.loads((Path(__file__).parent / "licences.toml").read_text(encoding="utf-8"))


def name_licences(component: dict) -> list[str]:
    """What a package says of itself: identifiers, names, or an expression of several."""
    said = [
        each.get("expression") or each["license"].get("id") or each["license"]["name"]
        for each in component.get("licenses", [])
    ]
    return [text for text in said if "\n" not in text]


def is_allowed(expression: str) -> bool:
    """Of an `OR` one is enough, of an `AND` all must be allowed."""
    if expression in LIST["allowed"]:
        return True
    for word, enough in ((" OR ", any), (" AND ", all)):
        if word in expression:
            return enough(is_allowed(part.strip("() ")) for part in expression.split(word))
    return False


def refuse(component: dict) -> str | None:
    """Why a package may not be in an image; nothing where it may."""
    if re.sub("[_.]", "-", component["name"].lower()) in LIST["read_by_hand"]:
        return None
    licences = name_licences(component)
    if licences and all(map(is_allowed, licences)):
        return None
    return f"{component['name']} {component['version']}: {', '.join(licences) or 'none named'}"


def main(files: list[str]) -> int:
    bills = [json.loads(Path(each).read_text(encoding="utf-8")) for each in files]
    refused = {refuse(each) for bill in bills for each in bill["components"]} - {None}
    for why in sorted(refused):
        print(f"licence not on the list of checks/licences.toml: {why}", file=sys.stderr)
    return bool(refused)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
