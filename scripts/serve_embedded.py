"""Start the page, the API and MLflow on the embedded store: the door behind `make app`.

All listen on this machine only, on ports that the environment may choose; Ctrl-C or TERM stops all.
"""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from carprice.settings import Settings, child_environment, read_settings

HOST = "127.0.0.1"
PORTS = {"STREAMLIT_PORT": 8501, "MLFLOW_PORT": 5000, "API_PORT": 8000}
"""By the variable that chooses another one, as in the stack's .env."""
ENDING_SECONDS = 20
APP = Path(__file__).resolve().parent.parent / "streamlit_app" / "server.py"


def main() -> int:
    hear_endings()
    settings, environment = read_settings(), child_environment()
    try:
        ports = read_ports(environment)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    commands = choose_commands(settings, ports)
    if taken := [name for name in commands if is_taken(ports[name])]:
        print(*(tell_taken(name, ports[name]) for name in taken), sep="\n", file=sys.stderr)
        return 1
    if not settings.has_registry:
        make_store(environment)
    mlflow = settings.tracking_uri or address(ports["MLFLOW_PORT"])
    print(f"page    {address(ports['STREAMLIT_PORT'])}")
    print(f"MLflow  {mlflow}")
    print(f"API     {address(ports['API_PORT'])}/docs")
    print("Ctrl-C stops.", flush=True)
    if not settings.tracking_uri and not environment.get("CARPRICE_MLFLOW_PAGE"):
        environment["CARPRICE_MLFLOW_PAGE"] = mlflow  # where links of the page lead
    return serve([subprocess.Popen(each, env=environment) for each in commands.values()])


def read_ports(environment: Mapping[str, str]) -> dict[str, int]:
    """The port of each server by its variable, or ValueError."""
    ports = {}
    for name, usual in PORTS.items():
        chosen = environment.get(name) or str(usual)
        if not (chosen.isascii() and chosen.isdecimal() and 0 < int(chosen) < 65536):
            raise ValueError(f"{name}={chosen} is no port: choose a number from 1 to 65535")
        ports[name] = int(chosen)
    if len(set(ports.values())) < len(ports):
        told = ", ".join(f"{name}={port}" for name, port in ports.items())
        raise ValueError(f"every server needs a port of its own: {told}")
    return ports


def tell_taken(name: str, port: int) -> str:
    return (
        f"port {port} of {HOST} is taken: stop what listens there (another `make app`, or the "
        f"Docker stack), or choose another one: make app {name}=…"
    )


def address(port: int) -> str:
    return f"http://{HOST}:{port}"


def hear_endings() -> None:
    """TERM ends all as Ctrl-C does, and both are heard in a shell's background too."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.default_int_handler)


def make_store(environment: Mapping[str, str]) -> None:
    """Servers that make the embedded store at once stand in each other's way: it comes first."""
    print("making the embedded store …", flush=True)
    status = [sys.executable, "-m", "carprice", "status"]
    subprocess.run(status, env=environment, capture_output=True, check=False)


def choose_commands(settings: Settings, ports: Mapping[str, int]) -> dict[str, list[str]]:
    """How each server is started, by the variable of its port."""
    page = [
        "streamlit", "run", str(APP), f"--server.address={HOST}",
        f"--server.port={ports['STREAMLIT_PORT']}",
    ]  # fmt: skip
    api = ["carprice.api.server", f"--host={HOST}", f"--port={ports['API_PORT']}"]
    mlflow = [
        "mlflow", "server", "--app-name=carprice",
        f"--host={HOST}", f"--port={ports['MLFLOW_PORT']}",
        f"--backend-store-uri={settings.registry_uri}",
        f"--default-artifact-root={settings.artifact_root}", "--workers=1",
    ]  # fmt: skip
    modules = {"STREAMLIT_PORT": page, "API_PORT": api}
    if not settings.tracking_uri:
        modules["MLFLOW_PORT"] = mlflow
    return {name: [sys.executable, "-m", *words] for name, words in modules.items()}


def is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def serve(processes: list[subprocess.Popen[bytes]]) -> int:
    """Wait until one ends or Ctrl-C; then end all. Returns the exit code of the one that fell."""
    try:
        while all(each.poll() is None for each in processes):
            time.sleep(0.5)
        return next(each.returncode for each in processes if each.poll() is not None)
    except KeyboardInterrupt:
        return 0
    finally:
        for each in processes:
            each.terminate()
        for each in processes:
            end(each)


def end(process: subprocess.Popen[bytes]) -> None:
    """Wait for one that was asked to end; one that hangs keeps its port from the next start."""
    try:
        process.wait(timeout=ENDING_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


if __name__ == "__main__":
    sys.exit(main())
