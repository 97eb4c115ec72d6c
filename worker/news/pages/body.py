"""The text of a page's article: what the page carries as data when that is whole, else what trafilatura finds, checked
against the page's own paragraphs.

The only file that imports trafilatura. Its fast mode is right on most pages at half the cost of its default mode, and
wrong on some in one way: it takes a box for the article. The default mode's cure (readability, justext) costs 8 ms a
page. Here the page's largest family of paragraphs, those whose parents look alike, is the witness: when the text found
leaves them out and they're much longer, the region that holds them is read instead. Word F1 on 258 news pages and 300
of the open web: fast .940 and .917, default .949 and .934, this .962 and .956.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from selectolax.lexbor import LexborHTMLParser, LexborNode
from trafilatura.core import bare_extraction
from trafilatura.xml import xmltotxt

from wiredesk.worker.news.pages.headlines import fold
from wiredesk.worker.news.values.text import clean_line, paragraphs, visible_text
from wiredesk.worker.news.values.words import table

BodySource = Literal["extracted", "region", "data", "largest"]
_Standing = Literal["inside", "junk", "outside"]

_UNSEEN = "script, style, template, iframe, svg, link, meta, button, select, textarea, canvas, object, video, audio"
# The banners of the usual consent managers.
_BANNERS = ", ".join(
    f'[{attribute}*="{name}" i]'
    for attribute in ("id", "class")
    for name in (
        "onetrust", "didomi", "sp_message", "qc-cmp2", "usercentrics", "cybotcookiebot", "truste-", "fc-consent",
        "cookie-banner", "cookie-consent", "cookie-notice", "cookiebanner", "cookieconsent", "cookie-law",
        "cookie_notice", "consent-banner", "gdpr-banner", "cmplz-", "iubenda-cs",
    )
)  # fmt: skip
_MAYBE_THREADS = ", ".join(
    [
        *(f'[{name}*="{root}" i]' for name in ("id", "class") for root in table("comment_threads")["root"]),
        '[itemtype$="/Comment"]',
    ]
)
_OUTSIDE = frozenset("aside nav footer form header figure figcaption noscript a button dialog".split())
_BLOCKS = "p, h2, h3, h4, li, blockquote, pre, td"
_BLOCK_TAGS = frozenset("p h2 h3 h4 li blockquote pre td".split())
_JUNK = re.compile(
    "comment|kommentar|disqus|related|recommend|teaser|promo|newsletter|cookie|consent|most-?read|sidebar|footer|"
    "paywall|modal|popup|banner|author-?bio|subscri|overlay|also|card",
    re.IGNORECASE,
)
# Shorter paragraphs are captions, teasers and buttons as often as text.
_MIN_PARAGRAPH = 50
_MAX_LINKED_SHARE = 0.5
# The family of paragraphs overrules the extractor when it holds less than this share of them ...
_MIN_COVERED = 0.6
# ... and they are this much longer than what it found (right in 14 of 14 cases; at 1.5 a long list of teasers wins).
_MUCH_LONGER = 1.6
# Comments: more than so many signed paragraphs, and nearly all of the family.
_MIN_SIGNED = 3
_SIGNED_SHARE = 0.8
_REGION_SHARE = 0.7
_NEARLY_ALL = 4
# The page's data is the whole text when it and the text found hold this much of each other.
_WHOLE = 0.75
# When they hold less than this of each other and the data is so much longer, the text found is something else.
_STRANGE = 0.3
_LONGER = 1.2
_MAX_ELEMENTS = 5_000
_MAX_ANCESTORS = 60
_MAX_SAMPLE = 200
_MAX_COMPARED_BLOCKS = 2_000
_MAX_COMPARED_CHARACTERS = 400_000
# trafilatura takes 70 µs a paragraph; the fullest of 558 news pages has 8,500 tags, start and end.
_MAX_TAGS = 40_000
_MAX_LIST = 1_500
_MAX_LINK_PARAGRAPH = 250
_MAX_LISTS = 500
_MAX_LINKED = 0.3
_MAX_BETWEEN = 8  # nodes between a list and the paragraph before it, white space included
_TELLING = 40  # code points by which a paragraph is known
_TEASED = "img, picture, figure, h2, h3, time, input, form"
_HEADINGS = frozenset({"h2", "h3", "h4", "h5"})
_LABEL = re.compile(r"[^:]{3,25}:\s")


def extract_body(
    tree: LexborHTMLParser, *, stated: str | None = None, lead: str | None = None
) -> tuple[str, BodySource]:
    """The article as plain text, paragraphs separated by a blank line, empty when there is none; and how it was found.

    `tree` is taken apart on the way. `stated` is the text that the page's own data gives, `lead` a standfirst that the
    page prints between headline and text.
    """
    _prune(tree)
    source: BodySource = "extracted"
    found = _extracted(tree)
    family = _largest_family(tree)
    if family and family.is_a_thread and found:
        family = None
    if family and family.characters > _MUCH_LONGER * len(found) and family.covered_by(found) < _MIN_COVERED:
        region = _region_text(tree)
        found, source = (region, "region") if region else (found, source)
    elif found:
        found = _with_lists(tree, found)
    if stated and (not found or _is_other_text(found, stated)):
        found, source = paragraphs(stated), "data"
    elif stated:
        found = _trimmed(found, stated)
    if not found:
        found, source = _largest_text(tree), "largest"
    found = _without_repeats(found)
    if lead and found and fold(lead)[:50] not in fold(found):
        found = f"{lead}\n\n{found}"
    return found, source


def _is_other_text(found: str, stated: str) -> bool:
    """Whether the page's data is a longer text that has little in common with what was found."""
    whole, blocks = fold(stated), [fold(block) for block in found.split("\n\n")]
    return len(whole) > _LONGER * sum(map(len, blocks)) and _held(blocks, whole) < _STRANGE * len(whole)


def _trimmed(found: str, stated: str) -> str:
    """`found` without what the page's data shows to be none of it: paragraphs behind its end, list items not in it.

    Data often lacks the subheadings and the lead, so other paragraphs stay. Data that is a summary trims nothing.
    """
    whole = fold(stated)
    blocks = found.split("\n\n")
    folded = [fold(block) for block in blocks]
    held = _held(folded, whole)
    if not held or held < _WHOLE * len(whole) or len(whole) < _WHOLE * sum(map(len, folded)):
        return found
    within = [_is_within(text, whole) for text in folded]
    last = len(within) - within[::-1].index(True)
    kept = zip(blocks[:last], within, strict=False)
    return "\n\n".join(block for block, inside in kept if inside or not block.startswith("- "))


def _held(blocks: list[str], whole: str) -> int:
    """Characters of the blocks that `whole` holds; zero for texts so large that the comparison would be a burden."""
    if len(blocks) > _MAX_COMPARED_BLOCKS or len(whole) > _MAX_COMPARED_CHARACTERS:
        return 0
    return sum(len(block) for block in blocks if _is_within(block, whole))


def _is_within(block: str, whole: str) -> bool:
    return bool(block) and (block in whole or (block[:40] in whole and block[-40:] in whole))


def _largest_text(tree: LexborHTMLParser) -> str:
    """The element with most text of its own, for pages that part their lines with `<br>` alone."""
    best, most = None, _MIN_PARAGRAPH
    for node in tree.css("div, td, section, article, main, pre")[:_MAX_ELEMENTS]:
        own = sum(
            len((child.text_content or "").strip()) for child in node.iter(include_text=True) if child.is_text_node
        )
        if own > most and _standing(node) == "inside":
            best, most = node, own
    return visible_text(best) if best is not None else ""


def _without_repeats(text: str) -> str:
    """`text` without the paragraphs that stand in it already: some pages print it for each width of the window."""
    blocks = text.split("\n\n")
    first = {block: n for n, block in reversed(list(enumerate(blocks)))}
    repeated = [first[block] < n and len(block) >= _MIN_PARAGRAPH for n, block in enumerate(blocks)]
    if not any(repeated):
        return text
    ahead = range(1, len(blocks))
    for n, neighbour in (*((n, n - 1) for n in ahead), *((n - 1, n) for n in reversed(ahead))):
        if repeated[neighbour] and first[blocks[n]] < n:  # a heading or a list item between such paragraphs
            repeated[n] = True
    return "\n\n".join(block for block, is_repeated in zip(blocks, repeated, strict=True) if not is_repeated)


def _extracted(tree: LexborHTMLParser) -> str:
    html = tree.html or ""
    if html.count("<") > _MAX_TAGS:
        return ""
    try:
        document = bare_extraction(html, fast=True, include_comments=False, with_metadata=False)
    except (ValueError, RecursionError):
        return ""
    if document is None or isinstance(document, dict) or document.body is None:
        return ""
    lines = xmltotxt(document.body, False).split("\n")
    return paragraphs("\n\n".join(_row(line) if line.startswith("|") else line for line in lines))


def _row(line: str) -> str:
    """A row of a table without Markdown's outer bars and rules: `Boat | Price`."""
    cells = [cell.strip() for cell in line.split("|")]
    return " | ".join(cell for cell in cells if cell.strip("-: "))


# --- lists ---------------------------------------------------------------------------------------------------------


def _with_lists(tree: LexborHTMLParser, found: str) -> str:
    """`found` with the lists that the extractor left out though they stand behind a paragraph of it, in its element."""
    folded = fold(found)
    blocks = found.split("\n\n")
    behind: dict[int, list[str]] = {}  # added blocks by the number of the block before
    folded_blocks: list[str] = []
    placed: dict[int, int] = {}  # the list element → the number of the block that it was added behind
    for node in tree.css("ul, ol")[:_MAX_LISTS]:
        items = _items(node)
        if len(items) < 2 or _begins_in(max(items, key=len), folded):
            continue
        before, headings = _block_before(node, folded, placed)
        if before is None or _standing(node) == "outside":
            continue
        at = placed.get(before.mem_id)
        if at is None:
            last = [before, *before.css("li")][-1]
            start = fold(_plain(last))[:_TELLING]
            folded_blocks = folded_blocks or [fold(block) for block in blocks]
            at = next((k for k in range(len(blocks) - 1, -1, -1) if start in folded_blocks[k]), None)
        if at is not None:
            placed[node.mem_id] = at
            behind.setdefault(at, []).extend((*headings, *(f"- {item}" for item in items)))
    if not behind:
        return found
    return "\n\n".join(text for k, block in enumerate(blocks) for text in (block, *behind.get(k, ())))


def _items(node: LexborNode) -> list[str]:
    """The items of a list of text; empty for what is a menu, a row of teasers, or a thread of comments."""
    attributes = node.attributes
    if node.parent is None or node.parent.tag == "li":
        return []
    if _JUNK.search(f"{attributes.get('class') or ''} {attributes.get('id') or ''}"):
        return []
    text = _plain(node)
    if len(text) < _MIN_PARAGRAPH or node.css_first(_TEASED) is not None or _linked(node) > _MAX_LINKED * len(text):
        return []
    return [item for item in dict.fromkeys(clean_line(item.text(deep=True)) for item in node.css("li")) if item]


def _block_before(node: LexborNode, folded: str, placed: dict[int, int]) -> tuple[LexborNode | None, list[str]]:
    """The paragraph or list of the text that stands before a list, and the headings between them."""
    headings: list[str] = []
    before = node.prev
    for _ in range(_MAX_BETWEEN):
        if before is None or before.mem_id in placed:
            break
        text = "" if before.is_text_node or before.is_comment_node else _plain(before)
        if text:
            if _begins_in(_plain([before, *before.css("li")][-1]), folded):
                break
            if before.tag not in _HEADINGS:
                return None, headings
            headings.insert(0, text)
        before = before.prev
    return before, headings


def _begins_in(text: str, folded: str) -> bool:
    start = fold(text[: 4 * _TELLING])[:_TELLING]
    return bool(start) and start in folded


# --- before -----------------------------------------------------------------------------------------------------------


def _prune(tree: LexborHTMLParser) -> None:
    """Remove elements that are no text: scripts, consent banners, the headline, lists and paragraphs of only links."""
    for node in tree.css(_UNSEEN):
        node.decompose()
    for node in tree.css(_BANNERS):
        if node.parent is not None and node.tag not in ("html", "body") and node.css_first("h1, article, main") is None:
            node.decompose()
    _without_threads(tree)
    for node in tree.css("h1"):
        node.decompose()
    for node in tree.css("ul, ol"):
        if node.parent is not None and node.css_first("a") is not None:
            text = _plain(node)
            if len(text) < _MAX_LIST and _linked(node) > 0.75 * len(text):
                node.decompose()
    for node in tree.css("p, h2, h3, h4"):
        if node.parent is not None and node.css_first("a") is not None and _is_only_a_link(node):
            node.decompose()


def _without_threads(tree: LexborHTMLParser) -> None:
    """Take out readers' comments: elements that a class, an id or a type calls so, and that hold no headline.

    One element alone that is called a comment may be an opinion piece.
    """
    names = table("comment_threads")
    threads, comments = frozenset(names["thread"]), frozenset(names["comment"])
    found: list[tuple[LexborNode, bool]] = []
    for node in tree.css(_MAYBE_THREADS):
        if node.parent is None or node.tag in ("html", "body", "article", "main") or node.css_first("h1, main"):
            continue
        attributes = node.attributes
        tokens = f"{attributes.get('class') or ''} {attributes.get('id') or ''}".lower().split()
        if not threads.isdisjoint(tokens):
            found.append((node, True))
        elif not comments.isdisjoint(tokens) or (attributes.get("itemtype") or "").endswith("/Comment"):
            found.append((node, False))
    several = sum(not is_thread for _, is_thread in found) > 1
    for node, is_thread in reversed(found):  # what is inside of another goes first
        if is_thread or several:
            node.decompose()


def _is_only_a_link(node: LexborNode) -> bool:
    """`Read more`, or `Read more: The headline of another piece`."""
    text = _plain(node)
    linked = _linked(node)
    if not 0 < len(text) < _MAX_LINK_PARAGRAPH or not linked:
        return False
    label = _LABEL.match(text)
    return linked > 0.9 * len(text) or (label is not None and linked + label.end() + 2 >= len(text))


def _plain(node: LexborNode) -> str:
    return " ".join(node.text(deep=True, separator=" ").split())


def _linked(node: LexborNode) -> int:
    return sum(len(_plain(link)) for link in node.css("a"))


# --- the page's own paragraphs ----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Family:
    """Paragraphs whose parents and grandparents have the same tags and classes."""

    characters: int = 0
    texts: list[str] = field(default_factory=list)
    signed: int = (
        0  # paragraphs that stand alone in their element beside a name or a button, as in a thread of comments
    )

    @property
    def is_a_thread(self) -> bool:
        return self.signed > _MIN_SIGNED and self.signed > _SIGNED_SHARE * len(self.texts)

    def covered_by(self, found: str) -> float:
        folded = fold(found)
        sample = self.texts[:: len(self.texts) // _MAX_SAMPLE + 1]
        return sum(len(text) for text in sample if fold(text)[:40] in folded) / sum(map(len, sample))


def _largest_family(tree: LexborHTMLParser) -> _Family | None:
    families: dict[tuple[tuple[str | None, str | None], ...], _Family] = {}
    for node, text in _prose(tree):
        parents: list[tuple[str | None, str | None]] = []
        parent = node.parent
        while parent is not None and len(parents) < 2:
            parents.append((parent.tag, parent.attributes.get("class")))
            parent = parent.parent
        family = families.setdefault(tuple(parents), _Family())
        family.characters += len(text)
        family.texts.append(text)
        alone = node.parent is not None and len(node.parent.css("p")) == 1
        family.signed += alone and len(_plain(node.parent)) > len(text) + 2 if node.parent else 0
    return max(families.values(), key=lambda family: family.characters, default=None)


def _prose(tree: LexborHTMLParser) -> list[tuple[LexborNode, str]]:
    """The page's longer paragraphs. What classes call junk is left out, unless that is nearly everything: a wrapper
    named `content-sidebar-wrap` holds the article."""
    outside: dict[int, _Standing] = {}
    inside: list[tuple[LexborNode, str]] = []
    junk: list[tuple[LexborNode, str]] = []
    for node in tree.css("p"):
        text = _plain(node)
        parent = node.parent
        if parent is None or len(text) < _MIN_PARAGRAPH or _linked(node) > _MAX_LINKED_SHARE * len(text):
            continue
        # Paragraphs come in families: one look at each parent serves all its children.
        if parent.mem_id not in outside:
            outside[parent.mem_id] = _standing(node)
        match outside[parent.mem_id]:
            case "inside":
                inside.append((node, text))
            case "junk":
                junk.append((node, text))
    if sum(len(text) for _, text in junk) > _NEARLY_ALL * sum(len(text) for _, text in inside):
        return junk
    return inside


def _standing(node: LexborNode) -> _Standing:
    current = node.parent
    standing: _Standing = "inside"
    for _ in range(_MAX_ANCESTORS):
        if current is None or current.tag in ("body", "html"):
            break
        if current.tag in _OUTSIDE:
            return "outside"
        attributes = current.attributes
        if _JUNK.search(f"{attributes.get('class') or ''} {attributes.get('id') or ''}"):
            standing = "junk"
        current = current.parent
    return standing


def _region_text(tree: LexborHTMLParser) -> str:
    """The blocks of the smallest element that holds most of the page's prose."""
    held: dict[int, int] = {}
    nodes: dict[int, tuple[int, LexborNode]] = {}
    total = 0
    for node, text in _prose(tree):
        total += len(text)
        ancestors = list(_ancestors(node))
        for depth, ancestor in enumerate(reversed(ancestors)):
            held[ancestor.mem_id] = held.get(ancestor.mem_id, 0) + len(text)
            nodes[ancestor.mem_id] = (depth, ancestor)
    large = [nodes[key] for key, characters in held.items() if characters >= _REGION_SHARE * total]
    if not large:
        return ""
    region = max(large, key=lambda pair: pair[0])[1]
    return paragraphs("\n\n".join(_block_texts(region)))


def _ancestors(node: LexborNode) -> Iterator[LexborNode]:
    current = node.parent
    for _ in range(_MAX_ANCESTORS):
        if current is None or current.tag == "-document":
            return
        yield current
        current = current.parent


def _block_texts(region: LexborNode) -> Iterator[str]:
    for node in region.css(_BLOCKS):
        if _is_inside(node, region):
            continue
        if not _plain(node) or _linked(node) > _MAX_LINKED_SHARE * len(_plain(node)):
            continue
        for line_break in node.css("br"):
            line_break.insert_before(" ")
        # Without separators: inline elements end within words.
        if text := clean_line(node.text(deep=True)):
            yield text


def _is_inside(node: LexborNode, region: LexborNode) -> bool:
    """Whether a block of the region is part of another one, or of something that isn't text."""
    for ancestor in _ancestors(node):
        if ancestor.mem_id == region.mem_id:
            return False
        if ancestor.tag in _OUTSIDE or ancestor.tag in _BLOCK_TAGS:
            return True
    return False
