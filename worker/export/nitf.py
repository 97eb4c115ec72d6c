"""NITF 3.6 (iptc.org/standards/nitf): one document for each article, in ZIP archives."""

from __future__ import annotations

import re
import zipfile
from datetime import datetime
from typing import BinaryIO

from lxml import etree

from wiredesk.worker.export.xml import add
from wiredesk.worker.store.records import ArticleRecord

_MEDIA_TYPES = {"file": "other"}
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
    _write_head(add(nitf, "head"), article)
    body = add(nitf, "body", {"xml:lang": article.language} if article.language else {})
    _write_body_head(add(body, "body.head"), article)
    content = add(body, "body.content")
    for paragraph in re.split(r"\n\s*\n", article.body_text.strip()):
        add(content, "p", text=paragraph)
    for media in article.media:
        element = add(content, "media", {"media-type": _MEDIA_TYPES.get(media.kind, media.kind)})
        sizes = {name: str(size) for name, size in (("width", media.width), ("height", media.height)) if size}
        add(element, "media-reference", {"source": media.url, "mime-type": media.media_type or ""} | sizes)
        if media.caption:
            add(element, "media-caption", text=media.caption)
    return bytes(etree.tostring(nitf, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _write_head(head: etree._Element, article: ArticleRecord) -> None:
    if article.headline:
        add(head, "title", text=article.headline)
    data = add(head, "docdata", {"management-status": "canceled" if "withdrawn" in article.flags else "usable"})
    identifier = article.provider_id or article.urn
    add(data, "doc-id", {"id-string": identifier, "regsrc": article.source})
    if article.urgency is not None:
        add(data, "urgency", {"ed-urg": str(article.urgency)})
    published = article.published_at
    if published is not None:
        add(
            data,
            "date.issue",
            {"norm": f"{published:%Y%m%d}" if article.published_precision == "day" else _norm(published)},
        )
    if article.release_at is not None:
        add(data, "date.release", {"norm": _norm(article.release_at)})
    add(data, "doc.copyright", {"holder": article.source})
    if article.usage_terms:
        add(data, "doc.rights", {"limitations": article.usage_terms})
    if article.ed_note:
        add(data, "ed-msg", {"info": article.ed_note})
    add(data, "du-key", {"version": article.provider_version or str(article.revision_no)})
    if article.tags:
        keys = add(data, "key-list")
        for tag in article.tags:
            add(keys, "keyword", {"key": tag})
    if article.subjects:
        marked = add(data, "identified-content")
        for subject in article.subjects:
            codes = {"idsrc": subject.scheme or "", "value": subject.code} if subject.code else {}
            add(marked, _ELEMENTS.get(subject.kind, "classifier"), codes, text=subject.name or "")
    where = {"date.publication": _norm(published)} if published is not None else {}
    where |= {"ex-ref": article.canonical_url} if article.canonical_url else {}
    where |= {"position.section": article.section} if article.section else {}
    if where:
        add(head, "pubdata", {"type": "web"} | where)


def _write_body_head(head: etree._Element, article: ArticleRecord) -> None:
    if article.headline:
        add(add(head, "hedline"), "hl1", text=article.headline)
    if article.authors:
        for author in article.authors:
            add(add(head, "byline"), "person", text=author.name)
    elif article.byline:
        add(head, "byline", text=article.byline)
    if article.agency:
        add(head, "distributor", text=article.agency)
    line = article.dateline
    if line is not None:
        element = add(head, "dateline")
        if line.place:
            add(element, "location", text=line.place)
        if line.date:
            add(element, "story.date", {"norm": line.date.replace("-", "")})
    if article.description:
        add(add(head, "abstract"), "p", text=article.description)


def _norm(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%SZ}"
