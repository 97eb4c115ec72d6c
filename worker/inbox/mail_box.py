"""The mail box: each mail is handed in once as `message/rfc822`, and stays or is moved to another folder.

A mail is handed in first, under a delivery id made of its bytes, and moved or noted afterwards. When the process is
killed in between, it is handed in again under the same id, which the inbox knows. Where mails stay, `wiredesk.mail_box`
keeps the number up to which the folder was read; without it, or when the server numbers its mails anew, they are only
read again. The ingest workers may reject a mail later: the next look at the outcomes flags and moves it.
"""

from __future__ import annotations

import hashlib
import logging
import random
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from wiredesk.worker import events
from wiredesk.worker.db import connected
from wiredesk.worker.errors import Rejected, SettingsError, Transient
from wiredesk.worker.inbox import intake
from wiredesk.worker.inbox.imap import Address, Listed, Session, opened
from wiredesk.worker.inbox.intake import KEPT_OF_REFUSED_BYTES, Checked, FileMessage, Receipt, Unread
from wiredesk.worker.news.submission import Submission
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import inbox
from wiredesk.worker.store.inbox import MailBoxRead

log = logging.getLogger(__name__)

_FIRST_PAUSE_SECONDS = 5.0
_LONGEST_PAUSE_SECONDS = 300.0
# Servers lock users out who come again and again with a wrong password.
_LONGEST_PAUSE_OF_WRONG_SETTINGS_SECONDS = 3_600.0


@dataclass(slots=True)
class Counts:
    """How many mails are in the inbox for the first time, and how many were refused."""

    taken: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class _Mail:
    """A mail that was read, or whose header was."""

    listed: Listed
    checked: Checked
    delivery: str


@dataclass(slots=True)
class MailBox:
    """A mail box. `source` is the publisher of every mail.

    `stopping` ends it between two transactions; `alive` is called as long as the server answers.
    """

    address: Address
    settings: Settings
    stopping: threading.Event
    alive: Callable[[], None] = lambda: None
    source: str | None = None
    counts: Counts = field(default_factory=Counts)
    # Mails above the noted number that are in the inbox, while the server does not give one below them.
    _above: set[int] = field(default_factory=set)
    # Rejected deliveries of the last look at the outcomes, which are among those of the next one.
    _marked: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Take mails until `stopping` is set; after a failure try again, with growing pauses."""
        pause_seconds = _FIRST_PAUSE_SECONDS
        while not self.stopping.is_set():
            try:
                with self._opened() as session:
                    while not self._is_stopping():
                        if not self.take(session):
                            self.mark_rejected(session)
                            pause_seconds = _FIRST_PAUSE_SECONDS
                            session.wait(self.settings.mail_poll_seconds, self._is_stopping)
            except (Transient, SettingsError) as error:
                wait_seconds = pause_seconds * random.uniform(0.8, 1.2)
                extra = {"channel": "mail", "error": str(error), "wait_seconds": round(wait_seconds, 1)}
                log.warning(events.INTAKE_WAITS, extra=extra)
                self.stopping.wait(wait_seconds)
                is_wrong = isinstance(error, SettingsError)
                longest = _LONGEST_PAUSE_OF_WRONG_SETTINGS_SECONDS if is_wrong else _LONGEST_PAUSE_SECONDS
                pause_seconds = min(2 * pause_seconds, longest)

    def _is_stopping(self) -> bool:
        self.alive()
        return self.stopping.is_set()

    def take_once(self) -> None:
        """Take the mails that are there. Raises `SettingsError` or `Transient`."""
        with self._opened() as session:
            while self.take(session) and not self.stopping.is_set():
                pass
            self.mark_rejected(session)

    @contextmanager
    def _opened(self) -> Iterator[Session]:
        with opened(self.address, connect_seconds=self.settings.connect_seconds) as session:
            for folder in sorted({self.settings.mail_done_folder, self.settings.mail_refused_folder} - {""}):
                session.make_folder(folder)
            yield session

    @property
    def _limit(self) -> int:
        return self.settings.max_submission_bytes

    # ---- taking

    def take(self, session: Session) -> int:
        """Hand in the mails that are there; how many the inbox did not know. Raises `Transient`."""
        selected = session.select(self.address.folder)
        read = self._read_so_far(selected.uidvalidity)
        first = 1 if self.settings.mail_done_folder else read.uid + 1
        fresh, are_all_there = 0, True
        for uids in session.uids_from(first, selected):
            listed = session.listed([uid for uid in uids if uid not in self._above])
            for batch in intake.in_transactions(listed, lambda one: min(one.size, self._limit)):
                if self._is_stopping():
                    return fresh
                mails, are_there = self._read_mails(session, batch)
                are_all_there &= are_there
                fresh += self._hand_in(session, mails)
                if are_all_there:
                    read = self._note(read, max(read.uid, batch[-1].uid))
                else:
                    self._above |= {mail.listed.uid for mail in mails}
        if are_all_there and self._above:
            self._note(read, max(read.uid, *self._above))
            self._above.clear()
        return fresh

    def _read_so_far(self, uidvalidity: int) -> MailBoxRead:
        with connected(self.settings.require_database()) as connection:
            read = inbox.mail_box(connection, self.address.name)
        if read.uidvalidity == uidvalidity:
            return read
        self._above.clear()
        return self._note(replace(read, uidvalidity=uidvalidity), 0)

    def _note(self, read: MailBoxRead, uid: int) -> MailBoxRead:
        read = replace(read, uid=uid)
        with connected(self.settings.require_database()) as connection:
            inbox.note_mail_box(connection, self.address.name, read)
        return read

    def _read_mails(self, session: Session, batch: Sequence[Listed]) -> tuple[list[_Mail], bool]:
        """The mails of a batch, and whether the server gave all that it still has."""
        contents = session.contents([listed.uid for listed in batch if listed.size <= self._limit], self._limit + 1)
        mails = []
        missing = []
        for listed in batch:
            if listed.size > self._limit:
                mails.append(self._mail(listed, session.header(listed.uid, KEPT_OF_REFUSED_BYTES)))
            elif listed.uid in contents:
                mails.append(self._mail(listed, contents[listed.uid]))
            else:
                missing.append(listed.uid)
        stuck = [listed.uid for listed in session.listed(missing)]
        for uid in stuck:
            log.warning(events.MAIL_STUCK, extra={"uid": uid, "error": "the server does not give it"})
        return mails, not stuck

    def _mail(self, listed: Listed, content: bytes) -> _Mail:
        """`content` is the start of the header where the mail is too large."""
        limit, now = self._limit, datetime.now(UTC)
        message: FileMessage | Unread
        if listed.size > limit:
            reason = f"{listed.size:,} bytes, the limit is {limit:,} (max_submission_bytes)"
            message = Unread(content, Rejected("too_large", reason))
        else:
            received_at = listed.received_at.isoformat() if listed.received_at else None
            fields = Submission(
                media_type="message/rfc822", source=self.source, submitter="mail", received_at=received_at
            )
            message = FileMessage(fields, content)
        checked = intake.check(message, max_content_bytes=limit, now=now)
        delivery = self._delivery(listed.size, content)
        return _Mail(listed, replace(checked, delivery=delivery), delivery)

    def _hand_in(self, session: Session, mails: Sequence[_Mail]) -> int:
        """Commit these mails to the inbox, and move them; how many the inbox did not know."""
        with connected(self.settings.require_database()) as connection:
            receipts = intake.store(connection, [mail.checked for mail in mails], channel="mail")
        refused: dict[int, str] = {}
        taken: dict[int, str] = {}
        known: set[int] = set()
        for mail, receipt in zip(mails, receipts, strict=True):
            uid, reason = mail.listed.uid, mail.checked.refusal or receipt.reason
            (taken if reason is None else refused)[uid] = mail.delivery
            if receipt.status == "repeated":
                known.add(uid)
            else:
                self._tell(uid, receipt, reason)
        if refused:
            session.flag(list(refused))
        inbox_folder, done = self.address.folder, self.settings.mail_done_folder
        self._move(session, refused, inbox_folder, self.settings.mail_refused_folder or done, known)
        self._move(session, taken, inbox_folder, done, known)
        return len(mails) - len(known)

    def _tell(self, uid: int, receipt: Receipt, reason: str | None) -> None:
        extra: dict[str, object] = {"uid": uid, "submission_id": receipt.submission_id}
        if reason is None:
            self.counts.taken += 1
            log.info(events.MAIL_TAKEN, extra=extra)
        else:
            self.counts.refused += 1
            log.warning(events.MAIL_REFUSED, extra=extra | {"reason": reason})

    # ---- moving

    def _move(
        self, session: Session, deliveries: Mapping[int, str], folder: str, target: str, known: Collection[int]
    ) -> None:
        """Move mails from the selected `folder` to `target`, if one is set. `deliveries` are by number.

        Without MOVE they are copied and deleted: mails that are `known` may have been copied before a kill.
        """
        if not (deliveries and target):
            return
        if session.can_move:
            session.move(list(deliveries), target)
            return
        to_copy = set(deliveries)
        if to_copy & set(known):
            session.select(target)
            to_copy -= {uid for uid in known if uid in deliveries and self._find(session, deliveries[uid]) is not None}
            session.select(folder)
        if to_copy:
            session.copy(sorted(to_copy), target)
        session.delete(list(deliveries))

    # ---- outcomes

    def mark_rejected(self, session: Session) -> None:
        """Flag the mails of which the ingest workers rejected something, and move those of which nothing was filed."""
        with connected(self.settings.require_database()) as connection:
            now = inbox.server_time(connection)
            read = inbox.mail_box(connection, self.address.name)
            rejected = inbox.rejected_deliveries(connection, self._prefix, since=read.outcomes_at)
        for one in rejected:
            if one.delivery not in self._marked:
                self._mark(session, one)
        self._marked = {one.delivery for one in rejected}
        with connected(self.settings.require_database()) as connection:
            inbox.note_mail_box(connection, self.address.name, replace(read, outcomes_at=now))

    def _mark(self, session: Session, rejected: inbox.RejectedDelivery) -> None:
        folder = self.settings.mail_done_folder or self.address.folder
        session.select(folder)
        uid = self._find(session, rejected.delivery)
        if uid is None:  # moved before, or removed by a person
            return
        session.flag([uid])
        self.counts.refused += 1
        extra = {"uid": uid, "submission_id": rejected.submission_id, "reason": rejected.reasons}
        log.warning(events.MAIL_REFUSED, extra=extra)
        if not rejected.filed:
            self._move(session, {uid: rejected.delivery}, folder, self.settings.mail_refused_folder, known=[uid])

    # ---- ids

    @property
    def _prefix(self) -> str:
        return f"mail:{hashlib.sha256(self.address.name.encode()).hexdigest()[:12]}:"

    def _delivery(self, size: int, content: bytes) -> str:
        """The id under which a mail is handed in, each time. The size in it leads back to the mail."""
        return f"{self._prefix}{hashlib.sha256(content).hexdigest()[:32]}:{size}"

    def _find(self, session: Session, delivery: str) -> int | None:
        """The mail of a delivery in the selected folder."""
        size = int(delivery.rpartition(":")[2])
        for uid in session.of_size(size):
            if size > self._limit:
                content = session.header(uid, KEPT_OF_REFUSED_BYTES)
            else:
                content = session.contents([uid], self._limit + 1).get(uid, b"")
            if self._delivery(size, content) == delivery:
                return uid
        return None
