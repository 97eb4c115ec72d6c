"""The IMAP server of the tests: folders in memory, the extensions that a test names, and faults at a command."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import BinaryIO, Self

USER, PASSWORD = "desk@mail.example", "pa/ss wörd"
ALL = frozenset({"IDLE", "MOVE", "UIDPLUS", "STARTTLS", "AUTH=PLAIN"})
ARRIVED = datetime(2026, 3, 9, 10, 30, tzinfo=UTC)


@dataclass(slots=True)
class Mail:
    """`size` is what the server says of it; 0: its true size."""

    uid: int
    content: bytes
    flags: set[str] = field(default_factory=set)
    size: int = 0
    is_broken: bool = False

    @property
    def told_size(self) -> int:
        return self.size or len(self.content)


@dataclass(slots=True)
class Folder:
    uidvalidity: int = 1
    uidnext: int = 1
    mails: list[Mail] = field(default_factory=list)

    def add(self, content: bytes, **more: object) -> Mail:
        mail = Mail(self.uidnext, content, **more)  # type: ignore[arg-type]
        self.mails.append(mail)
        self.uidnext += 1
        return mail


class _Closed(Exception):
    """The connection ends."""


@dataclass(slots=True)
class ImapServer:
    """Runs on threads of its own. `asked` are the commands without tags; `faults` are called before one is answered.

    A fault may raise `_Closed` by `drop()`, or give an answer that is sent instead.
    """

    extensions: frozenset[str] = ALL
    tls: ssl.SSLContext | None = None
    implicit_tls: bool = False
    folders: dict[str, Folder] = field(default_factory=lambda: {"INBOX": Folder()})
    asked: list[str] = field(default_factory=list)
    faults: dict[str, Callable[[], str | None]] = field(default_factory=dict)
    port: int = 0
    _listener: socket.socket = field(default_factory=socket.socket)
    _connections: set[socket.socket] = field(default_factory=set)
    _threads: list[threading.Thread] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def __enter__(self) -> Self:
        self._listener.bind(("127.0.0.1", self.port))
        self._listener.listen(16)
        self.port = self._listener.getsockname()[1]
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self.drop_all()
        while self._threads:
            self._threads.pop().join()
        self._listener.close()

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    @property
    def inbox(self) -> Folder:
        return self.folders["INBOX"]

    def deliver(self, *contents: bytes, folder: str = "INBOX") -> None:
        with self._changed:
            for content in contents:
                self.folders[folder].add(content)
            self._changed.notify_all()

    def contents(self, folder: str = "INBOX") -> list[bytes]:
        with self._changed:
            found = self.folders.get(folder, Folder()).mails
            return sorted(mail.content for mail in found if "\\Deleted" not in mail.flags)

    def drop_all(self) -> None:
        """Cut every connection, as a server that is restarted does."""
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def drop() -> str | None:
        raise _Closed

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        talk = _Talk(self, connection)
        self._connections.add(connection)
        with contextlib.suppress(OSError, UnicodeDecodeError, _Closed):  # a client may speak TLS to a server without
            if self.implicit_tls:
                talk.begin_tls()
            talk.run()
        self._connections.discard(connection)
        talk.close()


class _Talk:
    """One connection."""

    def __init__(self, server: ImapServer, connection: socket.socket) -> None:
        self.server, self.connection = server, connection
        self.file: BinaryIO = connection.makefile("rb")
        self.is_in = False
        self.folder = Folder()

    def send(self, *lines: str | bytes) -> None:
        for line in lines:
            self.connection.sendall((line.encode() if isinstance(line, str) else line) + b"\r\n")

    def run(self) -> None:
        self.send("* OK ready")
        while line := self.file.readline():
            tag, _, command = line.decode().strip().partition(" ")
            is_secret = command.upper().startswith(("LOGIN", "AUTHENTICATE"))
            self.server.asked.append(command.split()[0].upper() if is_secret else command)
            name = command.upper().removeprefix("UID ").split()[0]
            fault = self.server.faults.get(name)
            said = fault() if fault else None
            if said is None:
                with self.server._changed:
                    said = self.answer(tag, name, command)
            self.send(f"{tag} {said}")
            if name == "LOGOUT":
                return
            if name == "STARTTLS":
                self.begin_tls()

    def begin_tls(self) -> None:
        assert self.server.tls is not None
        self.file.close()
        self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        self.file = self.connection.makefile("rb")

    def close(self) -> None:
        for one in (self.file, self.connection):
            with contextlib.suppress(OSError):
                one.close()

    def answer(self, tag: str, name: str, command: str) -> str:
        words = _words(command.removeprefix("UID "))[1:]
        match name:
            case "CAPABILITY":
                self.send(f"* CAPABILITY IMAP4rev1 {' '.join(sorted(self.server.extensions))}")
            case "LOGIN":
                return self.log_in(*words[:2])
            case "AUTHENTICATE":
                self.send("+ ")
                import base64

                _, user, password = base64.b64decode(self.file.readline()).decode().split("\0")
                return self.log_in(user, password)
            case "LOGOUT":
                self.send("* BYE")
            case "LIST":
                for folder in self.server.folders:
                    if folder == words[1]:
                        self.send(f'* LIST () "/" "{folder}"')
            case "CREATE":
                self.server.folders[words[0]] = Folder()
            case "SELECT":
                if words[0] not in self.server.folders:
                    return "NO [NONEXISTENT] no such folder"
                self.folder = self.server.folders[words[0]]
                self.send(f"* {len(self.folder.mails)} EXISTS", "* 0 RECENT", r"* FLAGS (\Flagged \Deleted)")
                self.send(
                    f"* OK [UIDVALIDITY {self.folder.uidvalidity}] ok", f"* OK [UIDNEXT {self.folder.uidnext}] ok"
                )
            case "SEARCH":
                self.send(f"* SEARCH {' '.join(str(mail.uid) for mail in self.search(words))}")
            case "FETCH":
                return self.fetch(words)
            case "STORE":
                for mail in self.named(words[0]):
                    mail.flags |= set(words[2].strip("()").split())
            case "COPY" | "MOVE":
                target = self.server.folders.get(words[1])
                if target is None:
                    return "NO [TRYCREATE] no such folder"
                for mail in self.named(words[0]):
                    target.add(mail.content, flags=set(mail.flags), size=mail.size)
                if name == "MOVE":
                    self.folder.mails = [mail for mail in self.folder.mails if mail not in self.named(words[0])]
            case "EXPUNGE":
                gone = [mail for mail in self.named(words[0]) if "\\Deleted" in mail.flags]
                self.folder.mails = [mail for mail in self.folder.mails if mail not in gone]
            case "IDLE":
                self.idle()
            case "STARTTLS" | "NOOP":
                pass
            case _:
                return f"BAD {name}"
        return f"OK {name} done"

    def log_in(self, user: str, password: str) -> str:
        if (user, password) != (USER, PASSWORD):
            return f"NO [AUTHENTICATIONFAILED] no user {user} with the password {password}"
        self.is_in = True
        return "OK welcome"

    def idle(self) -> None:
        """Tell how many mails there are whenever that changes, until the client sends a line."""
        self.send("+ idling")
        done = threading.Event()

        def listen() -> None:
            with contextlib.suppress(OSError, ValueError):
                self.file.readline()
            with self.server._changed:
                done.set()
                self.server._changed.notify_all()

        self.server._start(listen)
        count = len(self.folder.mails)
        while not done.is_set():
            if len(self.folder.mails) != count:
                count = len(self.folder.mails)
                self.send(f"* {count} EXISTS")
            self.server._changed.wait()

    def named(self, numbers: str) -> list[Mail]:
        return [mail for mail in self.folder.mails if _has(numbers, mail.uid, self.folder.mails[-1].uid)]

    def search(self, words: list[str]) -> Iterator[Mail]:
        given = iter(words)
        found = list(self.folder.mails)
        for word in given:
            match word:
                case "UID":
                    found = [mail for mail in self.named(next(given)) if mail in found]
                case "UNDELETED":
                    found = [mail for mail in found if "\\Deleted" not in mail.flags]
                case "LARGER":
                    size = int(next(given))
                    found = [mail for mail in found if mail.told_size > size]
                case "SMALLER":
                    size = int(next(given))
                    found = [mail for mail in found if mail.told_size < size]
        return iter(found)

    def fetch(self, words: list[str]) -> str:
        items = words[1].strip("()")
        part = re.search(r"BODY\.PEEK\[(HEADER)?\]<0\.(\d+)>", items)
        if part and any(mail.is_broken for mail in self.named(words[0])):
            return "NO [SERVERBUG] can't read it"
        for number, mail in enumerate(self.folder.mails, 1):
            if mail not in self.named(words[0]):
                continue
            if part is None:
                date = ARRIVED.strftime('INTERNALDATE "%d-%b-%Y %H:%M:%S +0000"')
                self.send(f"* {number} FETCH (UID {mail.uid} RFC822.SIZE {mail.told_size} {date})")
                continue
            content = mail.content.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if part[1] else mail.content
            content = content[: int(part[2])]
            head = f"* {number} FETCH (UID {mail.uid} BODY[{part[1] or ''}]<0> {{{len(content)}}}\r\n"
            self.send(head.encode() + content + b")")
        return "OK FETCH done"


def _words(command: str) -> list[str]:
    """The arguments of a command: quoted texts, lists in parentheses, atoms."""
    found = re.findall(r'"((?:[^"\\]|\\.)*)"|(\([^)]*\))|(\S+)', command)
    return [re.sub(r"\\(.)", r"\1", quoted) or listed or atom for quoted, listed, atom in found]


def _has(numbers: str, uid: int, highest: int) -> bool:
    for part in numbers.split(","):
        low, _, high = part.partition(":")
        ends = sorted(highest if end == "*" else int(end) for end in (low, high or low))
        if ends[0] <= uid <= ends[1]:
            return True
    return False
