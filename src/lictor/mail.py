"""E-mail that Lictor sends, through the one mail server of the settings: the one place that knows SMTP.

In: Emails. Out: nothing, or OutgoingError with a text for the user. The server is the operator's choice, not the
user's, and may be inside; the addresses are the user's. smtplib blocks, so each message has a thread for its while.
"""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from lictor.orchestration.delivery_plans import Email
from lictor.outgoing import OutgoingError
from lictor.settings import Settings

_TIMEOUT = 10.0
"""Seconds for each answer of the mail server."""


class Mailer:
    """Sends e-mail as `settings` say. `tls` stands in for the system's trust in certificates."""

    def __init__(self, settings: Settings, tls: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._tls = tls

    async def send(self, email: Email) -> None:
        """Hand a message to the mail server; all its recipients, or OutgoingError."""
        if not self._settings.smtp_host:
            raise OutgoingError(
                "There is no mail server: the server's setting LICTOR_SMTP_HOST has to name one.",
                permanent=True,
            )
        try:
            message = self._message(email)
        except ValueError as error:
            raise OutgoingError(f"The e-mail cannot be written: {error}.", permanent=True) from None
        try:
            await asyncio.to_thread(self._hand_over, message, email.to)
        except smtplib.SMTPRecipientsRefused as error:
            code, words = next(iter(error.recipients.values()))
            raise _refused(code, words) from None
        except smtplib.SMTPResponseException as error:
            raise _refused(error.smtp_code, error.smtp_error) from None
        except (smtplib.SMTPException, OSError) as error:
            text = str(error) or type(error).__name__
            raise OutgoingError(
                f"The mail server {self._settings.smtp_host} could not be used: {text.splitlines()[0][:200]}."
            ) from None

    def _message(self, email: Email) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._settings.smtp_from
        message["To"] = ", ".join(email.to)
        message["Subject"] = " ".join(email.subject.split())
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain=self._settings.smtp_from.rpartition("@")[2] or None)
        message.set_content(email.body)
        return message

    def _hand_over(self, message: EmailMessage, to: tuple[str, ...]) -> None:
        settings = self._settings
        assert settings.smtp_host is not None
        context = self._tls or ssl.create_default_context()
        if settings.smtp_tls == "tls":
            connection = smtplib.SMTP_SSL(
                settings.smtp_host, settings.smtp_port, timeout=_TIMEOUT, context=context
            )
        else:
            connection = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=_TIMEOUT)
        with connection:
            if settings.smtp_tls == "starttls":
                connection.starttls(context=context)
            if settings.smtp_username and settings.smtp_password is not None:
                connection.login(settings.smtp_username, settings.smtp_password.get_secret_value())
            refused = connection.send_message(message, to_addrs=to)
        if refused:
            # The others have it: to send all again would tell them twice.
            raise smtplib.SMTPRecipientsRefused(refused)


def _refused(code: int, words: bytes | str) -> OutgoingError:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    first = " ".join(text.split())[:200].rstrip(".")
    # RFC 5321 4.2.1: 4yz is for now, 5yz for good.
    return OutgoingError(
        f"The mail server answered {code}: {first}.", status=code, permanent=500 <= code < 600
    )
