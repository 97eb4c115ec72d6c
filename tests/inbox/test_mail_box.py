"""The mail box: each mail is handed in once, and stays or is moved, whatever is killed in between."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from imap_server import ALL, ARRIVED, PASSWORD, USER, ImapServer
from newsroom import ROOT, file_waiting, prose, run, settings_of, value, values, wait_until

from wiredesk.worker.db import Connection
from wiredesk.worker.errors import SettingsError, Transient
from wiredesk.worker.inbox import imap, mail_box
from wiredesk.worker.inbox.imap import read_address
from wiredesk.worker.inbox.mail_box import Counts, MailBox
from wiredesk.worker.machine import services
from wiredesk.worker.settings import Settings

# What servers offer: all of it; no MOVE; neither MOVE nor UIDPLUS nor IDLE.
EXTENSIONS = [ALL, ALL - {"MOVE"}, frozenset({"AUTH=PLAIN"})]
NAMES = ["all", "no MOVE", "none"]


def mail(seed: int, text: str | None = None) -> bytes:
    text = f"LISBON, March 9 (Harbour Wire) - {prose(seed, 40)}" if text is None else text
    head = (
        f"From: desk@harbour.example\nSubject: Ferry {seed}\nMessage-ID: <{seed}@harbour.example>\nMIME-Version: 1.0\n"
    )
    return f"{head}Content-Type: text/plain; charset=utf-8\n\n{text}\n".replace("\n", "\r\n").encode()


NO_TEXT = mail(0, "")


@pytest.fixture(params=EXTENSIONS, ids=NAMES)
def any_server(request: pytest.FixtureRequest) -> Iterator[ImapServer]:
    with ImapServer(extensions=request.param) as running:
        yield running


@pytest.fixture
def server() -> Iterator[ImapServer]:
    with ImapServer() as running:
        yield running


def url(server: ImapServer, folder: str = "INBOX", tls: str = "?tls=off", scheme: str = "imap") -> str:
    return f"{scheme}://{quote(USER)}:{quote(PASSWORD, safe='')}@localhost:{server.port}/{folder}{tls}"


OpenBox = Callable[..., MailBox]


@pytest.fixture
def open_box(settings: Settings) -> OpenBox:
    """`open_box(server, mail_done_folder="done")`: a mail box that was not read by this process."""

    def open_it(server: ImapServer, source: str | None = None, **changes: str) -> MailBox:
        given = settings_of(settings.database_url, mail_url=url(server), **changes)
        return MailBox(read_address(given.mail_url), given, threading.Event(), source=source)

    return open_it


def take(box: MailBox) -> Counts:
    """What this look into the mail box found."""
    box.counts = Counts()
    box.take_once()
    return box.counts


def flags(server: ImapServer, folder: str = "INBOX") -> list[tuple[bytes, set[str]]]:
    return [(one.content, one.flags) for one in server.folders[folder].mails if one.flags]


def downloads(server: ImapServer) -> list[str]:
    return [line for line in server.asked if "BODY.PEEK" in line]


def test_each_mail_is_taken_once_and_stays_unmarked(
    any_server: ImapServer, open_box: OpenBox, connection: Connection, settings: Settings
) -> None:
    any_server.deliver(mail(1), mail(2))
    box = open_box(any_server, source="Harbour Wire")
    assert take(box) == Counts(2, 0)
    any_server.deliver(mail(3))
    assert take(box) == Counts(1, 0)
    asked = len(downloads(any_server))
    assert take(box) == Counts(0, 0)
    assert take(open_box(any_server)) == Counts(0, 0)  # another process
    assert len(downloads(any_server)) == asked
    assert any_server.contents() == [mail(1), mail(2), mail(3)]
    assert flags(any_server) == []
    assert (
        values(connection, "SELECT channel, source, submitter, received_at FROM wiredesk.submission")
        == [("mail", "harbour-wire", "mail", ARRIVED)] * 3
    )
    file_waiting(settings)
    assert values(connection, "SELECT headline FROM wire_v1.articles ORDER BY article_id") == [
        "Ferry 1", "Ferry 2", "Ferry 3",
    ]  # fmt: skip


def test_mails_are_moved_and_what_a_person_deleted_stays(any_server: ImapServer, open_box: OpenBox) -> None:
    any_server.deliver(mail(1), mail(2), mail(3))
    any_server.inbox.mails[1].flags.add("\\Deleted")
    box = open_box(any_server, mail_done_folder="Taken")
    assert take(box) == Counts(2, 0)
    assert any_server.contents() == []
    assert any_server.contents("Taken") == [mail(1), mail(3)]
    left = [one.content for one in any_server.inbox.mails]
    # EXPUNGE without UIDPLUS would remove the second mail too.
    assert left == ([mail(2)] if {"MOVE", "UIDPLUS"} & any_server.extensions else [mail(1), mail(2), mail(3)])
    assert take(box) == Counts(0, 0)
    assert any_server.contents("Taken") == [mail(1), mail(3)]


def test_numbers_that_begin_anew_repeat_nothing(server: ImapServer, open_box: OpenBox, connection: Connection) -> None:
    server.deliver(mail(1), mail(2))
    box = open_box(server)
    take(box)
    server.inbox.uidvalidity = 2
    server.inbox.uidnext = 1
    server.inbox.mails.clear()
    server.deliver(mail(2), mail(1), mail(3))
    assert take(box) == Counts(1, 0)
    assert value(connection, "SELECT count(*) FROM wiredesk.submission") == 3
    assert values(connection, "SELECT uidvalidity, uid FROM wiredesk.mail_box") == [(2, 3)]


@pytest.mark.parametrize(("size", "is_read"), [(0, False), (900, True)], ids=["told", "a lie"])
def test_a_mail_over_the_limit_is_refused_and_not_downloaded(
    server: ImapServer, open_box: OpenBox, connection: Connection, settings: Settings, size: int, is_read: bool
) -> None:
    large = mail(1, "x" * 5_000)
    server.inbox.add(large, size=size)
    server.deliver(mail(2))
    box = open_box(server, max_submission_bytes="1024", mail_refused_folder="Refused")
    assert take(box) == Counts(1, 1)
    assert server.contents() == [mail(2)]
    assert flags(server, "Refused") == [(large, {"\\Flagged"})]
    bodies = [line for line in downloads(server) if "HEADER" not in line]
    assert bodies == [f"UID FETCH {'1,2' if is_read else '2'} (BODY.PEEK[]<0.1025>)"]
    file_waiting(settings)
    (reason,) = values(connection, "SELECT reason FROM wire_v1.outcomes WHERE outcome = 'rejected'")
    assert reason.startswith("too_large: ")
    assert take(box) == Counts(0, 0)  # it is marked already
    assert len(flags(server, "Refused")) == 1


@pytest.mark.parametrize(
    ("changes", "folder"),
    [
        ({}, "INBOX"),
        ({"mail_done_folder": "Taken"}, "Taken"),
        ({"mail_refused_folder": "Refused"}, "Refused"),
        ({"mail_done_folder": "Taken", "mail_refused_folder": "Refused"}, "Refused"),
    ],
    ids=["stay", "done", "refused", "both"],
)
def test_a_mail_that_is_rejected_later_is_flagged_and_moved(
    any_server: ImapServer, open_box: OpenBox, settings: Settings, changes: dict[str, str], folder: str
) -> None:
    box = open_box(any_server, **changes)
    any_server.deliver(NO_TEXT, mail(1))
    assert take(box) == Counts(2, 0)
    file_waiting(settings)
    assert take(box) == Counts(0, 1)
    assert flags(any_server, folder)[:1] == [(NO_TEXT, {"\\Flagged"})]
    everywhere = [content for name in any_server.folders for content in any_server.contents(name)]
    assert sorted(everywhere) == sorted([NO_TEXT, mail(1)])
    assert take(box) == Counts(0, 0)
    assert take(open_box(any_server, **changes)).taken == 0


def test_a_mail_that_the_server_does_not_give_holds_up_no_other(
    server: ImapServer, open_box: OpenBox, connection: Connection
) -> None:
    server.deliver(mail(1), mail(2), mail(3))
    server.inbox.mails[1].is_broken = True
    box = open_box(server)
    assert take(box) == Counts(2, 0)
    asked = len(downloads(server))
    assert take(box) == Counts(0, 0)
    assert downloads(server)[asked:] == ["UID FETCH 2 (BODY.PEEK[]<0.4194305>)"]
    server.inbox.mails[1].is_broken = False
    assert take(box) == Counts(1, 0)
    assert value(connection, "SELECT uid FROM wiredesk.mail_box") == 3


def test_a_large_mail_box_is_read_in_parts(
    server: ImapServer, open_box: OpenBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer of the server is a line, and `imaplib` takes none over 1,000,000 bytes."""
    monkeypatch.setattr(imap, "_UIDS_OF_A_SEARCH", 3)
    server.deliver(*map(mail, range(1, 3)))
    server.inbox.uidnext = 7
    server.deliver(*map(mail, range(3, 5)))
    box = open_box(server)
    assert take(box) == Counts(4, 0)
    first = [line for line in server.asked if "SEARCH" in line][:3]
    assert first == ["UID SEARCH UID 1:3 UNDELETED", "UID SEARCH UID 4:6 UNDELETED", "UID SEARCH UID 7:* UNDELETED"]
    del server.inbox.mails[1:]
    server.asked.clear()
    take(box)
    assert [line for line in server.asked if "SEARCH" in line] == ["UID SEARCH UID 9:* UNDELETED"]


# ---- waiting and failures


@pytest.fixture
def running(open_box: OpenBox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., MailBox]]:
    """`running(server)`: a mail box that is read on a thread, with short pauses."""
    monkeypatch.setattr(mail_box, "_FIRST_PAUSE_SECONDS", 0.05)
    started: list[tuple[MailBox, threading.Thread]] = []

    def start(server: ImapServer, **changes: str) -> MailBox:
        box = open_box(server, **changes)
        thread = threading.Thread(target=box.run)
        thread.start()
        started.append((box, thread))
        return box

    yield start
    for box, thread in started:
        box.stopping.set()
        thread.join()


def test_idle_tells_of_a_new_mail_and_a_lost_connection_is_opened_again(
    server: ImapServer, running: Callable[..., MailBox]
) -> None:
    box = running(server, mail_poll_seconds="1500")
    for number in (1, 2):
        wait_until(lambda: server.asked[-1:] == ["IDLE"])
        server.deliver(mail(number))
        wait_until(lambda: box.counts.taken == number)  # noqa: B023
        wait_until(lambda: server.asked[-1:] == ["IDLE"])
        server.asked.clear()
        server.drop_all()
    assert box.counts == Counts(2, 0)


def test_without_idle_the_mail_box_is_looked_at_by_interval(running: Callable[..., MailBox]) -> None:
    with ImapServer(extensions=frozenset({"AUTH=PLAIN"})) as server:
        box = running(server, mail_poll_seconds="1")
        wait_until(lambda: any("SEARCH" in line for line in server.asked))
        server.deliver(mail(1))
        wait_until(lambda: box.counts.taken == 1)
        assert "IDLE" not in server.asked


@pytest.mark.parametrize("command", ["SELECT", "SEARCH", "FETCH", "STORE", "MOVE"])
def test_a_connection_that_breaks_at_any_command_loses_and_repeats_nothing(
    server: ImapServer, open_box: OpenBox, connection: Connection, command: str
) -> None:
    server.deliver(mail(1), NO_TEXT, b"\r\n")
    box = open_box(server, mail_done_folder="Taken", mail_refused_folder="Refused")
    server.faults[command] = server.drop
    with pytest.raises(Transient, match=r"^localhost: (SELECT INBOX|SEARCH|FETCH|STORE|MOVE to Refused): "):
        take(box)
    server.faults.clear()
    take(box)
    assert server.contents() == []
    assert server.contents("Taken") == sorted([mail(1), NO_TEXT])
    assert server.contents("Refused") == [b"\r\n"]
    assert value(connection, "SELECT count(*) FROM wiredesk.submission") == 3


NONSENSE = [
    ("SEARCH", "* SEARCH one two"),
    ("FETCH", "* 1 FETCH (UID 1 RFC822.SIZE)"),
    ("FETCH", "* 1 FETCH (UID"),
    ("SELECT", "* OK [UIDVALIDITY no] ok"),
    ("SELECT", "OK"),
    ("CAPABILITY", "* " + "x" * 2_000_000),
]


@pytest.mark.parametrize(("command", "answer"), NONSENSE)
def test_nonsense_of_a_server_is_one_line(
    server: ImapServer, open_box: OpenBox, connection: Connection, command: str, answer: str
) -> None:
    server.deliver(mail(1))
    server.faults[command] = lambda: f"OK\r\n{answer}\r\n* BYE" if command == "CAPABILITY" else f"OK\r\n{answer}"
    with pytest.raises(Transient) as raised:
        for _ in range(3):
            take(open_box(server))
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 400


# ---- addresses, passwords and TLS

ADDRESSES = [
    ("imaps://u:p@h", ("h", 993, "u", "p", "INBOX", "tls")),
    ("imaps://desk%40h.example:p%2Fw@h:10993/Wire/Copy", ("h", 10993, "desk@h.example", "p/w", "Wire/Copy", "tls")),
    ("imaps://desk@h.example:p@w@h/", ("h", 993, "desk@h.example", "p@w", "INBOX", "tls")),
    ("imap://u:p@h/", ("h", 143, "u", "p", "INBOX", "starttls")),
    ("imap://u:p@h/?tls=off", ("h", 143, "u", "p", "INBOX", "off")),
]


@pytest.mark.parametrize(("given", "wanted"), ADDRESSES)
def test_addresses(given: str, wanted: tuple[object, ...]) -> None:
    found = read_address(given)
    assert (found.host, found.port, found.user, found.password, found.folder, found.security) == wanted
    assert repr(found.password) not in repr(found)


WRONG = [
    "s3same", "http://u:s3same@h/", "imaps://h/INBOX", "imaps://u@h/", "imaps://u:s3same@h:x/", "imaps://:s3same@h/",
    "imaps://u:s3same@h/?tls=off", "imap://u:s3same@h/?tls=on", "imap://u:s3same@h/?more", "imaps://u:x/s3same@h/",
]  # fmt: skip


@pytest.mark.parametrize("given", WRONG)
def test_a_wrong_address_is_told_without_its_text(given: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read_address(given)
    assert str(raised.value).startswith("WIREDESK_MAIL_URL is not like imaps://user:")
    assert "s3same" not in str(raised.value)


@pytest.mark.parametrize("given", ["imaps://desk@h.example:s3same@h/", "imaps://u:x/s3same#s3same@h/"])
def test_settings_print_an_address_without_its_password(given: str) -> None:
    ran = run("settings", "--format", "json", environment={"WIREDESK_MAIL_URL": given})
    assert ran.code == 0
    assert "s3same" not in ran.out
    assert "s3same" not in repr(settings_of("", mail_url=given))


def once(settings: Settings, address: str, **environment: str) -> tuple[int, str]:
    """`wiredesk mail --once`: the exit code, and what it says besides the log."""
    given = {"WIREDESK_DATABASE_URL": settings.database_url, "WIREDESK_MAIL_URL": address, **environment}
    ran = run("mail", "--once", environment=given, cwd=ROOT)
    assert PASSWORD not in ran.out + ran.err
    errors = [line for line in ran.errors() if not line.startswith("{")]
    return ran.code, "\n".join([*ran.lines(), *errors])


@pytest.mark.parametrize(
    ("scheme", "tls", "is_trusted", "said"),
    [
        ("imaps", "", True, "1 taken, 0 refused"),
        ("imap", "", True, "1 taken, 0 refused"),
        ("imaps", "", False, "wiredesk: the certificate of localhost:PORT can't be verified: self-signed certificate "),
        ("imap", "", False, "wiredesk: the certificate of localhost:PORT can't be verified: self-signed certificate "),
    ],
)
def test_tls(certificate: Path, settings: Settings, scheme: str, tls: str, is_trusted: bool, said: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with ImapServer(tls=context, implicit_tls=scheme == "imaps") as server:
        server.deliver(mail(1))
        trusted = {"SSL_CERT_FILE": f"{certificate}.crt"} if is_trusted else {}
        code, found = once(settings, url(server, tls=tls, scheme=scheme), **trusted)
        assert code == (0 if is_trusted else 1)
        assert found.replace("self signed", "self-signed").startswith(said.replace("PORT", str(server.port)))
        if scheme == "imap":
            assert server.asked.index("STARTTLS") < (server.asked.index("AUTHENTICATE") if is_trusted else 10)


def test_what_is_wrong_is_one_line(settings: Settings) -> None:
    with ImapServer(extensions=ALL - {"STARTTLS"}) as server:
        place, wrong = f"localhost:{server.port}", url(server).replace(quote(PASSWORD, safe=""), "not+it")
        refused = f"wiredesk: localhost refuses the user {USER} or the password of WIREDESK_MAIL_URL: "
        code, said = once(settings, wrong)
        assert (code, said.startswith(refused)) == (1, True)
        assert said.endswith(f"[AUTHENTICATIONFAILED] no user {USER} with the password ***")
        assert "not+it" not in said
        assert once(settings, url(server, tls="")) == (
            1, f"wiredesk: {place} offers no STARTTLS: write imaps://, or imap://…?tls=off to go without"
        )  # fmt: skip
        code, said = once(settings, url(server, tls="", scheme="imaps"))
        assert (code, said.startswith(f"wiredesk: no TLS with {place}: ")) == (1, True)
        assert "LOGIN" not in server.asked[-1]
        assert once(settings, url(server, folder="Nothing")) == (
            1, "wiredesk: localhost: SELECT Nothing: select failed: [NONEXISTENT] no such folder"
        )  # fmt: skip
        closed = url(server)
    assert once(settings, closed) == (1, f"wiredesk: the mail server {place} can't be reached: Connection refused")
    code, said = once(settings, "imaps://u:p@nowhere.invalid/")
    assert (code, said.startswith("wiredesk: the mail server nowhere.invalid is not found: ")) == (1, True)
    assert once(settings, "") == (
        1, "wiredesk: no mail box: set WIREDESK_MAIL_URL, or WIREDESK_MAIL_URL_FILE to a file that holds it"
    )  # fmt: skip
    code, said = once(settings, "imaps://u:p@h/Wire", WIREDESK_MAIL_DONE_FOLDER="Wire")
    assert (code, said.endswith("WIREDESK_MAIL_REFUSED_FOLDER must differ")) == (1, True)


# ---- real processes


def test_the_service_takes_a_mail_at_once_and_stops_at_a_signal(server: ImapServer, settings: Settings) -> None:
    given = {
        "WIREDESK_DATABASE_URL": settings.database_url,
        "WIREDESK_MAIL_URL": url(server),
        "WIREDESK_MAIL_DONE_FOLDER": "Taken",
        "WIREDESK_MAIL_POLL_SECONDS": "1500",
        "WIREDESK_LOG_LEVEL": "debug",
    }
    process = subprocess.Popen(
        services.command(services.MAIL), env={**os.environ, **given}, cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    try:
        wait_until(lambda: server.asked[-1:] == ["IDLE"])
        server.deliver(mail(1), mail(2))
        wait_until(lambda: server.contents("Taken") == [mail(1), mail(2)])
        command = Path(f"/proc/{process.pid}/cmdline").read_bytes()
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    lines = [json.loads(line)["event"] for line in log.splitlines()]
    assert (lines[0], lines[-1], lines.count("mail.taken")) == ("worker.ready", "worker.stopped", 2)
    assert PASSWORD not in log
    assert quote(PASSWORD, safe="") not in log
    assert b"mail.example" not in command


# It starts `wiredesk mail` in forks of itself, which takes less time than an interpreter for each: one for each step,
# which is killed there, and another, which goes on. Each step has a mail box of its own.
KILLING = """
import json, os, sys
from killing import kill_at
from wiredesk.worker.cli import main, mail
from wiredesk.worker.inbox import intake
from wiredesk.worker.inbox.imap import Session
from wiredesk.worker.store import inbox

OWNERS = {"store": intake, "note_mail_box": inbox}

for number, (name, moment, call) in enumerate(json.loads(sys.argv[1])):
    for is_killed in (True, False):
        pid = os.fork()
        if pid == 0:
            os.environ["WIREDESK_MAIL_URL"] = os.environ["MAIL_URL"].replace("FOLDER", f"In{number}")
            os.environ["WIREDESK_MAIL_DONE_FOLDER"] = f"Done{number}"
            os.environ["WIREDESK_MAIL_REFUSED_FOLDER"] = f"Refused{number}"
            if is_killed:
                kill_at(OWNERS.get(name, Session), name, moment, call)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            try:
                main(["mail", "--once"])
            finally:
                os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if is_killed:
            print(code, flush=True)
"""
STEPS = [
    ("store", "before", 1), ("store", "after", 1), ("flag", "before", 1), ("flag", "after", 1),
    ("note_mail_box", "before", 1), ("note_mail_box", "after", 1), ("note_mail_box", "after", 2),
]  # fmt: skip
OF_MOVE = [("move", moment, number) for number in (1, 2) for moment in ("before", "after")]
OF_COPY = [(name, moment, number) for name in ("copy", "delete") for number in (1, 2) for moment in ("before", "after")]


@pytest.mark.parametrize(
    ("extensions", "steps"), [(ALL, STEPS + OF_MOVE), (ALL - {"MOVE"}, STEPS + OF_COPY)], ids=["MOVE", "COPY"]
)
def test_a_kill_between_two_steps_loses_and_repeats_nothing(
    settings: Settings, connection: Connection, extensions: frozenset[str], steps: list[tuple[str, str, int]]
) -> None:
    with ImapServer(extensions=extensions) as server:
        for number in range(len(steps)):
            for given in (mail(2 * number + 1), mail(2 * number + 2), b"\r\n" * (number + 1)):
                server.folders.setdefault(f"In{number}", type(server.inbox)()).add(given)
        killed = subprocess.run(
            [sys.executable, "-c", KILLING, json.dumps(steps)],
            cwd=ROOT,
            env={
                **os.environ,
                "PYTHONPATH": f"{ROOT}:{ROOT}/tests/support",
                "WIREDESK_DATABASE_URL": settings.database_url,
                "MAIL_URL": url(server, folder="FOLDER"),
            },
            capture_output=True,
            text=True,
            check=True,
        )
        assert [int(line) for line in killed.stdout.split() if line.startswith("-")] == [-signal.SIGKILL] * len(steps)
        for number, step in enumerate(steps):
            assert server.contents(f"In{number}") == [], step
            assert server.contents(f"Done{number}") == sorted([mail(2 * number + 1), mail(2 * number + 2)]), step
            assert server.contents(f"Refused{number}") == [b"\r\n" * (number + 1)], step
    file_waiting(settings)
    found = Counter(values(connection, "SELECT outcome FROM wire_v1.outcomes"))
    assert found == {"created": 2 * len(steps), "rejected": len(steps)}
    assert value(connection, "SELECT count(*) FROM wiredesk.submission") == 3 * len(steps)
