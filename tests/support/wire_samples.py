# ruff: noqa: E501  (documents as they are sent)
"""Documents in the formats of agencies, written for the tests in the habits of several of them. The news is made up."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Iterable
from typing import Any

PORT = (
    "The port of Riga reopened on Monday after a storm closed it for two days, its director said. "
    "Anna Berzina, who runs the port for the Harbour Board, said ships will sail tonight."
)
REPAIRS = "Repairs would take a month and cost four million euros, she said."

NITF = f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE nitf SYSTEM "http://www.nitf.org/IPTC/NITF/3.4/specification/dtd/nitf-3-4.dtd">
<nitf version="-//IPTC//DTD NITF 3.4//EN" change.date="October 18, 2006">
 <head>
  <title>Harbour, 1st Ld-Writethru</title>
  <tobject tobject.type="News"><tobject.subject tobject.subject.refnum="04000000" tobject.subject.type="Economy"/></tobject>
  <docdata management-status="usable">
   <doc-id id-string="HP-riga-port" regsrc="Harbour Press"/>
   <urgency ed-urg="3"/>
   <date.issue norm="20260309T141500Z"/>
   <date.release norm="20260312T060000Z"/>
   <ed-msg info="ADDS quote from director."/>
   <du-key key="BC-Riga-Port" version="2"/>
   <doc.copyright holder="Harbour Press" year="2026"/>
   <doc.rights limitations="Not for archives."/>
   <key-list><keyword key="ports"/></key-list>
   <identified-content><person idsrc="hp" value="p-17">Anna Berzina</person></identified-content>
  </docdata>
 </head>
 <body>
  <body.head>
   <hedline><hl1>Harbour reopens after storm</hl1><hl2>Closed for two days</hl2></hedline>
   <note noteclass="copyright"><p>Pictures will follow.</p></note>
   <byline>By <person>Nora Castellan</person><byttl>Harbour Press Writer</byttl></byline>
   <dateline><location>RIGA</location>, <story.date norm="20260309">March 9</story.date></dateline>
  </body.head>
  <body.content>
   <block><p lede="true">{PORT.replace("Harbour Board", "<org>Harbour Board</org>")}</p><p>{REPAIRS}</p></block>
   <media media-type="image"><media-reference source="https://img.example/1.jpg" mime-type="image/jpeg" width="800" height="600"/>
    <media-caption><p>The cranes.</p></media-caption></media>
  </body.content>
  <body.end><tagline type="std">Contact: desk@harbour.example</tagline></body.end>
 </body>
</nitf>
"""

NEWS_ITEM = f"""<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="urn:newsml:harbour.example:20260309:riga-port"
 version="3" standard="NewsML-G2" standardversion="2.29" conformance="power" xml:lang="en">
 <catalogRef href="http://www.iptc.org/std/catalog/catalog.IPTC-G2-Standards_38.xml"/>
 <catalog><scheme alias="hpp" uri="http://cv.harbour.example/person/"/></catalog>
 <rightsInfo><copyrightHolder literal="Harbour Press"/><usageTerms>Not for archives.</usageTerms></rightsInfo>
 <itemMeta>
  <itemClass qcode="ninat:text"/><provider qcode="nprov:HP"><name>Harbour Press</name></provider>
  <versionCreated>2026-03-09T16:15:00+02:00</versionCreated><firstCreated>2026-03-09T14:15:00+02:00</firstCreated>
  <embargoed>2026-03-12T06:00:00+00:00</embargoed><pubStatus qcode="stat:usable"/>
  <edNote>Adds quote.</edNote>
 </itemMeta>
 <contentMeta>
  <urgency>3</urgency><located qcode="city:riga"><name>Riga</name></located>
  <creator literal="nc"><name>Nora Castellan</name></creator><by>By Nora Castellan</by><creditline>Harbour Press</creditline>
  <subject type="cpnat:abstract" qcode="medtop:20000209"><name xml:lang="en">maritime transport</name></subject>
  <subject type="cpnat:person" qcode="hpp:17"><name>Anna Berzina</name></subject>
  <subject type="cpnat:organisation" literal="hb"><name>Harbour Board</name></subject>
  <keyword>ports</keyword><slugline>RIGA-PORT</slugline><headline>Harbour reopens after storm</headline>
 </contentMeta>
 <contentSet><inlineXML contenttype="application/xhtml+xml"><html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head>
  <body><p>{PORT}</p><p>{REPAIRS}</p></body></html></inlineXML></contentSet>
</newsItem>"""


def news_message(*items: str) -> str:
    """A NewsML-G2 message of these items."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><newsMessage xmlns="http://iptc.org/std/nar/2006-10-01/"><header>'
        f"<sent>2026-03-09T16:20:00+02:00</sent></header><itemSet>{''.join(items)}</itemSet></newsMessage>"
    )


NEWSML_1 = f"""<?xml version="1.0" encoding="ISO-8859-1"?><!DOCTYPE NewsML SYSTEM "NewsML_1.2.dtd">
<NewsML><Catalog Href="http://www.iptc.example/catalog.xml"/><NewsEnvelope><DateAndTime>20260309T141500Z</DateAndTime></NewsEnvelope>
<NewsItem>
 <Identification><NewsIdentifier><ProviderId>harbour.example</ProviderId><DateId>20260309</DateId><NewsItemId>riga-port</NewsItemId>
  <RevisionId PreviousRevision="1" Update="N">2</RevisionId>
  <PublicIdentifier>urn:newsml:harbour.example:20260309:riga-port:2N</PublicIdentifier></NewsIdentifier></Identification>
 <NewsManagement><NewsItemType FormalName="News"/><FirstCreated>20260309T121500Z</FirstCreated>
  <ThisRevisionCreated>20260309T141500Z</ThisRevisionCreated><Status FormalName="Embargoed"/>
  <StatusWillChange><FutureStatus FormalName="Usable"/><DateAndTime>20260312T060000Z</DateAndTime></StatusWillChange>
  <Urgency FormalName="4"/><Instruction FormalName="ADDS quote"/></NewsManagement>
 <NewsComponent xml:lang="en">
  <NewsLines><HeadLine>Harbour reopens after storm</HeadLine><ByLine>Nora Castellan</ByLine><DateLine>RIGA, March 9 (HP) -</DateLine>
   <CopyrightLine>Harbour Press 2026</CopyrightLine><SlugLine>RIGA-PORT</SlugLine><KeywordLine>ports</KeywordLine></NewsLines>
  <AdministrativeMetadata><Provider><Party FormalName="Harbour Press"/></Provider></AdministrativeMetadata>
  <RightsMetadata><UsageRights><UsageType>Not for archives.</UsageType></UsageRights></RightsMetadata>
  <DescriptiveMetadata><Language FormalName="en"/><SubjectCode><SubjectMatter FormalName="04015001"/></SubjectCode>
   <Location><Property FormalName="City" Value="Riga"/></Location></DescriptiveMetadata>
  <NewsComponent><Role FormalName="Main"/><ContentItem><MediaType FormalName="Text"/><Format FormalName="NITF"/>
   <DataContent><nitf><body><body.content><p>{PORT}</p><p>{REPAIRS}</p></body.content></body></nitf></DataContent></ContentItem></NewsComponent>
  <NewsComponent><Role FormalName="Picture"/><NewsLines><HeadLine>The cranes</HeadLine></NewsLines>
   <ContentItem Href="https://img.example/1.jpg"><MediaType FormalName="Photo"/><MimeType FormalName="image/jpeg"/></ContentItem></NewsComponent>
 </NewsComponent>
</NewsItem></NewsML>
"""

NINJS_1: dict[str, Any] = {
    "uri": "urn:newsml:harbour.example:20260309:riga-port",
    "type": "text",
    "version": "2",
    "versioncreated": "2026-03-09T16:15:00+02:00",
    "pubstatus": "usable",
    "urgency": 3,
    "language": "en",
    "headline": "Harbour reopens after storm",
    "slugline": "RIGA-PORT",
    "byline": "By Nora Castellan",
    "located": "Riga",
    "embargoed": "2026-03-12T06:00:00Z",
    "copyrightholder": "Harbour Press",
    "usageterms": "Not for archives.",
    "ednote": "Adds quote.",
    "description_text": "Closed for two days.",
    "body_xhtml": f"<p>{PORT}</p><p>{REPAIRS}</p>",
    "subject": [
        {"name": "maritime transport", "scheme": "http://cv.iptc.org/newscodes/mediatopic/", "code": "20000209"}
    ],
    "person": [{"name": "Anna Berzina", "rel": "mentions"}],
    "organisation": [{"name": "Harbour Board", "rel": "mentions"}],
    "place": [{"name": "Riga", "rel": "about"}],
    "associations": {
        "mainpic": {
            "uri": "urn:newsml:harbour.example:20260309:cranes",
            "type": "picture",
            "headline": "The cranes.",
            "renditions": {
                "small": {"href": "https://img.example/1-small.jpg", "mimetype": "image/jpeg", "width": 120},
                "main": {"href": "https://img.example/1.jpg", "mimetype": "image/jpeg", "width": 800, "height": 600},
            },
        }
    },
}
NINJS_2: dict[str, Any] = {
    "uri": "urn:newsml:harbour.example:20260309:riga-port",
    "standard": {"name": "ninjs", "version": "2.1"},
    "type": "text",
    "version": "2",
    "versioncreated": "2026-03-09T16:15:00+02:00",
    "pubstatus": "usable",
    "urgency": 3,
    "language": "en",
    "headlines": [
        {"role": "short", "value": "Harbour open"},
        {"role": "main", "value": "Harbour reopens after storm"},
    ],
    "by": "By Nora Castellan",
    "located": "Riga",
    "copyrightholder": "Harbour Press",
    "bodies": [
        {"role": "plain", "contenttype": "text/plain", "value": f"{PORT} {REPAIRS}"},
        {"role": "main", "contenttype": "text/html", "value": f"<section><p>{PORT}</p><p>{REPAIRS}</p></section>"},
    ],
    "subjects": [{"name": "maritime transport", "uri": "http://cv.iptc.org/newscodes/mediatopic/20000209"}],
    "people": [{"name": "Anna Berzina", "rel": "mentions"}],
}
NINJS_3: dict[str, Any] = {
    "uri": "urn:newsml:harbour.example:20260309:riga-port",
    "standard": {"name": "ninjs", "version": "3.0"},
    "version": "2",
    "firstCreated": "2026-03-09T14:15:00+02:00",
    "versionCreated": "2026-03-09T16:15:00+02:00",
    "contentCreated": "2026-03-09T14:15:00+02:00",
    "pubStatus": "usable",
    "urgency": 3,
    "language": "en",
    "by": "By Nora Castellan",
    "edNote": "Adds quote.",
    "usageTerms": "Not for archives.",
    "copyrightHolder": "Harbour Press",
    "embargoed": "2026-03-12T06:00:00Z",
    "headlines": [{"role": "main", "value": "Harbour reopens after storm"}],
    "bodies": [{"role": "main", "contentType": "text/html", "value": f"<p>{PORT}</p><p>{REPAIRS}</p>"}],
    "subjects": [{"name": "maritime transport", "uri": "http://cv.iptc.org/newscodes/mediatopic/20000209"}],
    "people": [{"name": "Anna Berzina", "contactInfo": [{"type": "email", "value": "berzina@port.example"}]}],
}
JSON_LD: dict[str, Any] = {
    "@context": "https://schema.org",
    "@type": "NewsArticle",
    "@id": "https://harbour.example/riga-port",
    "headline": "Harbour reopens after storm",
    "articleBody": f"{PORT}\n\n{REPAIRS}",
    "author": [{"@type": "Person", "name": "Nora Castellan"}],
    "publisher": {"@type": "NewsMediaOrganization", "name": "Harbour Press"},
    "datePublished": "2026-03-09T14:15:00+02:00",
    "dateModified": "2026-03-09T16:15:00+02:00",
    "url": "https://harbour.example/riga-port",
    "dateline": "Riga",
    "inLanguage": "en",
    "keywords": "ports, storms",
    "usageInfo": "Not for archives.",
    "about": [{"@type": "Person", "name": "Anna Berzina"}],
    "image": {"@type": "ImageObject", "url": "https://img.example/1.jpg", "caption": "The cranes.", "width": 800},
}

# Lines end as German services send them; the keywords stand above the headline.
IPTC_7901 = (
    "\x16\x16\x01hdt0123 4 wi 38  hp 0456\r\r\n\x02\r\r\nHafen/Sturm/Lettland/\r\r\nHafen von Riga nach Sturm wieder geöffnet\r\r\n\r\r\n"
    "RIGA, 9. März (dpa) - Der Hafen von Riga ist nach einem Sturm wieder\r\r\n"
    "geöffnet worden, sagte die Direktorin Anna Berzina am Montag. Er war\r\r\n"
    "zwei Tage geschlossen.\r\r\n    Die Reparaturen sollen einen Monat dauern.\r\r\n\x03\r\r\n091215 Mär 26\r\r\n\x04"
).encode("latin-1")
# As North American members of a co-operative receive it.
ANPA_1312 = (
    b"\x16\x16\x01a0123\x1f-----\r\nr i \x13\x11 bc-rigaport 1stld-writethru 03-09 0045\r\n"
    b"\x02^BC-Riga Port, 1st Ld-Writethru,0045<\r\n^Harbour reopens after storm<\r\n^By NORA CASTELLAN=\r\n^Associated Press Writer=\r\n"
    b"   RIGA, Latvia (AP) _ The port of Riga reopened on Monday after a storm closed\r\n"
    b"it for two days, its director said. Ships will sail tonight, she said.\r\n"
    b"   Repairs would take a month and cost four million euros.\r\n"
    b"\x03\r\nAP-NY-03-09-26 1215EST<\r\n\x04"
)
_MAIL = f"""Return-Path: <desk@harbour.example>
Message-ID: <riga-port@harbour.example>
MIME-Version: 1.0
From: Harbour Press Desk <desk@harbour.example>
Subject: Harbour reopens after storm
Date: Mon, 9 Mar 2026 14:15:00 +0200
Content-Type: multipart/mixed; boundary="outer"

--outer
Content-Type: multipart/alternative; boundary="inner"

--inner
Content-Type: text/plain; charset="utf-8"

RIGA, March 9 (Harbour Press) - {PORT}

{REPAIRS} The board will meet on Tuesday.
--inner
Content-Type: text/html; charset="utf-8"

<p>RIGA, March 9 (Harbour Press) - {PORT}</p><p>{REPAIRS} The board will meet on Tuesday.</p>
--inner--
--outer
Content-Type: image/jpeg
Content-Disposition: attachment; filename="cranes.jpg"

not read
--outer--
"""
MAIL = _MAIL.replace("\n", "\r\n").encode()
FORWARDED = f"""From: editor@paper.example
To: desk@wiredesk.example
Message-ID: <fwd@paper.example>
MIME-Version: 1.0
Subject: Fwd: Harbour
Content-Type: text/plain; charset=utf-8

Can we use this?

---------- Forwarded message ---------
From: Harbour Press Desk <desk@harbour.example>
Date: Mon, 9 Mar 2026 14:15:00 +0200
Subject: Harbour reopens after storm

> RIGA, March 9 (Harbour Press) - {PORT}
>
> {REPAIRS}
""".encode()


def page(number: int) -> bytes:
    """A page of an article."""
    return (
        f"<html><head><title>Ferry {number}</title></head><body><article><h1>Ferry {number} returns to the islands</h1>"
        f"<p>{PORT} It is ferry number {number}.</p><p>{REPAIRS}</p></article></body></html>"
    ).encode()


def warc_record(
    url: str,
    body: bytes,
    *,
    seen_at: str = "2026-03-09T10:00:00Z",
    status: str = "200 OK",
    headers: str = "Content-Type: text/html; charset=utf-8",
    more_length: int = 0,
) -> bytes:
    """A WARC response; `more_length` is added to the length that the record declares."""
    http = f"HTTP/1.1 {status}\r\n{headers}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    head = (
        f"WARC/1.1\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: {seen_at}\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(http) + more_length}\r\n\r\n"
    )
    return head.encode() + http + b"\r\n\r\n"


def warc_pages(count: int) -> bytes:
    return b"".join(gzip.compress(warc_record(f"https://harbour.example/{n}", page(n))) for n in range(count))


def zipped(files: Iterable[tuple[str, bytes]]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return target.getvalue()


WACZ = zipped([("datapackage.json", b"{}"), ("archive/data.warc.gz", warc_pages(2)), ("pages/pages.jsonl", b"{}")])

# Each format with one whole document of it.
SAMPLES: dict[str, bytes] = {
    "nitf": NITF.encode(),
    "newsItem": NEWS_ITEM.encode(),
    "newsMessage": news_message(NEWS_ITEM).encode(),
    "newsml-1": NEWSML_1.encode("latin-1"),
    "ninjs-1": json.dumps(NINJS_1).encode(),
    "ninjs-2": json.dumps(NINJS_2).encode(),
    "ninjs-3": json.dumps(NINJS_3).encode(),
    "json-ld": json.dumps(JSON_LD).encode(),
    "iptc-7901": IPTC_7901,
    "anpa-1312": ANPA_1312,
    "mail": MAIL,
    "warc": warc_record("https://harbour.example/1", page(1)),
    "wacz": WACZ,
    "zip": zipped([("riga.xml", NITF.encode())]),
}
