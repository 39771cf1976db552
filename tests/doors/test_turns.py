"""Commands beside a page, in a container that the kernel bounds: one at a time, none too many."""

import subprocess
import sys
from pathlib import Path

import pytest

MB = 2**20
BOUNDS = {
    "second generation": ("", "memory.max", "memory.current", "inactive_file"),
    "first generation": (
        "memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "inactive_file",
    ),
}  # fmt: skip
COMMAND = """
import sys
from pathlib import Path
from carprice import memory
from carprice.cli import turns
turns.TURNS, memory.CGROUP = map(Path, sys.argv.pop(1).split(":"))
turns.take_turn(sys.argv[1:])
first_to_end = Path("/proc/self/oom_score_adj").read_text().strip()
print(first_to_end, "heavy" * ("typer" in sys.modules), flush=True)
sys.stdin.read()
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="containers are of Linux")


@pytest.fixture(params=BOUNDS)
def cgroup(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """As the kernel tells of 1024 MB, of which 400 are taken, and 100 more by files."""
    below, limit, used, kept = BOUNDS[request.param]
    folder = tmp_path / "cgroup" / below
    folder.mkdir(parents=True)
    (folder / limit).write_text(f"{1024 * MB}\n")
    (folder / used).write_text(f"{500 * MB}\n")
    (folder / "memory.stat").write_text(f"anon 1\n{kept} {100 * MB}\n")
    (tmp_path / "turns").mkdir()
    return tmp_path / "cgroup"


def start(cgroup: Path, *words: str) -> subprocess.Popen[str]:
    places = f"{cgroup.parent / 'turns'}:{cgroup}"
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, places, *words],
        stdin=pipe, stdout=pipe, stderr=pipe, text=True,
    )  # fmt: skip


def test_a_command_waits_for_another_to_end_and_says_for_which(cgroup: Path) -> None:
    with start(cgroup, "train") as first, start(cgroup, "--help") as light:
        assert first.stdout
        assert first.stdout.readline() == "1000 \n", "the kernel ends it first, not the page"
        assert not light.communicate()[1], "what reads no registry waits for nobody"
        with start(cgroup, "status") as second:
            assert second.stderr
            told = f"carprice: waiting for carprice train (process {first.pid}, since "
            assert second.stderr.readline().startswith(told)
            first.kill()
            assert second.communicate() == ("1000 \n", "")


def test_a_command_for_which_memory_is_short_is_refused_with_the_figures(cgroup: Path) -> None:
    for used in cgroup.rglob("memory.*u*"):
        if used.name.startswith(("memory.current", "memory.usage")):
            used.write_text(f"{700 * MB}\n")
    with start(cgroup, "train") as refused:
        told = refused.communicate()[1]
    assert refused.returncode == 1
    # A twentieth of the limit is for others.
    assert "carprice train needs 480 MB of memory, and 372 MB of this container are free" in told
    with start(cgroup, "status") as light:
        assert light.communicate() == ("1000 \n", "")


def test_where_nothing_bounds_them_commands_run_together(cgroup: Path) -> None:
    for each in (*cgroup.rglob("memory.max"), *cgroup.rglob("memory.limit_in_bytes")):
        each.write_text("max\n" if each.name == "memory.max" else f"{2**63 - 4096}\n")
    with start(cgroup, "train") as first, start(cgroup, "train") as second:
        assert first.communicate() == second.communicate()
    assert not list((cgroup.parent / "turns").iterdir())
