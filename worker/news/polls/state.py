"""The JSON of two columns: `feed.schedule`, and `document.context` of feed documents."""

from __future__ import annotations

from dataclasses import dataclass

from wiredesk.worker.news.polls.schedule import Answer, Rhythm, ServerWaits, Validators
from wiredesk.worker.news.polls.troubles import Condition, Move


@dataclass(frozen=True, slots=True)
class State:
    """The column `feed.schedule`.

    `habits` is the rhythm that the last document names (`ttl`, `sy:`); `redirect` is the target of the feed's address,
    `notice` the new address in the document. `reaching` is the trouble with getting an answer, `reading` the trouble
    with the last document. `moved_from` is the address before the last move, `same_as` the number of the feed that this
    one was merged into.
    """

    rhythm: Rhythm = Rhythm()
    validators: Validators = Validators()
    polls_with_entries: int = 0
    habits: ServerWaits = ServerWaits()
    redirect: Move | None = None
    notice: Move | None = None
    reaching: Condition | None = None
    reading: Condition | None = None
    moved_from: str | None = None
    same_as: int | None = None


@dataclass(frozen=True, slots=True)
class PollContext:
    """The column `document.context` of a feed document: the response that brought it, for the schedule.

    `hub` and `topic` are the addresses that its Link header names for WebSub. `known` counts the entries of the
    response that are not in the document, because the feed had shown them before; `showing` is the number of the poll
    in `showing`, 0 where the document is whole.
    """

    hints: ServerWaits = ServerWaits()
    answer: Answer = Answer(conditional=False)
    known: int = 0
    showing: int = 0
    hub: str | None = None
    topic: str | None = None
