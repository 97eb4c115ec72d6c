"""What a feed's row keeps between polls beside its columns, and what a feed document's row carries to its reader."""

from __future__ import annotations

from dataclasses import dataclass

from wiredesk.worker.news.polls.schedule import Answer, Rhythm, ServerHints, Validators
from wiredesk.worker.news.polls.troubles import Condition, Move


@dataclass(frozen=True, slots=True)
class State:
    """The column `feed.schedule`.

    `habits` is what the last document said of its own rhythm; `redirect` is where the feed's address leads, `notice`
    where the document says that the feed has moved. `reaching` is what is wrong with getting an answer, `reading` what
    is wrong with the last document. `moved_from` is the address before the last move, `same_as` the number of the feed
    that this one was merged into.
    """

    rhythm: Rhythm = Rhythm()
    validators: Validators = Validators()
    polls_with_entries: int = 0
    habits: ServerHints = ServerHints()
    redirect: Move | None = None
    notice: Move | None = None
    reaching: Condition | None = None
    reading: Condition | None = None
    moved_from: str | None = None
    same_as: int | None = None


@dataclass(frozen=True, slots=True)
class PollContext:
    """The column `document.context` of a feed document: the response that brought it, for the schedule."""

    hints: ServerHints = ServerHints()
    answer: Answer = Answer(conditional=False)
