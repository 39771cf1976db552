"""Notices: a text by webhook, mail or both, as the environment says.

The address of a webhook is a secret like a password: no message and no chain of errors shows it.
"""

import json
import smtplib
import ssl
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from http.client import HTTPException
from urllib.parse import SplitResult, unquote, urlsplit

from carprice.errors import NoticeError
from carprice.settings import Settings

TIMEOUT_SECONDS = 10.0


def send_notices(settings: Settings, subject: str, text: str) -> None:
    """Send a text by each configured way; there may be none.

    Raises NoticeError naming each host that did not take it, once all were tried.
    """
    webhook, server = urlsplit(settings.webhook_url), urlsplit(settings.smtp_url)
    ways: dict[str, Callable[[], None]] = {}
    if webhook.hostname:
        ways[f"the webhook at {webhook.hostname}"] = lambda: _post(webhook, {"text": text})
    if server.hostname and settings.mail_to:
        mail = _write_mail(server, settings.recipients, subject, text)
        ways[f"mail through {server.hostname}"] = lambda: _mail(server, mail)
    if troubles := [f"{way}: {trouble}" for way, send in ways.items() if (trouble := _try(send))]:
        raise NoticeError(
            "\n  - ".join(["a notice was not sent (a report stands in the registry):", *troubles])
            + "\nCheck CARPRICE_WEBHOOK_URL, CARPRICE_MAIL_TO and CARPRICE_SMTP_URL, and whether "
            "this machine reaches the host."
        )


def _try(send: Callable[[], None]) -> str:
    """Error text of a sending; empty on success."""
    try:
        send()
    except (OSError, smtplib.SMTPException) as error:
        return str(error)[:300] or type(error).__name__
    except (HTTPException, ValueError) as error:
        return type(error).__name__  # their messages may quote what was to be sent
    return ""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Refuses redirects: an empty request would go to an address nobody configured."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def send_heartbeat(settings: Settings) -> None:
    """Tell an outside address, if there is one, that all of this runs.

    Raises NoticeError where it did not take it.
    """
    address = urlsplit(settings.heartbeat_url)
    if address.hostname and (trouble := _try(lambda: _post(address, {}))):
        raise NoticeError(f"no sign of life reached {address.hostname}: {trouble}")


def _post(webhook: SplitResult, told: Mapping[str, str]) -> None:
    login, _, host = webhook.netloc.rpartition("@")
    headers = {"Content-Type": "application/json", "User-Agent": "carprice"}
    if login:
        headers["Authorization"] = f"Basic {b64encode(unquote(login).encode()).decode()}"
    request = urllib.request.Request(  # noqa: S310 (the settings allow http and https alone)
        webhook._replace(netloc=host, fragment="").geturl(),
        data=json.dumps(told).encode(),
        headers=headers,
    )
    opener = urllib.request.build_opener(_NoRedirect)
    opener.open(request, timeout=TIMEOUT_SECONDS).close()


def _write_mail(
    server: SplitResult, recipients: list[str], subject: str, text: str
) -> EmailMessage:
    user = unquote(server.username or "")
    mail = EmailMessage()
    mail["Subject"] = subject
    mail["From"] = user if "@" in user else recipients[0]
    mail["To"] = ", ".join(recipients)
    mail["Date"] = formatdate()
    mail["Message-ID"] = make_msgid(domain=mail["From"].rpartition("@")[2])
    mail.set_content(text)
    return mail


def _mail(server: SplitResult, mail: EmailMessage) -> None:
    host, user = server.hostname or "", unquote(server.username or "")
    connection: smtplib.SMTP
    if server.scheme == "smtps":
        connection = smtplib.SMTP_SSL(
            host, server.port or 465, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context()
        )
    else:
        connection = smtplib.SMTP(host, server.port or 25, timeout=TIMEOUT_SECONDS)
    with connection:
        connection.ehlo()
        encrypted = server.scheme == "smtps"
        if not encrypted and connection.has_extn("starttls"):
            connection.starttls(context=_trust(needed=bool(user)))
            encrypted = True
        if user:
            if not encrypted:
                raise smtplib.SMTPException(
                    "it offers no encryption, and a password is not sent in the clear"
                )
            connection.login(user, unquote(server.password or ""))
        connection.send_message(mail)


def _trust(*, needed: bool) -> ssl.SSLContext:
    """TLS context; certificates are checked where a password is sent.

    Without one, encryption is a bonus, and mail servers of a house often sign for themselves.
    """
    context = ssl.create_default_context()
    if not needed:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
