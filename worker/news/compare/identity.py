"""Which article an item is: the names it goes by, and what each name is worth.

An alias key is a 128-bit hash of kind, scope and value. A submitter's key and a URL name an article by themselves; a
guid does so within its source, unless the two texts have nothing in common; equal text does so within its source when
it is long enough to be no formula, or short and of the same day.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from wiredesk.worker.news.compare.changes import meaning_sha256
from wiredesk.worker.news.model import Draft
from wiredesk.worker.news.values import urls

# Below this, equal texts are often formulas ("Qtly div ten cts vs ten cts"), and the day decides with them.
_FORMULA_WORDS = 50
_LONGER_WORD = re.compile(r"\w{5,40}")
_AKIN_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Alias:
    """One name of an article. `value` is for people; `key` is what is claimed."""

    kind: str
    value: str
    key: uuid.UUID


def alias(kind: str, scope: str, value: str) -> Alias:
    packed = "\0".join((kind, scope, value)).encode("utf-8", "surrogatepass")
    return Alias(kind, value[:2_000], uuid.UUID(bytes=hashlib.blake2b(packed, digest_size=16).digest()))


@dataclass(frozen=True, slots=True)
class Identity:
    """What decides which article an item is: its publisher's slug, its names (strongest first), and its meaning."""

    source: str
    names: tuple[Alias, ...]
    meaning_sha256: bytes


def identify(draft: Draft, *, source: str, key: str | None) -> Identity:
    """`source` is the slug of the publisher, `key` the submitter's."""
    found: list[Alias] = []
    if key:
        found.append(alias("key", source, key))
    links = dict.fromkeys(
        filter(None, (draft.canonical_url, draft.url, *(value for kind, value in draft.names if kind == "url")))
    )
    found += [alias("url", "", url_key) for link in links if (url_key := urls.url_key(link))]
    found += [alias(kind, source, value) for kind, value in draft.names if kind not in ("url", "redirect") and value]
    # An address that led here by a redirect: the article has moved, or is gone and its readers are sent elsewhere.
    sent_from = (urls.url_key(value) for kind, value in draft.names if kind == "redirect")
    found += [replace(alias("url", "", url_key), kind="redirect") for url_key in sent_from if url_key]
    meaning = meaning_sha256(draft.headline, draft.body_text)
    # A formula without a day is no name: "Morning briefing" comes every morning.
    is_formula = len(draft.body_text.split(None, _FORMULA_WORDS)) < _FORMULA_WORDS
    if not is_formula:
        found.append(alias("text", source, meaning))
    elif draft.published and (draft.body_text or draft.headline):
        found.append(alias("text", source, f"{meaning} {draft.published.at.date()}"))
    elif not found:
        # RSS demands neither guid nor link nor date; without any name an entry would be new at every poll.
        found.append(alias("text", source, meaning))
    return Identity(source, tuple({name.key: name for name in found}.values()), bytes.fromhex(meaning))


def distinct(identities: Iterable[Identity]) -> list[Identity]:
    """The identities of one document's items without the URLs that name several of them.

    Feeds whose entries all link to the front page, or to one live page, would else be one article with a thousand
    revisions. Entries that share a guid are one article, whatever they link to.
    """
    found = list(identities)
    holders: dict[uuid.UUID, set[object]] = {}
    for identity in found:
        guid = next((name.key for name in identity.names if name.kind == "guid"), identity.meaning_sha256)
        for name in identity.names:
            if name.kind == "url":
                holders.setdefault(name.key, set()).add(guid)
    shared = {key for key, guids in holders.items() if len(guids) > 1}
    if not shared:
        return found
    return [replace(one, names=tuple(name for name in one.names if name.key not in shared)) for one in found]


def is_akin(old_headline: str | None, old_body: str, new_headline: str | None, new_body: str) -> bool:
    """Whether two texts can be states of one article: the same headline, or enough longer words in common.

    Of 2,000 pairs of unrelated wire stories 99 in 100 share less than 27 % of the distinct longer words of the shorter
    one, however short or long they are; counted over all words, unrelated stories share up to half.
    """
    if old_headline and old_headline == new_headline:
        return True
    old, new = (
        {word.lower() for word in _LONGER_WORD.findall(f"{headline or ''} {body}")}
        for headline, body in ((old_headline, old_body), (new_headline, new_body))
    )
    return len(old & new) >= _AKIN_SHARE * min(len(old), len(new))


A = TypeVar("A")


def choose(found: Sequence[tuple[Alias, A]], *, akin: Callable[[A], bool]) -> A | None:
    """The article an item belongs to, of those that its aliases (strongest first) lead to; None when it is a new one.

    `akin` says whether an article's text has anything in common with the item's; only a guid and a redirect need it,
    because publishers reuse guids, and send readers of what is gone to their front page.
    """
    for name, article in found:
        if name.kind not in ("guid", "redirect") or akin(article):
            return article
    return None
