"""The hot folder: files that other programs write into it are handed in and moved to `done/` or `refused/`.

A file is taken once it is whole: the kernel told that its writer closed it, or its size and time stayed the same for
`watch_settle_seconds`. It is handed in first and moved afterwards. When the process is killed in between, the file is
handed in again under the same delivery id, which the inbox knows. The ingest workers may reject a document later: the
next look at the outcomes moves its file from `done/` to `refused/`. A reason is written before its file is moved.
"""

from __future__ import annotations

import hashlib
import logging
import os
import stat
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, unquote_to_bytes

import msgspec

from wiredesk.worker import db, events
from wiredesk.worker.db import Connection
from wiredesk.worker.errors import Rejected, Transient
from wiredesk.worker.inbox import intake
from wiredesk.worker.inbox.closed_files import ClosedFiles
from wiredesk.worker.inbox.intake import Checked, FileMessage
from wiredesk.worker.news.formats import table as formats
from wiredesk.worker.news.formats.given import Part
from wiredesk.worker.news.formats.table import Format
from wiredesk.worker.news.submission import Submission
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import inbox

log = logging.getLogger(__name__)

DONE, REFUSED = "done", "refused"
STATE = ".wiredesk-watch"
"""The hidden folder with the lock of the process and the time up to which outcomes were looked at."""
# Names under which programs write files that they rename once they are whole.
_UNFINISHED = (".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".swp", "~")
_SCAN_SECONDS = 1.0
# PostgreSQL is away, or a file can't be read or moved: the next try.
_PAUSE_SECONDS = 5.0
_OUTCOMES_SECONDS = 2.0
# `delivery` is indexed: PostgreSQL takes at most a third of a page (2,704 bytes) for a key.
_LONGEST_PATH = 2_048
# A link is never followed, and opening a pipe must not wait for its writer.
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
# Lines beside a package; `wiredesk rejected list` has all of them.
_MOST_REASONS = 100


@dataclass(frozen=True, slots=True)
class Stamp:
    """A state of a file: a write changes it, a rename does not."""

    inode: int
    size: int
    modified_ns: int

    @classmethod
    def of(cls, found: os.stat_result) -> Stamp:
        return cls(found.st_ino, found.st_size, found.st_mtime_ns)


@dataclass(frozen=True, slots=True)
class _File:
    """A whole file that was read. `path` is relative to the hot folder.

    `package` is the format of one that is too large for a submission; its documents are handed in one by one.
    """

    path: Path
    stamp: Stamp
    checked: Checked
    fields: Submission
    package: Format | None


@dataclass(slots=True)
class Folder:
    """A hot folder. `source` is the publisher of every file; without it, of a file in a subfolder the name of that.

    With `name_is_key` the path is the submitter's key, so that another content under it is a revision.
    """

    root: Path
    settings: Settings
    source: str | None = None
    name_is_key: bool = False
    _seen: dict[Path, tuple[Stamp, float]] = field(default_factory=dict)
    _not_before: dict[Path, float] = field(default_factory=dict)
    _folders: set[Path] = field(default_factory=set)

    def run(self, stopping: threading.Event, closed: ClosedFiles, alive: Callable[[], None]) -> None:
        """Take files until `stopping` is set. `alive` is called in each round."""
        scan_at = outcomes_at = 0.0

        def tick() -> bool:
            alive()
            return stopping.is_set()

        while not stopping.is_set():
            alive()
            try:
                with db.alone(self.settings.require_database()) as connection:
                    while not stopping.is_set():
                        alive()
                        told, now = closed.take(), time.monotonic()
                        whole = [path for path in map(self._inside, told) if path is not None]
                        if now >= scan_at:
                            whole += self.whole(now)
                            closed.follow(self._folders)
                            scan_at = time.monotonic() + _SCAN_SECONDS
                        self.hand_in(connection, whole, tick)
                        if time.monotonic() >= outcomes_at:
                            self.refuse_rejected(connection)
                            outcomes_at = time.monotonic() + _OUTCOMES_SECONDS
                        closed.wait(max(0.0, min(scan_at, outcomes_at) - time.monotonic()))
            except (Transient, OSError) as error:
                log.warning(events.INTAKE_WAITS, extra={"channel": "folder", "error": str(error)})
                scan_at = 0.0  # a file that was told and not handed in is found by a scan
                stopping.wait(_PAUSE_SECONDS)

    # ---- finding

    def whole(self, now: float) -> list[Path]:
        """The files whose state is the same as `watch_settle_seconds` ago. `now` is monotonic."""
        seen: dict[Path, tuple[Stamp, float]] = {}
        self._folders = {self.root}
        for path, stamp in self._files(self.root, ""):
            before, since = self._seen.get(path, (stamp, now))
            seen[path] = (stamp, since if before == stamp else now)
        self._seen = seen
        self._not_before = {path: at for path, at in self._not_before.items() if path in seen and at > now}
        return [path for path, (_, since) in seen.items() if now - since >= self.settings.watch_settle_seconds]

    def _files(self, folder: Path, prefix: str) -> Iterator[tuple[Path, Stamp]]:
        """The files that may be taken, with their states: no link, device or pipe, no name of an unfinished file.

        `prefix` is the path of `folder` in the hot folder, with a slash behind it.
        """
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        if not (entry.name.startswith(".") or (not prefix and entry.name in (DONE, REFUSED))):
                            path = Path(entry.path)
                            self._folders.add(path)
                            yield from self._files(path, f"{prefix}{entry.name}/")
                    elif _is_finished(entry.name) and entry.is_file(follow_symlinks=False):
                        yield Path(f"{prefix}{entry.name}"), Stamp.of(entry.stat(follow_symlinks=False))
        except FileNotFoundError:  # moved or removed while it was looked at
            return
        except OSError as error:
            log.warning(events.FOLDER_STUCK, extra={"file": _shown(folder), "error": error.strerror})

    def _inside(self, told: Path) -> Path | None:
        """The path of a file that the kernel told, where it may be taken."""
        path = told.relative_to(self.root)
        return path if _is_finished(path.name) and path.parts[0] not in (DONE, REFUSED) else None

    # ---- handing in

    def hand_in(self, connection: Connection, paths: Iterable[Path], tick: Callable[[], bool] = lambda: False) -> None:
        """Hand these files in, the oldest first, and move them. Raises `Transient`: then some are where they were.

        `tick` is called between transactions; once it is true, the rest stays where it is.
        """
        for batch in self._batches(paths):
            if tick():
                return
            whole = [file for file in batch if file.package is None]
            receipts = intake.store(connection, [file.checked for file in whole], channel="folder")
            for file, receipt in zip(whole, receipts, strict=True):
                reason = file.checked.refusal or receipt.reason
                if reason is not None:
                    self._refuse(file.path, file.path, file.stamp, reason, receipt.submission_id)
                else:
                    self._done(file, receipt.submission_id)
            for file in batch:
                if file.package is not None:
                    self._hand_in_parts(connection, file, file.package, tick)

    def _done(self, file: _File, submission_id: int) -> None:
        if self._move(file.path, self._free(DONE, file.path), file.stamp):
            log.info(events.FOLDER_TAKEN, extra={"file": _shown(file.path), "submission_id": submission_id})

    def _hand_in_parts(self, connection: Connection, file: _File, package: Format, tick: Callable[[], bool]) -> None:
        """Hand in each document of a package that is larger than a submission may be, and move the package.

        The delivery id of a document is that of the package and its number, so it is the same after a kill.
        """
        limit = self.settings.max_submission_bytes
        # A key is that of one document.
        fields = msgspec.structs.replace(file.fields, media_type=None, key=None)
        reasons: list[str] = []
        accepted, submission_id = 0, 0
        try:
            with os.fdopen(os.open(self._absolute(file.path), _OPEN), "rb") as stream:
                if Stamp.of(os.fstat(stream.fileno())) != file.stamp:
                    return
                checked = (
                    replace(
                        intake.check(intake.of_part(part, fields), max_content_bytes=limit, now=datetime.now(UTC)),
                        delivery=f"{file.checked.delivery}#{number}",
                    )
                    for number, part in enumerate(_parts(package, stream, limit), 1)
                )
                for some in intake.in_transactions(checked, lambda one: len(one.content or b"")):
                    if tick():
                        return
                    for one, receipt in zip(some, intake.store(connection, some, channel="folder"), strict=True):
                        reason, submission_id = one.refusal or receipt.reason, receipt.submission_id
                        if reason is None:
                            accepted += 1
                        elif len(reasons) < _MOST_REASONS:
                            reasons.append(f"{_part_of(one.delivery or '')}: {reason}")
        except OSError as error:
            self._wait_for(file.path, error)
            return
        if not accepted:
            self._refuse(file.path, file.path, file.stamp, "\n".join(reasons), submission_id)
        elif not reasons or self._write_reason(self._free(DONE, file.path), file.path, "\n".join(reasons)):
            self._done(file, submission_id)

    def _batches(self, paths: Iterable[Path]) -> Iterator[list[_File]]:
        """Files of one transaction, by number and by size."""
        now = time.monotonic()
        found: dict[Path, int] = {}
        for path in paths:
            if self._not_before.get(path, now) <= now:
                try:
                    found[path] = os.lstat(self._absolute(path)).st_mtime_ns
                except OSError:  # gone
                    continue
        read = map(self._read, sorted(found, key=lambda path: (found[path], path)))
        return intake.in_transactions(
            (file for file in read if file is not None), lambda file: len(file.checked.content or b"")
        )

    def _read(self, path: Path) -> _File | None:
        """None: it is no plain file, can't be read now, or was written to while it was read."""
        limit = self.settings.max_submission_bytes
        read = self._content(path, limit)
        if read is None:
            return None
        content, stamp = read
        parts = path.parts
        source = self.source or (_shown(Path(parts[0])) if len(parts) > 1 else None)
        fields = Submission(
            media_type=formats.media_type_by_name(path.name, content),
            source=source,
            key=_shown(path) if self.name_is_key else None,
            submitter="watch",
        )
        checked = intake.check(FileMessage(fields, content), max_content_bytes=limit, now=datetime.now(UTC))
        package = formats.recognise(content[: formats.HEAD_BYTES]) if len(content) > limit else None
        if package is not None and package.parts_in is None:
            package = None
        return _File(path, stamp, replace(checked, delivery=_delivery(path, stamp, content)), fields, package)

    def _content(self, path: Path, limit: int) -> tuple[bytes, Stamp] | None:
        """The first `limit` + 1 bytes of a file, and its state."""
        try:
            descriptor = os.open(self._absolute(path), _OPEN)
            with os.fdopen(descriptor, "rb") as file:
                before = os.fstat(descriptor)
                if not stat.S_ISREG(before.st_mode):
                    return None
                # `read` allocates what it is asked for.
                content = file.read(min(before.st_size, limit) + 1)
                stamp = Stamp.of(os.fstat(descriptor))
        except FileNotFoundError:
            return None
        except OSError as error:
            self._wait_for(path, error)
            return None
        return (content, stamp) if stamp == Stamp.of(before) else None

    def _absolute(self, path: Path) -> str:
        """The place of a file of the hot folder. Joining a `Path` takes ten times as long."""
        return f"{self.root}/{path}"

    # ---- moving

    def _move(self, path: Path, target: Path, stamp: Stamp) -> bool:
        """Move a file that is still in the state `stamp`; one that was written to since stays, and is taken again."""
        source = self.root / path
        try:
            if Stamp.of(source.lstat()) != stamp:
                return False
            try:
                source.rename(target)
            except FileNotFoundError:  # the first of its subfolder
                target.parent.mkdir(parents=True, exist_ok=True)
                source.rename(target)
        except FileNotFoundError:
            return False
        except OSError as error:
            self._wait_for(path, error)
            return False
        return True

    def _refuse(self, path: Path, name: Path, stamp: Stamp, reason: str, submission_id: int) -> None:
        """Write the reason, then move the file at `path` to `refused/` under `name`."""
        target = self._free(REFUSED, name)
        if self._write_reason(target, path, reason) and self._move(path, target, stamp):
            extra = {"file": _shown(name), "submission_id": submission_id, "reason": reason}
            log.warning(events.FOLDER_REFUSED, extra=extra)

    def _write_reason(self, target: Path, path: Path, reason: str) -> bool:
        """Write `NAME.reason.txt` beside `target`, as a whole."""
        beside = target.with_name(f"{target.name}.reason.txt")
        begun = target.with_name(f".{target.name}.reason.tmp")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            begun.write_text(f"{reason}\n", encoding="utf-8", errors="replace")
            begun.replace(beside)
        except OSError as error:
            self._wait_for(path, error)
            return False
        return True

    def _free(self, folder: str, name: Path) -> Path:
        """The place of a file there; one whose name is taken gets a number, as in `NAME~2`."""
        return next(place for place in self._places(folder, name) if not os.path.lexists(place))

    def _places(self, folder: str, name: Path) -> Iterator[Path]:
        first = self.root.joinpath(folder, name)
        yield first
        number = 2
        while True:
            yield first.with_name(f"{name.name}~{number}")
            number += 1

    def _wait_for(self, path: Path, error: OSError) -> None:
        self._not_before[path] = time.monotonic() + _PAUSE_SECONDS
        log.warning(events.FOLDER_STUCK, extra={"file": _shown(path), "error": error.strerror or str(error)})

    # ---- outcomes

    def refuse_rejected(self, connection: Connection) -> None:
        """Move the files from `done/` of which nothing was filed; a reason beside the others names what was rejected.

        The time up to which outcomes were looked at is written when all of them are dealt with.
        """
        mark = self.root / STATE / "outcomes"
        now = inbox.server_time(connection)
        try:
            since = datetime.fromisoformat(mark.read_text().strip())
        except (OSError, ValueError):  # the first look: no file of this folder was handed in before
            since = now
        parts: dict[str, list[inbox.RejectedDelivery]] = {}
        for rejected in inbox.rejected_deliveries(connection, "folder:", since=since):
            package, is_part, _ = rejected.delivery.partition("#")
            if is_part:
                parts.setdefault(package, []).append(rejected)
            else:
                self._refuse_delivery(rejected)
        for package, some in parts.items():  # the file of a package is read once
            reasons = [f"{_part_of(one.delivery)}: {reason}" for one in some for reason in one.reasons.splitlines()]
            self._add_reasons(package, reasons)
        begun = mark.with_name("outcomes.tmp")
        begun.write_text(now.isoformat())
        begun.replace(mark)

    def _refuse_delivery(self, rejected: inbox.RejectedDelivery) -> None:
        found = self._handed_in(rejected.delivery)
        if found is None:
            return
        place, name, stamp = found
        if not rejected.filed:
            self._refuse(place.relative_to(self.root), name, stamp, rejected.reasons, rejected.submission_id)
        elif not os.path.lexists(place.with_name(f"{place.name}.reason.txt")):
            self._write_reason(place, name, rejected.reasons)

    def _add_reasons(self, delivery: str, reasons: Iterable[str]) -> None:
        """Add the lines to the reasons beside a package that are not there."""
        found = self._handed_in(delivery)
        if found is None:
            return
        place, name, _ = found
        beside = place.with_name(f"{place.name}.reason.txt")
        known = beside.read_text(encoding="utf-8").splitlines() if beside.exists() else []
        more = [*known, *(reason for reason in reasons if reason not in known)][:_MOST_REASONS]
        if more != known:
            self._write_reason(place, name, "\n".join(more))

    def _handed_in(self, delivery: str) -> tuple[Path, Path, Stamp] | None:
        """The place in `done/` of the file that was handed in under this id, its name before, and its state."""
        quoted = delivery.rpartition(":")[2]
        if not quoted:
            return None
        name = Path(os.fsdecode(unquote_to_bytes(quoted)))
        for place in self._places(DONE, name):
            if not os.path.lexists(place):
                return None
            read = self._content(place.relative_to(self.root), self.settings.max_submission_bytes)
            if read is not None and _delivery(name, read[1], read[0]) == delivery:
                return place, name, read[1]
        return None


def _parts(package: Format, stream: BinaryIO, limit: int) -> Iterator[Part | Rejected]:
    """The documents of a package; where it can't be read on, the reason is the last."""
    assert package.parts_in is not None
    try:
        yield from package.parts_in(stream, max_bytes=limit)
    except Rejected as rejected:
        yield rejected


def _part_of(delivery: str) -> str:
    return f"document {delivery.partition('#')[2]}"


def _is_finished(name: str) -> bool:
    return not name.startswith(".") and not name.lower().endswith(_UNFINISHED)


def _shown(path: Path) -> str:
    """A path as text: names of files are bytes, and not all of them are UTF-8."""
    return os.fsencode(path).decode("utf-8", "replace")


def _delivery(path: Path, stamp: Stamp, content: bytes) -> str:
    """The id under which this state of this file is handed in, each time.

    The path in it leads back to the file; a path too long for the column is left out.
    """
    encoded = os.fsencode(path)
    name = quote(encoded)
    name = name if len(name) <= _LONGEST_PATH else ""
    digest = hashlib.sha256(b"%s\0%d\0%d\0" % (encoded, stamp.size, stamp.modified_ns))
    digest.update(content)
    return f"folder:{digest.hexdigest()[:32]}:{name}"
