"""Filing a batch of items: load the state → decide → mark up → one transaction that writes all rows.

Costly work is done before the transaction. It locks the documents that the token leases, then the articles that hold
the items' aliases, checks that the decision still holds, and claims the new aliases in the order of their keys.
When another worker has changed one of those articles or claimed one of the aliases, nothing is written and the batch is
decided again. Locks are always taken in one order (documents, articles, aliases, last the advisory locks on story
keys), so two batches can wait for each other but never in a circle.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count

import psycopg

from wiredesk.worker.db import Connection
from wiredesk.worker.errors import Transient, WiredeskError
from wiredesk.worker.filing import rows
from wiredesk.worker.filing.deadline import Stalled
from wiredesk.worker.filing.decide import (
    FLAPPING_REVISIONS,
    Article,
    Decisions,
    Holder,
    State,
    apart_from_shown,
    compared_articles,
    decide,
    with_items,
)
from wiredesk.worker.filing.items import Arrival, Item, Outcome, Provenance, Refused
from wiredesk.worker.filing.marking import mark_up, with_fingerprints
from wiredesk.worker.filing.rows import RevisionRows
from wiredesk.worker.filing.stories import StoryPlacement, StoryText, place_in_stories
from wiredesk.worker.news.compare.identity import Wording
from wiredesk.worker.news.read import internal
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import articles, inbox, showings, stories
from wiredesk.worker.store.articles import SightingKey
from wiredesk.worker.store.records import BesideRow
from wiredesk.worker.store.sequences import reserve_ids

_TRIES = 12
# The wait of a document that is given back because the task had no time for it.
_LATE_WAIT_SECONDS = 5.0
# PostgreSQL ends the transaction of a worker that idles in it for this time (paused machine, lost network), so that
# other workers and readers of the change feed go on.
_IDLE_SECONDS = 5
# The longest time of a transaction for each item, and of an empty one; PostgreSQL 17 and later end it then.
_SECONDS_AN_ITEM, _SECONDS_AT_LEAST = 0.02, 20.0


@dataclass(frozen=True, slots=True)
class Batch:
    """Items and the documents they were read from, all of them leased under `token`.

    A document without items is closed. A replay amends outcomes where items were rejected before, closes nothing, and
    never makes an old text the current one. Documents whose items are not marked up by `mark_up_until`
    (`time.monotonic`) are given back, except the first that needs it.
    """

    items: tuple[Item, ...]
    document_ids: tuple[int, ...]
    token: str
    is_replay: bool = False
    mark_up_until: float = math.inf


@dataclass(frozen=True, slots=True)
class _Plan:
    """A decision that is ready to be written, and the state that it was made from."""

    state: State
    decided: Decisions
    revisions: tuple[RevisionRows, ...]
    source_ids: dict[str, int]
    window: timedelta


class _Void(Exception):
    """Another worker has changed the state that the decision was made from."""


@dataclass(frozen=True, slots=True)
class FiledBatch:
    """The result of a batch: an outcome for each item of the documents that were filed."""

    outcomes: tuple[Outcome, ...]
    document_ids: frozenset[int]


def file_batch(connection: Connection, settings: Settings, batch: Batch) -> FiledBatch:
    """File items and close their documents in one transaction.

    Documents whose lease went to another worker are left to it: their items have no outcome here. An item that can't be
    stored is rejected as `internal`, and the others are filed. Raises `Transient` when other workers keep changing the
    same articles.
    """
    try:
        return _file(connection, settings, batch)
    except Exception as error:
        if not _blames_item(error):
            raise
        return _file_without_culprits(connection, settings, batch, error)


def _file(connection: Connection, settings: Settings, batch: Batch) -> FiledBatch:
    reserved: list[int] = []
    for _ in range(_TRIES):
        state = _load(connection, batch.items)
        if apart := apart_from_shown(batch.items, state):
            batch = _with_items(batch, apart)
            continue
        decided = _decide(connection, batch, state, reserved)
        marked, late = _marked_up(decided, settings, batch.mark_up_until)
        decided, batch = with_items(decided, marked), _with_items(batch, marked)
        if late:
            inbox.give_back_documents(connection, sorted(late), batch.token, wait_seconds=_LATE_WAIT_SECONDS)
            batch = _left_to_us(batch, set(batch.document_ids) - late)
            continue
        batch, revisions = _with_rows(batch, decided)
        if revisions is None:
            continue
        plan = _Plan(state, decided, revisions, _sources(connection, batch), timedelta(days=settings.story_window_days))
        try:
            with connection.transaction():
                _bound(connection, batch)
                held = inbox.hold_documents(connection, batch.document_ids, batch.token)
                if len(held) < len(batch.document_ids):
                    batch = _left_to_us(batch, held)
                    raise _Void
                _check(connection, batch, state)
                _write(connection, batch, plan)
            return FiledBatch(decided.outcomes, frozenset(batch.document_ids))
        except _Void:
            continue
    raise Transient("other workers keep changing the same articles")


# ---- before the transaction


def _decide(connection: Connection, batch: Batch, state: State, reserved: list[int]) -> Decisions:
    """The decision on a batch. `reserved` holds ids for new articles; further ids that it needs are appended."""
    expected = sum(
        1
        for item in batch.items
        if isinstance(item, Arrival) and not any(one.key in state.holders for one in item.identity.aliases)
    )
    return decide(state, batch.items, _new_ids(connection, reserved, expected), is_replay=batch.is_replay)


def _new_ids(connection: Connection, reserved: list[int], expected: int) -> Iterator[int]:
    reserved += reserve_ids(connection, "wiredesk.article_id_seq", max(0, expected - len(reserved)))
    for i in count():
        if i == len(reserved):
            reserved += reserve_ids(connection, "wiredesk.article_id_seq", 1)
        yield reserved[i]


def _load(connection: Connection, items: Sequence[Item]) -> State:
    """Load the articles that hold the items' aliases; no lock is taken.

    Texts are loaded only where the item's meaning hash differs from the article's.
    """
    arrivals = [item for item in items if isinstance(item, Arrival)]
    holders = {
        alias.alias_key: Holder(alias.article_id, alias.kind)
        for alias in articles.held_aliases(connection, {a.key for item in arrivals for a in item.identity.aliases})
    }
    wanted = {holder.article_id for holder in holders.values()} | {i.reread.article_id for i in arrivals if i.reread}
    if not wanted:
        return State(holders, {}, {})
    found = {
        one.article_id: Article(
            one.article_id,
            one.story_id,
            one.source,
            one.revision_no,
            one.meaning_sha256,
            flags=tuple(one.flags),
            observed_at=one.observed_at,
            provider_id=one.provider_id,
            provider_version=one.provider_version,
            modified_at=one.modified_at,
            release_at=one.release_at,
        )
        for one in articles.current_articles(connection, wanted)
    }
    differing = compared_articles(arrivals, holders, found)
    for text in articles.current_texts(connection, differing) if differing else ():
        found[text.article_id] = replace(
            found[text.article_id],
            wording=Wording(text.headline, text.description, text.body_text),
        )
    # The items of the batch may add revisions before one of them is decided.
    returning = [n for n in differing if found[n].revision_no + len(arrivals) > FLAPPING_REVISIONS]
    for one in articles.past_meanings(connection, returning) if returning else ():
        article = found[one.article_id]
        found[one.article_id] = replace(article, past=(*article.past, (one.meaning_sha256, one.observed_at)))
    return State(holders, found, _shown(connection, arrivals, found), _beside(connection, arrivals, found))


def _beside(
    connection: Connection, arrivals: Sequence[Arrival], article_ids: Iterable[int]
) -> dict[tuple[int, int], int]:
    """The entries of these articles that feeds showed beside the new ones of the arrivals' documents."""
    rows = {
        item.at.document_id: BesideRow(
            document_id=item.at.document_id, feed_id=item.at.feed_id, showing=item.at.showing
        )
        for item in arrivals
        if item.at.feed_id is not None and item.at.showing is not None
    }
    if not rows:
        return {}
    found = showings.shown_beside(connection, list(rows.values()), article_ids)
    return {(one.document_id, one.article_id): one.title_key for one in found}


def _shown(connection: Connection, arrivals: Sequence[Arrival], article_ids: Iterable[int]) -> dict[SightingKey, bytes]:
    """The meaning hashes that feeds, and submitted pages that are fetched again, showed last of articles."""
    feed_ids = {item.at.feed_id for item in arrivals if item.at.feed_id is not None}
    submission_ids = {
        item.at.submission_id
        for item in arrivals
        if item.at.submission_id is not None and item.at.recheck_of is not None
    }
    if not (feed_ids or submission_ids):
        return {}
    found = articles.shown_last(connection, article_ids, feed_ids=feed_ids, submission_ids=submission_ids)
    return {SightingKey(one.article_id, one.feed_id, one.submission_id): one.meaning_sha256 for one in found}


def _marked_up(decided: Decisions, settings: Settings, until: float) -> tuple[dict[Provenance, Item], set[int]]:
    """The items to be filed that have no marks yet, with marks; and the documents for which no time is left.

    The first document is marked up in any case; its items that are left when the time is over are filed without marks.
    """
    missing: dict[int, list[Arrival]] = {}
    for filed in decided.filed:
        if not filed.arrival.is_marked_up:
            missing.setdefault(filed.arrival.at.document_id, []).append(filed.arrival)
    ready: list[Arrival] = []
    late: set[int] = set()
    for document_id, arrivals in missing.items():
        if ready and time.monotonic() > until:
            late.add(document_id)
        else:
            try:
                ready += [_with_marks(one, settings, until) for one in arrivals]
            except Stalled:
                late.add(document_id)
    return {arrival.at: arrival for arrival in with_fingerprints(ready, settings)}, late


def _with_marks(arrival: Arrival, settings: Settings, until: float) -> Arrival:
    if until == math.inf:
        return mark_up(arrival, settings)
    return mark_up(arrival, settings, until=until + settings.parse_seconds, wall_seconds=settings.wall_seconds)


def _with_items(batch: Batch, changed: Mapping[Provenance, Item]) -> Batch:
    return replace(batch, items=tuple(changed.get(item.at, item) for item in batch.items)) if changed else batch


def _with_rows(batch: Batch, decided: Decisions) -> tuple[Batch, tuple[RevisionRows, ...] | None]:
    """The rows of the revisions; None where one can't be made: its item is rejected in the batch that is given back."""
    made: list[RevisionRows] = []
    faults: dict[Provenance, Item] = {}
    for filed in decided.filed:
        try:
            made.append(rows.revision_rows(filed))
        except Exception as error:  # noqa: BLE001  (reported with the item's outcome)
            faults[filed.arrival.at] = Refused(filed.arrival.at, internal(error))
    return (_with_items(batch, faults), None) if faults else (batch, tuple(made))


def _sources(connection: Connection, batch: Batch) -> dict[str, int]:
    arrivals = (item for item in batch.items if isinstance(item, Arrival))
    return articles.sources(connection, {item.identity.source: item.publisher for item in arrivals})


def _left_to_us(batch: Batch, held: set[int]) -> Batch:
    return replace(
        batch,
        items=tuple(item for item in batch.items if item.at.document_id in held),
        document_ids=tuple(document_id for document_id in batch.document_ids if document_id in held),
    )


# ---- the transaction


def _bound(connection: Connection, batch: Batch) -> None:
    seconds = _SECONDS_AT_LEAST + _SECONDS_AN_ITEM * len(batch.items)
    inbox.bound_transaction(connection, idle_seconds=_IDLE_SECONDS, seconds=seconds)


def _check(connection: Connection, batch: Batch, state: State) -> None:
    """Lock the articles and compare them with the state of the decision; `_Void` where another worker changed it."""
    if state.articles:
        locked = articles.lock_articles(connection, sorted(state.articles))
        if locked != {n: article.revision_no for n, article in state.articles.items()}:
            raise _Void
    arrivals = [item for item in batch.items if isinstance(item, Arrival)]
    keys = {alias.key for item in arrivals for alias in item.identity.aliases}
    held = articles.held_aliases(connection, keys)
    if {alias.alias_key: Holder(alias.article_id, alias.kind) for alias in held} != state.holders:
        raise _Void
    if state.articles and _shown(connection, arrivals, state.articles) != state.shown:
        raise _Void


def _write(connection: Connection, batch: Batch, plan: _Plan) -> None:
    _claim_aliases(connection, plan.decided)
    _write_texts(connection, batch, plan)
    # The advisory locks on story keys are taken here: others wait from now on until this transaction ends.
    placement = _find_stories(connection, plan)
    _write_articles(connection, plan, placement)
    if batch.is_replay:
        inbox.close_replayed(connection, batch.document_ids)
    else:
        inbox.finish_documents(connection, rows.closing_rows(plan.decided.outcomes, batch.document_ids))


def _claim_aliases(connection: Connection, decided: Decisions) -> None:
    if len(articles.add_aliases(connection, decided.aliases)) < len(decided.aliases):
        raise _Void
    articles.move_aliases(connection, decided.moved_aliases)


def _write_texts(connection: Connection, batch: Batch, plan: _Plan) -> None:
    """Revisions and their parts, where they were seen, the pages to be fetched, and the outcomes."""
    decided = plan.decided
    with connection.pipeline():
        _write_revisions(connection, plan.revisions)
        inbox.add_rechecks(connection, rows.recheck_rows(decided))
        inbox.clear_gone(connection, rows.shown_articles(decided.outcomes))
        inbox.add_pages(connection, rows.page_rows(decided))
        articles.add_sightings(connection, decided.sightings)
        showings.mark_stale(connection, decided.stale)
        showings.add_entries(connection, decided.entries)
        outcomes = [rows.outcome_row(outcome) for outcome in decided.outcomes]
        if batch.is_replay:
            articles.amend_outcomes(connection, outcomes)
        else:
            articles.add_outcomes(connection, outcomes)


def _write_revisions(connection: Connection, revisions: Sequence[RevisionRows]) -> None:
    articles.add_revisions(connection, [one.revision for one in revisions])
    articles.add_authors(connection, [row for one in revisions for row in one.authors])
    articles.add_tags(connection, [row for one in revisions for row in one.tags])
    articles.add_subjects(connection, [row for one in revisions for row in one.subjects])
    articles.add_media(connection, [row for one in revisions for row in one.media])
    articles.add_quotes(connection, [row for one in revisions for row in one.quotes])
    articles.add_mentions(connection, [row for one in revisions for row in one.mentions])


def _find_stories(connection: Connection, plan: _Plan) -> StoryPlacement:
    """Put each article into its story.

    A reread text stays in its story, since the publisher has not changed it now; its fingerprint is stored for later
    copies.
    """
    stories.add_fingerprints(connection, rows.reread_fingerprints(plan.decided, plan.window))
    texts = [
        StoryText(
            filed.article_id,
            filed.revision_no,
            filed.arrival.at.received_at,
            filed.arrival.fingerprint,
            filed.story_id,
        )
        for filed in plan.decided.filed
        if filed.arrival.fingerprint is not None and filed.arrival.reread is None
    ]
    return place_in_stories(connection, texts, plan.window) if texts else StoryPlacement()


def _write_articles(connection: Connection, plan: _Plan, placement: StoryPlacement) -> None:
    """New and changed articles in their stories, and the change feed."""
    decided = plan.decided
    created = [rows.article_row(new, plan.source_ids, placement) for new in decided.created]
    joined = {row.story_id for row in created if row.story_id != row.article_id}
    survivors: dict[int, int] = {}
    if joined:  # no story is merged from here on until the transaction ends
        stories.lock_against_merging(connection)
        survivors = stories.surviving_stories(connection, joined)
    opened, gained = rows.story_rows(decided.created, placement, survivors)
    with connection.pipeline():
        stories.add_stories(connection, opened)
        stories.join_stories(connection, gained)
        articles.add_articles(connection, created)
        articles.update_articles(connection, decided.seen)
        articles.add_changes(connection, rows.change_rows(decided, placement))


# ---- values that PostgreSQL refuses


def _blames_item(error: Exception) -> bool:
    """Whether an error can be the fault of a value, and not of the program's SQL, the server or the network."""
    if isinstance(error, psycopg.Error):
        # Class 54: a value that is too long for an index.
        return isinstance(error, psycopg.DataError | psycopg.IntegrityError) or (error.sqlstate or "").startswith("54")
    return not isinstance(error, WiredeskError)


def _file_without_culprits(connection: Connection, settings: Settings, batch: Batch, error: Exception) -> FiledBatch:
    """File a batch with a value that can't be stored: document by document, then without the items that fail.

    Where no single item fails by itself, the document is rejected as a whole.
    """
    if len(batch.document_ids) > 1:
        alone = [file_batch(connection, settings, _left_to_us(batch, {n})) for n in batch.document_ids]
        return FiledBatch(
            tuple(outcome for one in alone for outcome in one.outcomes),
            frozenset(document_id for one in alone for document_id in one.document_ids),
        )
    refused = {
        item.at: Refused(item.at, internal(fault))
        for item in batch.items
        if (fault := _fault(connection, settings, batch, item)) is not None
    }
    if refused:
        return file_batch(connection, settings, _with_items(batch, refused))
    if not any(isinstance(item, Arrival) for item in batch.items):
        raise error
    whole = Refused(replace(batch.items[0].at, item_no=0), internal(error))
    return file_batch(connection, settings, replace(batch, items=(whole,)))


class _Tried(Exception):
    """The transaction was only a trial."""


def _fault(connection: Connection, settings: Settings, batch: Batch, item: Item) -> Exception | None:
    """The error that storing an item alone raises, or None; the trial is rolled back."""
    if isinstance(item, Refused):
        return None
    alone = replace(batch, items=(item,))
    try:
        state = _load(connection, alone.items)
        decided = _decide(connection, alone, state, [])
        decided = with_items(decided, _marked_up(decided, settings, math.inf)[0])
        made = tuple(rows.revision_rows(filed) for filed in decided.filed)
        plan = _Plan(state, decided, made, _sources(connection, alone), timedelta(days=settings.story_window_days))
        with connection.transaction():
            _claim_aliases(connection, decided)
            _write_texts(connection, alone, plan)
            _write_articles(connection, plan, StoryPlacement())
            raise _Tried
    except (_Tried, _Void):
        return None
    except Exception as error:
        if not _blames_item(error):
            raise
        return error
