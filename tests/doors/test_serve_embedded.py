"""The script behind `make app`: what it starts, it ends."""

import contextlib
import runpy
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "serve_embedded.py"
NAMES = ("STREAMLIT_PORT", "MLFLOW_PORT", "API_PORT")
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


Started = list[tuple[str, dict[str, str]]]


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with an embedded store, and all three ports chosen."""
    (tmp_path / "mlflow").mkdir()
    (tmp_path / "mlflow" / "mlflow.db").touch()
    monkeypatch.setenv("CARPRICE_HOME", str(tmp_path))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    for name, port in zip(NAMES, free_ports(), strict=True):
        monkeypatch.setenv(name, port)


def free_ports() -> list[str]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in NAMES]
        return [str(each.getsockname()[1]) for each in probes]


def run_main() -> tuple[int, Started]:
    """The exit code, and what would be started: its words and its environment."""
    script, started = runpy.run_path(str(SCRIPT)), Started()
    script["main"].__globals__.update(
        hear_endings=lambda: None,
        serve=lambda _: 0,
        subprocess=SimpleNamespace(Popen=lambda words, env: started.append((" ".join(words), env))),
    )
    return script["main"](), started


@pytest.mark.usefixtures("at_home")
def test_servers_and_links_are_on_the_chosen_ports(capsys: pytest.CaptureFixture[str]) -> None:
    code, started = run_main()
    assert code == 0
    environment = started[0][1]
    ports = {name: environment[name] for name in NAMES}
    for (words, _), name in zip(
        started, ("STREAMLIT_PORT", "API_PORT", "MLFLOW_PORT"), strict=True
    ):
        assert f"port={ports[name]} " in f"{words} "
    mlflow = f"http://127.0.0.1:{ports['MLFLOW_PORT']}"
    assert {each["CARPRICE_MLFLOW_PAGE"] for _, each in started} == {mlflow}
    told = capsys.readouterr().out
    assert all(f"http://127.0.0.1:{port}" in told for port in ports.values())


@pytest.mark.usefixtures("at_home")
@pytest.mark.parametrize(
    ("chosen", "outcome"),
    [
        ({"API_PORT": "{taken}"}, (1, "make app API_PORT=…")),
        ({"API_PORT": "80800"}, (2, "API_PORT=80800 is no port")),
        ({"API_PORT": "{free}", "MLFLOW_PORT": "{free}"}, (2, "needs a port of its own")),
    ],
)
def test_a_port_that_cannot_be_had_is_refused_by_the_name_that_sets_it(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    chosen: dict[str, str],
    outcome: tuple[int, str],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        found = {"taken": other.getsockname()[1], "free": free_ports()[0]}
        for name, port in chosen.items():
            monkeypatch.setenv(name, port.format(**found))
        code, started = run_main()
    assert code == outcome[0]
    assert outcome[1] in capsys.readouterr().err
    assert not started
