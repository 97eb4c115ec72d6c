"""The log files that `wiredesk up` writes, and the lines in them that concern one thing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from wiredesk.worker import logs
from wiredesk.worker.errors import UsageError
from wiredesk.worker.logs import Line
from wiredesk.worker.settings import Settings

LEVELS = ("debug", "info", "warning", "error")
_BLOCK_BYTES = 1 << 16


@dataclass(slots=True)
class Wanted:
    """A filter of lines; an empty field filters nothing.

    `ids` are values by noun: a line concerns feed 7 when its `feed_id` is 7 or its `feed_ids` hold it. The numbers of a
    submission are learned from its lines, so that lines which know only its document are found too.
    """

    ids: dict[str, set[str]] = field(default_factory=dict)
    key: str = ""
    feed_url: str = ""
    task: str = ""
    event: str = ""
    service: str = ""
    source: str = ""
    url: str = ""
    text: str = ""
    outcome: str = ""
    level: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_everything(self) -> bool:
        return self == Wanted()

    def accepts(self, line: Line) -> bool:
        return self._is_about(line) and self._is_of_its_kind(line) and self._is_in_time(line)

    def _is_of_its_kind(self, line: Line) -> bool:
        if self.level and _rank(str(line.get("level"))) < _rank(self.level):
            return False
        if self.outcome and line.get("outcome") != self.outcome:
            return False
        if self.event and not _starts(line.get("event"), self.event):
            return False
        if self.service and not _starts(line.get("service"), self.service):
            return False
        if self.source and self.source.casefold() not in str(line.get("source", "")).casefold():
            return False
        if self.url and not any(self.url in str(line.get(name, "")) for name in ("url", "moved_to")):
            return False
        if self.task and self.task != line.get("task_id") and self.task not in str(line.get("task", "")):
            return False
        return not self.text or self.text.casefold() in _text(line)

    def _is_in_time(self, line: Line) -> bool:
        if self.since is None and self.until is None:
            return True
        at = moment(str(line["at"]))
        return (self.since is None or at >= self.since) and (self.until is None or at <= self.until)

    def _is_about(self, line: Line) -> bool:
        if self.key and self._is_of_submission(line):
            return all(_concerns(line, noun, values) for noun, values in self.ids.items() if noun not in _LEARNED)
        if self.key:
            return False
        if self.feed_url and line.get("url") == self.feed_url:
            return True
        return all(_concerns(line, noun, values) for noun, values in self.ids.items())

    def _is_of_submission(self, line: Line) -> bool:
        found = (
            line.get("key") == self.key
            or _concerns(line, "submission", self.ids.get("submission", set()))
            or _concerns(line, "document", self.ids.get("document", set()))
        )
        if found:
            for noun in _LEARNED:
                if line.get(f"{noun}_id") is not None:
                    self.ids.setdefault(noun, set()).add(str(line[f"{noun}_id"]))
        return found


_LEARNED = ("submission", "document")


def own_files(settings: Settings) -> tuple[Path, ...]:
    """The files of `wiredesk up`, oldest first; `UsageError` where there is none."""
    newest = Path(settings.data_dir) / "logs" / "wiredesk.jsonl"
    try:
        if newest.exists():
            older = newest.parent.glob(f"{newest.name}.*")
            return (*sorted(older, key=lambda path: int(path.suffix[1:] or 0), reverse=True), newest)
    except (OSError, ValueError) as error:
        raise UsageError(f"can't read {newest.parent}: {getattr(error, 'strerror', None) or error}") from error
    raise UsageError(
        f"no log at {newest}: `wiredesk up` writes it in the folder where it runs; services in containers write to "
        "Docker: docker compose logs --no-log-prefix | wiredesk logs -"
    )


def latest(files: tuple[Path, ...], wanted: Wanted, *, limit: int, most_bytes: int) -> list[Line]:
    """Up to `limit` lines that `wanted` accepts, the latest first, among the last `most_bytes` bytes of the files."""
    found: list[Line] = []
    for text in _backwards(files, most_bytes):
        line = logs.parse(text)
        if line is not None and wanted.accepts(line):
            found.append(line)
            if len(found) == limit:
                break
    return found


def _backwards(files: tuple[Path, ...], most_bytes: int) -> Iterator[str]:
    left = most_bytes
    for path in reversed(files):
        try:
            with path.open("rb") as file:
                end = file.seek(0, os.SEEK_END)
                rest = b""
                while end > 0 and left > 0:
                    start = max(0, end - min(_BLOCK_BYTES, left))
                    file.seek(start)
                    block = file.read(end - start) + rest
                    left -= end - start
                    end = start
                    rest, *whole = block.split(b"\n") if start else (b"", *block.split(b"\n"))
                    yield from (line.decode(errors="replace") for line in reversed(whole) if line)
        except FileNotFoundError:
            continue  # rotated away meanwhile
        except OSError as error:
            raise UsageError(f"can't read {path}: {error.strerror}") from error


def _concerns(line: Line, noun: str, values: set[str]) -> bool:
    one = line.get(f"{noun}_id")
    if one is not None and str(one) in values:
        return True
    several = line.get(f"{noun}_ids")
    return isinstance(several, list) and not values.isdisjoint(str(item) for item in several)


def _starts(value: object, asked: str) -> bool:
    text = str(value or "")
    return text == asked or text.startswith(f"{asked.rstrip('.')}.")


def _text(line: Line) -> str:
    return " ".join(str(value) for value in line.values()).casefold()


def _rank(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else len(LEVELS)


def moment(at: str) -> datetime:
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.astimezone()
