"""A real SMTP server on loopback that keeps what it is handed, for tests of e-mail."""

from __future__ import annotations

import asyncio
import base64
import email
import email.policy
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage


@dataclass
class Handed:
    """One message: its envelope and itself."""

    sender: str
    to: list[str]
    message: EmailMessage


@dataclass
class MailServer:
    """Speaks as much of RFC 5321 as smtplib asks for. `answers` replaces the answer to a command, by its first word.

    With `tls` it offers STARTTLS; with `login` it takes nothing before AUTH PLAIN with this name and password.
    """

    answers: dict[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    login: tuple[str, str] | None = None
    handed: list[Handed] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    async def __aenter__(self) -> MailServer:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    @property
    def port(self) -> int:
        return self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = _Session(self, reader, writer)
        try:
            session.say("220 test")
            while line := (await reader.readline()).decode().strip():
                await session.answer(line.split(":")[0].split()[0].upper(), line)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


class _Session:
    """One connection to the server."""

    def __init__(
        self, server: MailServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.server, self.reader, self.writer = server, reader, writer
        self.known, self.secure = server.login is None, False
        self.sender = ""
        self.to: list[str] = []

    def say(self, *lines: str) -> None:
        """An answer; of several lines, all but the last say that there are more."""
        *more, last = lines
        text = "".join(f"{line[:3]}-{line[4:]}\r\n" for line in more) + f"{last}\r\n"
        self.writer.write(text.encode())

    async def answer(self, word: str, line: str) -> None:
        if word in self.server.answers:
            self.say(self.server.answers[word])
        elif not self.known and word in ("MAIL", "RCPT", "DATA"):
            self.say("530 log in first")
        elif (command := getattr(self, f"do_{word.lower()}", None)) is not None:
            await command(line)
        else:
            self.say("250 ok")

    async def do_ehlo(self, line: str) -> None:
        offers = ["250 AUTH PLAIN"] if self.server.login else []
        offers += ["250 STARTTLS"] if self.server.tls and not self.secure else []
        self.say("250 test", *offers, "250 8BITMIME")

    async def do_starttls(self, line: str) -> None:
        self.say("220 go on")
        await self.writer.drain()
        assert self.server.tls is not None
        await self.writer.start_tls(self.server.tls)
        self.secure = True

    async def do_auth(self, line: str) -> None:
        given = tuple(base64.b64decode(line.split()[2]).decode().split("\0")[1:])
        self.known = given == self.server.login
        self.say("235 welcome" if self.known else "535 who are you")

    async def do_mail(self, line: str) -> None:
        self.sender, self.to = line.partition("<")[2].partition(">")[0], []
        self.say("250 ok")

    async def do_rcpt(self, line: str) -> None:
        address = line.partition("<")[2].partition(">")[0]
        if address.startswith("nobody@"):
            self.say("550 there is no such user")
        else:
            self.to.append(address)
            self.say("250 ok")

    async def do_data(self, line: str) -> None:
        self.say("354 go on")
        body = (await self.reader.readuntil(b"\r\n.\r\n"))[:-5].replace(b"\r\n..", b"\r\n.")
        message = email.message_from_bytes(body, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.server.handed.append(Handed(self.sender, self.to, message))
        self.server.encrypted.append(self.secure)
        self.say("250 taken")

    async def do_quit(self, line: str) -> None:
        self.say("221 bye")
        self.writer.close()
