"""The rules of the formats that are written: ninjs 2.x and 3.0, NITF 3.x, schema.org's NewsArticle.

Written from the public standards (iptc.org/standards, schema.org) for the parts that exports and samples use. Nothing
else may stand in a document: a misspelt property is a fault.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
from lxml import etree

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_TIME: Schema = {"type": "string", "format": "date-time"}
_NUMBER: Schema = {"type": "number"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_ADDRESS: Schema = {"type": "string", "format": "uri", "pattern": "^[A-Za-z][A-Za-z0-9+.-]*:"}


def _object(properties: Schema, *required: str, **more: Any) -> Schema:
    return {
        "type": "object", "additionalProperties": False, "properties": properties, "required": list(required)
    } | more  # fmt: skip


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _texts(*names: str) -> Schema:
    return dict.fromkeys(names, _TEXT)


# ---- ninjs

_CONTACT = _object(_texts("type", "role", "lang", "name", "value"), "value")
_CONCEPT = _texts("name", "rel", "literal") | {"uri": _ADDRESS}
_RENDITION = _object(
    _texts("name", "contentType", "title", "format") | {"href": _ADDRESS, "width": _NUMBER, "height": _NUMBER}, "name"
)
_ITEM: Schema = {
    "uri": _ADDRESS,
    "type": {"enum": ["text", "audio", "video", "picture", "graphic", "composite", "component"]},
    "pubStatus": {"enum": ["usable", "withheld", "canceled"]},
    "urgency": _NUMBER | {"minimum": 1, "maximum": 9},
    **_texts("version", "copyrightHolder", "copyrightNotice", "usageTerms", "edNote", "language"),
    **_texts("title", "by", "slugline", "located"),
    **dict.fromkeys(("firstCreated", "versionCreated", "contentCreated", "embargoed", "expires"), _TIME),
    "standard": _object(_texts("name", "version") | {"schema": _ADDRESS}),
    "headlines": _list(_object(_texts("role", "contentType", "value"), "value")),
    "descriptions": _list(_object(_texts("role", "contentType", "value"), "value")),
    "bodies": _list(
        _object(_texts("role", "contentType", "value") | dict.fromkeys(("charCount", "wordCount"), _COUNT), "value")
    ),
    "people": _list(_object(_CONCEPT | {"contactInfo": _list(_CONTACT)})),
    "organisations": _list(_object(_CONCEPT | {"contactInfo": _list(_CONTACT)})),
    "places": _list(_object(_CONCEPT)),
    "subjects": _list(_object(_CONCEPT)),
    "events": _list(_object(_CONCEPT)),
    "genres": _list(_object(_texts("name", "uri", "literal"))),
    "infoSources": _list(_object(_texts("name", "role", "literal") | {"uri": _ADDRESS})),
    "altIds": _list(_object(_texts("role", "value"))),
    "renditions": _list(_RENDITION),
}
_ASSOCIATED = _object(_ITEM | {"name": _TEXT}, "name", "uri")
NINJS_3 = _object(_ITEM | {"associations": _list(_ASSOCIATED)}, "uri")


def _lowered(schema: Any) -> Any:
    """The same with property names in small letters, as versions 1 and 2 of ninjs write them."""
    if isinstance(schema, list):
        return [_lowered(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _lowered(value) for key, value in schema.items()}
    if isinstance(made.get("properties"), dict):
        made["properties"] = {name.lower(): value for name, value in made["properties"].items()}
    return made


NINJS_2: Schema = _lowered(NINJS_3)

# ---- schema.org


def _thing(*types: str, **properties: Schema) -> Schema:
    return _object({"@type": {"enum": list(types)}, "name": _TEXT} | properties, "@type")


_MEDIA = _thing(
    "ImageObject", "VideoObject", "AudioObject", "MediaObject",
    url=_ADDRESS, contentUrl=_ADDRESS, encodingFormat=_TEXT, caption=_TEXT, width=_NUMBER, height=_NUMBER,
)  # fmt: skip
_DATE: Schema = {"type": "string", "pattern": r"^\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?)?)?$"}
_NAMED = ("Person", "Organization", "Place")
_PARTY = _thing("Organization", "NewsMediaOrganization", "Person")
NEWS_ARTICLE = _object(
    {
        "@context": {"const": "https://schema.org"},
        "@type": {"const": "NewsArticle"},
        "@id": _ADDRESS,
        "url": _ADDRESS,
        "version": {"type": ["integer", "string"]},
        **_texts("identifier", "headline", "description", "articleBody", "articleSection", "inLanguage", "dateline"),
        "wordCount": _COUNT,
        "datePublished": _DATE,
        "dateModified": _DATE,
        "locationCreated": _thing("Place"),
        "author": _list(_thing("Person", "Organization")),
        "publisher": _PARTY,
        "sourceOrganization": _thing("Organization"),
        "keywords": {"type": ["array", "string"], "items": _TEXT},
        "about": _list(_thing("DefinedTerm", *_NAMED, termCode=_TEXT, inDefinedTermSet=_TEXT)),
        "mentions": _list(_thing(*_NAMED)),
        "usageInfo": _TEXT,
        "image": {"anyOf": [_MEDIA, _list(_MEDIA)]},
        "associatedMedia": _list(_MEDIA),
    },
    "@context", "@type", "articleBody", "publisher",
)  # fmt: skip


def faults(document: Any, schema: Schema) -> list[str]:
    """What a document breaks: the place, and the rule."""
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in validator.iter_errors(document)]


# ---- NITF


@cache
def _nitf() -> etree.DTD:
    with (Path(__file__).parent / "nitf.dtd").open("rb") as file:
        return etree.DTD(file)


def nitf_faults(document: bytes) -> list[str]:
    """What an NITF document breaks, a line each."""
    rules = _nitf()
    rules.validate(etree.fromstring(document, etree.XMLParser(load_dtd=False, resolve_entities=False, no_network=True)))
    return [f"{one.line}: {one.message}" for one in rules.error_log]
