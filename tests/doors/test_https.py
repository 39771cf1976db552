"""HTTPS at one host name: what a start asks of it, what nginx is told, and the certificate."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import certificates
import pytest
from certificates import Keeper, UnusableError, issue, make_authority
from machine import ROOT, START, Machine
from nginx import render

DOMAIN = "prix.example.com"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"CARPRICE_DOMAIN": "https://prix.example.com"}, "is no host name such as"),
        ({"CARPRICE_DOMAIN": "localhost"}, "is no host name such as"),
        ({"CARPRICE_DOMAIN": "192.0.2.1"}, "is no host name such as"),
        ({"CARPRICE_CERTIFICATE": "acme"}, "is none of selfsigned, own and letsencrypt"),
        ({"CARPRICE_CERTIFICATE": "letsencrypt"}, "set it to 0.0.0.0 in .env"),
        ({"HTTPS_PORT": "https"}, "HTTPS_PORT=https is no port"),
        ({"HTTPS_PORT": "80"}, "HTTPS_PORT=80 is given to another page already"),
    ],
)
def test_a_domain_that_cannot_work_is_told_and_nothing_started(
    machine: Machine, wrong: dict[str, str], said: str
) -> None:
    machine.write_env(**{"CARPRICE_DOMAIN": DOMAIN, "HTTP_PORT": "80"} | wrong)
    ended = machine.run(START)
    assert ended.returncode == 1
    assert said in ended.stderr
    assert machine.acts() == []


def test_a_start_with_a_domain_tells_its_addresses(machine: Machine) -> None:
    machine.write_env(CARPRICE_DOMAIN=DOMAIN, HTTPS_PORT="8443", HTTP_PORT="8480")
    ended = machine.run(START)
    assert ended.returncode == 0, ended.stderr
    for path in ("", "/api/docs", "/airflow", "/mlflow"):
        assert re.search(rf"  https://{DOMAIN}:8443{path}( |$)", ended.stdout, re.M)
    assert "http://" not in ended.stdout
    assert "only this machine reaches it" in ended.stdout
    assert machine.acts()[0] == "build certificates"


def test_without_a_certificate_nothing_is_stopped_or_started(machine: Machine) -> None:
    machine.write_env(CARPRICE_DOMAIN=DOMAIN, CARPRICE_CERTIFICATE="own", HTTP_PORT="8480")
    machine.scenario(fails_at="certificates.py check")
    ended = machine.run(START)
    assert ended.returncode == 1
    assert "as there is no certificate to show" in ended.stderr
    assert machine.acts() == ["build certificates"]


@pytest.mark.parametrize("sign_in", ["", "users"])
@pytest.mark.parametrize("domain", ["", DOMAIN])
def test_gixy_finds_nothing_in_what_nginx_is_told(
    tmp_path: Path, domain: str, sign_in: str
) -> None:
    proxies = "192.0.2.1,192.0.2.2"
    told = {"CARPRICE_SIGN_IN": sign_in, "FORWARDED_ALLOW_IPS": proxies}
    conf = render(tmp_path, CARPRICE_DOMAIN=domain, **told)
    assert (tmp_path / "tmp" / "sign-in" / "asked.conf").exists() == bool(sign_in)
    assert "set_real_ip_from 192.0.2.2;" in (tmp_path / "tmp" / "proxies.conf").read_text()
    # Host goes on as it came: services compare it with Origin, which has the port as well.
    checked = subprocess.run(
        [Path(sys.executable).with_name("gixy"), "--skips=host_spoofing", conf],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout
    assert "No issues found" in checked.stdout


def test_services_are_found_again_where_they_are_now() -> None:
    """Names without a variable beside them are looked up once, as nginx starts."""
    for conf in (ROOT / "deploy" / "nginx").rglob("*.conf"):
        assert not re.findall(r"proxy_pass [^$;]*;", conf.read_text(encoding="utf-8")), conf


def keep(folder: Path, mode: str) -> Keeper:
    return Keeper(folder, DOMAIN, mode, "https://acme.example.com/directory")


def test_a_made_certificate_is_kept_until_it_must_be_renewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = keep(tmp_path, "selfsigned")
    assert keeper.look() == ""
    first, authority = keeper.served.read_bytes(), keeper.authority.read_bytes()
    assert keeper.served.stat().st_mode & 0o777 == 0o600
    assert keeper.look() == ""
    assert keeper.served.read_bytes() == first
    monkeypatch.setattr(certificates, "RENEWED_BEFORE", timedelta(days=400))
    assert keeper.look() == ""
    assert keeper.served.read_bytes() != first
    assert keeper.authority.read_bytes() == authority


def put_own(folder: Path, domain: str = DOMAIN, days: float = 100) -> Path:
    """A pair as a company's own authority would give it."""
    pair = issue(domain, make_authority(domain), timedelta(days=days))
    own = folder / "own"
    own.mkdir(exist_ok=True)
    (own / "certificate.pem").write_bytes(b"".join(map(certificates.dump_certificate, pair.chain)))
    (own / "key.pem").write_bytes(pair.dump())
    return own


def test_an_own_certificate_is_shown_and_its_renewal_too(tmp_path: Path) -> None:
    keeper = keep(tmp_path, "own")
    for days, known in ((100, ""), (200, ""), (13, "ends on")):
        own = put_own(tmp_path, days=days)
        assert known in keeper.look()
        assert (own / "certificate.pem").read_bytes() in keeper.served.read_bytes()


def test_an_own_certificate_that_browsers_would_refuse_is_told_and_not_shown(
    tmp_path: Path,
) -> None:
    keeper = keep(tmp_path, "own")

    def refusal() -> str:
        with pytest.raises(UnusableError) as refused:
            keeper.look()
        assert not keeper.served.exists()
        return str(refused.value)

    assert "own/key.pem is missing" in refusal()
    own = put_own(tmp_path, domain="autre.example.com")
    assert f"it is for autre.example.com, not for {DOMAIN}" in refusal()
    put_own(tmp_path, days=0)
    assert "it has ended on" in refusal()
    key = (own / "key.pem").read_bytes()
    put_own(tmp_path)
    (own / "key.pem").write_bytes(key)
    assert "the key is not that of the certificate" in refusal()
    (own / "key.pem").write_text("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert "own/key.pem holds no private key" in refusal()


@pytest.mark.parametrize(
    ("name", "fits"),
    [(DOMAIN, True), ("*.example.com", True), ("*.com", False), ("example.com", False)],
)
def test_a_star_stands_for_one_label(name: str, fits: bool) -> None:
    assert certificates.fits(name, DOMAIN) is fits


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What the webhook was sent, a web server of this machine."""
    texts: list[str] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            texts.append(json.loads(body)["text"])
            self.send_response(200)
            self.end_headers()

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        Thread(target=server.serve_forever, args=(0.01,)).start()
        monkeypatch.setenv("no_proxy", "*")
        monkeypatch.setenv("CARPRICE_WEBHOOK_URL", f"http://127.0.0.1:{server.server_port}/hook")
        yield texts
        server.shutdown()


def test_what_will_end_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: list[str]
) -> None:
    monkeypatch.setattr(certificates, "LOOKED", tmp_path / "looked")
    looks = iter([15, 13, 13, 100, 100])

    def pass_time(_: float) -> None:
        if (days := next(looks, None)) is None:
            raise KeyboardInterrupt
        put_own(tmp_path, days=days)

    monkeypatch.setattr(certificates.time, "sleep", pass_time)
    put_own(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        certificates.keep(keep(tmp_path, "own"))
    assert len(sent) == 2
    assert "own/certificate.pem ends on" in sent[0]
    assert "is well again" in sent[1]


def test_before_a_certificate_is_given_a_stopgap_is_shown(tmp_path: Path) -> None:
    keeper = keep(tmp_path, "letsencrypt")
    assert keeper.look(alone=True) == certificates.STOPGAP
    assert keeper.shown()
