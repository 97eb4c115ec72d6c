"""NITF 3.6 (iptc.org/standards/nitf): one document for each article, in ZIP archives."""

from __future__ import annotations

import re
import zipfile
from datetime import datetime
from typing import BinaryIO

from lxml import etree

from wiredesk.worker.store.records import ArticleRecord

# What XML 1.0 has no place for.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ELEMENTS = {"person": "person", "organisation": "org", "place": "location", "event": "event"}


class Writer:
    """Writes an archive with a member `ARTICLE-REVISION.xml` for each article."""

    def __init__(self, file: BinaryIO) -> None:
        self._archive = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)

    def write(self, article: ArticleRecord) -> None:
        # Without a time of its own in the archive: the same articles give the same bytes.
        member = zipfile.ZipInfo(f"{article.article_id}-{article.revision_no}.xml")
        self._archive.writestr(member, document(article), compress_type=zipfile.ZIP_DEFLATED)

    def close(self) -> None:
        self._archive.close()


def document(article: ArticleRecord) -> bytes:
    """The article as an NITF document in UTF-8."""
    nitf = etree.Element("nitf", version="-//IPTC//DTD NITF 3.6//EN")
    _write_head(_add(nitf, "head"), article)
    body = _add(nitf, "body", {"xml:lang": article.language} if article.language else {})
    _write_body_head(_add(body, "body.head"), article)
    content = _add(body, "body.content")
    for paragraph in re.split(r"\n\s*\n", article.body_text.strip()):
        _add(content, "p", text=paragraph)
    for media in article.media:
        element = _add(content, "media", {"media-type": media.kind})
        sizes = {name: str(size) for name, size in (("width", media.width), ("height", media.height)) if size}
        _add(element, "media-reference", {"source": media.url, "mime-type": media.media_type or ""} | sizes)
        if media.caption:
            _add(element, "media-caption", text=media.caption)
    return bytes(etree.tostring(nitf, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _write_head(head: etree._Element, article: ArticleRecord) -> None:
    if article.headline:
        _add(head, "title", text=article.headline)
    data = _add(head, "docdata", {"management-status": "canceled" if "withdrawn" in article.flags else "usable"})
    identifier = article.provider_id or f"urn:wiredesk:article:{article.article_id}"
    _add(data, "doc-id", {"id-string": identifier, "regsrc": article.source})
    if article.urgency is not None:
        _add(data, "urgency", {"ed-urg": str(article.urgency)})
    published = article.published_at
    if published is not None:
        _add(
            data,
            "date.issue",
            {"norm": f"{published:%Y%m%d}" if article.published_precision == "day" else _norm(published)},
        )
    if article.release_at is not None:
        _add(data, "date.release", {"norm": _norm(article.release_at)})
    _add(data, "doc.copyright", {"holder": article.source})
    if article.usage_terms:
        _add(data, "doc.rights", {"limitations": article.usage_terms})
    if article.ed_note:
        _add(data, "ed-msg", {"info": article.ed_note})
    _add(data, "du-key", {"version": article.provider_version or str(article.revision_no)})
    if article.tags:
        keys = _add(data, "key-list")
        for tag in article.tags:
            _add(keys, "keyword", {"key": tag})
    if article.subjects:
        marked = _add(data, "identified-content")
        for subject in article.subjects:
            codes = {"idsrc": subject.scheme or "", "value": subject.code} if subject.code else {}
            _add(marked, _ELEMENTS.get(subject.kind, "classifier"), codes, text=subject.name or "")
    where = {"date.publication": _norm(published)} if published is not None else {}
    where |= {"ex-ref": article.canonical_url} if article.canonical_url else {}
    where |= {"position.section": article.section} if article.section else {}
    if where:
        _add(head, "pubdata", {"type": "web"} | where)


def _write_body_head(head: etree._Element, article: ArticleRecord) -> None:
    if article.headline:
        _add(_add(head, "hedline"), "hl1", text=article.headline)
    if article.authors:
        for author in article.authors:
            _add(_add(head, "byline"), "person", text=author.name)
    elif article.byline:
        _add(head, "byline", text=article.byline)
    if article.agency:
        _add(head, "distributor", text=article.agency)
    line = article.dateline
    if line is not None:
        element = _add(head, "dateline")
        if line.place:
            _add(element, "location", text=line.place)
        if line.date:
            _add(element, "story.date", {"norm": line.date.replace("-", "")})
    if article.description:
        _add(_add(head, "abstract"), "p", text=article.description)


def _add(
    parent: etree._Element, name: str, attributes: dict[str, str] | None = None, text: str | None = None
) -> etree._Element:
    element = etree.SubElement(parent, name)
    for key, value in (attributes or {}).items():
        element.set("{http://www.w3.org/XML/1998/namespace}lang" if key == "xml:lang" else key, _NOT_XML.sub("", value))
    if text is not None:
        element.text = _NOT_XML.sub("", text)
    return element


def _norm(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%SZ}"
