"""Which article an item is: the aliases that lead to articles, and what each of them is worth.

An alias key is a 128-bit hash of kind, scope and value; an article holds the keys that it claimed. What an alias that
leads to an article decides:

    key          the submitter's own key: decides alone
    url          an address of the site that the item comes from: decides, unless headline and text are another's
    source_link  an address that the same source linked to from elsewhere: as `url`
    link         an address of another site, first seen in a link: the item must be a copy of the article's text
    redirect     an address that led to the item's: the texts must have something in common
    guid         within its source: decides, unless headline and text are another's
    titled       a guid or address that several items of a document share, with the headline: as `guid`
    text         headline and text, within the source: decides
    formula      a text that is short and undated, within the source: decides where all other aliases are others'

An address that another source linked to belongs to the site itself: an item from the site takes it over.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from wiredesk.worker.news.compare.changes import is_withdrawal, meaning_sha256
from wiredesk.worker.news.model import Draft
from wiredesk.worker.news.values import urls
from wiredesk.worker.news.values.sites import site_of
from wiredesk.worker.news.values.text import clean_line

AliasKind = Literal["key", "url", "source_link", "link", "redirect", "guid", "titled", "text", "formula"]
# Aliases of these kinds are other spellings of an address that only its own site may keep.
WEAK_KINDS = frozenset(("link",))

# Below this, equal texts are often formulas ("Qtly div ten cts vs ten cts"), and the day decides with them.
_FORMULA_WORDS = 50
# Placeholders that systems write where they have no guid.
_NO_GUID = re.compile(r"[\W_]*(?:n/?a|null|none|nil|undefined|unknown|false|true|guid|id|0*|-1)?[\W_]*", re.IGNORECASE)
_LONGER_WORD = re.compile(r"\w{5,40}")
# Scripts that are written without spaces, or in words of few letters: there, three letters in a row are compared.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{3,}")
_COMPARED_CHARACTERS = 200_000
_VALUE_CHARACTERS = 2_000
_AKIN_SHARE = 0.3
# A copy has hardly a word of its own; a link blog that quotes has about half.
_COPY_SHARE = 0.7
_COPY_WORDS = 8


@dataclass(frozen=True, slots=True)
class Alias:
    """One way to find an article again. `value` is for people; `key` is what is claimed.

    One that `is_shared` stands at several items of its document. It is never claimed; a shared guid leads to an article
    with the item's headline, a shared address to one whose headline and text are the item's.
    """

    kind: AliasKind
    value: str
    key: uuid.UUID
    is_shared: bool = False


def hashed_key(kind: str, scope: str, value: str) -> uuid.UUID:
    """A 128-bit key that stands for a value within its scope."""
    packed = "\0".join((kind, scope, value)).encode("utf-8", "surrogatepass")
    return uuid.UUID(bytes=hashlib.blake2b(packed, digest_size=16).digest())


def _alias(kind: AliasKind, scope: str, value: str) -> Alias:
    return Alias(kind, value[:_VALUE_CHARACTERS], hashed_key(kind, scope, value))


def _address(kind: AliasKind, url_key: str) -> Alias:
    """The alias of an address: one key, as whatever kind it is claimed."""
    return Alias(kind, url_key[:_VALUE_CHARACTERS], hashed_key("url", "", url_key))


def address_keys(url: str) -> list[uuid.UUID]:
    """The alias keys that an address may be claimed under: with its fragment, and without."""
    keys = (urls.url_key(url, keep_fragment=keep) for keep in (True, False))
    return [hashed_key("url", "", key) for key in dict.fromkeys(keys) if key]


@dataclass(frozen=True, slots=True)
class Identity:
    """The data by which an item's article is found: publisher's slug, aliases (strongest first), meaning hash.

    `title` is the headline without case and typography, empty where there is none.
    """

    source: str
    aliases: tuple[Alias, ...]
    meaning_sha256: bytes
    title: str


def identify(
    draft: Draft,
    *,
    source: str,
    key: str | None,
    document_url: str | None = None,
    from_feed: bool = False,
    is_feed: bool = False,
) -> Identity:
    """`source` is the slug of the publisher, `key` the submitter's for this item.

    `document_url` is the address that the document came from: an address on its site is the item's own. `from_feed`
    says that a poll brought the document, `is_feed` that it is a feed, whose links may differ by fragment alone.
    """
    found: list[Alias] = []
    if key:
        found.append(_alias("key", source, key))
    here = _site(urls.url_key(document_url) or urls.host_of(document_url)) if document_url else None
    links = (draft.canonical_url, draft.url, *(value for kind, value in draft.identifiers if kind == "url"))
    keys = (urls.url_key(link, keep_fragment=is_feed) for link in dict.fromkeys(links) if link)
    for url_key in dict.fromkeys(keys):
        if url_key is None:
            continue
        is_own = here is not None and _site(url_key) == here
        found.append(_address("url" if is_own else "link", url_key))
        if not (is_own and from_feed):
            found.append(_alias("source_link", source, url_key))
    found += [
        _alias("guid", source, value)
        for kind, value in draft.identifiers
        if kind == "guid" and value and not _NO_GUID.fullmatch(value)
    ]
    # An address that led here by a redirect: the article has moved, or is gone and its readers are sent elsewhere.
    sent_from = (urls.url_key(value) for kind, value in draft.identifiers if kind == "redirect")
    found += [_address("redirect", url_key) for url_key in sent_from if url_key]
    meaning = meaning_sha256(draft.headline, draft.body_text)
    is_formula = len(draft.body_text.split(None, _FORMULA_WORDS)) < _FORMULA_WORDS
    if not is_formula:
        found.append(_alias("text", source, meaning))
    elif draft.published and (draft.body_text or draft.headline):
        found.append(_alias("text", source, f"{meaning} {draft.published.at.date()}"))
    elif not found:
        # RSS demands neither guid nor link nor date; without any alias an entry would be new at every poll.
        found.append(_alias("text", source, meaning))
    else:
        found.append(_alias("formula", source, meaning))
    aliases = tuple({one.key: one for one in reversed(found)}.values())[::-1]
    return Identity(source, aliases, bytes.fromhex(meaning), title_of(draft.headline))


def _site(url_key: str | None) -> str | None:
    """The site of a URL's key, which begins with the host."""
    if url_key is None:
        return None
    host = url_key.partition("/")[0].partition("?")[0].partition("#")[0]
    return site_of(host if host.endswith("]") else host.rpartition(":")[0] or host)


def title_of(headline: str | None) -> str:
    """A headline as it is compared: without case, and without the signs between its words."""
    return " ".join(re.findall(r"\w+", clean_line(headline).casefold())) if headline else ""


def distinct(identities: Iterable[Identity]) -> list[Identity]:
    """The identities of one document's items, where no alias leads from one of them to another.

    A guid that stands at items with different headlines is marked as shared, and so is an address that stands at items
    with different headlines or guids: entries that all link to the front page, or all have the guid of their feed,
    would else be one article with a thousand revisions. Each of these items gets an alias made of the shared one and
    its headline, so that it is found again.
    """
    found = list(identities)
    bearers: dict[uuid.UUID, set[tuple[str, object]]] = {}
    for identity in found:
        guid = next((one.key for one in identity.aliases if one.kind == "guid"), identity.meaning_sha256)
        for one in identity.aliases:
            bearers.setdefault(one.key, set()).add((identity.title, None if one.kind == "guid" else guid))
    shared = {key for key, items in bearers.items() if len(items) > 1}
    if not shared:
        return found
    apart = [_apart(identity, shared, shared) for identity in found]
    counted = Counter(one.key for identity in apart for one in {own.key: own for own in identity.aliases}.values())
    return [
        _findable(replace(one, aliases=tuple(o for o in one.aliases if o.kind != "titled" or counted[o.key] == 1)))
        for one in apart
    ]


def beside(identity: Identity, shared: Mapping[uuid.UUID, bool]) -> Identity:
    """The identity of an item whose document also showed entries that were not read again, as `distinct` gives it.

    `shared` are the aliases that lead to the articles of those entries; the value: whether the headline is the same.
    """
    new = {one.key for one in identity.aliases if one.key in shared and not one.is_shared}
    if not new:
        return identity
    titled = {key for key in new if not shared[key]}
    return _findable(_apart(identity, new, titled))


def _findable(identity: Identity) -> Identity:
    """The identity with an alias of its own: its text, where it shares all others; else it were new at every poll."""
    if any(not one.is_shared for one in identity.aliases):
        return identity
    return replace(
        identity,
        aliases=tuple(replace(one, is_shared=one.kind not in ("text", "formula")) for one in identity.aliases),
    )


def _apart(identity: Identity, shared: set[uuid.UUID], titled: set[uuid.UUID]) -> Identity:
    """The identity with the aliases that are `shared` marked, and for those that are `titled` one with the headline."""
    aliases: list[Alias] = []
    for one in identity.aliases:
        if one.key not in shared:
            aliases.append(one)
        elif one.kind != "key":
            aliases.append(replace(one, is_shared=True))
            if one.key in titled and one.kind in ("guid", "url", "source_link"):
                aliases.append(_alias("titled", identity.source, f"{one.kind} {one.value}\0{identity.title}"))
    return replace(identity, aliases=tuple(aliases))


@dataclass(frozen=True, slots=True)
class Wording:
    """The text of an item or of an article's current revision, as far as two of them are compared."""

    headline: str | None
    description: str | None
    body_text: str


def wording_of(draft: Draft) -> Wording:
    return Wording(draft.headline, draft.description, draft.body_text)


def is_another(old: Wording, new: Wording) -> bool:
    """Whether headline and text are both another's: other headlines, and too few words in common.

    Of 2,000 pairs of unrelated wire stories 99 in 100 share less than 27 % of the distinct longer words of the shorter
    one, however short or long they are; counted over all words, unrelated stories share up to half. Texts without such
    words are no evidence. A kill notice takes the place of the text, and has nothing else in common with it.
    """
    share = _share(old, new)
    if share is None or share >= _AKIN_SHARE:
        return False
    return not (is_withdrawal(old.headline, old.body_text) or is_withdrawal(new.headline, new.body_text))


def has_in_common(old: Wording, new: Wording) -> bool:
    """Whether there is evidence that two texts are states of one article; texts without longer words have none."""
    share = _share(old, new)
    if share is not None and share >= _AKIN_SHARE:
        return True
    return is_withdrawal(old.headline, old.body_text) or is_withdrawal(new.headline, new.body_text)


def is_copy(old: Wording, new: Wording) -> bool:
    """Whether one text is a copy of the other, whole or in part: what another site carries under this address.

    The new text must stand in the old one almost entirely; or the old one, a teaser, in the new one under the same
    headline. Items without a text must have the same headline.
    """
    same_title = title_of(old.headline) == title_of(new.headline) != ""
    if not new.body_text.strip():
        return same_title
    before, after = _words(old.body_text), _words(new.body_text)
    common = len(before & after)
    if len(after) >= _COPY_WORDS and common >= _COPY_SHARE * len(after):
        return True
    return same_title and bool(before) and common >= _COPY_SHARE * min(len(before), len(after))


def _share(old: Wording, new: Wording) -> float | None:
    """The share of the shorter text's distinct longer words that the other has too; None where it has none."""
    title = title_of(old.headline)
    if title and title == title_of(new.headline):
        return 1.0
    before, after = (_words(f"{text.headline or ''} {text.description or ''} {text.body_text}") for text in (old, new))
    shorter = min(len(before), len(after))
    return len(before & after) / shorter if shorter else None


def _words(text: str) -> set[str]:
    text = text[:_COMPARED_CHARACTERS].lower()
    found = set(_LONGER_WORD.findall(text))
    runs = _UNSPACED.findall(text) if not text.isascii() else []
    if runs:
        found = {word for word in found if not _UNSPACED.search(word)}
        found.update(run[i : i + 3] for run in runs for i in range(len(run) - 2))
    return found


@dataclass(frozen=True, slots=True)
class ArticleCandidate:
    """An article that an alias leads to, as the choice needs it.

    `held_as` is the kind that the alias was claimed as. `wording` is None where the article's text equals the item's or
    was not needed so far. `title` is the headline under which another item of the same document was put there; None
    where there is none.
    """

    article_id: int
    source: str
    held_as: str
    meaning_sha256: bytes
    wording: Wording | None
    title: str | None = None


def choose(identity: Identity, wording: Wording, found: Sequence[tuple[Alias, ArticleCandidate]]) -> int | None:
    """The id of the article that an item is, of those that its aliases lead to (strongest first); None when it is new.

    An article whose current headline and text are the item's goes before all but a submitter's key: what has not
    changed never moves.
    """
    if found and found[0][0].kind == "key":
        return found[0][1].article_id
    possible = [(one, at) for one, at in found if at.title is None or at.title == identity.title]
    others = [pair for pair in possible if pair[0].kind != "formula"]
    for _, at in others:
        if at.meaning_sha256 == identity.meaning_sha256:
            return at.article_id
    for one, at in others:
        if _leads(one, at, identity, wording):
            return at.article_id
    held = {one.key for one, _ in found}
    own = (one for one in identity.aliases if not one.is_shared and one.kind not in ("formula", "titled"))
    if any(one.key not in held for one in own):
        return None  # it has an alias that is new
    return next((at.article_id for one, at in possible if one.kind == "formula"), None)


def _leads(one: Alias, at: ArticleCandidate, identity: Identity, wording: Wording) -> bool:
    """Whether an alias that leads to an article says that the item is this article."""
    if at.wording is None:
        return True
    if one.is_shared and (one.kind != "guid" or title_of(at.wording.headline) != identity.title):
        return False
    if one.kind == "text":
        return True
    if one.kind == "redirect":
        return has_in_common(at.wording, wording)
    if at.source == identity.source or (one.kind == "url" and at.held_as not in WEAK_KINDS):
        return not is_another(at.wording, wording)
    return is_copy(at.wording, wording)
