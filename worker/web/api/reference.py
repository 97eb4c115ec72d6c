"""docs/http.md, from the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wiredesk.worker.settings import Settings
from wiredesk.worker.web.api.document import document
from wiredesk.worker.web.app import make_app

_HEAD = """\
# The HTTP API

The service `web` answers at `web_listen` (`http://127.0.0.1:8420` unless set otherwise). This page is made from its
OpenAPI document (`make docs`); the running service has it at `/v1/openapi.json`.

A caller shows a token: `Authorization: Bearer …`, made by `wiredesk token create --scope submit,read`. While no token
has a scope, programs on the same machine need none for it. `admin` allows what `read` and `submit` do; callers with the
scope `embargoed` see articles under embargo too.

    curl -H 'Content-Type: application/json' -H 'Idempotency-Key: port-1' \\
         -d '{"content": "…", "source": "Example Press"}' http://127.0.0.1:8420/v1/articles
    curl 'http://127.0.0.1:8420/v1/articles?q="night+ferry"&source=Example+Press'
    curl -N http://127.0.0.1:8420/v1/changes/stream

Every error is `application/problem+json`: `detail` says what is wrong, `field` and `limit` where, `reason` is the code
of a refused message. 429 and 503 say with `Retry-After` when to come again. A request without an answer may be sent
again: a message with a key is one submission, however often it comes. Times are RFC 3339 in UTC.
"""
# No server is asked for the document.
_SETTINGS = Settings(database_url="postgresql://nowhere.invalid/", redis_url="redis://nowhere.invalid/")
_SCOPES = {
    "machines": "nothing; `/metrics`: read",
    "submissions": "submit (reading one: submit or read)",
    "articles": "read",
    "articles as feeds": "read; a reader of feeds sends the token as a password, with any name",
    "stories": "read",
    "changes": "read",
    "feeds": "read; changing them and checking: admin",
    "rejected": "read; closing them: admin",
}


def as_markdown() -> str:
    """Every endpoint with its parameters and answers."""
    described = document(make_app(_SETTINGS))
    parts = [_HEAD]
    for tag, scope in _SCOPES.items():
        parts.append(f"\n## {tag.capitalize()}\n\nNeeds {scope}.\n")
        for path, methods in described["paths"].items():
            for method, operation in methods.items():
                if tag in operation.get("tags", ()):
                    parts += _operation(f"{method.upper()} {path}", operation, described)
    parts.append("\n## Records\n")
    for name, schema in sorted(described["components"]["schemas"].items()):
        parts += _record(name, schema)
    return "\n".join(parts) + "\n"


def _operation(name: str, operation: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[str]:
    yield f"### `{name}`\n\n{operation.get('description') or operation.get('summary', '')}\n"
    rows = [
        f"| `{one['name']}` | {one['in']} | {_type(one['schema'])} | {_cell(one.get('description', ''))} |"
        for one in operation.get("parameters", ())
    ]
    if rows:
        yield "\n".join(("| parameter | in | is | meaning |", "|---|---|---|---|", *rows)) + "\n"
    for media_type, body in operation.get("requestBody", {}).get("content", {}).items():
        yield f"Body `{media_type}`: {_type(body['schema'])}\n"
    answers = [
        f"| {status} | {', '.join(_type(body['schema']) for body in answer.get('content', {}).values())} "
        f"| {_cell(answer.get('description', ''))} |"
        for status, answer in sorted(operation["responses"].items())
        if int(status) < 400 or int(status) in (404, 413, 415, 422)
    ]
    yield "\n".join(("| answer | is | meaning |", "|---|---|---|", *answers)) + "\n"


def _record(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    fields = schema.get("properties")
    if not fields:
        return
    yield f"### {name}\n\n{schema.get('description', '')}\n"
    rows = [f"| `{field}` | {_type(kind)} | {_cell(kind.get('description', ''))} |" for field, kind in fields.items()]
    yield "\n".join(("| field | is | meaning |", "|---|---|---|", *rows)) + "\n"


def _type(schema: Mapping[str, Any]) -> str:
    """A schema in a few words: `integer`, `text or null`, `list of Quote`."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if title := schema.get("title"):
        return str(title)
    if alternatives := schema.get("oneOf") or schema.get("anyOf"):
        return " or ".join(dict.fromkeys(_type(one) for one in alternatives))
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"] if value is not None)
    kind = schema.get("type", "any")
    if not isinstance(kind, str):
        kinds: Sequence[Any] = kind
        return " or ".join(_type({**schema, "type": str(one)}) for one in kinds)
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if kind == "string":
        return {"date-time": "time"}.get(schema.get("format", ""), "text")
    if kind == "object":
        return "object"
    return kind + _range(schema)


def _range(schema: Mapping[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    return f", {low:g} to {high:g}" if low is not None and high is not None and high < 1e9 else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "&#124;")
