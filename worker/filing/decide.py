"""The decision: which article each item of a batch is, and which rows are written. Pure: no connection, no clock.

The items of a batch are decided one after the other, each as if the ones before it were filed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from wiredesk.worker.errors import Rejected
from wiredesk.worker.filing.items import Arrival, Item, Outcome, Provenance, Refused
from wiredesk.worker.filing.shown import title_key
from wiredesk.worker.news.compare import changes
from wiredesk.worker.news.compare.identity import (
    WEAK_KINDS,
    Alias,
    ArticleCandidate,
    Wording,
    beside,
    choose,
    wording_of,
)
from wiredesk.worker.news.model import Draft
from wiredesk.worker.news.read import internal
from wiredesk.worker.store.articles import SightingKey
from wiredesk.worker.store.records import (
    AliasMoveRow,
    AliasRow,
    ArticleSeenRow,
    FeedEntryRow,
    OutcomeKind,
    SightingRow,
)

# Caches and editions make publishers show two texts in turn. A fetched text that was a revision of the article twice in
# 7 days is `repeated`, until 7 days have passed.
_FLAPPING_TIMES = 2
_FLAPPING_WINDOW = timedelta(days=7)
# Fewer than 4 revisions can't contain 2 returns of one text.
FLAPPING_REVISIONS = 2 * _FLAPPING_TIMES
# Equal to no headline as it is compared.
_ANOTHER_TITLE = "\0"


@dataclass(frozen=True, slots=True)
class Article:
    """A filed article, with the marks of its current revision.

    `wording` is loaded only where an item's meaning hash differs from the article's. `past` holds the meaning hashes of
    its latest revisions, with the time of each, where a batch can make them `FLAPPING_REVISIONS`. `observed_at` is that
    of the publisher's last change.
    """

    article_id: int
    story_id: int
    source: str
    revision_no: int
    meaning_sha256: bytes
    wording: Wording | None = None
    flags: tuple[str, ...] = ()
    past: tuple[tuple[bytes, datetime], ...] = ()
    observed_at: datetime | None = None
    provider_id: str | None = None
    provider_version: str | None = None
    modified_at: datetime | None = None
    release_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """The article that claimed an alias, and the kind that it was claimed as."""

    article_id: int
    kind: str


@dataclass(frozen=True, slots=True)
class State:
    """The filed rows that a batch needs: holders of its aliases, their articles, and what channels showed last.

    `beside` are the entries that a document's feed showed beside its new ones, which are not read again: by document
    and article the `title_key` of each.
    """

    holders: Mapping[UUID, Holder]
    articles: Mapping[int, Article]
    shown: Mapping[SightingKey, bytes]
    beside: Mapping[tuple[int, int], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Filed:
    """A revision to be stored. `change` is None for the first; `story_id` is None for a new article's."""

    arrival: Arrival
    article_id: int
    revision_no: int
    change: changes.TextChange | None
    story_id: int | None


@dataclass(frozen=True, slots=True)
class NewArticle:
    """An article to be stored, as its last revision of the batch leaves it; `arrival` opened it."""

    arrival: Arrival
    article: Article
    canonical_url: str | None


@dataclass(frozen=True, slots=True)
class Decisions:
    """The rows to be written. `seen` are articles that were filed before.

    `entries` are those that need not be read when their feed shows them again; `stale` are articles whose entries do.
    """

    outcomes: tuple[Outcome, ...]
    filed: tuple[Filed, ...]
    created: tuple[NewArticle, ...]
    aliases: tuple[AliasRow, ...]
    moved_aliases: tuple[AliasMoveRow, ...]
    seen: tuple[ArticleSeenRow, ...]
    sightings: tuple[SightingRow, ...]
    entries: tuple[FeedEntryRow, ...] = ()
    stale: frozenset[int] = frozenset()


def decide(state: State, items: Sequence[Item], new_ids: Iterator[int], *, is_replay: bool = False) -> Decisions:
    """Decide on each item. `new_ids` gives the ids of new articles, in order.

    A replay makes revisions only of articles whose current revision was read from the same document. An item that
    raises while it is decided is rejected as `internal`.
    """
    batch = _Batch(dict(state.holders), dict(state.articles), dict(state.shown), state.beside)
    batch.stale |= _sharing(items, state)
    for item in items:
        batch.outcomes.append(_outcome(batch, item, new_ids, is_replay))
    return Decisions(
        outcomes=tuple(batch.outcomes),
        filed=tuple(batch.filed),
        created=tuple(
            NewArticle(arrival, batch.articles[article_id], batch.canonical_urls[article_id])
            for article_id, arrival in batch.created.items()
        ),
        aliases=tuple(batch.claimed.values()),
        moved_aliases=tuple(batch.moved.values()),
        seen=tuple(row for article_id, row in batch.seen.items() if article_id in state.articles),
        sightings=tuple(batch.sightings.values()),
        entries=() if is_replay else tuple(_entries(batch)),
        stale=frozenset(batch.stale - batch.created.keys()),
    )


def compared_articles(
    items: Iterable[Item], holders: Mapping[UUID, Holder], articles: Mapping[int, Article]
) -> set[int]:
    """The articles whose texts are compared: those that an item with another meaning may be.

    An alias leads there that the article holds, or that an item before it in the batch may claim for it.
    """
    leads = {key: {holder.article_id} for key, holder in holders.items()}
    found: set[int] = set()
    for item in items:
        if isinstance(item, Refused):
            continue
        keys = [one.key for one in item.identity.aliases]
        possible = {article_id for key in keys for article_id in leads.get(key, ())}
        found |= {n for n in possible if articles[n].meaning_sha256 != item.identity.meaning_sha256}
        if item.reread is not None:
            found.add(item.reread.article_id)
        leads |= {key: leads.get(key, set()) | possible for key in keys}
    return found


def apart_from_shown(items: Sequence[Item], state: State) -> dict[Provenance, Item]:
    """The items that share aliases with an entry that their feed showed beside them, with the identities of such."""
    changed: dict[Provenance, Item] = {}
    for item in items:
        if isinstance(item, Refused) or item.at.showing is None:
            continue
        shared: dict[UUID, bool] = {}
        for one in item.identity.aliases:
            holder = state.holders.get(one.key)
            key = (item.at.document_id, holder.article_id) if holder is not None else None
            if key is None or key not in state.beside:
                continue
            same_title = state.beside[key] == title_key(item.identity.title)
            if not (same_title and (one.kind == "guid" or _has_guid_of(item, state, key[1]))):
                shared[one.key] = same_title
        if (identity := beside(item.identity, shared)) is not item.identity:
            changed[item.at] = replace(item, identity=identity)
    return changed


def _sharing(items: Sequence[Item], state: State) -> set[int]:
    """The articles whose entries, shown beside the items, share aliases with them: they get further aliases too."""
    return {
        holder.article_id
        for item in items
        if isinstance(item, Arrival)
        for one in item.identity.aliases
        if one.is_shared and (holder := state.holders.get(one.key)) is not None
        if (item.at.document_id, holder.article_id) in state.beside
    }


def _has_guid_of(item: Arrival, state: State, article_id: int) -> bool:
    """Whether the item has a guid of the article, or has none and the article's text."""
    guid = next((one for one in item.identity.aliases if one.kind == "guid"), None)
    if guid is None:
        return state.articles[article_id].meaning_sha256 == item.identity.meaning_sha256
    holder = state.holders.get(guid.key)
    return holder is not None and holder.article_id == article_id


def with_items(decided: Decisions, changed: Mapping[Provenance, Item]) -> Decisions:
    """The same decisions with other states of the items, as marking up makes them."""
    if not changed:
        return decided

    def of(arrival: Arrival) -> Arrival:
        now = changed.get(arrival.at, arrival)
        return now if isinstance(now, Arrival) else arrival

    return replace(
        decided,
        outcomes=tuple(replace(one, item=changed.get(one.at, one.item)) for one in decided.outcomes),
        filed=tuple(replace(one, arrival=of(one.arrival)) for one in decided.filed),
        created=tuple(replace(one, arrival=of(one.arrival)) for one in decided.created),
    )


@dataclass(slots=True)
class _Batch:
    """The state after the items decided so far, and the rows that they write."""

    holders: dict[UUID, Holder]
    articles: dict[int, Article]
    shown: dict[SightingKey, bytes]
    beside: Mapping[tuple[int, int], int]
    # The headline under which a document has put an item into an article.
    titles: dict[tuple[int, int], str] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    filed: list[Filed] = field(default_factory=list)
    created: dict[int, Arrival] = field(default_factory=dict)
    # The last address of each article that has a revision in this batch.
    canonical_urls: dict[int, str | None] = field(default_factory=dict)
    claimed: dict[UUID, AliasRow] = field(default_factory=dict)
    moved: dict[UUID, AliasMoveRow] = field(default_factory=dict)
    seen: dict[int, ArticleSeenRow] = field(default_factory=dict)
    sightings: dict[SightingKey, SightingRow] = field(default_factory=dict)
    # Articles of which the bytes of an entry may now have another outcome than before.
    stale: set[int] = field(default_factory=set)


def _outcome(batch: _Batch, item: Item, new_ids: Iterator[int], is_replay: bool) -> Outcome:
    if isinstance(item, Refused):
        return Outcome(item, "rejected", reason=str(item.rejected))
    try:
        found = _find(batch, item)
        change = _change(batch, item, found, is_replay) if found is not None else None
    except Exception as error:  # noqa: BLE001  (the other items of the batch are still filed)
        rejected = internal(error)
        return Outcome(Refused(item.at, rejected), "rejected", reason=str(rejected))
    if item.at.recheck_of is not None and (found is None or not _shows_article(item, found)):
        # A page that is gone often leads to the front page, or to another article.
        reason = str(Rejected("elsewhere", "the address of the article shows another text"))
        return Outcome(item, "rejected", reason=reason)
    kind: OutcomeKind
    if found is None:
        kind, article = "created", _create(batch, item, next(new_ids))
    elif change is not None:
        kind, article = "revised", _revise(batch, item, found, change)
    else:
        kind, article = "repeated", found
    batch.titles.setdefault((item.at.document_id, article.article_id), item.identity.title)
    _claim(batch, item, article, is_new=found is None)
    if not is_replay or kind != "repeated":
        # A flapping text is not noted as shown, so that it is compared again until it has stayed.
        flaps = kind == "repeated" and _flaps(item, article)
        _add_sighting(batch, item, article, article.meaning_sha256 if flaps else item.identity.meaning_sha256)
    change_kind = "created" if found is None else change.kind if change is not None else None
    return Outcome(item, kind, None, article.article_id, article.revision_no, change_kind)


def _entries(batch: _Batch) -> Iterator[FeedEntryRow]:
    """The entries that would be `repeated` if their feeds showed them again now.

    All aliases of such an entry lead to its article and are its own, the text is the one that its feed shows, and its
    document has no other text of the article. An entry with a provider's id may lift an embargo when its time has come.
    """
    meanings: dict[tuple[int, int | None], set[bytes]] = {}
    for outcome in batch.outcomes:
        if isinstance(outcome.item, Arrival):
            where = (outcome.at.document_id, outcome.article_id)
            meanings.setdefault(where, set()).add(outcome.item.identity.meaning_sha256)
    for outcome in batch.outcomes:
        item, at = outcome.item, outcome.at
        if not isinstance(item, Arrival) or item.digest is None or at.feed_id is None or outcome.article_id is None:
            continue
        article = batch.articles[outcome.article_id]
        aliases = item.identity.aliases
        if (
            article.revision_no == outcome.revision_no
            and item.draft.provider_id is None
            and batch.shown.get(_sighting_key(item, article)) == item.identity.meaning_sha256
            and len(meanings[at.document_id, article.article_id]) == 1
            and all(not one.is_shared and _holds(batch, one, article) for one in aliases)
        ):
            yield FeedEntryRow(
                feed_id=at.feed_id,
                digest=item.digest.hex(),
                article_id=article.article_id,
                revision_no=article.revision_no,
                document_id=at.document_id,
                item_no=at.item_no,
                read_at=at.received_at,
                published_at=item.draft.published.at if item.draft.published else None,
                title_key=title_key(item.identity.title),
            )


def _find(batch: _Batch, item: Arrival) -> Article | None:
    if item.reread is not None:
        return batch.articles.get(item.reread.article_id)
    found = [
        (one, _candidate(batch, item, holder))
        for one in item.identity.aliases
        if (holder := batch.holders.get(one.key)) is not None
    ]
    article_id = choose(item.identity, wording_of(item.draft), found)
    return None if article_id is None else batch.articles[article_id]


def _candidate(batch: _Batch, item: Arrival, holder: Holder) -> ArticleCandidate:
    article = batch.articles[holder.article_id]
    where = (item.at.document_id, article.article_id)
    title = batch.titles.get(where)
    if title is None and where in batch.beside:
        title = item.identity.title if batch.beside[where] == title_key(item.identity.title) else _ANOTHER_TITLE
    return ArticleCandidate(
        article.article_id, article.source, holder.kind, article.meaning_sha256, article.wording, title
    )


def _shows_article(item: Arrival, found: Article) -> bool:
    """Whether a page that was fetched again still shows its article: `choose` has compared the texts."""
    return found.article_id == item.at.recheck_of


def _change(batch: _Batch, item: Arrival, article: Article, is_replay: bool) -> changes.TextChange | None:
    """The change that the item makes to its article; None where its text is no new one."""
    if is_replay:
        return _reread(item, article)
    draft, meaning = item.draft, item.identity.meaning_sha256
    if _is_superseded(batch, item, article):
        return None
    marked = _marked_change(batch, item, article)
    if meaning == article.meaning_sha256:
        return marked
    if batch.shown.get(_sighting_key(item, article)) == meaning:
        return None  # the channel's text is unchanged; another channel's is newer or fuller
    if draft.teaser and "teaser" not in article.flags:
        return None  # a summary never replaces a text
    old = article.wording or Wording(None, None, "")
    if _is_foreign(batch, item, article) and len(draft.body_text) < len(old.body_text):
        return None  # a copy on another site never shortens the article
    change = changes.describe(old.headline, old.body_text, draft.headline, draft.body_text)
    if marked is not None and (change.kind == "boring" or marked.kind != "embargo"):
        return replace(change, kind=marked.kind)
    if change.kind == "boring" or _flaps(item, article):
        return None
    if item.is_page and item.at.origin in ("page", "recheck") and "teaser" in article.flags:
        if len(draft.body_text) < len(old.body_text):
            return None  # a page that shows less than its feed: a paywall, a consent wall
        return replace(change, kind="full_text")
    return change


def _is_superseded(batch: _Batch, item: Arrival, article: Article) -> bool:
    """Whether the item is older than the article's current revision, and arrived late.

    The provider's version decides, else its time of modification. Without these, copy that its submitter had before
    the current revision was observed is older; contents under one key are versions in the order of their arrival.
    """
    draft = item.draft
    if draft.provider_id is not None and draft.provider_id == article.provider_id:
        new, current = _version(draft.provider_version), _version(article.provider_version)
        if new != current and new and current:
            return new < current
        if draft.modified is not None and article.modified_at is not None and draft.modified.at != article.modified_at:
            return draft.modified.at < article.modified_at
    if item.at.origin != "submission" or item.is_page or _has_key_of(batch, item, article):
        return False
    return article.observed_at is not None and item.at.received_at < article.observed_at


def _version(text: str | None) -> tuple[int, ...]:
    """A provider's version as numbers (`2.10`), which are compared; empty where it is none."""
    found = re.fullmatch(r"\d{1,18}(?:\.\d{1,18}){0,5}", (text or "").strip())
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def _marked_change(batch: _Batch, item: Arrival, article: Article) -> changes.TextChange | None:
    """The change that the provider's marks make, whatever the text: a kill, its end, another end of the embargo."""
    if not _speaks_for(batch, item, article):
        return None
    kind: changes.ChangeKind
    is_killed = "withdrawn" in item.draft.flags
    if is_killed != ("withdrawn" in article.flags):
        kind = "withdrawn" if is_killed else "restored"
    elif _embargo(item.draft.release_at, item) != _embargo(article.release_at, item):
        kind = "embargo"
    else:
        return None
    return changes.TextChange(kind, 0.0, headline_changed=False, words_added=0, words_removed=0)


def _embargo(release_at: datetime | None, item: Arrival) -> datetime | None:
    """The end of an embargo that is not over when the item is received."""
    return release_at if release_at is not None and release_at > item.at.received_at else None


def _speaks_for(batch: _Batch, item: Arrival, article: Article) -> bool:
    """Whether the item sets and lifts the article's embargo: it has the provider's id, or the submitter's key."""
    return item.draft.provider_id is not None or _has_key_of(batch, item, article)


def _has_key_of(batch: _Batch, item: Arrival, article: Article) -> bool:
    return any(one.kind == "key" and _holds(batch, one, article) for one in item.identity.aliases)


def _reread(item: Arrival, article: Article) -> changes.TextChange | None:
    """An item of a stored document: a revision where the current one was read from it, of the kind `reread`."""
    if item.reread is None or item.reread.revision_no != article.revision_no:
        return None
    old = article.wording or Wording(None, None, "")
    change = changes.describe(old.headline, old.body_text, item.draft.headline, item.draft.body_text)
    return replace(change, kind="reread")


def _is_foreign(batch: _Batch, item: Arrival, article: Article) -> bool:
    """Whether the item of another source is not from the article's site.

    A key does not count: where the sources differ, it was claimed by such a copy, which is foreign each time.
    """
    if article.source == item.identity.source:
        return False
    return not any(one.kind == "url" and _holds(batch, one, article) for one in item.identity.aliases)


def _holds(batch: _Batch, one: Alias, article: Article) -> bool:
    holder = batch.holders.get(one.key)
    return holder is not None and holder.article_id == article.article_id


def _flaps(item: Arrival, article: Article) -> bool:
    """Whether a fetched text was a revision of the article twice lately. Submissions are never treated as flapping."""
    since = item.at.received_at - _FLAPPING_WINDOW
    times = sum(
        1 for meaning, observed_at in article.past if meaning == item.identity.meaning_sha256 and observed_at > since
    )
    return item.at.origin != "submission" and times >= _FLAPPING_TIMES


def _create(batch: _Batch, item: Arrival, article_id: int) -> Article:
    article = batch.articles[article_id] = Article(
        article_id=article_id,
        story_id=article_id,
        source=item.identity.source,
        revision_no=1,
        meaning_sha256=item.identity.meaning_sha256,
        wording=wording_of(item.draft),
        flags=flags_of(item.draft),
        past=((item.identity.meaning_sha256, item.at.received_at),),
        release_at=item.draft.release_at,
        observed_at=item.at.received_at,
        provider_id=item.draft.provider_id,
        provider_version=item.draft.provider_version,
        modified_at=item.draft.modified.at if item.draft.modified else None,
    )
    batch.created[article_id] = item
    batch.canonical_urls[article_id] = item.draft.canonical_url
    batch.filed.append(Filed(item, article_id, 1, None, None))
    return article


def _revise(batch: _Batch, item: Arrival, article: Article, change: changes.TextChange) -> Article:
    revised = batch.articles[article.article_id] = replace(
        article,
        revision_no=article.revision_no + 1,
        meaning_sha256=item.identity.meaning_sha256,
        wording=wording_of(item.draft),
        flags=flags_of(item.draft),
        past=(*article.past, (item.identity.meaning_sha256, item.at.received_at)),
        release_at=item.draft.release_at if _speaks_for(batch, item, article) else article.release_at,
        observed_at=article.observed_at if item.reread else item.at.received_at,
        provider_id=item.draft.provider_id,
        provider_version=item.draft.provider_version,
        modified_at=item.draft.modified.at if item.draft.modified else None,
    )
    if item.draft.canonical_url is not None:
        batch.canonical_urls[article.article_id] = item.draft.canonical_url
    batch.stale.add(article.article_id)
    story_id = None if article.article_id in batch.created else article.story_id
    batch.filed.append(Filed(item, article.article_id, revised.revision_no, change, story_id))
    return revised


def flags_of(draft: Draft) -> tuple[str, ...]:
    return (*draft.flags, "teaser") if draft.teaser and "teaser" not in draft.flags else draft.flags


def _claim(batch: _Batch, item: Arrival, article: Article, *, is_new: bool) -> None:
    """Claim the item's aliases for its article.

    A new article takes over what another article holds: the address or guid names this one now. An address that was
    only linked to goes to the site that it is on. Other aliases are not taken over.
    """
    for one in item.identity.aliases:
        if one.is_shared:
            continue
        holder = batch.holders.get(one.key)
        if holder is not None and not _passes(one, holder, article, is_new):
            continue
        batch.holders[one.key] = Holder(article.article_id, one.kind)
        if holder is None or one.key in batch.claimed:
            batch.claimed[one.key] = AliasRow(
                alias_key=one.key,
                article_id=article.article_id,
                kind=one.kind,
                value=one.value,
                seen_at=item.at.received_at,
            )
            continue
        batch.stale |= {holder.article_id, article.article_id}
        first = batch.moved.get(one.key)
        batch.moved[one.key] = AliasMoveRow(
            alias_key=one.key,
            held_by=first.held_by if first else holder.article_id,
            article_id=article.article_id,
            kind=one.kind,
            seen_at=item.at.received_at,
        )


def _passes(one: Alias, holder: Holder, article: Article, is_new: bool) -> bool:
    """Whether an alias that is held goes to this article, or becomes the site's own."""
    if one.kind in ("key", "redirect"):  # a page that is gone often redirects to another article
        return False
    becomes_own = one.kind not in WEAK_KINDS and holder.kind in WEAK_KINDS
    if holder.article_id == article.article_id:
        return becomes_own
    return is_new and (becomes_own or one.kind not in WEAK_KINDS)


def _sighting_key(item: Arrival, article: Article) -> SightingKey:
    feed_id = item.at.feed_id
    return SightingKey(article.article_id, feed_id, None if feed_id is not None else item.at.submission_id)


def _add_sighting(batch: _Batch, item: Arrival, article: Article, meaning_sha256: bytes) -> None:
    """Note the meaning hash that the item's channel has shown, and that the article was seen."""
    received_at = item.at.received_at
    before = batch.seen.get(article.article_id)
    batch.seen[article.article_id] = ArticleSeenRow(
        article_id=article.article_id,
        seen_at=max(before.seen_at, received_at) if before else received_at,
        revision_no=article.revision_no,
        meaning_sha256=article.meaning_sha256.hex(),
        canonical_url=batch.canonical_urls.get(article.article_id),
        release_at=article.release_at,
    )
    where = _sighting_key(item, article)
    if batch.shown.get(where, meaning_sha256) != meaning_sha256:
        batch.stale.add(article.article_id)
    batch.shown[where] = meaning_sha256
    sighting = batch.sightings.get(where)
    batch.sightings[where] = SightingRow(
        article_id=where.article_id,
        feed_id=where.feed_id,
        submission_id=where.submission_id,
        url=sighting.url if sighting else item.at.url,
        seen_at=received_at,
        times=(sighting.times if sighting else 0) + (item.reread is None),
        meaning_sha256=meaning_sha256.hex(),
    )
