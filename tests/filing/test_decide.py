"""The decision without PostgreSQL: a model holds what is filed, and hypothesis looks for batches that break a rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from wiredesk.worker.filing.decide import (
    Article,
    Decisions,
    Holder,
    State,
    compared_articles,
    decide,
    flags_of,
)
from wiredesk.worker.filing.items import Arrival, Item, Outcome, Provenance
from wiredesk.worker.news.compare.identity import (
    Alias,
    AliasKind,
    ArticleCandidate,
    Identity,
    Wording,
    choose,
    distinct,
    hashed_key,
    identify,
    title_of,
    wording_of,
)
from wiredesk.worker.news.model import Draft, IdentifierKind, Moment
from wiredesk.worker.store.articles import SightingKey
from wiredesk.worker.store.records import Origin

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
HEADLINES = ("Night sailings resume", "Tulips bloom early", "Council elects treasurer")
_HARBOUR = (
    "The harbour opened again on Monday after nine weeks of repairs to its eastern breakwater, which cost four million "
    "euros, twice what engineers had estimated before winter. Fishing boats returned first, followed by ferries to "
    "outer islands. Residents gathered along the quayside, waving flags while crews unloaded mail, flour and medicine. "
    "Officials expect traffic to recover fully before Easter."
)
_TULIPS = (
    "Growers near Haarlem report flowers almost three weeks ahead of schedule because February brought unusual warmth. "
    "Auction prices fell sharply as lorries arrived with stems nobody had ordered yet. Horticulturists advise cooling "
    "bulbs longer next autumn; exporters worry about Mother's Day, their busiest date, when shelves might stand empty. "
    "Wholesalers declined to comment on contracts signed in January."
)
# Two states of one text, another long one, and two that are too short to be known by their words alone.
TEXTS = (
    _HARBOUR,
    f"{_HARBOUR} A second crane arrives during summer.",
    _TULIPS,
    "Quarterly dividend seven cents versus seven cents.",
    "",
)
GUIDS = (None, "a1", "b2", "N/A")
# Which of the texts are states of one.
WHOSE = dict(zip(TEXTS, (0, 0, 1, 2, 3), strict=True))
URLS = (None, "https://post.example/news/1", "https://post.example/news/2", "https://else.example/x")


@dataclass(frozen=True, slots=True)
class Piece:
    """One item as a document shows it; the fields are places in the lists above."""

    headline: int
    text: int
    guid: int = 0
    url: int = 0
    is_dated: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A document: who shows it, and what. `key` counts only for one piece that is submitted."""

    channel: str
    pieces: tuple[Piece, ...]
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    origin: Origin
    source: str
    url: str | None
    feed_id: int | None = None


CHANNELS = {
    "post": Channel("feed", "post", "https://post.example/feed.xml", 1),
    "post, all": Channel("feed", "post", "https://post.example/all.xml", 2),
    "planet": Channel("feed", "planet", "https://planet.example/feed.xml", 3),
    "wire": Channel("submission", "wire", None),
    "post by hand": Channel("submission", "post", "https://post.example/news/1"),
}
pieces = st.builds(
    Piece,
    headline=st.integers(0, len(HEADLINES) - 1),
    text=st.integers(0, len(TEXTS) - 1),
    guid=st.integers(0, len(GUIDS) - 1),
    url=st.integers(0, len(URLS) - 1),
    is_dated=st.booleans(),
)
documents = st.builds(
    Shown,
    channel=st.sampled_from(sorted(CHANNELS)),
    pieces=st.lists(pieces, min_size=1, max_size=3).map(tuple),
    key=st.sampled_from((None, "k1", "k2")),
)
sequences = st.lists(documents, min_size=1, max_size=8)


def arrivals(shown: Shown, number: int) -> list[Item]:
    """The items of the document `number`, as reading gives them."""
    channel, at = CHANNELS[shown.channel], NOW + timedelta(hours=number)
    is_submission = channel.origin == "submission"
    key = shown.key if is_submission and len(shown.pieces) == 1 else None
    found: list[Arrival] = []
    for item_no, piece in enumerate(shown.pieces, 1):
        guid, url = GUIDS[piece.guid], URLS[piece.url]
        identifiers: tuple[tuple[IdentifierKind, str], ...] = (("guid", guid),) if guid else ()
        draft = Draft(
            headline=HEADLINES[piece.headline],
            body_text=TEXTS[piece.text],
            url=url,
            canonical_url=url,
            published=Moment(NOW, "minute", "feed:published") if piece.is_dated else None,
            identifiers=identifiers,
        )
        identity = identify(
            draft,
            source=channel.source,
            key=key,
            document_url=channel.url,
            from_feed=not is_submission,
            is_feed=not is_submission,
        )
        where = Provenance(
            document_id=number,
            item_no=item_no,
            origin=channel.origin,
            received_at=at,
            feed_id=channel.feed_id,
            submission_id=number if is_submission else None,
            key=key,
            url=url,
        )
        found.append(Arrival(where, draft, identity, channel.source))
    apart = distinct(one.identity for one in found)
    return [replace(one, identity=identity) for one, identity in zip(found, apart, strict=True)]


def batch_of(shown: Sequence[Shown], first: int = 1) -> list[Item]:
    return [item for number, one in enumerate(shown, first) for item in arrivals(one, number)]


@dataclass(slots=True)
class Revision:
    meaning_sha256: bytes
    wording: Wording
    flags: tuple[str, ...]
    observed_at: datetime


@dataclass(slots=True)
class Model:
    """What the tables hold: aliases, articles with their revisions, and what each channel showed last."""

    holders: dict[UUID, Holder] = field(default_factory=dict)
    sources: dict[int, str] = field(default_factory=dict)
    revisions: dict[int, list[Revision]] = field(default_factory=lambda: defaultdict(list))
    shown: dict[SightingKey, bytes] = field(default_factory=dict)
    ids: Iterator[int] = field(default_factory=lambda: count(1))

    def file(self, items: Sequence[Item]) -> Decisions:
        decided = decide(self.state(items), items, self.ids)
        self.write(decided)
        return decided

    def state(self, items: Sequence[Item]) -> State:
        """What filing loads: only what the items lead to, and texts only where they are compared."""
        keys = {alias.key for item in items if isinstance(item, Arrival) for alias in item.identity.aliases}
        holders = {key: holder for key, holder in self.holders.items() if key in keys}
        articles = {}
        for article_id in {holder.article_id for holder in holders.values()}:
            last = self.revisions[article_id][-1]
            number = len(self.revisions[article_id])
            articles[article_id] = Article(
                article_id, article_id, self.sources[article_id], number, last.meaning_sha256
            )
        for article_id in compared_articles(items, holders, articles):
            last = self.revisions[article_id][-1]
            past = tuple((one.meaning_sha256, one.observed_at) for one in self.revisions[article_id])
            articles[article_id] = replace(articles[article_id], wording=last.wording, flags=last.flags, past=past)
        shown = {at: meaning for at, meaning in self.shown.items() if at.feed_id is not None}
        return State(holders, articles, shown)

    def write(self, decided: Decisions) -> None:
        """Store what was decided, as strictly as the tables do."""
        created = {new.article.article_id: new for new in decided.created}
        assert not created.keys() & self.revisions.keys()
        for row in decided.aliases:
            assert row.alias_key not in self.holders
        for move in decided.moved_aliases:
            assert self.holders[move.alias_key].article_id == move.held_by
        self.holders |= {row.alias_key: Holder(row.article_id, row.kind) for row in decided.aliases}
        self.holders |= {move.alias_key: Holder(move.article_id, move.kind) for move in decided.moved_aliases}
        for filed in decided.filed:
            draft, before = filed.arrival.draft, self.revisions[filed.article_id]
            assert filed.revision_no == len(before) + 1
            assert (filed.change is None) == (filed.revision_no == 1)
            meaning = filed.arrival.identity.meaning_sha256
            assert not before or before[-1].meaning_sha256 != meaning
            before.append(Revision(meaning, wording_of(draft), flags_of(draft), filed.arrival.at.received_at))
        for article_id, new in created.items():
            self.sources[article_id] = new.article.source
            assert new.article.revision_no == len(self.revisions[article_id])
        updated = {row.article_id: row.revision_no for row in decided.seen}
        for article_id in {filed.article_id for filed in decided.filed} - created.keys():
            assert updated[article_id] == len(self.revisions[article_id])
        for sighting in decided.sightings:
            where = SightingKey(sighting.article_id, sighting.feed_id, sighting.submission_id)
            self.shown[where] = bytes.fromhex(sighting.meaning_sha256)


def kinds(decided: Decisions) -> list[str]:
    return [outcome.outcome for outcome in decided.outcomes]


def shown_once(outcomes: Sequence[Outcome]) -> bool:
    """Whether each article was shown in one text only."""
    texts = {(one.article_id, one.item.identity.meaning_sha256) for one in outcomes if isinstance(one.item, Arrival)}
    return len(texts) == len({one.article_id for one in outcomes})


def test_a_shorter_copy_of_another_source_is_repeated_under_its_key_too() -> None:
    """Its key is claimed with the first copy; the second one is the same copy still."""
    model = Model()
    model.file(arrivals(Shown("planet", (Piece(0, 1, url=1),)), 1))
    copy = Shown("wire", (Piece(0, 0, url=1),), key="k1")
    assert [kinds(model.file(arrivals(copy, number))) for number in (2, 3)] == [["repeated"], ["repeated"]]


# ---- any sequence


@examples(max_examples=40, deadline=None)
@given(sequences)
def test_every_item_has_one_outcome_that_names_what_is_filed(shown: list[Shown]) -> None:
    model, items = Model(), batch_of(shown)
    decided = model.file(items)
    assert [outcome.item for outcome in decided.outcomes] == items
    made = {filed.arrival.at: (filed.article_id, filed.revision_no) for filed in decided.filed}
    for outcome in decided.outcomes:
        assert outcome.article_id is not None and outcome.revision_no is not None
        if outcome.outcome == "repeated":
            assert outcome.at not in made
        else:
            assert made[outcome.at] == (outcome.article_id, outcome.revision_no)
            assert (outcome.outcome == "created") == (outcome.revision_no == 1)
    assert len(made) == len(decided.filed)
    # Every alias that is held leads to an article that is filed.
    assert {holder.article_id for holder in model.holders.values()} <= model.revisions.keys()


@examples(max_examples=40, deadline=None)
@given(sequences, st.sets(st.integers(1, 7)))
def test_batches_split_anywhere_give_what_one_batch_gives(shown: list[Shown], cuts: set[int]) -> None:
    whole, parts = Model(), Model()
    together = kinds(whole.file(batch_of(shown)))
    bounds = [0, *sorted(cut for cut in cuts if cut < len(shown)), len(shown)]
    apart = [
        kind for start, end in pairwise(bounds) for kind in kinds(parts.file(batch_of(shown[start:end], start + 1)))
    ]
    assert together == apart
    assert (whole.revisions, whole.holders, whole.sources) == (parts.revisions, parts.holders, parts.sources)
    assert whole.shown == parts.shown


@examples(max_examples=40, deadline=None)
@given(sequences)
def test_what_is_shown_again_is_repeated(shown: list[Shown]) -> None:
    """A document that shows each article in one text: once more, by the same channel, it changes nothing.

    A guid on two items of one document names neither for sure, and goes from one to the other.
    """
    model = Model()
    for number, one in enumerate(shown, 1):
        first = model.file(arrivals(one, 2 * number))
        guids = [piece.guid for piece in one.pieces if piece.guid]
        if not shown_once(first.outcomes) or len(guids) > len(set(guids)):
            continue
        again = model.file(arrivals(one, 2 * number + 1))
        assert set(kinds(again)) == {"repeated"}


@examples(max_examples=40, deadline=None)
@given(sequences)
def test_the_same_batch_twice_is_repeated(shown: list[Shown]) -> None:
    model = Model()
    first = model.file(batch_of(shown))
    again = model.file(batch_of(shown, len(shown) + 1))
    if shown_once(first.outcomes):
        assert set(kinds(again)) == {"repeated"}


@examples(max_examples=40, deadline=None)
@given(sequences)
def test_another_headline_and_text_are_another_article(shown: list[Shown]) -> None:
    """Unless the submitter's key leads to the article."""
    model = Model()
    for number, one in enumerate(shown, 1):
        held = dict(model.holders)
        for outcome in model.file(arrivals(one, number)).outcomes:
            item = outcome.item
            assert isinstance(item, Arrival) and outcome.article_id is not None and outcome.revision_no is not None
            by_key = any(alias.kind == "key" and alias.key in held for alias in item.identity.aliases)
            if outcome.outcome == "created" or by_key:
                continue
            before = outcome.revision_no - (2 if outcome.outcome == "revised" else 1)
            wording = model.revisions[outcome.article_id][before].wording
            is_same_text = WHOSE[wording.body_text] == WHOSE[item.draft.body_text]
            assert wording.headline == item.draft.headline or is_same_text


@examples(max_examples=40, deadline=None)
@given(sequences)
def test_items_of_one_document_with_other_headlines_are_other_articles(shown: list[Shown]) -> None:
    model = Model()
    for number, one in enumerate(shown, 1):
        headlines: dict[int | None, str | None] = {}
        for outcome in model.file(arrivals(one, number)).outcomes:
            assert headlines.setdefault(outcome.article_id, outcome.headline) == outcome.headline


# ---- examples of what these rules found


def test_texts_that_come_in_turn_in_one_batch_are_flapping() -> None:
    shown = [Shown("post", (Piece(0, n % 2, guid=1),)) for n in range(8)]
    whole, parts = Model(), Model()
    together = kinds(whole.file(batch_of(shown)))
    assert together == ["created", "revised", "revised", "revised", "repeated", "repeated", "repeated", "repeated"]
    assert together == [kind for n, one in enumerate(shown, 1) for kind in kinds(parts.file(arrivals(one, n)))]


def test_an_alias_claimed_in_the_batch_leads_to_a_text_that_is_compared() -> None:
    """The first item claims a guid for a filed article; the second has the guid, and another headline and text."""
    model = Model()
    model.file(arrivals(Shown("post", (Piece(0, 0, url=1),)), 1))
    shown = [Shown("post", (Piece(0, 0, url=1, guid=1),)), Shown("post", (Piece(1, 2, guid=1),))]
    decided = model.file(batch_of(shown, 2))
    assert kinds(decided) == ["repeated", "created"]


def test_an_entry_without_names_is_found_again_beside_its_twin() -> None:
    """Two entries of one headline and text, one of which has a guid."""
    model, shown = Model(), Shown("planet", (Piece(0, 0, guid=1), Piece(0, 0)))
    model.file(arrivals(shown, 1))
    assert kinds(model.file(arrivals(shown, 2))) == ["repeated", "repeated"]


# ---- the choice alone

HERE, THERE = Wording(HEADLINES[0], None, TEXTS[0]), Wording(HEADLINES[1], None, TEXTS[2])
EDITED = Wording(HEADLINES[0], None, TEXTS[1])


@pytest.mark.parametrize(
    ("kind", "source", "held_as", "held", "is_it"),
    [
        ("key", "post", "key", THERE, True),
        ("guid", "post", "guid", EDITED, True),
        ("guid", "post", "guid", THERE, False),
        ("url", "post", "url", EDITED, True),
        ("url", "post", "url", THERE, False),
        ("url", "else", "link", THERE, False),
        ("link", "else", "url", EDITED, True),
        ("link", "else", "url", THERE, False),
        ("redirect", "post", "url", EDITED, True),
        ("redirect", "post", "url", THERE, False),
        ("text", "post", "text", THERE, True),
    ],
)
def test_what_an_alias_decides(kind: AliasKind, source: str, held_as: str, held: Wording, is_it: bool) -> None:
    alias = Alias(kind, "x", hashed_key(kind, "", "x"))
    identity = Identity("post", (alias,), b"new", title_of(HERE.headline))
    candidate = ArticleCandidate(7, source, held_as, b"old", held)
    assert choose(identity, HERE, [(alias, candidate)]) == (7 if is_it else None)
    other_title = replace(candidate, title=title_of(THERE.headline))
    # Another item of the same document was put there under another headline: only a key leads there all the same.
    assert choose(identity, HERE, [(alias, other_title)]) == (7 if kind == "key" else None)
