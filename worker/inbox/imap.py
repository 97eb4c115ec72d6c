"""A session with an IMAP server: what the mail box asks of it, in types, and its errors in one line.

The library is IMAPClient. Numbers of messages are UIDs of the selected folder. Every call raises `Transient` when the
server can't be reached, refuses the command or answers nonsense; the session is over then.
"""

from __future__ import annotations

import contextlib
import imaplib
import logging
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

import imapclient
from imapclient.exceptions import CapabilityError, LoginError

from wiredesk.worker.errors import SettingsError, Transient
from wiredesk.worker.safe_text import printable

# The library logs commands and contents at the level debug.
logging.getLogger("imapclient").setLevel(logging.WARNING)

# A server that sends nothing for this long within an answer is treated as unreachable.
_READ_SECONDS = 60.0
# UIDs of one SEARCH, and messages of one FETCH of sizes: imaplib takes lines of at most 1,000,000 bytes.
_UIDS_OF_A_SEARCH = 20_000
_SIZES_OF_A_FETCH = 500
_TICK_SECONDS = 1.0
_LONGEST_WORDS = 300
# What a session raises: refused commands and broken connections (`IMAP4.error`), the network, and the parser of a
# library that met an answer which is no IMAP.
_FAILURES = (imaplib.IMAP4.error, OSError, ValueError, LookupError, TypeError)

Security = Literal["tls", "starttls", "off"]


@dataclass(frozen=True, slots=True)
class Address:
    """A mail box: a folder of a user at a server."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str
    security: Security

    @property
    def name(self) -> str:
        return f"{self.user}@{self.host}/{self.folder}"


@dataclass(frozen=True, slots=True)
class Selected:
    """A selected folder: its messages, the validity of their numbers, and the least number that the next one has."""

    exists: int
    uidvalidity: int
    uidnext: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A message before it is downloaded. `received_at` is when its server took it."""

    uid: int
    size: int
    received_at: datetime | None


def read_address(url: str) -> Address:
    """The mail box of `mail_url`. Raises `SettingsError`, without the value: it has a password."""
    try:
        parts = urlsplit(url)
        port = parts.port
        query = parse_qs(parts.query, strict_parsing=bool(parts.query))
    except ValueError:
        parts, port, query = urlsplit(""), None, {}
    plain = query == {"tls": ["off"]}
    if (
        parts.scheme not in ("imap", "imaps")
        or not (parts.hostname and parts.username and parts.password)
        or (query and not plain)
        or (plain and parts.scheme == "imaps")
    ):
        raise SettingsError(
            "WIREDESK_MAIL_URL is not like imaps://user:password@host/INBOX, or imap:// for STARTTLS, or "
            "imap://user:password@host/INBOX?tls=off; in a password / and # are written as %2F and %23"
        )
    return Address(
        host=parts.hostname,
        port=port or (993 if parts.scheme == "imaps" else 143),
        user=unquote(parts.username),
        password=unquote(parts.password),
        folder=unquote(parts.path.strip("/")) or "INBOX",
        security="tls" if parts.scheme == "imaps" else "off" if plain else "starttls",
    )


@contextmanager
def opened(address: Address, *, connect_seconds: float) -> Iterator[Session]:
    """Log in. Raises `SettingsError` where the address, the certificate or the password is wrong, or `Transient`."""
    timeout = imapclient.SocketTimeout(connect_seconds, _READ_SECONDS)
    with _connecting(address):
        client = imapclient.IMAPClient(address.host, port=address.port, ssl=address.security == "tls", timeout=timeout)
    session = Session(client, address)
    try:
        with _connecting(address):
            client.normalise_times = False  # moments with their zone
            if address.security == "starttls":
                client.starttls()
            _log_in(client, address)
        yield session
        with session._asking("LOGOUT"):
            client.logout()
    finally:
        with contextlib.suppress(*_FAILURES):
            client.shutdown()


class Session:
    """A session that is logged in."""

    def __init__(self, client: imapclient.IMAPClient, address: Address) -> None:
        self._client, self._address = client, address

    def select(self, folder: str) -> Selected:
        with self._asking(f"SELECT {folder}"):
            said = self._client.select_folder(folder)
            return Selected(int(said[b"EXISTS"]), int(said[b"UIDVALIDITY"]), int(said[b"UIDNEXT"]))

    def make_folder(self, folder: str) -> None:
        """Make a folder that is not there."""
        with self._asking(f"CREATE {folder}"):
            if not self._client.folder_exists(folder):
                self._client.create_folder(folder)

    def uids_from(self, first: int, selected: Selected) -> Iterator[list[int]]:
        """The messages of the selected folder from that number on that are not deleted, in rising order, in parts."""
        is_small = selected.exists <= _UIDS_OF_A_SEARCH
        while True:
            end = first + _UIDS_OF_A_SEARCH
            is_last = is_small or end > selected.uidnext
            # `n:*` names the last message too where its number is below n.
            numbers = f"{first}:*" if is_last else f"{first}:{end - 1}"
            with self._asking("SEARCH"):
                found = sorted({int(uid) for uid in self._client.search(["UID", numbers, "UNDELETED"])})
            yield [uid for uid in found if uid >= first]
            if is_last:
                return
            first = end

    def of_size(self, size: int) -> list[int]:
        """The messages of exactly this size that are not deleted."""
        if size < 1:
            return []
        with self._asking("SEARCH"):
            found = self._client.search(["LARGER", size - 1, "SMALLER", size + 1, "UNDELETED"])
            return sorted({int(uid) for uid in found})

    def listed(self, uids: Sequence[int]) -> Iterator[Listed]:
        """Size and time of these messages, in their order; one that is gone is left out."""
        for start in range(0, len(uids), _SIZES_OF_A_FETCH):
            some = uids[start : start + _SIZES_OF_A_FETCH]
            with self._asking("FETCH"):
                found = self._client.fetch(some, ["RFC822.SIZE", "INTERNALDATE"])
                listed = [
                    Listed(uid, int(found[uid][b"RFC822.SIZE"]), _moment(found[uid].get(b"INTERNALDATE")))
                    for uid in some
                    if uid in found
                ]
            yield from listed

    def contents(self, uids: Sequence[int], limit: int) -> dict[int, bytes]:
        """The messages as they are, without marking them as seen; of each at most `limit` bytes.

        Where the server refuses one of several, each is asked for alone, and those that it does not give are left out.
        """
        if not uids:
            return {}
        part = f"BODY.PEEK[]<0.{limit}>"
        try:
            with self._asking("FETCH"):
                return _bodies(self._client.fetch(uids, [part]), b"BODY[]<0>")
        except Transient as error:
            if not _is_refusal(error.__cause__):
                raise
        if len(uids) == 1:
            return {}
        found: dict[int, bytes] = {}
        for uid in uids:
            found |= self.contents([uid], limit)
        return found

    def header(self, uid: int, limit: int) -> bytes:
        """The first `limit` bytes of a message's header, without marking it as seen."""
        with self._asking("FETCH"):
            answer = self._client.fetch([uid], [f"BODY.PEEK[HEADER]<0.{limit}>"])
            return _bodies(answer, b"BODY[HEADER]<0>").get(uid, b"")

    def flag(self, uids: Sequence[int]) -> None:
        with self._asking("STORE"):
            self._client.add_flags(uids, [imapclient.FLAGGED], silent=True)

    @property
    def can_move(self) -> bool:
        with self._asking("CAPABILITY"):
            return bool(self._client.has_capability("MOVE"))

    def move(self, uids: Sequence[int], folder: str) -> None:
        with self._asking(f"MOVE to {folder}"):
            self._client.move(uids, folder)

    def copy(self, uids: Sequence[int], folder: str) -> None:
        with self._asking(f"COPY to {folder}"):
            self._client.copy(uids, folder)

    def delete(self, uids: Sequence[int]) -> None:
        """Mark these as deleted, and remove them where the server can remove these alone (UIDPLUS).

        EXPUNGE without UIDPLUS would remove mails that other clients marked, too.
        """
        with self._asking("EXPUNGE"):
            self._client.add_flags(uids, [imapclient.DELETED], silent=True)
            if self._client.has_capability("UIDPLUS"):
                self._client.uid_expunge(uids)

    def wait(self, seconds: float, tick: Callable[[], bool]) -> None:
        """Return after that time, or once the server tells of a change (IDLE), or `tick`, called each second, is true.

        A change that the server tells while IDLE begins may be read late: then this returns after `seconds`.
        """
        ends_at = time.monotonic() + seconds
        with self._asking("IDLE"):
            if not self._client.has_capability("IDLE"):
                while not tick() and time.monotonic() < ends_at:
                    time.sleep(min(_TICK_SECONDS, max(0.0, ends_at - time.monotonic())))
                return
            self._client.idle()
            while not tick() and time.monotonic() < ends_at:
                began = time.monotonic()
                # Nothing before its time means that the server closed the connection, which `idle_done` tells.
                if self._client.idle_check(timeout=_TICK_SECONDS) or time.monotonic() - began < _TICK_SECONDS / 2:
                    break
            self._client.idle_done()

    @contextmanager
    def _asking(self, command: str) -> Iterator[None]:
        try:
            yield
        except _FAILURES as error:
            raise Transient(f"{self._address.host}: {command}: {_words(error, self._address)}") from error


def _log_in(client: imapclient.IMAPClient, address: Address) -> None:
    try:
        # LOGIN has no encoding for other characters.
        if (address.user + address.password).isascii():
            client.login(address.user, address.password)
        else:
            client.plain_login(address.user, address.password)
    except LoginError as error:
        if isinstance(error.__context__, imaplib.IMAP4.abort):
            raise error.__context__ from None
        words = _words(error.__context__ or error, address)
        if "UNAVAILABLE" in words.upper():
            raise Transient(f"{address.host} can't check the password now: {words}") from None
        raise SettingsError(
            f"{address.host} refuses the user {address.user} or the password of WIREDESK_MAIL_URL: {words}"
        ) from None


@contextmanager
def _connecting(address: Address) -> Iterator[None]:
    """Raises `SettingsError` where no session can begin."""
    place = f"{address.host}:{address.port}"
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise SettingsError(
            f"the certificate of {place} can't be verified: {error.verify_message} (SSL_CERT_FILE names authorities)"
        ) from error
    except ssl.SSLError as error:
        hint = "; for STARTTLS write imap://" if address.security == "tls" else ""
        raise SettingsError(f"no TLS with {place}: {_words(error, address)}{hint}") from error
    except CapabilityError as error:
        raise SettingsError(f"{place} offers no STARTTLS: write imaps://, or imap://…?tls=off to go without") from error
    except socket.gaierror as error:
        raise Transient(f"the mail server {address.host} is not found: {error.strerror}") from error
    except _FAILURES as error:
        raise Transient(f"the mail server {place} can't be reached: {_words(error, address)}") from error


def _words(error: BaseException, address: Address) -> str:
    """The error in one line, without the password, which a server may repeat."""
    said = error.args[0] if error.args and isinstance(error.args[0], bytes) else None  # imaplib quotes the server so
    text = said.decode("utf-8", "replace") if said else getattr(error, "strerror", None) or str(error)
    words = " ".join(text.split()).replace(address.password, "***") or type(error).__name__
    return printable(words)[:_LONGEST_WORDS]


def _is_refusal(error: BaseException | None) -> bool:
    """Whether the server said NO or BAD, and the session goes on."""
    return isinstance(error, imaplib.IMAP4.error) and not isinstance(error, imaplib.IMAP4.abort)


def _bodies(answer: dict[int, dict[bytes, object]], key: bytes) -> dict[int, bytes]:
    found = {uid: parts[key] for uid, parts in answer.items() if key in parts}
    return {uid: content if isinstance(content, bytes) else b"" for uid, content in found.items()}


def _moment(found: object) -> datetime | None:
    return found.astimezone(UTC) if isinstance(found, datetime) and found.tzinfo is not None else None
