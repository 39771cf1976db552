"""Reports are sent to a real web server and a real mail server on this machine."""

import datetime
import json
import socket
import socketserver
import ssl
import threading
import traceback
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from carprice import notices
from carprice.errors import NoticeError
from carprice.notices import send_heartbeat, send_notices
from carprice.settings import Settings

REPORT = "# Rapport\n\n- Outcome: promoted\n- « fin » à 7,8 %\n"
TEAM = "team@example.com, chef@example.com"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[int]:
    """Serve in a thread; yields the port."""
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Hook(HTTPServer):
    """Keeps what is posted."""

    def __init__(self, status: int = 200) -> None:
        super().__init__(("127.0.0.1", 0), HookHandler)
        self.status = status
        self.taken: list[tuple[str, str, bytes]] = []
        self.logins: list[str | None] = []


class HookHandler(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((self.path, self.headers["Content-Type"], body))
        self.server.logins.append(self.headers["Authorization"])
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    do_GET = do_POST  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Post(socketserver.TCPServer):
    """A mail server that keeps what it is given."""

    allow_reuse_address = True

    def __init__(
        self, extensions: tuple[str, ...] = (), secure: ssl.SSLContext | None = None
    ) -> None:
        super().__init__(("127.0.0.1", 0), PostHandler)
        self.extensions, self.secure = extensions, secure
        self.login = ("me@example.com", "p:w@d")
        self.mails: list[bytes] = []
        self.said: list[str] = []
        self.encrypted: list[bool] = []

    def handle_error(self, *_: object) -> None:
        """Clients that do not trust this server go away in the middle."""


class PostHandler(socketserver.StreamRequestHandler):
    server: Post

    def handle(self) -> None:
        if self.server.secure and "STARTTLS" not in self.server.extensions:
            self.encrypt()
        self.say("220 here")
        while line := self.rfile.readline().decode().strip():
            self.server.said.append(line)
            verb = line.split()[0].lower()
            if verb == "quit":
                self.say("221 bye")
                return
            getattr(self, f"hear_{verb}", self.agree)(line)

    def encrypt(self) -> None:
        assert self.server.secure
        self.request = self.connection = self.server.secure.wrap_socket(
            self.connection, server_side=True
        )
        self.setup()

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def agree(self, _line: str) -> None:
        self.say("250 fine")

    def hear_ehlo(self, _line: str) -> None:
        lines = ["here", *self.server.extensions]
        for at, each in enumerate(lines, 1):
            self.say(f"250{' ' if at == len(lines) else '-'}{each}")

    def hear_starttls(self, _line: str) -> None:
        self.say("220 go on")
        self.encrypt()

    def hear_auth(self, line: str) -> None:
        _, user, password = b64decode(line.rsplit(maxsplit=1)[-1]).decode().split("\0")
        good = (user, password) == self.server.login
        self.say("235 welcome" if good else "535 who are you")

    def hear_rcpt(self, line: str) -> None:
        self.say("550 no such mailbox" if "nobody@" in line else "250 fine")

    def hear_data(self, _line: str) -> None:
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line)
        self.server.mails.append(b"".join(lines))
        self.server.encrypted.append(isinstance(self.connection, ssl.SSLSocket))
        self.say("250 taken")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificate and key of this machine, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("certificate") / "both.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
def secure(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def trust(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


def send(**settings: str) -> None:
    send_notices(Settings(**settings), "carprice: promoted", REPORT)  # type: ignore[arg-type]


def refusal(**settings: str) -> str:
    with pytest.raises(NoticeError, match="a notice was not sent") as caught:
        send(**settings)
    assert caught.value.retryable
    assert "secret" not in "".join(traceback.format_exception(caught.value))
    return str(caught.value)


def read_mail(content: bytes) -> EmailMessage:
    return cast(EmailMessage, message_from_bytes(content, policy=policy.default))


def test_nowhere_is_fine() -> None:
    send()
    send(smtp_url="smtp://localhost:1")  # a server, and nobody to write to


def test_a_webhook_is_given_the_report_as_json() -> None:
    hook = Hook()
    with serving(hook) as port:
        send(webhook_url=f"http://localhost:{port}/T0/secret?a=b")
    ((path, kind, body),) = hook.taken
    assert (path, kind) == ("/T0/secret?a=b", "application/json")
    assert json.loads(body) == {"text": REPORT}


@pytest.mark.parametrize("status", [301, 302, 307, 404, 500])
def test_a_webhook_that_does_not_take_it_is_named_by_its_host_alone(status: int) -> None:
    hook = Hook(status)
    with serving(hook) as port:
        told = refusal(webhook_url=f"http://us%40r:secret@localhost:{port}/secret")
    assert f"the webhook at localhost: HTTP Error {status}" in told
    assert str(port) not in told
    assert [path for path, *_ in hook.taken] == ["/secret"]
    assert hook.logins == [f"Basic {b64encode(b'us@r:secret').decode()}"]


def test_a_webhook_that_is_down_or_unknown_is_said_so(unused_port: int) -> None:
    assert "Connection refused" in refusal(webhook_url=f"http://localhost:{unused_port}/secret")
    told = refusal(webhook_url="https://nowhere.invalid/secret")
    assert "the webhook at nowhere.invalid: " in told


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_webhook_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "TIMEOUT_SECONDS", 0.2)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        told = refusal(webhook_url=f"http://localhost:{deaf.getsockname()[1]}/secret")
        assert "timed out" in told


def test_a_mail_server_without_encryption_is_given_the_report() -> None:
    post = Post()
    with serving(post) as port:
        send(mail_to=TEAM, smtp_url=f"smtp://localhost:{port}")
    (content,) = post.mails
    mail = read_mail(content)
    assert mail["Subject"] == "carprice: promoted"
    assert mail["To"] == TEAM
    assert mail["From"] == "team@example.com"
    assert mail["Date"]
    assert mail["Message-ID"].endswith("@example.com>")
    assert mail.get_content().replace("\r\n", "\n") == REPORT
    assert sum(line.startswith("rcpt") for line in map(str.lower, post.said)) == 2


def test_starttls_is_used_when_offered_whoever_signed(secure: ssl.SSLContext) -> None:
    post = Post(("STARTTLS",), secure)
    with serving(post) as port:
        send(mail_to=TEAM, smtp_url=f"smtp://localhost:{port}")
    assert post.encrypted == [True]


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_login_goes_encrypted_to_a_server_that_is_trusted(
    scheme: str, secure: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust(certificate, monkeypatch)
    post = Post(("STARTTLS", "AUTH PLAIN") if scheme == "smtp" else ("AUTH PLAIN",), secure)
    with serving(post) as port:
        send(mail_to=TEAM, smtp_url=f"{scheme}://me%40example.com:p%3Aw%40d@localhost:{port}")
    assert post.encrypted == [True]
    (content,) = post.mails
    assert read_mail(content)["From"] == "me@example.com"


def test_a_login_goes_to_nobody_else(
    secure: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = "me%40example.com:secret"
    for post in (Post(("STARTTLS", "AUTH PLAIN"), secure), Post(("AUTH PLAIN",))):
        with serving(post) as port:
            told = refusal(mail_to=TEAM, smtp_url=f"smtp://{login}@localhost:{port}")
        assert "certificate verify failed" in told or "in the clear" in told
        assert not [line for line in post.said if line.startswith("AUTH")]
    trust(certificate, monkeypatch)
    post = Post(("AUTH PLAIN",), secure)
    with serving(post) as port:
        told = refusal(mail_to=TEAM, smtp_url=f"smtps://{login}@localhost:{port}")
    assert "mail through localhost: (535, b'who are you')" in told
    assert not post.mails


def test_a_login_that_cannot_be_written_is_not_quoted(
    secure: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust(certificate, monkeypatch)
    post = Post(("AUTH PLAIN",), secure)
    with serving(post) as port:
        told = refusal(mail_to=TEAM, smtp_url=f"smtps://me:secret%C3%A9@localhost:{port}")
    assert "UnicodeEncodeError" in told


def test_a_mailbox_that_does_not_exist_is_told() -> None:
    post = Post()
    with serving(post) as port:
        told = refusal(mail_to="nobody@example.com", smtp_url=f"smtp://localhost:{port}")
    assert "no such mailbox" in told


def test_one_way_that_fails_does_not_hold_up_the_other(unused_port: int) -> None:
    hook = Hook()
    with serving(hook) as port:
        told = refusal(
            webhook_url=f"http://localhost:{port}/secret",
            mail_to=TEAM,
            smtp_url=f"smtp://localhost:{unused_port}",
        )
    assert "mail through localhost" in told
    assert "webhook at" not in told
    assert len(hook.taken) == 1


def test_a_sign_of_life_reaches_its_address_and_no_message_shows_it() -> None:
    hook = Hook()
    with serving(hook) as port:
        settings = Settings(heartbeat_url=f"http://127.0.0.1:{port}/secret")
        send_heartbeat(settings)
    assert [path for path, *_ in hook.taken] == ["/secret"]
    send_heartbeat(Settings())  # nobody listens, and nothing is wrong
    with pytest.raises(NoticeError, match=r"no sign of life reached 127\.0\.0\.1") as caught:
        send_heartbeat(settings)
    assert "secret" not in "".join(traceback.format_exception(caught.value))
