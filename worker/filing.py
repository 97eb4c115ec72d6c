"""Filing: which article each item is, and one transaction that stores everything about it.

The names of an article (aliases) are what workers agree by. A batch reads the names it knows, locks those articles in
the order of their ids, decides as if the items came one by one, and claims the new names in the order of their
keys. A name that another worker claimed in between makes the whole decision void: it is taken again from the start.
Locks are always taken in one order (documents, articles, names), so two batches can wait for each other but never in a
circle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Literal, NamedTuple

from worker.db import Connection
from worker.errors import Rejected, Transient
from worker.news import changes, record, text, urls
from worker.news.identity import Alias, aliases, choose
from worker.news.model import Draft
from worker.store import articles, inbox

OutcomeKind = Literal["created", "revised", "repeated", "rejected"]
_TRIES = 8
# Two texts under one guid that share no headline and fewer words than this are two articles (publishers reuse guids).
_UNLIKE_SHARE = 0.8


@dataclass(frozen=True, slots=True, eq=False)
class Arrival:
    """One item of one document, on its way to an outcome. `item_no` counts from 1; 0 is the document as a whole."""

    document_id: int
    item_no: int
    origin: str
    received_at: datetime
    item: Draft | Rejected
    feed_id: int | None = None
    submission_id: int | None = None
    key: str | None = None
    url: str | None = None
    source: str | None = None


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


class _Source(NamedTuple):
    slug: str
    name: str


@dataclass(slots=True)
class _Article:
    """An article while a batch is decided: what is stored, and what this batch makes of it."""

    article_id: int
    story_id: int
    revision_no: int
    meaning: bytes
    is_new: bool = False
    texts: tuple[str | None, str, Sequence[str]] | None = None
    canonical_url: str | None = None
    last_seen: datetime | None = None


@dataclass(slots=True)
class _Decisions:
    outcomes: list[Outcome] = field(default_factory=list)
    created: list[tuple[Arrival, Draft, _Article, _Source]] = field(default_factory=list)
    revisions: list[tuple[Arrival, Draft, _Article, int, changes.Change | None, bytes]] = field(default_factory=list)
    names: list[tuple[Alias, int, datetime]] = field(default_factory=list)
    touched: dict[int, _Article] = field(default_factory=dict)
    sightings: dict[tuple[int, int | None, int | None], dict[str, Any]] = field(default_factory=dict)


def file(connection: Connection, arrivals: Sequence[Arrival], document_ids: Sequence[int], token: str) -> list[Outcome]:
    """File the items of `document_ids` in one transaction and close the documents; returns the outcomes.

    Documents whose lease went to another worker are left to it: their items have no outcome here. A document without
    arrivals is closed as empty. Raises `Transient` when other workers keep claiming the same names.
    """
    origins = {a: _source_of(a) for a in arrivals if isinstance(a.item, Draft)}
    source_ids = articles.sources(connection, {source.slug: source.name for source in origins.values()})
    for _ in range(_TRIES):
        try:
            with connection.transaction():
                held = inbox.hold_documents(connection, document_ids, token)
                ours = [a for a in arrivals if a.document_id in held]
                decided = _decide(connection, ours, origins)
                _store(connection, decided, source_ids)
                _close(connection, decided.outcomes, held)
                return decided.outcomes
        except _NameTaken:
            continue
    raise Transient("other workers keep claiming the same names")


def _source_of(arrival: Arrival) -> _Source:
    """Who published it: what the submitter or feed says, else what the copy says, else the host of its URL."""
    assert isinstance(arrival.item, Draft)
    name = arrival.source or arrival.item.source
    if not name:
        link = arrival.item.canonical_url or arrival.item.url or arrival.url
        name = (urls.host_of(link) if link else None) or "unknown"
    return _Source(urls.source_slug(name) or "unknown", text.clean_line(name))


# ---- deciding


def _decide(connection: Connection, arrivals: Sequence[Arrival], origins: dict[Arrival, _Source]) -> _Decisions:
    named = {
        arrival: aliases(arrival.item, source=origins[arrival].slug, key=arrival.key)
        for arrival in arrivals
        if isinstance(arrival.item, Draft)
    }
    meanings = {
        arrival: bytes.fromhex(changes.meaning_sha256(arrival.item.headline, arrival.item.body_text))
        for arrival in named
        if isinstance(arrival.item, Draft)
    }
    by_name = _known_articles(connection, named, set(meanings.values()))
    feeds = {a.feed_id for a in arrivals if a.feed_id is not None}
    stored_ids = {article.article_id for article in by_name.values()}
    shown = articles.shown_before(connection, stored_ids, feeds) if feeds and stored_ids else {}
    new_count = sum(1 for names in named.values() if not any(name.key in by_name for name in names))
    fresh_ids = iter(articles.reserve_ids(connection, "wiredesk.article_id_seq", new_count))
    decided = _Decisions()
    for arrival in arrivals:
        if isinstance(arrival.item, Rejected):
            decided.outcomes.append(Outcome(arrival, "rejected", reason=str(arrival.item)))
            continue
        draft, meaning, names = arrival.item, meanings[arrival], named[arrival]
        found = [(name, by_name[name.key]) for name in names if name.key in by_name]
        article = choose(found, akin=partial(_akin, draft))
        if article is None:
            article_id = next(fresh_ids, None) or articles.reserve_ids(connection, "wiredesk.article_id_seq", 1)[0]
            article = _Article(article_id, article_id, 1, meaning, is_new=True)
            article.texts = (draft.headline, draft.body_text, draft.flags)
            article.canonical_url = draft.canonical_url
            decided.created.append((arrival, draft, article, origins[arrival]))
            decided.revisions.append((arrival, draft, article, 1, None, meaning))
            outcome = Outcome(arrival, "created", None, article.article_id, 1, "created")
        else:
            outcome = _again(decided, arrival, draft, article, meaning, shown)
        for name in names:
            if name.key not in by_name:
                by_name[name.key] = article
                decided.names.append((name, article.article_id, arrival.received_at))
        _sight(decided, arrival, article, meaning, shown)
        decided.outcomes.append(outcome)
    return decided


def _again(
    decided: _Decisions,
    arrival: Arrival,
    draft: Draft,
    article: _Article,
    meaning: bytes,
    shown: dict[tuple[int, int], bytes],
) -> Outcome:
    """An item whose article is known: the same again, or a revision."""
    repeated = Outcome(arrival, "repeated", None, article.article_id, article.revision_no)
    if meaning == article.meaning:
        return repeated
    if arrival.feed_id is not None and shown.get((article.article_id, arrival.feed_id)) == meaning:
        return repeated  # this feed shows what it showed before; another channel has a newer or fuller text
    headline, body_text, flags = article.texts or (None, "", ())
    if draft.teaser and "teaser" not in flags:
        return repeated  # a summary never replaces a text
    change = changes.describe(headline, body_text, draft.headline, draft.body_text)
    if change.kind == "boring":
        return repeated
    article.revision_no += 1
    article.meaning = meaning
    article.texts = (draft.headline, draft.body_text, draft.flags)
    article.canonical_url = draft.canonical_url
    decided.revisions.append((arrival, draft, article, article.revision_no, change, meaning))
    return Outcome(arrival, "revised", None, article.article_id, article.revision_no, change.kind)


def _known_articles(
    connection: Connection, named: dict[Arrival, tuple[Alias, ...]], meanings: set[bytes]
) -> dict[Any, _Article]:
    """The stored articles that the batch's names lead to, locked; texts only where something may have changed."""
    keys = {name.key for names in named.values() for name in names}
    if not keys:
        return {}
    ids = articles.articles_by_alias(connection, keys)
    if not ids:
        return {}
    held = {row[0]: _Article(*row) for row in articles.hold_articles(connection, sorted(set(ids.values())))}
    changed = [a.article_id for a in held.values() if a.meaning not in meanings]
    for article_id, texts in (articles.current_texts(connection, changed) if changed else {}).items():
        held[article_id].texts = texts
    return {key: held[article_id] for key, article_id in ids.items() if article_id in held}


def _akin(draft: Draft, article: _Article) -> bool:
    """Whether a guid that was seen before still names the same piece: the texts have something in common."""
    if article.texts is None:
        return True
    headline, body_text, _ = article.texts
    change = changes.describe(headline, body_text, draft.headline, draft.body_text)
    return not change.headline_changed or change.share_changed < _UNLIKE_SHARE


def _sight(
    decided: _Decisions, arrival: Arrival, article: _Article, meaning: bytes, shown: dict[tuple[int, int], bytes]
) -> None:
    article.last_seen = max(filter(None, (article.last_seen, arrival.received_at)))
    decided.touched[article.article_id] = article
    feed_id = arrival.feed_id
    submission_id = None if feed_id is not None else arrival.submission_id
    row = decided.sightings.setdefault(
        (article.article_id, feed_id, submission_id),
        {
            "article_id": article.article_id,
            "feed_id": feed_id,
            "submission_id": submission_id,
            "url": arrival.url,
            "times": 0,
        },
    )
    row["times"] += 1
    row["seen_at"] = arrival.received_at
    row["meaning_sha256"] = meaning.hex()
    if feed_id is not None:
        shown[article.article_id, feed_id] = meaning


# ---- storing


def _store(connection: Connection, decided: _Decisions, source_ids: dict[str, int]) -> None:
    claimed = [
        {"alias_key": name.key, "article_id": article_id, "kind": name.kind, "value": name.value, "seen_at": seen_at}
        for name, article_id, seen_at in decided.names
    ]
    if len(articles.add_aliases(connection, claimed)) < len(claimed):
        raise _NameTaken
    with connection.pipeline():
        articles.add_stories(
            connection,
            [{"story_id": a.story_id, "seen_at": arrival.received_at} for arrival, _, a, _ in decided.created],
        )
        articles.add_articles(
            connection,
            [
                {
                    "article_id": article.article_id,
                    "story_id": article.story_id,
                    "source_id": source_ids[source.slug],
                    "canonical_url": article.canonical_url,
                    "seen_at": arrival.received_at,
                    "revision_no": article.revision_no,
                    "meaning_sha256": article.meaning.hex(),
                }
                for arrival, _, article, source in decided.created
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
        _store_revisions(connection, decided)
        articles.add_sightings(connection, list(decided.sightings.values()))
        articles.add_outcomes(connection, [_outcome_row(o) for o in decided.outcomes])
        articles.add_changes(
            connection,
            [
                {
                    "kind": "created" if number == 1 else "revised",
                    "article_id": article.article_id,
                    "revision_no": number,
                    "story_id": article.story_id,
                }
                for _, _, article, number, _, _ in decided.revisions
            ],
        )


def _store_revisions(connection: Connection, decided: _Decisions) -> None:
    revisions: list[dict[str, Any]] = []
    authors: list[dict[str, Any]] = []
    tags: list[dict[str, Any]] = []
    media: list[dict[str, Any]] = []
    quotes: list[dict[str, Any]] = []
    mentions: list[dict[str, Any]] = []
    for arrival, draft, article, number, change, meaning in decided.revisions:
        at: dict[str, Any] = {"article_id": article.article_id, "revision_no": number}
        revisions.append(at | _revision_row(arrival, draft, change, meaning))
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


def _revision_row(arrival: Arrival, draft: Draft, change: changes.Change | None, meaning: bytes) -> dict[str, Any]:
    published, dateline = draft.published, draft.dateline
    return {
        "observed_at": arrival.received_at,
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
        "modified_at": draft.modified.at if draft.modified else None,
        "section": draft.section,
        "dateline_text": dateline.text if dateline else None,
        "dateline_place": dateline.place if dateline else None,
        "dateline_date": dateline.date if dateline else None,
        "dateline_agency": dateline.agency if dateline else None,
        "agency": draft.agency,
        "agency_source": draft.agency_source,
        "word_count": text.word_count(draft.body_text),
        "content_sha256": text.content_sha256(draft.headline, draft.body_text),
        "meaning_sha256": meaning.hex(),
        "flags": [*draft.flags, *(["teaser"] if draft.teaser and "teaser" not in draft.flags else [])],
        "evidence": record.evidence(draft),
    }


def _outcome_row(outcome: Outcome) -> dict[str, Any]:
    arrival = outcome.arrival
    return {
        "received_at": arrival.received_at,
        "document_id": arrival.document_id,
        "item_no": arrival.item_no,
        "origin": arrival.origin,
        "feed_id": arrival.feed_id,
        "submission_id": arrival.submission_id,
        "url": (arrival.item.canonical_url if isinstance(arrival.item, Draft) else None) or arrival.url,
        "key": arrival.key,
        "headline": outcome.headline,
        "outcome": outcome.outcome,
        "reason": outcome.reason,
        "article_id": outcome.article_id,
        "revision_no": outcome.revision_no,
    }


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
            {
                "document_id": document_id,
                "created": count["created"],
                "revised": count["revised"],
                "repeated": count["repeated"],
                "rejected": count["rejected"],
                "reason": reasons.get(document_id),
            }
            for document_id, count in counts.items()
        ],
    )
