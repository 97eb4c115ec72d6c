"""Handing in over HTTP: receipts, keys, refusals, limits, codings; and the outcomes."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from newsroom import FERRY, StartCelery, file_waiting, value, values
from web_site import Site, bearer, made, site_of

from wiredesk.worker.db import Connection
from wiredesk.worker.settings import Settings
from wiredesk.worker.zstd import zstd

JSON = {"Content-Type": "application/json"}
LINES = {"Content-Type": "application/jsonl"}


def message(**fields: Any) -> bytes:
    return json.dumps({"content": FERRY, "source": "Harbour Wire"} | fields).encode()


def test_a_message_is_received_once_it_is_committed(web: Site, connection: Connection, settings: Settings) -> None:
    answer = web.post("/v1/articles", data=message(), headers=JSON | {"Idempotency-Key": "ferry-1"})
    assert answer.status_code == 202, answer.text
    submission_id = value(connection, "SELECT submission_id FROM wiredesk.submission WHERE channel = 'http'")
    assert answer.json() == {"status": "accepted", "submission_id": submission_id, "key": "ferry-1"}
    assert answer.headers["Location"] == f"/v1/submissions/{submission_id}"
    again = web.post("/v1/articles", data=message(key="ferry-1"), headers=JSON)
    assert again.json() == {"status": "repeated", "submission_id": submission_id, "key": "ferry-1"}

    waiting = web.get(f"/v1/submissions/{submission_id}?wait=0.2").json()
    assert (waiting["finished"], waiting["state"], waiting["outcomes"]) == (False, "waiting", [])
    file_waiting(settings)
    done = web.get(f"/v1/submissions/{submission_id}?wait=10").json()
    (outcome,) = done["outcomes"]
    assert (done["finished"], done["channel"], outcome["outcome"], outcome["key"]) == (
        True,
        "http",
        "created",
        "ferry-1",
    )
    assert web.get("/v1/submissions/999").json()["detail"] == "there is no submission 999"


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_lines_get_receipts_in_their_order_and_a_refused_one_stops_no_other(
    web: Site, connection: Connection, coding: str
) -> None:
    lines = [message(key="a"), b"", b'{"contnet": "oops", "key": "b"}', message(key="c"), b"not json", message(key="a")]
    body = b"\n".join(lines)
    packed = {"gzip": gzip.compress(body), "zstd": zstd.compress(body)}[coding]
    answer = web.post("/v1/articles", data=packed, headers=LINES | {"Content-Encoding": coding})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/jsonl")
    receipts = [json.loads(line) for line in answer.text.splitlines()]
    assert [(one["line"], one["status"], one.get("key")) for one in receipts] == [
        (1, "accepted", "a"),
        (3, "refused", "b"),
        (4, "accepted", "c"),
        (5, "refused", None),
        (6, "repeated", "a"),
    ]
    assert receipts[1]["reason"].startswith("unknown_field: unknown field contnet; known: content,")
    assert values(connection, "SELECT key FROM wiredesk.submission WHERE refusal IS NULL ORDER BY 1") == ["a", "c"]


REFUSED: list[tuple[bytes, dict[str, str], int, dict[str, Any]]] = [
    (b"{}", JSON, 422, {"reason": "bad_message", "field": "content"}),
    (b'{"content": 5}', JSON, 422, {"reason": "wrong_type", "field": "content"}),
    (b'{"content": " "}', JSON, 422, {"reason": "empty", "field": "content"}),
    (b'{"content": "%s"}' % (b"x" * 3_000), JSON, 413, {"reason": "too_large", "field": "content"}),
    (b"x" * 1_100_000, JSON, 413, {"field": "body", "limit": 1_050_624}),
    (gzip.compress(b"x" * 20_000_000), JSON | {"Content-Encoding": "gzip"}, 413, {"field": "body"}),
    (gzip.compress(b"{}")[:-9], JSON | {"Content-Encoding": "gzip"}, 400, {"field": "body"}),
    (b"no gzip", JSON | {"Content-Encoding": "gzip"}, 400, {"field": "body"}),
    (b"{}", JSON | {"Content-Encoding": "br"}, 415, {"field": "Content-Encoding"}),
    (b"{}", {"Content-Type": "text/plain"}, 415, {"field": "Content-Type"}),
    (b"\n\n", LINES, 400, {"field": "body"}),
    (b"{}\n" * 10_001, LINES, 413, {"field": "body", "limit": 10_000}),
    (message(key="a"), JSON | {"Idempotency-Key": "b"}, 422, {"reason": "wrong_key", "key": "a"}),
    (message(), LINES | {"Idempotency-Key": "b"}, 400, {"field": "Idempotency-Key"}),
]


def test_a_refusal_names_the_field_and_the_limit(start_service: StartCelery) -> None:
    with site_of(start_service, WIREDESK_MAX_SUBMISSION_BYTES="2048") as web:
        for body, headers, status, said in REFUSED:
            answer = web.post("/v1/articles", data=body, headers=headers)
            assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json"), said
            assert said.items() <= answer.json().items(), answer.text


def test_a_token_is_named_in_what_it_handed_in_and_keeps_to_its_source(
    start_service: StartCelery, database_url: str, connection: Connection
) -> None:
    token = made(database_url, "harbour", "--scope", "submit", "--source", "Harbour Wire")
    with site_of(start_service) as web:
        headers = bearer(token)
        assert web.post("/v1/articles", data=message(), headers=JSON).status_code == 401
        taken = web.post("/v1/articles", data=b'{"content": "A story of ours."}', headers=JSON | headers)
        assert taken.status_code == 202
        other = web.post("/v1/articles", data=message(source="Island Post"), headers=JSON | headers)
        assert (other.status_code, other.json()["reason"]) == (422, "wrong_source")
        assert web.get(f"/v1/submissions/{taken.json()['submission_id']}", headers=headers).status_code == 200
        assert web.get("/v1/articles", headers=headers).status_code == 403
    found = values(connection, "SELECT source, token FROM wiredesk.submission ORDER BY submission_id")
    assert found == [("harbour-wire", "harbour"), ("", "harbour")]
