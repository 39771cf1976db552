"""Start the page, the API and MLflow on the embedded store: the door behind `make app`.

All listen on this machine only; Ctrl-C or TERM stops all.
"""

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from carprice.settings import Settings, child_environment, read_settings, run_command

HOST = "127.0.0.1"
PAGE_PORT, MLFLOW_PORT, API_PORT = 8501, 5000, 8000
ENDING_SECONDS = 20
APP = Path(__file__).resolve().parent.parent / "streamlit_app" / "app.py"


def main() -> int:
    hear_endings()
    settings = read_settings()
    commands = {PAGE_PORT: page_command(), API_PORT: api_command()}
    if not settings.tracking_uri:
        commands[MLFLOW_PORT] = mlflow_command(settings)
    if taken := [port for port in commands if is_taken(port)]:
        print(
            f"port {' and '.join(map(str, taken))} of {HOST} is taken: stop what listens there "
            "(another `make app`, or the Docker stack) and try again",
            file=sys.stderr,
        )
        return 1
    if not settings.has_registry:
        make_store(settings)
    print(f"page    http://{HOST}:{PAGE_PORT}")
    print(f"MLflow  {settings.tracking_uri or f'http://{HOST}:{MLFLOW_PORT}'}")
    print(f"API     http://{HOST}:{API_PORT}/docs")
    print("Ctrl-C stops.", flush=True)
    return serve([subprocess.Popen(each, env=child_environment()) for each in commands.values()])


def hear_endings() -> None:
    """TERM ends all as Ctrl-C does, and both are heard in a shell's background too."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.default_int_handler)


def make_store(settings: Settings) -> None:
    """Servers that make the embedded store at once stand in each other's way: it comes first."""
    print("making the embedded store …", flush=True)
    run_command(settings, "status")


def page_command() -> list[str]:
    return [
        sys.executable, "-m", "streamlit", "run", str(APP),
        f"--server.address={HOST}", f"--server.port={PAGE_PORT}",
    ]  # fmt: skip


def api_command() -> list[str]:
    return [
        sys.executable, "-m", "uvicorn", "carprice.api:build_app", "--factory", f"--host={HOST}",
        f"--port={API_PORT}", "--log-level=warning",
    ]  # fmt: skip


def mlflow_command(settings: Settings) -> list[str]:
    return [
        sys.executable, "-m", "mlflow", "server", f"--host={HOST}", f"--port={MLFLOW_PORT}",
        f"--backend-store-uri={settings.registry_uri}",
        f"--default-artifact-root={settings.artifact_root}", "--workers=1",
    ]  # fmt: skip


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
