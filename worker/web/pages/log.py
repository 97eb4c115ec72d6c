"""The page of the task log: the latest lines that concern one thing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Request, get
from litestar.datastructures import State
from litestar.response import Template

from wiredesk.worker import db, log_search
from wiredesk.worker.db import Connection
from wiredesk.worker.errors import UsageError
from wiredesk.worker.log_search import Wanted
from wiredesk.worker.logs import Line, in_words
from wiredesk.worker.store import reading
from wiredesk.worker.web.pages.rendering import page

_LINES = 100
# 100,000 lines or so: two files of the log.
_MOST_BYTES = 20_000_000
_VALUE_CHARACTERS = 300
_NOUNS = ("submission", "article", "feed", "document")
_TEXTS = ("task", "event", "service", "source", "url", "text")
_PAGES = {"article_id": "/articles/", "feed_id": "/feeds/", "story_id": "/stories/"}
# Fields that are columns already, or that are left out.
_HIDDEN = frozenset(("at", "level", "event", "service", "task_id", "queue", "lease_token"))


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a line; `address` is the page of what it names, or empty."""

    name: str
    value: str
    address: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A line of the log for people. `number` tells it from the others of the same moment."""

    at: datetime | None
    level: str
    event: str
    fields: tuple[Field, ...]


@get("/log", sync_to_thread=True, include_in_schema=False)
def log(request: Request[Any, Any, Any], state: State) -> Template:
    """The page of the log; its filters are those of `wiredesk logs`."""
    asked = {name: value.strip()[:500] for name, value in request.query_params.items() if value.strip()}
    lines: list[Line] = []
    problem = ""
    try:
        with db.for_web(state.settings.database_url) as connection:
            wanted = _wanted(connection, asked)
        files = log_search.own_files(state.settings)
        lines = log_search.latest(files, wanted, limit=_LINES, most_bytes=_MOST_BYTES)
    except UsageError as error:
        problem = str(error)
    return page(
        request,
        "log",
        nouns=(*_NOUNS, *_TEXTS),
        filters=asked,
        problem=problem,
        lines=[_shown(line) for line in lines],
        is_filtered=bool(asked),
    )


def _wanted(connection: Connection, asked: Mapping[str, str]) -> Wanted:
    """The filter that the address asks for. A submission is sought by its numbers: only its first line has its key."""
    wanted = Wanted(ids={noun: {asked[noun]} for noun in _NOUNS if noun in asked and noun != "submission"})
    for name in (*_TEXTS, "outcome", "level"):
        setattr(wanted, name, asked.get(name, ""))
    if submission := asked.get("submission"):
        numbers = [int(submission)] if submission.isdecimal() and len(submission) < 19 else []
        found = reading.submissions(connection, submission_ids=numbers, key=submission)
        if not found:
            raise UsageError(f"no submission has the number or key {submission!r}")
        wanted.key = submission
        wanted.ids["submission"] = {str(row.submission_id) for row in found}
        wanted.ids["document"] = {str(row.document_id) for row in found if row.document_id is not None}
    return wanted


def _shown(line: Line) -> Shown:
    level = str(line.get("level", "info"))
    event = str(line.get("outcome") or line.get("event") or "")
    return Shown(_moment(line.get("at")), level, event, tuple(_fields(line)))


def _fields(line: Line) -> Iterator[Field]:
    for name, value in line.items():
        if name in _HIDDEN or value is None or value == "":
            continue
        text = in_words(value) if name.endswith("seconds") else str(value)
        if len(text) > _VALUE_CHARACTERS:
            text = f"{text[:_VALUE_CHARACTERS]} …"
        start = _PAGES.get(name)
        address = f"{start}{value}" if start and isinstance(value, int) else ""
        yield Field(name.removesuffix("_id").replace("_", " "), text, address)


def _moment(at: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(at))
    except ValueError:
        return None
