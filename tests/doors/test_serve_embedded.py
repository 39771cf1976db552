"""The script behind `make app`: what it starts, it ends."""

import runpy
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "serve_embedded.py"
DEAF = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("there", flush=True)
time.sleep(60)
"""
SERVING = f"""
import runpy, signal, subprocess, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)  # as in the background of a shell
script = runpy.run_path({str(SCRIPT)!r})
script["hear_endings"]()
server = "import time; print('there', flush=True); time.sleep(60)"
sys.exit(script["serve"]([subprocess.Popen([sys.executable, "-c", server])]))
"""


def start(program: str, **options: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", program], **options)


def test_a_server_that_does_not_end_by_itself_is_killed_and_the_others_are_ended() -> None:
    script = runpy.run_path(str(SCRIPT))
    script["end"].__globals__["ENDING_SECONDS"] = 0.2
    deaf = start(DEAF, stdout=subprocess.PIPE)
    other, fallen = start("import time; time.sleep(60)"), start("raise SystemExit(3)")
    assert deaf.stdout
    with deaf.stdout as told:
        assert told.readline() == b"there\n"
    began = time.monotonic()
    assert script["serve"]([deaf, other, fallen]) == 3
    assert time.monotonic() - began < 20
    assert all(each.returncode for each in (deaf, other))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_no_server_is_left_behind_however_the_end_is_asked_for(number: signal.Signals) -> None:
    with start(SERVING, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"there\n"
        process.send_signal(number)
        # The end of what it may write comes once the server too has gone.
        assert process.communicate(timeout=30) == (b"", None)
    assert process.returncode == 0
