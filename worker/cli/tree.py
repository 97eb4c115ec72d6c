"""The steps of one submission as a small tree, a row a step with its time and duration."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from wiredesk.worker import events
from wiredesk.worker.cli import output
from wiredesk.worker.logs import Line, in_words

# A step that takes longer stands out.
_SLOW_SECONDS = 5.0


class Tree:
    """Rows of one submission as its lines come in. It is finished when the document that was handed in is filed.

    A line after that is of the next version under the same key, which starts a new table: a lane files them one by one.
    """

    def __init__(self, asked: str) -> None:
        self._asked = asked
        self._began: datetime | None = None
        self._documents: set[int] = set()
        self._told_to_wait = False
        self.is_finished = False

    def waits(self) -> bool:
        """Whether more lines are to come; says once that none has come yet."""
        if self._began is None and not self._told_to_wait:
            self._told_to_wait = True
            output.say(f"no line about submission {self._asked} yet; waiting (Ctrl-C ends it)", err=True)
        return not self.is_finished

    def add(self, line: Line) -> Iterator[str]:
        """The rows of one log line."""
        at = datetime.fromisoformat(str(line["at"]))
        event = str(line.get("event"))
        if self.is_finished:
            self._began, self.is_finished = None, False
            self._documents.clear()
        if self._began is None:
            waited = float(line.get("waited_seconds") or 0)
            self._began = at
            yield self._head(line, waited)
        if event == events.DOCUMENT_ISSUED and line.get("origin") == "submission":
            self._documents.add(int(line["document_id"]))
        if event == events.SUBMISSION_ACCEPTED:
            return
        self.is_finished = event == events.DOCUMENTS_FILED and (
            not self._documents or not self._documents.isdisjoint(line.get("document_ids") or ())
        )
        words = _WORDS.get(event, _other)(line)
        style = {"warning": "yellow", "error": "red"}.get(str(line.get("level")))
        if float(line.get("seconds") or 0) > _SLOW_SECONDS:
            style = style or "yellow"
        after = in_words((at - self._began).total_seconds())
        branch = "└" if self.is_finished else "├"
        yield output.styled(f"{branch} +{after:<8} {line.get('service', ''):<9} {words}", style)

    def _head(self, line: Line, waited: float) -> str:
        number = line.get("submission_id") or self._asked
        key = f" key {line['key']}" if line.get("key") else ""
        by = f" by {line['channel']}" if line.get("channel") else ""
        after = f", handed in {in_words(waited)} before" if waited else ""
        at = datetime.fromisoformat(str(line["at"])).astimezone()
        return output.styled(f"submission {number}{key}{by}, {at:%Y-%m-%d %H:%M:%S}{after}", "bold")


def _issued(line: Line) -> str:
    needs = "fetched" if line.get("needs") == "fetch" else "read"
    again = f", attempt {int(line['attempts']) + 1}" if line.get("attempts") else ""
    return f"issued to be {needs}: document {line.get('document_id')}{again}"


def _taken(line: Line) -> str:
    return f"taken by a worker: document {line.get('document_id')}, attempt {line.get('attempts')}"


def _fetched(line: Line) -> str:
    size = f"{int(line.get('bytes') or 0):,} bytes"
    waited = float(line.get("waited_seconds") or 0)
    host = f", after {in_words(waited)} for the host's budget" if waited >= 0.01 else ""
    return f"fetched: {line.get('status')}, {size} in {in_words(line.get('seconds'))}{host}"


def _postponed(line: Line) -> str:
    return f"tried again in {in_words(line.get('wait_seconds'))}: {line.get('reason')}"


def _read(line: Line) -> str:
    items = int(line.get("items") or 0)
    return f"read: {items} item{'' if items == 1 else 's'} in {in_words(line.get('seconds'))}"


def _outcome(line: Line) -> str:
    outcome = str(line.get("outcome"))
    if outcome == "rejected":
        return f"rejected: {line.get('reason')}"
    revision = f" revision {line['revision_no']}" if line.get("revision_no") else ""
    return f"{outcome}: article {line.get('article_id')}{revision}  {line.get('headline') or ''}".rstrip()


def _filed(line: Line) -> str:
    return f"filed in {in_words(line.get('seconds'))}"


def _given_back(line: Line) -> str:
    return f"given back unread: {line.get('reason')}"


def _other(line: Line) -> str:
    why = line.get("reason") or line.get("error") or line.get("message") or ""
    return f"{line.get('event')}  {why}".rstrip()


_WORDS: Mapping[str, Callable[[Line], str]] = {
    events.DOCUMENT_ISSUED: _issued,
    events.DOCUMENT_TAKEN: _taken,
    events.PAGE_FETCHED: _fetched,
    events.PAGE_POSTPONED: _postponed,
    events.DOCUMENT_READ: _read,
    events.DOCUMENT_GIVEN_BACK: _given_back,
    events.ITEM_OUTCOME: _outcome,
    events.DOCUMENTS_FILED: _filed,
}
