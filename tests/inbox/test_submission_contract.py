"""The message `submit_article.v1`: schema, examples and refusals. Producers rely on every word of it."""

from __future__ import annotations

import base64
import json
from typing import Any, get_args

import jsonschema
import pytest
from newsroom import LIMIT, ROOT

from wiredesk import schema
from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.submission import MediaType, Submission, digest, json_schema, read_submission

EXAMPLES = sorted((ROOT / "schema" / "messages" / "examples").glob("*.json"))
FIELDS = (
    "content, content_base64, media_type, url, key, source, submitter, headline, byline, authors, published_at, "
    "modified_at, release_at, language, tags, received_at"
)
TYPES = ", ".join(get_args(MediaType))


def refusal(message: Any, limit: int = 1_000) -> tuple[str, str]:
    with pytest.raises(Rejected) as caught:
        read_submission(message, max_content_bytes=limit)
    return caught.value.reason, caught.value.detail


def validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(schema.message_schema()))


def test_the_shipped_schema_is_the_struct() -> None:
    """After a change of the struct, write `json_schema()` to schema/messages/submit_article.v1.json; additions only."""
    shipped = json.loads(schema.message_schema())
    jsonschema.Draft202012Validator.check_schema(shipped)
    assert shipped == json_schema()
    assert list(shipped["properties"]) == FIELDS.split(", ")
    assert all(field["description"] for field in shipped["properties"].values())


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_is_valid_and_accepted(path: Any) -> None:
    text = path.read_bytes()
    validator().validate(json.loads(text))
    for message in (text, text.decode(), json.loads(text)):
        submission, content = read_submission(message, max_content_bytes=LIMIT)
        said = json.loads(text)
        as_bytes = base64.b64decode(said["content_base64"]) if "content_base64" in said else None
        assert content == (said["content"].encode() if "content" in said else as_bytes)
        assert submission == Submission(
            **{name: value for name, value in said.items() if not name.startswith("content")}
        )


def test_the_examples_use_every_field() -> None:
    used = {name for path in EXAMPLES for name in json.loads(path.read_bytes())}
    assert used == set(FIELDS.split(", "))


# What the schema and the desk refuse alike.
SCHEMA_REFUSALS: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({}, ("bad_message", "content: required, unless url alone is given")),
    ({"content": None, "url": None}, ("bad_message", "content: required, unless url alone is given")),
    ({"key": "k"}, ("bad_message", "content: required, unless url alone is given")),
    ({"content": "a", "publsher": "x"}, ("unknown_field", f"unknown field publsher; known: {FIELDS}")),
    ({"content": "a", "Content": "a"}, ("unknown_field", f"unknown field Content; known: {FIELDS}")),
    ({"content": "a", "media_type": "application/pdf"},
     ("wrong_type", f"media_type: invalid enum value 'application/pdf'; one of {TYPES}")),
    ({"content": "a", "url": ""}, ("wrong_type", "url: expected str of length >= 1")),
    ({"content": "a", "url": "https://example.org/" + "u" * 4_077},
     ("wrong_type", "url: expected str of length <= 4096")),
    ({"content": "a", "key": ""}, ("wrong_type", "key: expected str of length >= 1")),
    ({"content": "a", "key": "k" * 513}, ("wrong_type", "key: expected str of length <= 512")),
    ({"content": "a", "source": "s" * 2_001}, ("wrong_type", "source: expected str of length <= 2000")),
    ({"content": "a", "submitter": "s" * 2_001}, ("wrong_type", "submitter: expected str of length <= 2000")),
    ({"content": "a", "headline": "s" * 2_001}, ("wrong_type", "headline: expected str of length <= 2000")),
    ({"content": "a", "byline": "s" * 2_001}, ("wrong_type", "byline: expected str of length <= 2000")),
    ({"content": "a", "tags": "x"}, ("wrong_type", "tags: expected array | null, got str")),
    ({"content": "a", "tags": ["x", 1]}, ("wrong_type", "tags[1]: expected str, got int")),
    ({"content": "a", "tags": ["x"] * 201}, ("wrong_type", "tags: expected array of length <= 200")),
    ({"content": "a", "authors": [""]}, ("wrong_type", "authors[0]: expected str of length >= 1")),
    ({"content": "a", "authors": ["x"] * 101}, ("wrong_type", "authors: expected array of length <= 100")),
    ({"content": "a", "published_at": "1"}, ("wrong_type", "published_at: expected str of length >= 4")),
    ({"content": "a", "modified_at": "1" * 65}, ("wrong_type", "modified_at: expected str of length <= 64")),
    ({"content": "a", "language": "english"},
     ("wrong_type", "language: expected str matching regex '^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8}){0,3}$'")),
]  # fmt: skip


@pytest.mark.parametrize(("message", "words"), SCHEMA_REFUSALS, ids=str)
def test_a_message_against_the_schema_is_refused_with_the_field_and_the_limit(
    message: Any, words: tuple[str, str]
) -> None:
    assert not validator().is_valid(message)
    assert refusal(message) == words
    assert refusal(json.dumps(message).encode()) == words


@pytest.mark.parametrize("field", FIELDS.split(", "))
def test_a_wrong_type_is_refused_in_every_field(field: str) -> None:
    wanted = "array" if field in ("tags", "authors") else "str"
    for bad, kind in ((7, "int"), (True, "bool"), (1.5, "float"), ({"a": 1}, "object")):
        message = {"content": "a"} | {field: bad}
        assert not validator().is_valid(message)
        words = ("wrong_type", f"{field}: expected {wanted} | null, got {kind}")
        assert refusal(message) == refusal(json.dumps(message)) == words


# What a schema can't say.
REFUSALS: list[tuple[Any, tuple[str, str]]] = [
    ({"content": "a", "content_base64": "YQ=="}, ("bad_message", "content_base64: content is there too")),
    ({"content_base64": "not base64!"}, ("wrong_type", "content_base64: not base64")),
    ({"content": ""}, ("empty", "content: nothing but white space")),
    ({"content": " \n\t\r\0"}, ("empty", "content: nothing but white space")),
    ({"content": "x" * 1_001}, ("too_large", "content: 1,001 bytes, the limit is 1,000 (max_submission_bytes)")),
    ({"content": "é" * 501}, ("too_large", "content: 1,002 bytes, the limit is 1,000 (max_submission_bytes)")),
    ({"content": "a", "published_at": "soon"},
     ("wrong_type", "published_at: 'soon' is not a date or timestamp (2018-05-31T12:00:00Z)")),
    ({"content": "a", "modified_at": "2026-02-31"},
     ("wrong_type", "modified_at: '2026-02-31' is not a date or timestamp (2018-05-31T12:00:00Z)")),
    ({"content": "a", "received_at": "last Tuesday"},
     ("wrong_type", "received_at: 'last Tuesday' is not a date or timestamp (2018-05-31T12:00:00Z)")),
    ({"content": "a", "received_at": "2026-01-01T25:00:00Z"},
     ("wrong_type", "received_at: '2026-01-01T25:00:00Z' is not a date or timestamp (2018-05-31T12:00:00Z)")),
    (b"", ("bad_message", "not a JSON object: Input data was truncated")),
    (b"not json", ("bad_message", "not a JSON object: JSON is malformed: invalid character (byte 4)")),
    (b'{"content": "a"', ("bad_message", "not a JSON object: Input data was truncated")),
    (b'{"content": "a"} {}', ("bad_message", "not a JSON object: JSON is malformed: trailing characters (byte 18)")),
    ('{"content": "\xe9"}'.encode("latin-1"), ("bad_message", "not UTF-8 at byte 13")),
    (b'{"content": "\\ud800 is half"}',
     ("bad_message",
      "not a JSON object: JSON is malformed: unexpected end of escaped utf-16 surrogate pair (byte 19)")),
    (b"[]", ("wrong_type", "message: expected object, got array")),
    (b'"a"', ("wrong_type", "message: expected object, got str")),
    (b"5", ("wrong_type", "message: expected object, got int")),
    (b"null", ("wrong_type", "message: expected object, got null")),
    ([], ("wrong_type", "message: expected object, got array")),
    (None, ("wrong_type", "message: expected object, got null")),
]  # fmt: skip


@pytest.mark.parametrize(("message", "words"), REFUSALS, ids=lambda value: str(value)[:40])
def test_a_message_that_only_our_checks_refuse(message: Any, words: tuple[str, str]) -> None:
    assert refusal(message) == words


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/a",
        "/a",
        "example.org/a",
        "mailto:a@example.org",
        "javascript:alert(1)",
        "http://",
        "https:///a",
    ],
)
def test_an_address_must_be_absolute(url: str) -> None:
    for message in ({"url": url}, {"url": url, "content": "a"}):
        assert refusal(message) == ("bad_url", f"url: {url!r} is not an absolute http or https address")


def test_the_limit_itself_is_accepted() -> None:
    submission, content = read_submission({"content": "é" * 500}, max_content_bytes=1_000)
    assert (submission, content) == (Submission(), "é".encode() * 500)


def test_every_field_at_its_limit_is_accepted() -> None:
    message = {
        "content": "a", "url": "https://example.org/" + "u" * 4_076, "key": "k" * 512, "source": "s" * 2_000,
        "submitter": "s" * 2_000, "headline": "s" * 2_000, "byline": "s" * 2_000, "authors": ["a" * 2_000] * 100,
        "tags": ["t" * 2_000] * 200, "published_at": "2026-03-09", "language": "zh-Hant-TW-variant1",
    }  # fmt: skip
    validator().validate(message)
    read_submission(message, max_content_bytes=1)


def test_when_and_by_whom_do_not_make_another_submission() -> None:
    one = Submission(key="k", received_at="2026-03-09T10:00:00Z", submitter="a")
    two = Submission(key="k", received_at="2026-03-10T10:00:00Z", submitter="b")
    assert digest(one, b"x") == digest(two, b"x")
    assert (
        len({digest(one, b"x"), digest(one, b"y"), digest(one, None), digest(Submission(key="k", headline="h"), b"x")})
        == 4
    )
