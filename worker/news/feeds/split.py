"""The entries of a feed document as they stand in its bytes, without reading them.

An entry that a feed showed before in the same bytes need not be read again. `split` finds where each entry begins and
ends, in one pass of a compiled parser, and hashes what the entries take from the rest of the document: the elements
around them with namespaces, `xml:base` and `xml:lang`, and the feed's own elements (language, authors, link).

Only a well-formed document of the usual shape is split: one root, all entries in one element, no document type. A
reader that gets part of such a document reads its entries as it reads them in the whole.
"""

from __future__ import annotations

import codecs
import hashlib
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise
from xml.parsers import expat

import msgspec

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.feeds import xml as xmlsafety
from wiredesk.worker.news.values.charset import decode_xml

_ENTRY_OF = {"rss": "item", "rdf": "item", "feed": "entry", "urlset": "url"}
# Elements that one of the readers takes for an entry wherever they stand.
_ENTRY_NAMES = frozenset(("item", "entry", "product", "sitemap"))
# Elements of a feed that change with each document and that no entry takes anything from: its own dates, and the list
# of RDF's entries.
_CHANGING = frozenset(
    ("created", "date", "issued", "items", "lastbuilddate", "modified", "pubdate", "published", "updated")
)
_TAGS = tuple((b"<" + name, b"</" + name + b">") for name in (b"item", b"entry", b"url"))
# Stands for an entry where the rest of a document is parsed without its entries.
_MARK = "wiredesk-entry"
_MARK_BYTES = b"<?wiredesk-entry?>"
_MAX_ELEMENTS = 400_000
_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class Split:
    """A document in parts: its entries, in document order, and what stands before and after them, as UTF-8.

    What stands between entries is part of `after`. `inherited` is a hash of what entries take from the rest of the
    document. `separator` stands between entries.
    """

    entries: tuple[bytes, ...]
    before: bytes
    after: bytes
    inherited: bytes
    separator: bytes = b""

    def digests(self, context: str) -> tuple[bytes, ...]:
        """16 bytes an entry: equal for equal bytes that inherit the same, in an equal `context`."""
        base = hashlib.sha256(self.inherited + context.encode("utf-8", "replace") + b"\0")
        return tuple(_digest(base, entry) for entry in self.entries)

    def only(self, numbers: Collection[int]) -> bytes:
        """The document with these of its entries, counted from 0."""
        kept = self.separator.join(one for n, one in enumerate(self.entries) if n in numbers)
        return self.before + kept + self.after


@dataclass(frozen=True, slots=True)
class Comparison:
    """A document beside what its feed showed before.

    `digests` are those of all entries, in document order. `document` holds what must be read: the document without the
    entries that were shown before, `new` their number; None where there are no others.
    """

    digests: tuple[bytes, ...]
    new: int
    document: bytes | None


def split(body: bytes, *, content_type: str | None) -> Split | None:
    """The parts of a feed document, plain or gzip; None where it must be read as a whole."""
    try:
        data = _as_utf8(body, content_type)
        return _split_json(data) if data.startswith(b"{") else _split_xml(data)
    except _NOT_SPLIT:
        return None


def compare(body: bytes, *, content_type: str | None, context: str, shown: Mapping[bytes, int]) -> Comparison | None:
    """A document without the entries whose digests in `context` are `shown`, each as often as it was.

    None where the document must be read as a whole: it can't be split, or none of its entries was shown.
    """
    try:
        data = _as_utf8(body, content_type)
        if data.startswith(b"{"):
            return _compared(_split_json(data), content_type, context, shown)
        found = _cut_xml(data)
        compared = _compared(found, content_type, context, shown) if found is not None else None
        return compared or _compared(_split_xml(data), content_type, context, shown)
    except _NOT_SPLIT:
        return None


def _compared(found: Split, content_type: str | None, context: str, shown: Mapping[bytes, int]) -> Comparison | None:
    """The comparison, where the entries that were not shown are what a parser finds in the document without others."""
    digests = found.digests(context)
    left = Counter(shown)
    new: list[int] = []
    for number, digest in enumerate(digests):
        if left[digest] > 0:
            left[digest] -= 1
        else:
            new.append(number)
    if not new:
        return Comparison(digests, 0, None) if digests else None
    if len(new) == len(digests):
        return None
    document = found.only(frozenset(new))
    part = _split_json(document) if found.separator else _split_xml(document)
    if part.inherited != found.inherited or part.entries != tuple(found.entries[n] for n in new):
        return None
    written = _readable(document, content_type)
    return Comparison(digests, len(new), written) if written is not None else None


def _digest(base: hashlib._Hash, entry: bytes) -> bytes:
    mine = base.copy()
    mine.update(entry)
    return mine.digest()[:_DIGEST_BYTES]


def _as_utf8(body: bytes, content_type: str | None) -> bytes:
    text = decode_xml(xmlsafety.inflate(body), content_type=content_type)
    return text.lstrip("\ufeff\0 \t\r\n").encode()


def _readable(document: bytes, content_type: str | None) -> bytes | None:
    """The bytes of a document in UTF-8 that are decoded as such; None where there are none."""
    text = document.decode()
    # The label of a document that came in another encoding is not true of UTF-8: a byte order mark goes before it.
    for written in (document, codecs.BOM_UTF8 + document):
        if decode_xml(written, content_type=content_type) == text:
            return written
    return None


def _split_json(data: bytes) -> Split:
    fields = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    entries = msgspec.json.decode(fields.pop("items", b"null"), type=list[msgspec.Raw])
    head = b",".join(msgspec.json.encode(name) + b":" + bytes(value) for name, value in fields.items())
    return Split(
        entries=tuple(bytes(entry) for entry in entries),
        before=b"{" + head + (b',"items":[' if head else b'"items":['),
        after=b"]}",
        inherited=hashlib.sha256(head).digest(),
        separator=b",",
    )


def _split_xml(data: bytes) -> Split:
    parser = _Parser(data)
    parser.parse()
    return _parts(data, parser.places, parser.inherited)


def _cut_xml(data: bytes) -> Split | None:
    """The parts by the tags of entries, found as bytes; only the rest is parsed, with a mark for each entry.

    A tag inside of comments and CDATA sections is found too: the mark for it is then none, and the answer is None. The
    entries themselves are not parsed.
    """
    opening, closing = max(_TAGS, key=lambda tags: data.count(tags[1]))
    places: list[tuple[int, int]] = []
    at = 0
    while (begin := data.find(opening, at)) >= 0:
        if data[begin + len(opening) : begin + len(opening) + 1] not in (b">", b" ", b"\n", b"\t", b"\r"):
            at = begin + 1  # another element, such as <items>
            continue
        if (found := data.find(closing, begin)) < 0:
            return None
        at = found + len(closing)
        places.append((begin, at))
    if not places or _MARK_BYTES in data:
        return None
    around = (data[end:begin] for (_, end), (begin, _) in pairwise(((0, 0), *places, (len(data), 0))))
    parser = _Parser(_MARK_BYTES.join(around))
    parser.parse()
    return _parts(data, places, parser.inherited) if parser.marks == len(places) else None


def _parts(data: bytes, places: Collection[tuple[int, int]], inherited: bytes) -> Split:
    between = [data[end:begin] for (_, end), (begin, _) in pairwise(((0, 0), *places, (len(data), 0)))]
    return Split(
        entries=tuple(data[begin:end] for begin, end in places),
        before=between[0],
        after=b"".join(between[1:]),
        inherited=inherited,
    )


class _Unusual(Exception):
    """A document that must be read as a whole."""


_NOT_SPLIT = (Rejected, _Unusual, expat.ExpatError, msgspec.MsgspecError, UnicodeEncodeError, RecursionError)


class _Parser:
    """expat's events, gathered into the places of entries and a hash of what they inherit.

    `marks` counts the marks that stand where entries may stand.
    """

    def __init__(self, data: bytes) -> None:
        self.places: list[tuple[int, int]] = []
        self.marks = 0
        self._data = data
        self._hash = hashlib.sha256()
        self._parser = expat.ParserCreate("utf-8", " ")
        self._parser.namespace_prefixes = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartNamespaceDeclHandler = self._declare
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.ProcessingInstructionHandler = self._instruct
        self._depth = self._elements = 0
        self._entry_name = ""
        # The depth and the first byte of the entry, or of the feed's own element, that is open.
        self._open_depth = self._began = 0
        self._is_entry = self._changes = False
        # The number of the innermost element that may hold entries, and that of the one which does.
        self._holders: list[int] = []
        self._holder_of_entries = 0

    def parse(self) -> None:
        """Raises `_Unusual` and `ExpatError` where the document must be read as a whole."""
        self._parser.Parse(self._data, True)

    @property
    def inherited(self) -> bytes:
        return self._hash.digest()

    def _declare(self, prefix: str | None, uri: str | None) -> None:
        if not self._open_depth:
            self._hash.update(repr((prefix, uri)).encode())

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._elements > _MAX_ELEMENTS:
            raise _Unusual
        local = name.split(" ", 2)[1].lower() if " " in name else name.lower()
        if self._open_depth:
            if local in _ENTRY_NAMES or local == self._entry_name:
                raise _Unusual
            return
        if self._depth == 1:
            self._entry_name = _ENTRY_OF.get(local, "")
            if not self._entry_name:
                raise _Unusual
        if self._depth == 1 or (self._depth == 2 and local == "channel"):
            self._hash.update(repr((name, attributes)).encode("utf-8", "replace"))
            self._holders.append(self._elements)
            return
        self._open_depth, self._began = self._depth, self._parser.CurrentByteIndex
        self._is_entry = local == self._entry_name
        self._changes = local in _CHANGING
        if self._is_entry:
            self._hold()
        elif local in _ENTRY_NAMES:
            raise _Unusual

    def _end(self, name: str) -> None:
        if self._depth == self._open_depth:
            at = self._parser.CurrentByteIndex
            # Of an empty element expat reports the byte after it.
            end = self._data.index(b">", at) + 1 if self._data.startswith(b"</", at) else at
            self._open_depth = 0
            if self._is_entry:
                self.places.append((self._began, end))
            elif not self._changes:
                self._hash.update(self._data[self._began : end])
        elif not self._open_depth:
            self._holders.pop()
        self._depth -= 1

    def _instruct(self, target: str, _text: str) -> None:
        if target == _MARK:
            if self._open_depth or not self._holders:
                raise _Unusual
            self.marks += 1
            self._hold()

    def _hold(self) -> None:
        """Note that the innermost holder has an entry; entries of two holders are unusual."""
        if self._holder_of_entries not in (0, self._holders[-1]):
            raise _Unusual
        self._holder_of_entries = self._holders[-1]

    def _refuse(self, *_: object) -> None:
        raise _Unusual
