import socket
from pathlib import Path

import pytest
from machine import PORTS, Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in PORTS]
    for name, probe in zip(PORTS, probes, strict=True):
        made.settings[name] = str(probe.getsockname()[1])
        probe.close()
    return made
