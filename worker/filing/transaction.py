"""Filing: which article each item is, and one transaction that stores everything about it.

The names of an article (aliases) are what workers agree by. A batch reads the names it knows, locks those articles in
the order of their ids, decides as if the items came one by one, and claims the new names in the order of their
keys. A name that another worker claimed in between makes the whole decision void: it is taken again from the start.
Locks are always taken in one order (documents, articles, names), so two batches can wait for each other but never in a
circle; the gate of the stories comes last.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from wiredesk.worker.db import Connection
from wiredesk.worker.errors import Rejected, Transient
from wiredesk.worker.filing.stories import Placement, Text, place
from wiredesk.worker.news import record
from wiredesk.worker.news.compare import changes
from wiredesk.worker.news.compare.fingerprint import Fingerprint
from wiredesk.worker.news.compare.identity import Alias, Identity, choose, is_akin
from wiredesk.worker.news.model import Draft
from wiredesk.worker.news.values import text, urls
from wiredesk.worker.safe_text import mask_secrets
from wiredesk.worker.store import articles, inbox, stories
from wiredesk.worker.store.articles import Place
from wiredesk.worker.store.records import ClosingRow, Origin, OutcomeKind, OutcomeRow

_TRIES = 8
# Caches and editions make publishers show two texts in turn. A text that was a revision so often within so long is not
# filed once more; when it stays for good it becomes one after that time.
_FLAPPING_TIMES = 2
_FLAPPING_WINDOW = timedelta(days=7)
# Below so many revisions nothing can have come back that often: the look-up is spared.
_FLAPPING_REVISIONS = 2 * _FLAPPING_TIMES


@dataclass(frozen=True, slots=True)
class Reread:
    """What a stored document is read again for: the revision that it gave, and when it was read again.

    `has_new_text` is false where headline and body read as before, so that the fingerprint that is kept still holds.
    """

    article_id: int
    revision_no: int
    at: datetime
    has_new_text: bool


@dataclass(slots=True, eq=False)
class Arrival:
    """One item of one document, on its way to an outcome. `item_no` counts from 1; 0 is the document as a whole.

    `publisher` is the name of who published it and `identity` what decides which article it is; a rejected item has
    neither. `is_marked_up` is true once the draft is complete. `wants_page` asks for the page at the item's URL, when
    the item is filed. `print` is the fingerprint of its text, by which its story is found. `reread` is set where a
    stored document reads otherwise today than what was filed of it. `is_page` says that its address answered with it;
    the page is looked at again after `recheck_seconds`, and of a page that is, `recheck_of` is the article. `page_of`
    is the article for whose full text the page was fetched.
    """

    document_id: int
    item_no: int
    origin: Origin
    received_at: datetime
    item: Draft | Rejected
    feed_id: int | None = None
    submission_id: int | None = None
    key: str | None = None
    url: str | None = None
    publisher: str | None = None
    identity: Identity | None = None
    is_marked_up: bool = False
    wants_page: bool = False
    print: Fingerprint | None = None
    is_page: bool = False
    recheck_seconds: float | None = None
    recheck_of: int | None = None
    page_of: int | None = None
    reread: Reread | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item."""

    arrival: Arrival
    outcome: OutcomeKind
    reason: str | None = None
    article_id: int | None = None
    revision_no: int | None = None
    change_kind: str | None = None

    @property
    def headline(self) -> str | None:
        return self.arrival.item.headline if isinstance(self.arrival.item, Draft) else None


class _NameTaken(Exception):
    """Another worker claimed a name of this batch first."""


@dataclass(slots=True)
class _Article:
    """An article while a batch is decided: what is stored, and what this batch makes of it."""

    article_id: int
    story_id: int
    revision_no: int
    meaning: bytes
    is_new: bool = False
    texts: tuple[str | None, str, Sequence[str]] | None = None
    earlier: list[tuple[bytes, datetime]] = field(default_factory=list)
    canonical_url: str | None = None
    last_seen: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Filed:
    """A revision to be stored."""

    arrival: Arrival
    article: _Article
    revision_no: int
    change: changes.Change | None
    identity: Identity


@dataclass(slots=True)
class _Decisions:
    outcomes: list[Outcome] = field(default_factory=list)
    created: list[tuple[Arrival, _Article]] = field(default_factory=list)
    revisions: list[_Filed] = field(default_factory=list)
    names: list[tuple[Alias, int, datetime]] = field(default_factory=list)
    touched: dict[int, _Article] = field(default_factory=dict)
    sightings: dict[Place, dict[str, Any]] = field(default_factory=dict)


def publisher(item: Draft, *, said: str | None, url: str | None) -> str:
    """Who published it: what the submitter or feed says, else what the copy says, else the host of its URL."""
    name = said or item.source
    if not name:
        link = item.canonical_url or item.url or url
        name = (urls.host_of(link) if link else None) or "unknown"
    return text.clean_line(name)


def unseen(connection: Connection, arrivals: Sequence[Arrival]) -> list[Arrival]:
    """The arrivals that may become articles or revisions; the others are the same again as far as anyone knows now."""
    identities = [a.identity for a in arrivals if a.identity is not None]
    same = articles.same_again(
        connection, [(name.key, identity.meaning_sha256) for identity in identities for name in identity.names]
    )
    return [a for a in arrivals if a.identity is not None and not any(n.key in same for n in a.identity.names)]


def file(
    connection: Connection,
    arrivals: Sequence[Arrival],
    document_ids: Sequence[int],
    token: str,
    *,
    complete: Callable[[Sequence[Arrival]], None],
    story_window: timedelta = timedelta(days=14),
    is_replay: bool = False,
) -> list[Outcome]:
    """File the items of `document_ids` in one transaction and close the documents; returns the outcomes.

    `complete` marks up drafts and takes their fingerprints where that was not done before, once it is known that they
    are filed. `story_window` is how far apart in time two copies of one story may arrive. Documents whose lease went to
    another worker are left to it: their items have no outcome here. A document without arrivals is closed. A replay
    amends the ledger where items were rejected before, and never makes an old text the current one. Raises `Transient`
    when other workers keep claiming the same names.
    """
    publishers = {a.identity.source: a.publisher or a.identity.source for a in arrivals if a.identity is not None}
    source_ids = articles.sources(connection, publishers)
    for _ in range(_TRIES):
        try:
            with connection.transaction():
                held = inbox.hold_documents(connection, document_ids, token)
                decided = _decide(connection, [a for a in arrivals if a.document_id in held], is_replay)
                complete([filed.arrival for filed in decided.revisions])
                _claim_names(connection, decided)
                _store_texts(connection, decided, is_replay)
                # Others wait from here on until this transaction ends: only what knows of stories is left to store.
                placement = _find_stories(connection, decided, story_window)
                _store_articles(connection, decided, source_ids, placement)
                if is_replay:
                    inbox.close_replayed(connection, held)
                else:
                    _close(connection, decided.outcomes, held)
                return decided.outcomes
        except _NameTaken:
            continue
    raise Transient("other workers keep claiming the same names")


# ---- deciding


def _decide(connection: Connection, arrivals: Sequence[Arrival], is_replay: bool) -> _Decisions:
    by_name, reread = _known_articles(connection, arrivals)
    shown = _shown_before(connection, arrivals, {article.article_id for article in by_name.values()})
    new_count = sum(1 for a in arrivals if a.identity and not any(name.key in by_name for name in a.identity.names))
    fresh_ids = iter(articles.reserve_ids(connection, "wiredesk.article_id_seq", new_count))
    decided = _Decisions()
    for arrival in arrivals:
        draft, identity = arrival.item, arrival.identity
        if isinstance(draft, Rejected) or identity is None:
            decided.outcomes.append(Outcome(arrival, "rejected", reason=str(draft)))
            continue
        found = [(name, by_name[name.key]) for name in identity.names if name.key in by_name]
        article = reread.get(arrival.reread.article_id) if arrival.reread else choose(found, akin=partial(_akin, draft))
        if arrival.recheck_of is not None and not (
            article is not None and article.article_id == arrival.recheck_of and _akin(draft, article)
        ):
            # Readers of what is gone are often sent to the front page, or to another article.
            reason = str(Rejected("elsewhere", "the address of the article shows another text"))
            decided.outcomes.append(Outcome(arrival, "rejected", reason=reason))
            continue
        if article is None:
            article_id = next(fresh_ids, None) or articles.reserve_ids(connection, "wiredesk.article_id_seq", 1)[0]
            article = _Article(article_id, article_id, 1, identity.meaning_sha256, is_new=True)
            article.texts = (draft.headline, draft.body_text, _flags(draft))
            article.canonical_url = draft.canonical_url
            decided.created.append((arrival, article))
            decided.revisions.append(_Filed(arrival, article, 1, None, identity))
            outcome = Outcome(arrival, "created", None, article.article_id, 1, "created")
        elif is_replay:
            outcome = _read_again(decided, arrival, draft, identity, article)
        else:
            outcome = _again(decided, arrival, draft, identity, article, shown)
        for name in identity.names:
            if name.key not in by_name:
                by_name[name.key] = article
                decided.names.append((name, article.article_id, arrival.received_at))
        if not is_replay or outcome.outcome != "repeated":
            # What was passed over is not noted as shown, so that it is looked at again until it has settled.
            passed_over = outcome.outcome == "repeated" and _flaps(arrival, article, identity.meaning_sha256)
            _sight(decided, arrival, article, article.meaning if passed_over else identity.meaning_sha256, shown)
        decided.outcomes.append(outcome)
    return decided


def _again(
    decided: _Decisions,
    arrival: Arrival,
    draft: Draft,
    identity: Identity,
    article: _Article,
    shown: dict[Place, bytes],
) -> Outcome:
    """An item whose article is known: the same again, or a revision."""
    repeated = Outcome(arrival, "repeated", None, article.article_id, article.revision_no)
    meaning = identity.meaning_sha256
    if meaning == article.meaning:
        return repeated
    if shown.get(_place(arrival, article)) == meaning:
        return repeated  # this feed or page shows what it showed before; another channel has a newer or fuller text
    headline, body_text, flags = article.texts or (None, "", ())
    if draft.teaser and "teaser" not in flags:
        return repeated  # a summary never replaces a text
    change = changes.describe(headline, body_text, draft.headline, draft.body_text)
    if change.kind == "boring" or _flaps(arrival, article, meaning):
        return repeated
    if arrival.is_page and arrival.origin in ("page", "recheck") and "teaser" in flags:
        if len(draft.body_text) < len(body_text):
            return repeated  # a page that shows less than its feed: a paywall, a consent wall
        change = replace(change, kind="full_text")
    return _revise(decided, arrival, draft, identity, article, change)


def _flaps(arrival: Arrival, article: _Article, meaning: bytes) -> bool:
    """Whether a fetched text was a revision of the article again and again of late. What is submitted is meant."""
    since = arrival.received_at - _FLAPPING_WINDOW
    times = sum(1 for earlier, observed_at in article.earlier if earlier == meaning and observed_at > since)
    return arrival.origin != "submission" and times >= _FLAPPING_TIMES


def _read_again(decided: _Decisions, arrival: Arrival, draft: Draft, identity: Identity, article: _Article) -> Outcome:
    """An item of a stored document: a revision only where the current one was read from it, and no publisher's edit."""
    if arrival.reread is None or arrival.reread.revision_no != article.revision_no:
        return Outcome(arrival, "repeated", None, article.article_id, article.revision_no)
    headline, body_text, _ = article.texts or (None, "", ())
    change = changes.describe(headline, body_text, draft.headline, draft.body_text)
    return _revise(decided, arrival, draft, identity, article, replace(change, kind="reread"))


def _revise(
    decided: _Decisions,
    arrival: Arrival,
    draft: Draft,
    identity: Identity,
    article: _Article,
    change: changes.Change,
) -> Outcome:
    article.revision_no += 1
    article.meaning = identity.meaning_sha256
    article.texts = (draft.headline, draft.body_text, _flags(draft))
    article.canonical_url = draft.canonical_url
    decided.revisions.append(_Filed(arrival, article, article.revision_no, change, identity))
    return Outcome(arrival, "revised", None, article.article_id, article.revision_no, change.kind)


def _flags(draft: Draft) -> tuple[str, ...]:
    return (*draft.flags, "teaser") if draft.teaser and "teaser" not in draft.flags else draft.flags


def _known_articles(
    connection: Connection, arrivals: Sequence[Arrival]
) -> tuple[dict[UUID, _Article], dict[int, _Article]]:
    """The stored articles that the batch's names lead to, and those that are read again by their ids.

    They are locked; texts are there only where something may have changed.
    """
    reread_ids = {a.reread.article_id for a in arrivals if a.reread}
    keys = {name.key for a in arrivals if a.identity for name in a.identity.names}
    ids = articles.articles_by_alias(connection, keys) if keys else {}
    wanted = reread_ids | set(ids.values())
    if not wanted:
        return {}, {}
    held = {row[0]: _Article(*row) for row in articles.hold_articles(connection, sorted(wanted))}
    # One item may bring the stored text again and another of the same name a new one: each pair is looked at.
    changed = reread_ids | {
        ids[name.key]
        for identity in (a.identity for a in arrivals if a.identity)
        for name in identity.names
        if name.key in ids and ids[name.key] in held and held[ids[name.key]].meaning != identity.meaning_sha256
    }
    for article_id, texts in (articles.current_texts(connection, changed) if changed else {}).items():
        held[article_id].texts = texts
    often = [article_id for article_id in changed if held[article_id].revision_no >= _FLAPPING_REVISIONS]
    for article_id, meaning, observed_at in articles.recent_meanings(connection, often) if often else ():
        held[article_id].earlier.append((meaning, observed_at))
    return {key: held[article_id] for key, article_id in ids.items() if article_id in held}, held


def _akin(draft: Draft, article: _Article) -> bool:
    """Whether a guid that was seen before still names the same piece: the texts have something in common."""
    if article.texts is None:
        return True
    headline, body_text, _ = article.texts
    if changes.is_withdrawal(headline, body_text) or changes.is_withdrawal(draft.headline, draft.body_text):
        return True  # a notice stands in the place of the text, and has nothing else in common with it
    return is_akin(headline, body_text, draft.headline, draft.body_text)


def _place(arrival: Arrival, article: _Article) -> Place:
    feed_id = arrival.feed_id
    return article.article_id, feed_id, None if feed_id is not None else arrival.submission_id


def _shown_before(connection: Connection, arrivals: Sequence[Arrival], article_ids: set[int]) -> dict[Place, bytes]:
    """What feeds showed of articles the last time, and pages that were submitted and are looked at again."""
    feed_ids = {a.feed_id for a in arrivals if a.feed_id is not None}
    submission_ids = {a.submission_id for a in arrivals if a.submission_id is not None and a.recheck_of is not None}
    if not article_ids or not (feed_ids or submission_ids):
        return {}
    return articles.shown_before(connection, article_ids, feed_ids=feed_ids, submission_ids=submission_ids)


def _sight(decided: _Decisions, arrival: Arrival, article: _Article, meaning: bytes, shown: dict[Place, bytes]) -> None:
    article.last_seen = max(filter(None, (article.last_seen, arrival.received_at)))
    decided.touched[article.article_id] = article
    where = article_id, feed_id, submission_id = _place(arrival, article)
    row = decided.sightings.setdefault(
        where,
        {
            "article_id": article_id,
            "feed_id": feed_id,
            "submission_id": submission_id,
            "url": arrival.url,
            "times": 0,
        },
    )
    row["times"] += not arrival.reread
    row["seen_at"] = arrival.received_at
    row["meaning_sha256"] = meaning.hex()
    shown[where] = meaning


# ---- storing


def _claim_names(connection: Connection, decided: _Decisions) -> None:
    claimed = [
        {"alias_key": name.key, "article_id": article_id, "kind": name.kind, "value": name.value, "seen_at": seen_at}
        for name, article_id, seen_at in decided.names
    ]
    if len(articles.add_aliases(connection, claimed)) < len(claimed):
        raise _NameTaken


def _find_stories(connection: Connection, decided: _Decisions, window: timedelta) -> Placement:
    """Put each article into its story; the last locks of the transaction are taken here.

    A text that was read again stays where it is, since the publisher's act was long ago; its fingerprint is kept for
    what comes later.
    """
    read_again = [
        stories.StoredPrint(f.article.article_id, f.revision_no, f.arrival.received_at, f.arrival.print)
        for f in decided.revisions
        if (reread := f.arrival.reread) and reread.has_new_text and reread.at - f.arrival.received_at <= window
        if f.arrival.print is not None
    ]
    stories.add_prints(connection, read_again)
    texts = [
        Text(
            filed.article.article_id,
            filed.revision_no,
            filed.arrival.received_at,
            filed.arrival.print,
            None if filed.article.is_new else filed.article.story_id,
        )
        for filed in decided.revisions
        if filed.arrival.print is not None and filed.arrival.reread is None
    ]
    placement = place(connection, texts, window) if texts else Placement()
    for _, article in decided.created:
        article.story_id = placement.story_ids.get(article.article_id, article.article_id)
    return placement


def _survivors(connection: Connection, decided: _Decisions) -> dict[int, int]:
    """The survivor of each story that new articles join; none is merged from here on until the transaction ends."""
    joined = {article.story_id for _, article in decided.created if article.story_id != article.article_id}
    if not joined:
        return {}
    stories.enter_to_join(connection)
    return stories.surviving_stories(connection, joined)


def _story_rows(decided: _Decisions, survivors: dict[int, int]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The stories that new articles open, and what they add to stories."""
    opened: list[dict[str, Any]] = []
    joined: dict[int, dict[str, Any]] = {}
    for arrival, article in decided.created:
        seen_at = arrival.received_at
        if article.story_id == article.article_id:
            opened.append({"story_id": article.story_id, "seen_at": seen_at})
            continue
        story_id = survivors.get(article.story_id, article.story_id)
        row = joined.setdefault(
            story_id,
            {"story_id": story_id, "count": 0, "seen_at": seen_at, "article_id": article.article_id},
        )
        row["count"] += 1
        if (seen_at, article.article_id) < (row["seen_at"], row["article_id"]):
            row |= {"seen_at": seen_at, "article_id": article.article_id}
    return opened, [joined[story_id] for story_id in sorted(joined)]


def _store_texts(connection: Connection, decided: _Decisions, is_replay: bool) -> None:
    """Revisions and all that belongs to them, where they were seen, what is to be fetched, and the ledger."""
    with connection.pipeline():
        _store_revisions(connection, decided)
        to_recheck = [(filed.article.article_id, filed.arrival) for filed in decided.revisions]
        to_recheck += [(a.page_of, a) for o in decided.outcomes if o.outcome == "rejected" and (a := o.arrival).page_of]
        inbox.add_rechecks(
            connection,
            [
                {
                    "article_id": article_id,
                    "document_id": arrival.document_id,
                    "wait_seconds": arrival.recheck_seconds,
                }
                for article_id, arrival in to_recheck
                if arrival.recheck_seconds is not None
            ],
        )
        shown = [o.article_id for o in decided.outcomes if o.arrival.is_page and o.article_id is not None]
        inbox.note_there(connection, shown)
        inbox.add_pages(connection, [_page_row(filed) for filed in decided.revisions if filed.arrival.wants_page])
        articles.add_sightings(connection, list(decided.sightings.values()))
        ledger = [_outcome_row(outcome) for outcome in decided.outcomes]
        if is_replay:
            articles.amend_outcomes(connection, ledger)
        else:
            articles.add_outcomes(connection, ledger)


def _store_articles(
    connection: Connection, decided: _Decisions, source_ids: dict[str, int], placement: Placement
) -> None:
    """New and changed articles in their stories, and the change feed."""
    opened, joined = _story_rows(decided, _survivors(connection, decided))
    with connection.pipeline():
        articles.add_stories(connection, opened)
        articles.join_stories(connection, joined)
        articles.add_articles(
            connection,
            [
                {
                    "article_id": article.article_id,
                    "story_id": article.story_id,
                    "source_id": source_ids[arrival.identity.source] if arrival.identity else None,
                    "canonical_url": article.canonical_url,
                    "seen_at": arrival.received_at,
                    "revision_no": article.revision_no,
                    "meaning_sha256": article.meaning.hex(),
                }
                for arrival, article in decided.created
            ],
        )
        articles.move_articles(
            connection,
            [
                {
                    "article_id": article.article_id,
                    "seen_at": article.last_seen,
                    "revision_no": article.revision_no,
                    "meaning_sha256": article.meaning.hex(),
                    "canonical_url": article.canonical_url,
                }
                for article in decided.touched.values()
                if not article.is_new
            ],
        )
        articles.add_changes(connection, _change_rows(decided, placement))


def _change_rows(decided: _Decisions, placement: Placement) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {
            "kind": _change_kind(filed),
            "article_id": filed.article.article_id,
            "revision_no": filed.revision_no,
            "story_id": placement.merged.get(filed.article.story_id, filed.article.story_id),
        }
        for filed in decided.revisions
    ]
    merged = sorted(placement.merged.items())
    return rows + [{"kind": "merged", "story_id": survivor, "merged_story_id": lost} for lost, survivor in merged]


def _change_kind(filed: _Filed) -> str:
    if filed.change is None:
        return "created"
    return "reread" if filed.change.kind == "reread" else "revised"


def _page_row(filed: _Filed) -> dict[str, Any]:
    """The page of an entry, to be fetched; what the entry knows stands in where the page says nothing."""
    draft = filed.arrival.item
    assert isinstance(draft, Draft)
    known = {
        "url": draft.url,
        "headline": draft.headline,
        "published_at": record.stamp(draft.published),
        "authors": [author.name for author in draft.authors],
        "language": draft.language,
    }
    return {
        "url": draft.url,
        "feed_id": filed.arrival.feed_id,
        "received_at": filed.arrival.received_at,
        "context": {
            "entry": {name: value for name, value in known.items() if value},
            "page_of": filed.article.article_id,
        },
    }


def _store_revisions(connection: Connection, decided: _Decisions) -> None:
    revisions: list[dict[str, Any]] = []
    authors: list[dict[str, Any]] = []
    tags: list[dict[str, Any]] = []
    media: list[dict[str, Any]] = []
    quotes: list[dict[str, Any]] = []
    mentions: list[dict[str, Any]] = []
    for filed in decided.revisions:
        draft = filed.arrival.item
        assert isinstance(draft, Draft)
        at: dict[str, Any] = {"article_id": filed.article.article_id, "revision_no": filed.revision_no}
        revisions.append(at | _revision_row(filed, draft))
        authors += [
            at | {"ordinal": n, "name": a.name, "role": a.role, "name_source": a.source}
            for n, a in enumerate(draft.authors, 1)
        ]
        tags += [at | {"ordinal": n, "tag": tag} for n, tag in enumerate(draft.tags, 1)]
        media += [
            at
            | {
                "ordinal": n,
                "url": m.url,
                "kind": m.kind,
                "media_type": m.media_type,
                "caption": m.caption,
                "width": m.width,
                "height": m.height,
            }
            for n, m in enumerate(draft.media, 1)
        ]
        quotes += [
            at
            | {
                "ordinal": n,
                "text": q.text,
                "start_offset": q.start,
                "end_offset": q.end,
                "speaker": q.speaker,
                "speaker_source": q.speaker_source,
                "cue": q.cue,
                "kind": q.kind,
            }
            for n, q in enumerate(draft.quotes, 1)
        ]
        mentions += [
            at
            | {
                "ordinal": n,
                "kind": m.kind,
                "text": m.text,
                "name": m.name,
                "start_offset": m.start,
                "end_offset": m.end,
                "count": m.count,
            }
            for n, m in enumerate(draft.mentions, 1)
        ]
    articles.add_revisions(connection, revisions)
    articles.add_authors(connection, authors)
    articles.add_tags(connection, tags)
    articles.add_media(connection, media)
    articles.add_quotes(connection, quotes)
    articles.add_mentions(connection, mentions)


def _revision_row(filed: _Filed, draft: Draft) -> dict[str, Any]:
    arrival, change = filed.arrival, filed.change
    published, dateline = draft.published, draft.dateline
    return {
        "observed_at": arrival.reread.at if arrival.reread else arrival.received_at,
        "document_id": arrival.document_id,
        "change_kind": change.kind if change else "created",
        "share_changed": change.share_changed if change else None,
        "headline": draft.headline,
        "byline": draft.byline,
        "description": draft.description,
        "body_text": draft.body_text,
        "language": draft.language,
        "language_confidence": draft.language_confidence,
        "canonical_url": draft.canonical_url,
        "published_at": published.at if published else None,
        "published_precision": published.precision if published else "unknown",
        "published_source": published.source if published else None,
        "published_zone_known": published.zone_known if published else None,
        "published_offset_minutes": published.offset_minutes if published else None,
        "modified_at": draft.modified.at if draft.modified else None,
        "section": draft.section,
        "dateline_text": dateline.text if dateline else None,
        "dateline_place": dateline.place if dateline else None,
        "dateline_date": dateline.date if dateline else None,
        "dateline_agency": dateline.agency if dateline else None,
        "dateline_agency_text": dateline.agency_text if dateline else None,
        "agency": draft.agency,
        "agency_source": draft.agency_source,
        "word_count": text.word_count(draft.body_text),
        "content_sha256": text.content_sha256(draft.headline, draft.body_text),
        "meaning_sha256": filed.identity.meaning_sha256.hex(),
        "flags": _flags(draft),
        "evidence": record.evidence(draft),
    }


def _outcome_row(outcome: Outcome) -> OutcomeRow:
    arrival = outcome.arrival
    # A submission has one outcome; later looks at the page that it named are not its own.
    is_submission = arrival.origin == "submission"
    url = arrival.url and mask_secrets(arrival.url)
    return OutcomeRow(
        received_at=arrival.received_at,
        document_id=arrival.document_id,
        item_no=arrival.item_no,
        origin=arrival.origin,
        feed_id=arrival.feed_id,
        submission_id=arrival.submission_id if is_submission else None,
        url=(arrival.item.canonical_url if isinstance(arrival.item, Draft) else None) or url,
        key=arrival.key if is_submission else None,
        headline=outcome.headline,
        outcome=outcome.outcome,
        reason=outcome.reason,
        article_id=outcome.article_id,
        revision_no=outcome.revision_no,
    )


def _close(connection: Connection, outcomes: Sequence[Outcome], held: set[int]) -> None:
    counts: dict[int, Counter[str]] = {document_id: Counter() for document_id in held}
    reasons: dict[int, str | None] = {}
    for outcome in outcomes:
        counts[outcome.arrival.document_id][outcome.outcome] += 1
        if outcome.arrival.item_no == 0:
            reasons[outcome.arrival.document_id] = outcome.reason
    inbox.finish_documents(
        connection,
        [
            ClosingRow(
                document_id=document_id,
                created=count["created"],
                revised=count["revised"],
                repeated=count["repeated"],
                rejected=count["rejected"],
                reason=reasons.get(document_id),
            )
            for document_id, count in counts.items()
        ],
    )
