"""The declarations of a page for machines: JSON-LD, microdata, meta elements, links.

Everything here is read, nothing is decided: `pages` weighs the values against each other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import msgspec
from selectolax.lexbor import LexborHTMLParser, LexborNode

from wiredesk.worker.news.values.text import clean_line, one_line

_ARTICLE_TYPES = frozenset(
    "article newsarticle reportagenewsarticle analysisnewsarticle opinionnewsarticle backgroundnewsarticle "
    "reviewnewsarticle asknewsarticle askpublicnewsarticle advertisercontentarticle satiricalarticle scholarlyarticle "
    "medicalscholarlyarticle techarticle blogposting liveblogposting socialmediaposting discussionforumposting report "
    "review criticreview interview pressrelease newsmediaarticle".split()
)
_WEAK_TYPES = frozenset("webpage itempage videoobject podcastepisode imagegallery collectionpage creativework".split())
# Members of a page's graph that describe other pages.
_ELSEWHERE = frozenset(
    "itemlistelement haspart relatedlink ispartof citation mentions about isrelatedto review comment mainentityofpage "
    "subjectof workexample significantlink breadcrumb publisher author creator image logo video offers".split()
)
# A graph of a page has tens of nodes; these bound what a hostile one costs.
_MAX_SCRIPTS = 60
_MAX_NODES = 5_000
_MAX_DEPTH = 24
_JSON_COMMENT = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/|<!\[CDATA\[)|(?:-->|//\s*\]\]>|/\*\s*\]\]>\s*\*/|\]\]>)\s*;?\s*$"
)
_TRAILING_COMMA = re.compile(r",\s{0,200}([}\]])")

Json = Any


@dataclass(frozen=True, slots=True)
class Item:
    """One article as JSON-LD or microdata describes it: `values` has lower-case names; `source` is where it stood."""

    source: str
    types: frozenset[str]
    values: dict[str, Json] = field(repr=False)
    depth: int = 0

    @property
    def is_article(self) -> bool:
        return bool(self.types & _ARTICLE_TYPES)

    def texts(self, name: str) -> list[str]:
        """The clean texts of a member: strings, numbers, `@value`s and the names of objects."""
        return [text for value in _each(self.values.get(name)) if (text := _as_text(value))]

    def first(self, *names: str) -> str | None:
        return next((text for name in names for text in self.texts(name)), None)

    def nested(self, name: str) -> list[dict[str, Json]]:
        """The objects among the values of a member, with lower-case names."""
        return [_lower(value) for value in _each(self.values.get(name)) if isinstance(value, dict)]


@dataclass(frozen=True, slots=True)
class Structured:
    """All that a page declares. `metas` maps lower-case names to their contents in page order."""

    articles: tuple[Item, ...]
    others: tuple[Item, ...]
    metas: dict[str, tuple[str, ...]]
    links: dict[str, tuple[str, ...]]
    title: str | None
    language: str | None

    def meta(self, *names: str) -> str | None:
        """The first non-empty content under the first of these names that has one."""
        return next((content for name in names for content in self.metas.get(name, ())), None)

    def every_meta(self, *names: str) -> list[str]:
        return [content for name in names for content in self.metas.get(name, ())]


def read_structured(tree: LexborHTMLParser) -> Structured:
    """Read every declaration of a page; broken ones are left out, in silence because they're common."""
    metas, languages = _read_metas(tree)
    items = [*_json_ld(tree), *_microdata(tree)]
    articles = [item for item in items if item.is_article]
    title = tree.css_first("head > title") or tree.css_first("title")
    return Structured(
        articles=tuple(_best_first(articles, metas)),
        others=tuple(item for item in items if item.types & _WEAK_TYPES and not item.is_article),
        metas=metas,
        links=_read_links(tree),
        title=(clean_line(title.text(deep=True)) or None) if title is not None else None,
        language=_declared_language(tree, languages, metas),
    )


def _best_first(articles: list[Item], metas: dict[str, tuple[str, ...]]) -> list[Item]:
    """The page's own article before teasers of others: shallow, named like the page, well described."""
    titles = {_folded(text) for name in ("og:title", "twitter:title") for text in metas.get(name, ())}

    def rank(item: Item) -> tuple[bool, bool, int]:
        headline = _folded(item.first("headline", "name") or "")
        same = bool(headline) and any(headline in title or title in headline for title in titles if title)
        return (not same and bool(titles), item.source != "json-ld", item.depth - min(len(item.values), 12))

    return sorted(articles, key=rank)


def _folded(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


# --- meta and link ----------------------------------------------------------------------------------------------------


def _read_metas(tree: LexborHTMLParser) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    metas: dict[str, list[str]] = {}
    languages = []
    for node in tree.css("meta"):
        attributes = node.attributes
        content = attributes.get("content")
        if not content:
            continue
        if (attributes.get("http-equiv") or "").lower() == "content-language":
            languages.append(content)
        for key in ("name", "property", "itemprop"):
            name = attributes.get(key)
            if name and (text := clean_line(_unescaped(content))):
                metas.setdefault(name.strip().lower(), []).append(text)
    return {name: tuple(dict.fromkeys(contents)) for name, contents in metas.items()}, languages


def _unescaped(text: str) -> str:
    """Entities that were escaped twice are common in meta elements."""
    return unescape(text) if "&" in text else text


def _read_links(tree: LexborHTMLParser) -> dict[str, tuple[str, ...]]:
    links: dict[str, list[str]] = {}
    for node in tree.css("link[rel][href]"):
        attributes = node.attributes
        href = (attributes.get("href") or "").strip()
        for rel in (attributes.get("rel") or "").lower().split():
            if href and rel in ("canonical", "amphtml", "shortlink", "author", "license", "image_src"):
                links.setdefault(rel, []).append(href)
    return {rel: tuple(hrefs) for rel, hrefs in links.items()}


def _declared_language(tree: LexborHTMLParser, languages: list[str], metas: dict[str, tuple[str, ...]]) -> str | None:
    root = tree.root
    stated = [root.attributes.get("lang") or root.attributes.get("xml:lang") if root is not None else None]
    stated += [*metas.get("og:locale", ()), *languages, *metas.get("language", ()), *metas.get("dc.language", ())]
    return next((code for text in stated if text and (code := language_code(text))), None)


def language_code(text: str) -> str | None:
    """The primary subtag of a language tag (`de-AT` → `de`), null for anything else."""
    code = re.split(r"[-_,;\s]", text.strip().lower(), maxsplit=1)[0]
    return code if code.isascii() and code.isalpha() and len(code) in (2, 3) else None


# --- JSON-LD ----------------------------------------------------------------------------------------------------------


def _json_ld(tree: LexborHTMLParser) -> list[Item]:
    return _described(
        [
            document
            for node in tree.css('script[type*="ld+json" i]')[:_MAX_SCRIPTS]
            if (document := load_json(node.text(deep=True))) is not None
        ]
    )


def articles_in(document: Json) -> list[Item]:
    """The articles that a JSON-LD document describes, breadth first; not those within another article."""
    articles = [item for item in _described([document]) if item.is_article]
    depth = min((item.depth for item in articles), default=0)
    return [item for item in articles if item.depth == depth]


def _described(documents: list[Json]) -> list[Item]:
    objects = list(_objects(documents))
    by_id = {node["@id"]: node for node, _ in objects if isinstance(node.get("@id"), str) and len(node) > 1}
    items = []
    for node, depth in objects:
        types = _types(node.get("@type"))
        if types & (_ARTICLE_TYPES | _WEAK_TYPES):
            values = {name.lower(): _resolved(value, by_id) for name, value in node.items()}
            items.append(Item("json-ld", types, values, depth))
    return items


def load_json(text: str) -> Json:
    """JSON as publishers write it: wrapped in comments, with raw line breaks, trailing commas or escaped quotes."""
    text = _JSON_COMMENT.sub("", text).strip().rstrip(";").strip("\ufeff \n\r\t")
    if not text:
        return None
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        pass
    repairs = (text, _TRAILING_COMMA.sub(r"\1", text), unescape(text) if "&quot;" in text else "")
    for candidate in repairs:
        try:
            return json.JSONDecoder(strict=False).raw_decode(candidate)[0] if candidate else None
        except (ValueError, RecursionError):
            continue
    return None


def _objects(documents: list[Json]) -> Iterator[tuple[dict[str, Json], int]]:
    """Every object of the page's graphs with its depth, breadth first, those about other pages left out."""
    queue: list[tuple[Json, int]] = [(document, 0) for document in documents]
    for seen, (value, depth) in enumerate(queue):
        if seen >= _MAX_NODES:
            return
        if isinstance(value, list):
            queue.extend((member, depth) for member in value)
        elif isinstance(value, dict):
            yield value, depth
            if depth < _MAX_DEPTH:
                for name, member in value.items():
                    if isinstance(member, dict | list) and name.lower() not in _ELSEWHERE:
                        queue.append((member, depth if name == "@graph" else depth + 1))


def _types(value: Json) -> frozenset[str]:
    return frozenset(re.split(r"[/:#]", text)[-1].strip().lower() for text in _each(value) if isinstance(text, str))


def _resolved(value: Json, by_id: dict[str, dict[str, Json]]) -> Json:
    """References by `@id` replaced by what they name, one step."""
    if isinstance(value, list):
        return [_resolved(member, by_id) if isinstance(member, dict) else member for member in value[:200]]
    if isinstance(value, dict) and isinstance(value.get("@id"), str) and len(value) <= 3 and "name" not in value:
        return by_id.get(value["@id"], value)
    return value


def _each(value: Json) -> Iterator[Json]:
    if isinstance(value, list):
        for member in value[:200]:
            if isinstance(member, list):
                yield from member[:200]
            else:
                yield member
    elif value is not None:
        yield value


def _lower(value: dict[str, Json]) -> dict[str, Json]:
    return {str(name).lower(): member for name, member in value.items()}


def _as_text(value: Json) -> str | None:
    if isinstance(value, str):
        return clean_line(_unescaped(value)) or None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, dict):
        lowered = _lower(value)
        for name in ("@value", "name", "headline", "url", "contenturl"):
            member = lowered.get(name)
            if isinstance(member, list) and member:
                member = member[0]
            if isinstance(member, str) and (text := clean_line(_unescaped(member))):
                return text
    return None


# --- microdata --------------------------------------------------------------------------------------------------------


def _microdata(tree: LexborHTMLParser) -> list[Item]:
    """Articles described by `itemscope`; a property belongs to the nearest scope above it (HTML, section 5.2)."""
    scopes: dict[int, tuple[frozenset[str], dict[str, list[Json]]]] = {}
    for node in tree.css("[itemscope][itemtype]"):
        types = _types((node.attributes.get("itemtype") or "").split())
        if types & _ARTICLE_TYPES:
            scopes[node.mem_id] = (types, {})
    if not scopes:
        return []
    for node in tree.css("[itemprop]")[:_MAX_NODES]:
        owner = _owner(node)
        if owner is None or owner.mem_id not in scopes:
            continue
        value = _property_value(node)
        if value is not None:
            for name in (node.attributes.get("itemprop") or "").lower().split():
                scopes[owner.mem_id][1].setdefault(name, []).append(value)
    return [Item("microdata", types, dict(values)) for types, values in scopes.values() if values]


def _owner(node: LexborNode) -> LexborNode | None:
    parent = node.parent
    for _ in range(200):
        if parent is None or "itemscope" in parent.attributes:
            return parent
        parent = parent.parent
    return None


def _property_value(node: LexborNode) -> Json:
    attributes = node.attributes
    name = attributes.get("itemprop") or ""
    if "articlebody" in name.lower():
        return None
    if "itemscope" in attributes:
        inner = node.css_first('[itemprop~="name"]')
        text = _property_value(inner) if inner is not None and "itemscope" not in inner.attributes else None
        if text is None and inner is None:
            text = one_line(node)[:300]
        return {"@type": (attributes.get("itemtype") or "").rsplit("/", 1)[-1], "name": text} if text else None
    for attribute in ("content", "datetime"):
        if attributes.get(attribute):
            return attributes[attribute]
    if node.tag in ("a", "link", "img", "source", "video", "audio"):
        link = attributes.get("href") if node.tag in ("a", "link") else attributes.get("src")
        text = one_line(node)
        return text[:300] if text and name.lower() not in ("url", "image", "mainentityofpage") else link
    return one_line(node)[:1_000] or None


def names_of(value: Json) -> list[tuple[str, bool]]:
    """The names in an author member, each with whether the page calls it an organisation."""
    names = []
    for member in _each(value):
        nested = _lower(member) if isinstance(member, dict) else {"name": member}
        organisation = any("organization" in kind for kind in _types(nested.get("@type")))
        names += [(text, organisation) for text in map(_as_text, _each(nested.get("name"))) if text]
    return names
