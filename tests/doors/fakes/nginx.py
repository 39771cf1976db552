"""What nginx reads, as doors.sh writes it for one form of the stack, in a folder."""

import os
import re
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

DEPLOY = Path(__file__).parents[3] / "deploy" / "nginx"


def render(folder: Path, **environment: str) -> Path:
    """The file that nginx starts with; what lies in /tmp of a container lies in the folder."""
    for source in DEPLOY.rglob("*.*"):
        text = source.read_text(encoding="utf-8")
        text = re.sub(r"/(tmp|certificates)\b", lambda found: f"{folder}/{found[1]}", text)
        text = re.sub(r"(?<==)/etc/nginx/doors", str(folder), text)
        copy = folder / source.relative_to(DEPLOY)
        copy.parent.mkdir(exist_ok=True)
        copy.write_text(text, encoding="utf-8")
    for made in ("tmp", "certificates/served"):
        (folder / made).mkdir(parents=True)
    (folder / "certificates" / "served" / "host.pem").write_text("key and chain")
    (folder / "nginx").symlink_to("/bin/true")
    path = {"PATH": f"{folder}:/usr/bin:/bin"}
    with subprocess.Popen(
        ["sh", folder / "doors.sh"], env=path | environment, start_new_session=True
    ) as doors:
        ended = doors.wait(timeout=60)
    with suppress(ProcessLookupError):
        os.killpg(doors.pid, signal.SIGKILL)  # what waits for another certificate
    assert ended == 0
    return folder / "nginx.conf"
