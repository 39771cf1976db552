"""A file of the journal as Postgres wants it back: `python segment.py FOLDER NAME TARGET`.

Its restore_command. Ends with 1 where there is none of that name: Postgres asks for such, too.
"""

import sys
import zlib
from pathlib import Path

SEGMENT_BYTES = 16 << 20
"""Of a whole file: what was not written yet is zeros."""
GZIP = 31


def unpack(path: Path) -> bytes:
    """What is in a file; of the last one what had arrived, as it has no end yet."""
    return zlib.decompressobj(GZIP).decompress(path.read_bytes())


def main(folder: str, name: str, target: str) -> int:
    whole, begun = Path(folder, f"{name}.gz"), Path(folder, f"{name}.gz.partial")
    if whole.exists():
        Path(target).write_bytes(unpack(whole))
    elif begun.exists():
        Path(target).write_bytes(unpack(begun).ljust(SEGMENT_BYTES, b"\0"))
    else:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
