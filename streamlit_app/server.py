"""The page as a server sends it, with headers that bound what a browser does with it.

`streamlit run` finds the app here and starts it.
"""

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import streamlit
from figures import expose, note_error
from language import SPOKEN
from starlette.middleware import Middleware
from starlette.routing import Route
from streamlit.starlette import App

from carprice.api.headers import SecureHeaders
from carprice.logs import write_json
from carprice.settings import read_settings

SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def hash_scripts(*pages: str) -> str:
    """What a policy calls the scripts within pages: nothing else that is written there runs."""
    scripts = [each for page in pages for each in SCRIPT.findall(page)]
    hashes = [b64encode(sha256(each.encode()).digest()).decode() for each in scripts]
    return " ".join(f"'sha256-{each}'" for each in hashes)


FRAME = Path(streamlit.__file__).with_name("static") / "index.html"
POLICY = "; ".join(
    [
        "default-src 'self'",
        # Pictures are drawn by a language of their own, which is made into functions.
        f"script-src 'self' 'unsafe-eval' {hash_scripts(FRAME.read_text(), *SPOKEN.values())}",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)

if read_settings().log_format == "json":
    write_json()
app = App(
    "app.py",
    routes=[Route("/metrics", expose)],
    middleware=[Middleware(SecureHeaders, policy=lambda _path: POLICY)],
    on_script_error=note_error,
)
