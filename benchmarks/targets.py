"""What is measured against what it is to stay below."""

import sys
from collections.abc import Mapping


def tell_missed(found: Mapping[str, float], targets: Mapping[str, float]) -> int:
    """Exit code: 1 when a target is missed, and each of these is told."""
    # A figure that is no number misses as well.
    missed = [name for name, target in targets.items() if not found[name] < target]
    for name in missed:
        told = f"{name.strip()} is {found[name]:.3g}, not below {targets[name]:.3g}"
        print(f"target missed: {told}", file=sys.stderr, flush=True)
    return 1 if missed else 0
