"""What `make stack-test` does where there is no browser, with an `apt-get` that notes its calls."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "stack" / "browser.sh"
NOTING_APT = """#!/bin/sh
echo "$*" >>"$HOME/calls"
case "$*" in *chromium*) ln -s "$HOME/bin/id" "$HOME/bin/chromium" ;; esac
"""
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home and a PATH without a browser, on a Debian of which we are root."""
    programs = tmp_path / "bin"
    programs.mkdir()
    put(programs / "apt-get", NOTING_APT)
    put(programs / "id", "#!/bin/sh\necho 0\n")
    put(programs / "grep", "#!/bin/sh\nexit 0\n")
    for tool in ("ln", "tail"):
        (programs / tool).symlink_to(shutil.which(tool) or "/missing")
    return tmp_path


def put(program: Path, text: str) -> None:
    program.write_text(text)
    program.chmod(0o755)


def prepare(home: Path) -> subprocess.CompletedProcess[str]:
    bash = shutil.which("bash") or "/bin/bash"
    environment = {"HOME": str(home), "PATH": str(home / "bin"), "TMPDIR": str(home)}
    return subprocess.run(
        [bash, SCRIPT], env=environment, capture_output=True, text=True, timeout=30, check=False
    )


def calls(home: Path) -> str:
    return (home / "calls").read_text() if (home / "calls").exists() else ""


def test_root_on_debian_gets_chromium_once(home: Path) -> None:
    assert prepare(home).returncode == 0
    first = calls(home)
    assert "install -y -qq --no-install-recommends chromium" in first
    assert prepare(home).returncode == 0
    assert calls(home) == first


def test_the_browser_of_playwright_will_do(home: Path) -> None:
    (home / ".cache" / "ms-playwright" / "chromium-1234").mkdir(parents=True)
    assert prepare(home).returncode == 0
    assert not calls(home)


def test_others_are_told_what_to_type(home: Path) -> None:
    put(home / "bin" / "id", "#!/bin/sh\necho 1000\n")
    refused = prepare(home)
    assert refused.returncode == 1
    assert "playwright install chromium" in refused.stderr
    assert not calls(home)


def test_a_failed_installation_shows_why(home: Path) -> None:
    put(home / "bin" / "apt-get", "#!/bin/sh\necho no network\nexit 100\n")
    failed = prepare(home)
    assert failed.returncode == 1
    assert "no network" in failed.stderr
