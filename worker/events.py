"""Every event that is logged, with its level, its meaning and its fields: the table behind `docs/logs.md`.

`log.info(events.FEED_POLLED, extra={"feed_id": 7, ...})`. A test reads the source: each call names an event of this
table and gives no field that the event does not list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

Level = Literal["debug", "info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Description:
    """The meaning of an event, the levels at which it is written, and the fields that it may have."""

    levels: tuple[Level, ...]
    meaning: str
    fields: tuple[str, ...]


_DESCRIPTIONS: dict[str, Description] = {}
DESCRIPTIONS: Mapping[str, Description] = MappingProxyType(_DESCRIPTIONS)

# Fields of more than one event, and fields whose name needs an explanation.
FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "at": "when, in UTC",
        "level": "`debug`, `info`, `warning` or `error`",
        "event": "one of the events below, or the name of the library that wrote `message`",
        "message": "the text of a library, or of a process that could not start",
        "service": "`dispatch`, `fetch`, `ingest`, `beat`, `web`, or `up` for the supervisor of `make run`",
        "task": "the Celery task in which the line was written, with `task_id` and `queue`",
        "document_id": "the row of the inbox; `document_ids` for several",
        "submission_id": "the submission, as `wiredesk status` takes it",
        "key": "the submitter's key",
        "source": "who publishes it",
        "channel": "how it was handed in: `cli`, `client`, `stream`, `task`, `http`, `folder`, `mail`",
        "origin": "`submission`, `feed`, `page` or `recheck`",
        "feed_id": "the number of the feed in `wiredesk feeds list`",
        "article_id": "the article",
        "item_no": "the place of the item in its document, from 1; 0: the document as a whole",
        "url": "the address; passwords and tokens are masked",
        "seconds": "how long the step itself took",
        "waited_seconds": "how long the item waited before the step; for a fetch, for the budget of its host",
        "wait_seconds": "when it is tried again",
        "uid": "the number of the mail in its folder on the mail server",
        "push": "the name of the target in `wiredesk push list`",
        "reason": "why: a code, a colon, and words",
        "error": "an exception, with `traceback` where it was not foreseen",
        "repeated": "how often the same warning was left out since its last line, which is at least a minute old",
        "attempts": "how often the document was begun, this time included",
    }
)


def _event(name: str, levels: str, meaning: str, fields: str = "") -> str:
    kept: tuple[Level, ...] = tuple(level for level in ("debug", "info", "warning", "error") if level in levels.split())
    _DESCRIPTIONS[name] = Description(kept, meaning, tuple(fields.split()))
    return name


_ITEM = "document_id submission_id key feed_id url"

# The way of one item, in order.
SUBMISSION_ACCEPTED: Final = _event(
    "submission.accepted",
    "info",
    "A message is committed to the inbox. Commands write no log: their submissions appear when they are issued.",
    "submission_id key source channel",
)
DOCUMENT_ISSUED: Final = _event(
    "document.issued",
    "info",
    "The dispatcher leased a document and sent it to a worker; `needs` is `fetch` or `ingest`.",
    f"{_ITEM} origin needs attempts waited_seconds",
)
DOCUMENT_TAKEN: Final = _event(
    "document.taken",
    "info",
    "A worker began with a document; `waited_seconds` since it was received.",
    f"{_ITEM} origin attempts waited_seconds",
)
PAGE_FETCHED: Final = _event(
    "page.fetched", "info", "The page of a document came.", f"{_ITEM} status bytes seconds waited_seconds"
)
PAGE_POSTPONED: Final = _event(
    "page.postponed",
    "debug info warning",
    "The page is tried again: at `debug` when our own budget for the host is spent, at `info` when the host asked us "
    "to wait, at `warning` when the fetch failed.",
    f"{_ITEM} reason attempts wait_seconds",
)
PAGE_REFUSED: Final = _event(
    "page.refused",
    "info",
    "The page can't be fetched; its document ends as `rejected` when it is read.",
    f"{_ITEM} reason",
)
DOCUMENT_READ: Final = _event(
    "document.read", "info", "A document was read; `items` are its articles or entries.", f"{_ITEM} items seconds"
)
DOCUMENT_GIVEN_BACK: Final = _event(
    "document.given_back",
    "warning",
    "A worker returned a document unread; another takes it, and the attempt does not count.",
    f"{_ITEM} reason",
)
DOCUMENTS_FILED: Final = _event(
    "documents.filed",
    "info",
    "The transaction that filed these documents is committed; `outcomes` counts its items by outcome.",
    "document_ids seconds outcomes",
)
ITEM_OUTCOME: Final = _event(
    "item.outcome",
    "info warning",
    "The outcome of one item: `outcome` is `created`, `revised`, `repeated` or `rejected`. Each item that is read has "
    "exactly one such line.",
    f"{_ITEM} outcome reason headline article_id revision_no story_id change_kind source detail",
)

ITEM_UNMARKED: Final = _event(
    "item.unmarked",
    "error",
    "Marking up an item raised an error: it is filed as it was read, with the flag `not_marked_up`.",
    "document_id item_no",
)
ITEM_FAILED: Final = _event(
    "item.failed",
    "error",
    "Reading or filing an item raised an error: it is rejected as `internal` and kept for `wiredesk replay`.",
    "document_id item_no",
)

# Feeds.
FEED_POLLED: Final = _event(
    "feed.polled",
    "info",
    "A feed answered; `changed` says whether with a new body, `known` how many of its entries it had shown in the "
    "same bytes: those are `repeated`, and have no line `item.outcome`.",
    "feed_id url status changed known bytes seconds waited_seconds address",
)
HUB_VERIFIED: Final = _event(
    "hub.verified",
    "info",
    "The hub of a feed confirmed our subscription (WebSub) for `lease_seconds`; `url` is its topic.",
    "feed_id url lease_seconds",
)
HUB_PUSHED: Final = _event(
    "hub.pushed",
    "info",
    "The hub of a feed pushed a document with the right signature; `changed` is false where the same came before.",
    "feed_id bytes changed",
)
HUB_REFUSED: Final = _event(
    "hub.refused",
    "warning",
    "What the hub of a feed sent is not believed, or it denies the subscription.",
    "feed_id reason",
)
HUB_FAILED: Final = _event(
    "hub.failed",
    "warning",
    "The hub of a feed did not take or verify our request; the feed is polled. `url` is the hub.",
    "feed_id url reason wait_seconds",
)
FEED_FAILED: Final = _event("feed.failed", "warning", "A poll failed.", "feed_id url reason status")
FEED_POSTPONED: Final = _event(
    "feed.postponed",
    "debug",
    "A feed got no request: the budget for its host is spent. It does not count as a poll.",
    "feed_id url reason",
)
HOST_WAITING: Final = _event(
    "host.waiting",
    "info",
    "Feeds or pages wait for a host: its answer, the number of those that wait, and the wait of the last of them.",
    "host reason waiting wait_seconds",
)
FEED_MOVED: Final = _event(
    "feed.moved",
    "info",
    "A feed is polled at a new address; `same_as` is the feed that was polled there already.",
    "feed_id url moved_to same_as",
)
FEED_STALE: Final = _event(
    "feed.stale", "info", "The number of feeds of a message that another worker has leased since.", "stale feeds"
)
FETCH_STORED_APART: Final = _event(
    "fetch.stored_apart",
    "info",
    "The results of one message could not be stored in one transaction, and are stored one by one.",
    "items error",
)
FETCH_UNSTORABLE: Final = _event(
    "fetch.unstorable", "error", "A result could not be stored; its feed or document has the reason.", "reason item"
)

# Changes that are sent.
PUSH_SENT: Final = _event(
    "push.sent", "info", "A target took messages; all changes up to `cursor` are dealt with.", "push messages cursor"
)
PUSH_FAILED: Final = _event(
    "push.failed",
    "warning",
    "A target did not take a message; it is sent again after `wait_seconds`.",
    "push reason failing_seconds wait_seconds",
)
PUSH_PAUSED: Final = _event(
    "push.paused",
    "error",
    "A target took no message for three days, or said that it is gone; `wiredesk push resume` goes on without a gap.",
    "push reason failing_seconds",
)

# Messages and tasks.
INTAKE_FAILED: Final = _event(
    "intake.failed", "error", "A message could not be stored and is kept as refused.", "submission_id channel"
)
INTAKE_WAITS: Final = _event(
    "intake.waits",
    "warning",
    "A reader of submissions can't go on and waits for Redis, PostgreSQL, its folder or its mail box.",
    "channel error",
)
INTAKE_POISON: Final = _event(
    "intake.poison", "error", "A message killed its reader `kills` times and is refused unread.", "channel bytes kills"
)
FOLDER_TAKEN: Final = _event(
    "folder.taken",
    "info",
    "A file of the hot folder is committed to the inbox and was moved to `done/`.",
    "file submission_id",
)
FOLDER_REFUSED: Final = _event(
    "folder.refused",
    "warning",
    "A file of the hot folder was moved to `refused/`; its reason is beside it in `NAME.reason.txt`.",
    "file submission_id reason",
)
FOLDER_STUCK: Final = _event(
    "folder.stuck",
    "warning",
    "A file of the hot folder, or a folder in it, can't be read or moved; it is tried again.",
    "file error",
)
MAIL_TAKEN: Final = _event(
    "mail.taken",
    "info",
    "A mail is committed to the inbox, and moved where `mail_done_folder` is set.",
    "uid submission_id",
)
MAIL_REFUSED: Final = _event(
    "mail.refused",
    "warning",
    "A mail was refused, or rejected later: it is flagged, and moved where `mail_refused_folder` is set.",
    "uid submission_id reason",
)
MAIL_STUCK: Final = _event(
    "mail.stuck", "warning", "The mail server does not give this mail; it is asked for again.", "uid error"
)
INGEST_STALE: Final = _event(
    "ingest.stale",
    "info",
    "The number of documents of a message that another worker has leased since.",
    "stale documents",
)
QUEUE_UNREADABLE: Final = _event(
    "queue.unreadable",
    "error",
    "A message in a queue of the workers can't be read and was dropped; `start` is its beginning.",
    "queue error start",
)
DISPATCH_UNSENT: Final = _event(
    "dispatch.unsent", "warning", "Redis took no message; a later tick sends it again.", "error"
)
DISPATCH_FAILED: Final = _event(
    "dispatch.failed", "error", "A step of a tick or of housekeeping failed; the other steps were done.", "step"
)
DISPATCH_UNWOKEN: Final = _event(
    "dispatch.unwoken",
    "warning",
    "Beat can't listen to PostgreSQL: until it can, submissions wait for the next tick.",
    "error",
)
RECHECK_STOPPED: Final = _event(
    "recheck.stopped",
    "warning",
    "A page can't be put on its re-check ladder and is not fetched again.",
    "article_id error",
)
TASK_STARTED: Final = _event("task.started", "debug", "A Celery task began.")
TASK_ENDED: Final = _event("task.ended", "debug", "A Celery task ended well.", "seconds")
TASK_SLOW: Final = _event(
    "task.slow", "warning", "A Celery task took more than half of `task_seconds`.", "seconds limit_seconds"
)
TASK_FAILED: Final = _event(
    "task.failed",
    "warning error",
    "A Celery task failed: `warning` for a passing failure, `error` for any other.",
    "seconds",
)
TASK_RETRIED: Final = _event("task.retried", "warning", "A Celery task will be run again.", "reason")
HOST_BUDGET_LOCAL: Final = _event(
    "host_budget.local",
    "warning",
    "Redis can't be reached: until it can, this process keeps the budget of hosts by itself.",
    "error",
)

# Processes and servers.
WORKER_READY: Final = _event("worker.ready", "info", "A worker takes tasks from its queues.", "queues reader")
WEB_READY: Final = _event("web.ready", "info", "The service `web` answers at this address.", "address")
SEARCH_UNINDEXED: Final = _event(
    "search.unindexed", "warning", "An article can't be indexed: no search finds it.", "article_id error"
)
SEARCH_WAITS: Final = _event(
    "search.waits", "warning", "The search index can't go on; it is tried again every second.", "error"
)
WEB_REFUSED: Final = _event(
    "web.refused",
    "info",
    "A request lacked the right that it needs: the scope, the name of its token where there is one, and why.",
    "scope token reason path address",
)
WEB_FAILED: Final = _event(
    "web.failed", "error", "A request raised an error that was not foreseen; its caller got 500."
)
WORKER_STOPPED: Final = _event("worker.stopped", "info", "A worker ended.")
READER_ENDED: Final = _event(
    "reader.ended", "error", "A reader of submissions ended by itself.", "reader exit_code again_in_seconds"
)
BEAT_STARTED: Final = _event("beat.started", "info", "The beat ticks.")
SERVER_STARTED: Final = _event("server.started", "info", "`wiredesk up` started a server.", "server address pid")
SERVER_LOST: Final = _event("server.lost", "error", "A server could not be started again; it is tried again.", "error")
SCHEMA_MIGRATED: Final = _event("schema.migrated", "info", "A migration was applied.", "migration")
SERVICE_ENDED: Final = _event(
    "service.ended", "error", "A process of `wiredesk up` ended by itself.", "ending again_in_seconds"
)
SERVICE_RESTARTED: Final = _event("service.restarted", "info", "It was started again.", "pid")
SERVICE_KILLED: Final = _event("service.killed", "warning", "It did not stop in time and was killed.")
OUTPUT: Final = _event("output", "warning", "A line that a process wrote which is no log line, in `message`.")
