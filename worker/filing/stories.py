"""The story of each text, independent of the order of arrival and of the number of workers.

A story is a connected component: articles that match, and articles that match those. Matching is symmetric. Two
transactions that file copies at the same time can't see each other's rows; but copies share a story key, and each
transaction locks the keys of its texts before it looks them up. The second one waits for the first to commit, and its
next statement sees the rows of the first (READ COMMITTED takes a new snapshot for each statement).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from wiredesk.worker.db import Connection
from wiredesk.worker.news.compare.fingerprint import Fingerprint
from wiredesk.worker.news.compare.same_story import Match, same_story
from wiredesk.worker.store import stories


@dataclass(frozen=True, slots=True)
class StoryText:
    """A revision to be filed. `story_id` is the story that its article is in; null for a new article."""

    article_id: int
    revision_no: int
    seen_at: datetime
    fingerprint: Fingerprint
    story_id: int | None = None


@dataclass(slots=True)
class StoryPlacement:
    """The stories of texts.

    `story_ids` gives the story of each article; `opened` are the new stories, each with the id of the article that
    opens it; `merged` gives the survivor of each story that is merged into another.
    """

    story_ids: dict[int, int] = field(default_factory=dict)
    opened: list[int] = field(default_factory=list)
    merged: dict[int, int] = field(default_factory=dict)
    matches: list[tuple[int, int, Match]] = field(default_factory=list)


def place_in_stories(connection: Connection, texts: Sequence[StoryText], window: timedelta) -> StoryPlacement:
    """Find the stories of texts, store their fingerprints, merge stories they connect.

    `window` is how far apart in time two copies may have arrived. Run it once in a READ COMMITTED transaction, after
    the transaction's last other lock. It writes fingerprints, keys and merges; the caller stores the articles and the
    stories that were opened.
    """
    stories.lock_keys(connection, (key for text in texts for key in text.fingerprint.keys))
    matches = _matches_within(texts, window) + _matches_stored(connection, texts, window)
    placement = StoryPlacement(matches=matches)
    others = {other for _, other, _ in matches} - {text.article_id for text in texts}
    stored = stories.stories_of(connection, others) if others else {}
    known = {text.article_id: text.story_id for text in texts if text.story_id is not None}
    groups = _Groups()
    for text in texts:
        groups.add(text.article_id)
    for one, other, _ in matches:
        groups.join(other, one)
    components = [
        (group, {story_id for a in group if (story_id := known.get(a) or stored.get(a)) is not None})
        for group in groups.all()
    ]
    if any(len(found) > 1 for _, found in components):
        components = _merge(connection, components, placement, {t.article_id: t.seen_at for t in texts})
    story_of = {article_id: min(found) for group, found in components if found for article_id in group}
    openers = {article_id: group for group, found in components if not found for article_id in group}
    for text in texts:  # in the order of arrival, so that the first of a new story opens it
        if text.article_id not in story_of:
            story_of |= dict.fromkeys(openers[text.article_id], text.article_id)
            placement.opened.append(text.article_id)
        placement.story_ids[text.article_id] = story_of[text.article_id]
    stories.add_fingerprints(
        connection, [stories.StoredFingerprint(t.article_id, t.revision_no, t.seen_at, t.fingerprint) for t in texts]
    )
    return placement


_Component = tuple[list[int], set[int]]


def _merge(
    connection: Connection, components: Iterable[_Component], placement: StoryPlacement, seen: dict[int, datetime]
) -> list[_Component]:
    """Merge the stories of each component into the one with the smallest id. `seen`: the times of arrival of texts."""
    components = list(components)
    stories.lock_for_merging(connection)
    survivors = stories.surviving_stories(connection, {s for _, found in components for s in found})
    roots = _Groups()
    shown_at: dict[int, datetime] = {}
    for group, found in components:
        alive = [survivors.get(s, s) for s in found]
        latest = max(seen[article_id] for article_id in group if article_id in seen)
        for story_id in alive:
            roots.join(alive[0], story_id)
            shown_at[story_id] = max(latest, shown_at.get(story_id, latest))
    survivor_of = {story_id: min(group) for group in roots.all() for story_id in group}
    losers = defaultdict(list)
    for story_id, survivor in survivor_of.items():
        if story_id != survivor:
            losers[survivor].append(story_id)
            placement.merged[story_id] = survivor
    for survivor, story_ids in sorted(losers.items()):
        observed_at = max(shown_at[story_id] for story_id in (survivor, *story_ids))
        stories.merge_stories(connection, survivor, sorted(story_ids), observed_at)
    return [(group, {survivor_of[survivors.get(s, s)] for s in found}) for group, found in components]


def _matches_within(texts: Sequence[StoryText], window: timedelta) -> list[tuple[int, int, Match]]:
    """The copies among the texts themselves."""
    holders: dict[int, list[int]] = defaultdict(list)
    matches = []
    for i, text in enumerate(texts):
        near = {j for key in text.fingerprint.keys for j in holders[key][-stories.PER_KEY :]}
        for earlier in (texts[j] for j in sorted(near)):
            if match := _match(text, earlier.article_id, earlier.seen_at, earlier.fingerprint, window):
                matches += [(text.article_id, earlier.article_id, match)]
        for key in text.fingerprint.keys:
            holders[key].append(i)
    return matches


def _matches_stored(
    connection: Connection, texts: Sequence[StoryText], window: timedelta
) -> list[tuple[int, int, Match]]:
    matches = []
    for found in stories.find_candidates(connection, [text.fingerprint for text in texts]):
        text = texts[found.ordinal]
        if match := _match(text, found.article_id, found.seen_at, found.fingerprint, window):
            matches.append((text.article_id, found.article_id, match))
    return matches


def _match(text: StoryText, article_id: int, seen_at: datetime, other: Fingerprint, window: timedelta) -> Match | None:
    if article_id == text.article_id or abs(seen_at - text.seen_at) > window:
        return None
    return same_story(text.fingerprint, other)


class _Groups:
    """Groups of members that are joined pair by pair (union-find)."""

    def __init__(self) -> None:
        self._group: dict[int, list[int]] = {}

    def add(self, member: int) -> list[int]:
        return self._group.setdefault(member, [member])

    def join(self, one: int, other: int) -> None:
        first, second = self.add(one), self.add(other)
        if first is second:
            return
        first += second
        for member in second:
            self._group[member] = first

    def all(self) -> list[list[int]]:
        return list({id(group): group for group in self._group.values()}.values())
