"""Files of listings in `data/raw`: which ones are new, and which one a run reads.

A look lists the files; a marker file remembers those already handed on. Imports nothing heavy,
for a process that only watches.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from carprice.errors import ConfigurationError, DatasetError
from carprice.files import replacing

ENDINGS = frozenset({".csv", ".tsv", ".txt"})
"""Of files of listings; programs that copy and edit give their temporary files others."""
SHOWN = 20

Look = Mapping[str, tuple[int, int]]
"""Size and time of the last change (ns) of each file of listings, by name."""


@dataclass(frozen=True)
class Arrival:
    """New or changed files that have not been handed on yet."""

    newest: str
    """Name of the file that changed last."""
    count: int
    """How many files are new or changed."""
    look: Look
    """For the marker, once the arrival was handed on."""


def look_around(raw: Path) -> Look:
    """The files of listings in a folder, without hidden and temporary ones."""
    return {
        name: found
        for name, found in _list_files(raw).items()
        if Path(name).suffix.lower() in ENDINGS
    }


def find_arrival(now: Look, before: Look, marker: Path) -> Arrival | None:
    """Files new or changed since the marker was written, and no longer growing.

    now, before: two looks at the same folder, some seconds apart; a file counts once it is the
        same in both.
    marker: see `remember`. Where there is none yet, it is written and no file is new; one that
        cannot be read makes every file new.
    """
    if not marker.exists():
        _write_marker(marker, now)
        return None
    known = _read_marker(marker)
    whole = {name for name, found in now.items() if before.get(name) == found}
    arrived = {name: now[name] for name in whole if known.get(name) != now[name]}
    if not arrived:
        return None
    # What is still growing stays as it was remembered, so that its end is news.
    still = {name: known[name] for name in now.keys() & known.keys() - whole}
    seen = {name: now[name] for name in whole} | still
    return Arrival(_newest(arrived), len(arrived), seen)


def remember(marker: Path, arrival: Arrival) -> None:
    """Write to the marker that an arrival was handed on.

    Call it afterwards: a process killed in between hands it on twice, but never skips it.
    """
    _write_marker(marker, arrival.look)


def choose_listings(raw: Path, name: str | None) -> Path | None:
    """Path of the named file in `data/raw`, or of the newest; None without files.

    Raises ConfigurationError when the name leads out of the folder, DatasetError when there is
    no such file.
    """
    if not name:
        files = look_around(raw)
        return raw / _newest(files) if files else None
    if name in {".", ".."} or {"/", "\\"} & set(name):
        raise ConfigurationError(
            f"{name!r} is not the name of a file in {raw}: give a name without a folder. "
            f"{_describe(raw)}"
        )
    if name not in _list_files(raw):
        raise DatasetError(f"there is no file {name!r} in {raw}. {_describe(raw)}")
    return raw / name


def _list_files(raw: Path) -> dict[str, tuple[int, int]]:
    found = {}
    with suppress(FileNotFoundError):  # no folder, no files
        for path in raw.iterdir():
            with suppress(FileNotFoundError):  # gone meanwhile, or a link to nothing
                if path.is_file() and not path.name.startswith((".", "~")):
                    status = path.stat()
                    found[path.name] = (status.st_size, status.st_mtime_ns)
    return found


def _newest(files: Look) -> str:
    return max(files, key=lambda name: (files[name][1], name))


def _describe(raw: Path) -> str:
    names = sorted(_list_files(raw))
    if not names:
        return "It is empty."
    more = f" … and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"It holds: {', '.join(names[:SHOWN])}{more}."


def _read_marker(marker: Path) -> Look:
    try:
        return {
            name: (found[0], found[1]) for name, found in json.loads(marker.read_bytes()).items()
        }
    except (OSError, ValueError, AttributeError, TypeError, LookupError):
        return {}


def _write_marker(marker: Path, look: Look) -> None:
    with replacing(marker) as file:
        file.write(json.dumps(look, ensure_ascii=False, indent=1, sort_keys=True).encode())
