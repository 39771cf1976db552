"""The certificate of CARPRICE_DOMAIN, made (`selfsigned`), taken (`own`) or got (`letsencrypt`).

python certificates.py [check]

Keeps served/host.pem, which nginx shows, as good as it can be, for ever; with `check` it looks
once, asks nobody else and says what it found. People are told, by CARPRICE_WEBHOOK_URL and
CARPRICE_MAIL_TO, of what ends soon. Ends with 1 where there is no certificate to show.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import gettempdir
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from carprice.errors import CarPriceError
from carprice.notices import send_notices
from carprice.settings import read_settings

FOLDER = Path("certificates")  # of the root of the container: messages name it as people see it
LOOKED = Path(gettempdir()) / "looked"
"""By which the health check knows that the loop goes on."""
LOOK_SECONDS = 10
WARNING = timedelta(days=14)
MADE_FOR = timedelta(days=397)
"""What browsers take, of certificates that anybody made."""
RENEWED_BEFORE = timedelta(days=30)
AUTHORITY_FOR = timedelta(days=3650)
STOPGAP_FOR = timedelta(days=7)
FIRST_AFTER = timedelta(seconds=20)
"""nginx starts, or has heard of a stopgap, within it."""
MOST_BETWEEN = timedelta(hours=12)
STOPGAP = "Browsers are shown a stopgap: no certificate has been given yet."
MODES = ("selfsigned", "own", "letsencrypt")


class UnusableError(Exception):
    """Why there is no certificate to show, or not the one that was asked for, a line for each."""


@dataclass(frozen=True)
class Pair:
    """A key and its certificate, with those that vouch for it."""

    key: PrivateKeyTypes
    chain: list[x509.Certificate]

    @property
    def ends(self) -> datetime:
        return self.chain[0].not_valid_after_utc

    @property
    def lasts(self) -> timedelta:
        return self.ends - self.chain[0].not_valid_before_utc

    @property
    def left(self) -> timedelta:
        return self.ends - datetime.now(UTC)

    def dump(self) -> bytes:
        key = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return key + b"".join(map(dump_certificate, self.chain))

    def find_faults(self, domain: str) -> list[str]:
        """Why browsers would not take it, or nginx could not show it."""
        first, now, faults = self.chain[0], datetime.now(UTC), []
        names = list_names(first)
        if dump_public(self.key.public_key()) != dump_public(first.public_key()):
            faults.append("the key is not that of the certificate, which comes first in its file")
        if not any(fits(name, domain) for name in names):
            faults.append(f"it is for {', '.join(names) or 'no name'}, not for {domain}")
        if first.not_valid_before_utc > now:
            faults.append(f"it is not valid before {first.not_valid_before_utc:%Y-%m-%d %H:%M} UTC")
        if self.ends <= now:
            faults.append(f"it has ended on {self.ends:%Y-%m-%d}")
        return faults


def dump_certificate(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def dump_public(key: object) -> bytes:
    return key.public_bytes(  # type: ignore[attr-defined]
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def list_names(certificate: x509.Certificate) -> list[str]:
    """Names that browsers look at; the one in the subject is none of them."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return [name.lower() for name in found.value.get_values_for_type(x509.DNSName)]


def fits(name: str, domain: str) -> bool:
    """Whether a certificate's name is that of a domain; a star stands for one label."""
    label, _, rest = domain.partition(".")
    return name == domain or (name.startswith("*.") and bool(label) and name[2:] == rest)


def read_pair(key: Path, chain: Path) -> Pair:
    """Raises UnusableError naming each file that is not what it should be."""
    faults, read = [], []
    ways: list[tuple[Path, str, Callable[[bytes], object]]] = [
        (key, "private key without a password", _load_key),
        (chain, "certificate", x509.load_pem_x509_certificates),
    ]
    for path, what, load in ways:
        try:
            read.append(load(path.read_bytes()))
        except FileNotFoundError:
            faults.append(f"{path} is missing: put the {what} there, as PEM")
        except OSError as error:
            faults.append(f"{path} cannot be read by user {os.getuid()}: {error.strerror}")
        except (ValueError, TypeError):
            faults.append(f"{path} holds no {what} in PEM (it begins with -----BEGIN)")
    if faults:
        raise UnusableError("\n".join(faults))
    return Pair(*read)  # type: ignore[arg-type]


def _load_key(content: bytes) -> PrivateKeyTypes:
    return serialization.load_pem_private_key(content, password=None)


def write_whole(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Whole or not at all; the same content again leaves the file as it is."""
    if path.exists() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.touch(mode=mode)
    partial.write_bytes(content)
    partial.replace(path)


def build(
    name: x509.Name, issuer: x509.Name, lasts: timedelta, public: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    began = datetime.now(UTC) - timedelta(minutes=5)  # clocks differ
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(began)
        .not_valid_after(began + lasts)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def call(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def limit_to(domain: str) -> x509.NameConstraints:
    return x509.NameConstraints(permitted_subtrees=[x509.DNSName(domain)], excluded_subtrees=None)


def make_authority(domain: str) -> Pair:
    """Who vouches for a domain and for nothing else, so that trusting it costs no other site."""
    key, name = ec.generate_private_key(ec.SECP256R1()), call(f"carprice for {domain}")
    usage = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=True, crl_sign=True,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificate = (
        build(name, name, AUTHORITY_FOR, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(limit_to(domain), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    return Pair(key, [certificate])


def issue(domain: str, authority: Pair, lasts: timedelta) -> Pair:
    key, above = ec.generate_private_key(ec.SECP256R1()), authority.chain[0]
    above_key = above.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    vouched = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(above_key)
    certificate = (
        build(call(domain), above.subject, lasts, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(domain)]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(vouched, critical=False)
        .sign(authority.key, hashes.SHA256())  # type: ignore[arg-type]
    )
    return Pair(key, [certificate])


def vouches_for(authority: x509.Certificate, domain: str) -> bool:
    limits = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    return limits == limit_to(domain)


def is_from(pair: Pair, authority: Pair) -> bool:
    try:
        pair.chain[0].verify_directly_issued_by(authority.chain[0])
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def warn_of_end(ends: datetime, what: str, within: timedelta = WARNING) -> str:
    return "" if ends - datetime.now(UTC) > within else f"{what} ends on {ends:%Y-%m-%d}."


class Keeper:
    """Keeps served/host.pem for a domain, by one of three ways."""

    def __init__(self, folder: Path, domain: str, mode: str, server: str) -> None:
        self.folder, self.domain, self.server = folder, domain.lower(), server
        self.served = folder / "served" / "host.pem"
        self.authority = folder / "authority.pem"
        self._look = dict(zip(MODES, (self._make, self._take, self._obtain), strict=True))[mode]
        self._next, self._failures = datetime.now(UTC) + FIRST_AFTER, 0
        self.details = ""
        """Why the last trial failed, as certbot said it."""

    def look(self, *, alone: bool = False) -> str:
        """Do what is to be done; what people should know, empty where all is well.

        alone: nobody else is asked. Raises UnusableError where there is nothing to show.
        """
        return self._look(alone)

    def shown(self) -> Pair | None:
        """What nginx shows, unless browsers would not take it."""
        return self._read_whole(self.served, self.served)

    def _read_whole(self, key: Path, chain: Path) -> Pair | None:
        try:
            pair = read_pair(key, chain)
        except UnusableError:
            return None
        return None if pair.find_faults(self.domain) else pair

    def _make(self, _: bool) -> str:
        authority, shown = self._keep_authority(), self.shown()
        if not shown or shown.left < RENEWED_BEFORE or not is_from(shown, authority):
            write_whole(self.served, issue(self.domain, authority, MADE_FOR).dump())
        return warn_of_end(authority.ends, f"The authority {self.authority}")

    def _keep_authority(self) -> Pair:
        key = self.folder / "authority.key"
        with suppress(UnusableError):
            found = read_pair(key, self.authority)
            if found.left > timedelta(0) and vouches_for(found.chain[0], self.domain):
                return found
        made = make_authority(self.domain)
        write_whole(key, made.dump())
        write_whole(self.authority, dump_certificate(made.chain[0]), 0o644)
        return made

    def _take(self, _: bool) -> str:
        key, chain = (self.folder / "own" / name for name in ("key.pem", "certificate.pem"))
        pair = read_pair(key, chain)
        if faults := pair.find_faults(self.domain):
            raise UnusableError("\n".join(f"{chain}: {each}" for each in faults))
        write_whole(self.served, pair.dump())
        return warn_of_end(pair.ends, f"The certificate {chain}")

    def _obtain(self, alone: bool) -> str:
        if not alone and datetime.now(UTC) >= self._next:
            self._ask()
        held = self._read_held()
        if held:
            write_whole(self.served, held.dump())
            # Some last a week, and are renewed long before that.
            within = min(WARNING, held.lasts / 4)
            return warn_of_end(held.ends, f"The certificate of {self.domain}", within)
        if not self.shown():
            # nginx must be up for others to see that the name is ours.
            stopgap = issue(self.domain, make_authority(self.domain), STOPGAP_FOR)
            write_whole(self.served, stopgap.dump())
        # On a busy machine the first trial may still come before nginx is up.
        return STOPGAP if alone or self._failures > 1 else ""

    def _read_held(self) -> Pair | None:
        live = self._place / "live" / self.domain
        return self._read_whole(live / "privkey.pem", live / "fullchain.pem")

    @property
    def _place(self) -> Path:
        """One for each server: what a test server gave is not kept for a real one."""
        return self.folder / "letsencrypt" / (urlsplit(self.server).hostname or "")

    def _ask(self) -> None:
        """Let certbot obtain a certificate, or renew it if it is time to."""
        ended = subprocess.run(
            [  # noqa: S607 (of the image)
                "certbot", "certonly", "--non-interactive", "--agree-tos", "--keep-until-expiring",
                "--register-unsafely-without-email", "--webroot", "--webroot-path",
                str(self.folder / "challenges"), "--server", self.server, "--domain", self.domain,
                "--cert-name", self.domain, "--config-dir", str(self._place),
                "--work-dir", f"{gettempdir()}/work", "--logs-dir", f"{gettempdir()}/logs",
            ],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        told = (ended.stdout + ended.stderr).strip()
        print(told, flush=True)
        held = self._read_held()
        if ended.returncode == 0 and held:
            self._failures, self.details = 0, ""
            # A certificate that lasts a week is looked after more often than one of a quarter.
            wait = min(MOST_BETWEEN, held.left / 20)
        else:
            # Let's Encrypt refuses for an hour whoever has failed five times within it.
            wait = min(timedelta(hours=1), timedelta(minutes=1) * 5**self._failures)
            self._failures, self.details = self._failures + 1, told[-1500:]
        self._next = datetime.now(UTC) + wait


def look_once(keeper: Keeper) -> int:
    try:
        known = keeper.look(alone=True)
    except UnusableError as error:
        print(error)
        return 1
    shown = keeper.shown()
    print(known or (f"valid until {shown.ends:%Y-%m-%d}" if shown else ""))
    return 0


def keep(keeper: Keeper) -> None:
    told = ""
    while True:
        try:
            known = keeper.look()
        except (UnusableError, OSError) as error:
            known = f"The certificate of {keeper.domain} is not looked after: {error}"
        if known != told and tell(keeper, known):
            told = known
        LOOKED.touch()
        time.sleep(LOOK_SECONDS)


def tell(keeper: Keeper, known: str) -> bool:
    """Whether people were told, as far as there is a way to."""
    text = known or f"The certificate of {keeper.domain} is well again."
    text = f"{text}\n{keeper.details}".strip()
    print(text, flush=True)
    try:
        send_notices(read_settings(), f"carprice: the certificate of {keeper.domain}", text)
    except CarPriceError as error:
        print(error, flush=True)
        return False
    return True


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    given = os.environ
    names = ("CARPRICE_DOMAIN", "CARPRICE_CERTIFICATE", "CARPRICE_ACME_SERVER")
    keeper = Keeper(FOLDER, *(given[each] for each in names))
    if sys.argv[1:] == ["check"]:
        return look_once(keeper)
    keep(keeper)
    return 0


if __name__ == "__main__":
    sys.exit(main())
