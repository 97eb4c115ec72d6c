"""Articles, stories, feeds, rejected items and changes over HTTP."""

from __future__ import annotations

import json
import re

from local_site import Answer, serving
from newsroom import FERRY, StartCelery, entry, rss, submit_and_file, value
from web_site import Site, bearer, made, site_of

from wiredesk.worker.db import Connection
from wiredesk.worker.settings import Settings

EDITED = FERRY.replace("four million", "five million")


def test_an_article_its_revisions_and_its_story(web: Site, connection: Connection, settings: Settings) -> None:
    for content in (FERRY, EDITED):
        submit_and_file(connection, settings, {"content": content, "source": "Harbour Wire", "key": "f1"})
    number = value(connection, "SELECT article_id FROM wire_v1.articles")
    path = f"/v1/articles/{number}"

    whole = web.get(path)
    found = whole.json()
    assert (found["headline"], found["revision_no"]) == ("Island ferry returns after nine weeks", 2)
    assert found["dateline"] == {
        "text": "LISBON, March 9 (Harbour Wire) —",
        "place": "LISBON",
        "date": "2026-03-09",
        "agency": "Harbour Wire",
        "agency_text": "Harbour Wire",
    }
    (quote,) = found["quotes"]
    assert quote["speaker"] == "Ines Duarte"
    assert found["body_text"][quote["start"] : quote["end"]] == quote["text"]
    assert [one["name"] for one in found["authors"]] == ["Nora Castellan"]
    assert {one["field"] for one in found["evidence"]} >= {"headline"}
    assert [one["revision_no"] for one in found["revisions"]] == [2, 1]
    assert [one["channel"] for one in found["sightings"]] == ["client", "client"]

    known = web.get(path, headers={"If-None-Match": whole.headers["ETag"]})
    assert (known.status_code, known.content) == (304, b"")
    assert web.get(f"{path}/revisions/1").json()["body_text"].count("four million") == 1
    assert web.get(f"{path}/revisions/3").status_code == 404
    for query in ("", "?to=2", "?from=1", "?from=1&to=2"):
        difference = web.get(f"{path}/diff{query}").json()
        assert (difference["from"]["revision_no"], difference["to"]["revision_no"]) == (1, 2)
        changed = [edit for edit in difference["body"] if edit["kind"] == "changed"]
        assert [word for edit in changed for word in edit["words"] if word["kind"] != "same"] == [
            {"kind": "removed", "text": "four"},
            {"kind": "added", "text": "five"},
        ]
    assert web.get(f"{path}/diff?to=9").json()["detail"] == f"article {number} has revisions 1 to 2, and none is 8"

    (listed,) = web.get("/v1/articles?q=ferries&source=harbour-wire&place=lisbon").json()["articles"]
    assert (listed["article_id"], listed["headline_marks"]) == (number, [[7, 12]])
    assert web.get("/v1/articles?speaker=nobody").json() == {"articles": [], "next_cursor": None, "ignored": False}
    for query, field in (("limit=0", "limit"), ("published_from=soon", "published_from"), ("order=size", "order")):
        refused = web.get(f"/v1/articles?{query}")
        assert (refused.status_code, refused.json()["field"]) == (400, field), refused.text
    assert web.get("/v1/articles?cursor=x").json()["detail"] == "cursor: not one that a page of this list gave"

    story = web.get(f"/v1/stories/{found['story_id']}").json()
    assert (story["article_count"], story["copies"][0]["is_original"]) == (1, True)
    assert web.get("/v1/stories/999").json()["detail"] == "there is no story 999"


def test_changes_by_cursor_long_poll_and_stream(web: Site, connection: Connection, settings: Settings) -> None:
    for content in (FERRY, EDITED):
        submit_and_file(connection, settings, {"content": content, "source": "Harbour Wire", "key": "f1"})
    page = web.get("/v1/changes").json()
    assert [one["kind"] for one in page["changes"]] == ["created", "revised"]
    first = page["changes"][0]["cursor"]
    assert [one["kind"] for one in web.get(f"/v1/changes?after={first}").json()["changes"]] == ["revised"]
    assert web.get(f"/v1/changes?after={page['next_after']}&wait=0.1").json() == {
        "changes": [],
        "next_after": page["next_after"],
    }
    with web.get("/v1/changes/stream", headers={"Last-Event-ID": str(first)}, stream=True) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        lines = stream.iter_lines(decode_unicode=True)
        event = dict(line.split(": ", 1) for line in [next(lines) for _ in range(6)] if ": " in line[1:])
    assert (event["id"], event["event"]) == (str(page["next_after"]), "revised")
    assert json.loads(event["data"]) == page["changes"][1]


def test_feeds_are_added_paused_resumed_and_removed(start_service: StartCelery, connection: Connection) -> None:
    with (
        serving() as site,
        site_of(start_service, WIREDESK_ALLOWED_NETWORKS="127.0.0.0/8", WIREDESK_HOST_SPACING_SECONDS="0") as web,
    ):
        answer: Answer = (200, {"Content-Type": "application/rss+xml"}, rss(entry(1), title="Harbour Wire"))
        site.answers = {"/rss": answer}
        looked = web.post("/v1/feeds/check", json={"url": site.url("/rss")}).json()
        assert (looked["is_feed"], looked["title"], looked["entries"]) == (True, "Harbour Wire", 1)
        added = web.post("/v1/feeds", json={"url": site.url("/rss"), "folders": ["Ports"]}).json()
        assert (added["added"], added["problem"]) == (True, None)
        assert web.post("/v1/feeds", json={"url": site.url("/rss")}).json()["added"] is False
        number = added["feed_id"]
        (listed,) = web.get("/v1/feeds").json()["feeds"]
        assert (listed["title"], listed["folders"], listed["what"]) == ("Harbour Wire", ["Ports"], "not polled yet")
        assert web.post(f"/v1/feeds/{number}/pause").json()["state"] == "paused"
        assert web.post(f"/v1/feeds/{number}/resume").json()["state"] == "active"
        assert web.post(f"/v1/feeds/{number}/remove").status_code == 204
        assert web.get("/v1/feeds").json() == {"feeds": [], "next_after": None}
        assert web.post("/v1/feeds/999/pause").json()["detail"] == "there is no feed 999"
        assert web.post(f"/v1/feeds/{number}/burn").status_code == 400
        missing = web.post("/v1/feeds", json={"source": "x"})
        assert (missing.status_code, "url" in missing.json()["detail"]) == (400, True)
        refused = web.post("/v1/feeds", json={"url": "ftp://example.org/"})
        assert (refused.status_code, refused.headers["Content-Type"]) == (422, "application/problem+json")


def test_rejected_items_are_listed_tried_again_and_discarded(
    web: Site, connection: Connection, settings: Settings
) -> None:
    submit_and_file(connection, settings, {"contnet": "oops", "key": "r1"}, {"contnet": "oops", "key": "r2"})
    found = web.get("/v1/rejected?reason=unknown_field").json()
    assert [(one["key"], one["is_refused"]) for one in found["items"]] == [("r2", True), ("r1", True)]
    first, second = (one["document_id"] for one in found["items"])
    (again,) = web.post("/v1/rejected/retry", json={"document_ids": [first]}).json()["results"]
    assert (again["what"], again["reason"].partition(":")[0]) == ("still rejected", "unknown_field")
    assert web.post("/v1/rejected/discard", json={"document_ids": [first, second]}).json() == {"discarded": 2}
    assert web.post("/v1/rejected/retry", json={"document_ids": []}).status_code == 400


def test_an_embargo_hides_an_article_from_callers_without_the_scope(
    start_service: StartCelery, database_url: str, connection: Connection, settings: Settings
) -> None:
    submit_and_file(connection, settings, {"content": FERRY, "source": "Harbour Wire"})
    connection.execute("UPDATE wiredesk.article SET release_at = now() + interval '1 hour'")
    number = value(connection, "SELECT article_id FROM wiredesk.article")
    sees = made(database_url, "--scope", "read,embargoed")
    reads = made(database_url, "--scope", "read")
    with site_of(start_service) as web:
        for token, status, listed in ((sees, 200, 1), (reads, 404, 0)):
            headers = bearer(token)
            assert web.get(f"/v1/articles/{number}", headers=headers).status_code == status
            for query in ("", "?q=ferry", "?source=harbour-wire"):
                assert len(web.get(f"/v1/articles{query}", headers=headers).json()["articles"]) == listed
        connection.execute("UPDATE wiredesk.article SET release_at = now()")
        assert web.get(f"/v1/articles/{number}", headers=bearer(reads)).status_code == 200


def test_a_number_is_no_time(web: Site) -> None:
    for path, field in (
        ("/v1/articles?published_from=0.5", "published_from"),
        ("/v1/articles?seen_to=1700000000", "seen_to"),
        ("/v1/rejected?since=yesterday", "since"),
        ("/v1/articles?seen_from=0001-01-01T00:00:00%2B14:00", "seen_from"),
    ):
        answer = web.get(path)
        assert (answer.status_code, answer.json()["field"]) == (400, field)


def test_characters_that_postgresql_cannot_hold_find_what_they_are_without(web: Site) -> None:
    for path in (
        "/v1/articles?q=a%00b",
        "/v1/articles?q=%00",
        "/v1/articles?source=%00&person=x%00",
        "/v1/articles?q=%ED%A0%80",
        "/v1/rejected?source=%00&reason=x%00y",
        "/log?text=%00",
        "/articles?q=%00",
        "/rejected?reason=%00",
    ):
        assert web.get(path).status_code == 200, path
    assert web.lines("web.failed") == []


def test_bodies_are_read_strictly(web: Site) -> None:
    for path, body, detail in (
        ("/v1/feeds/check", {"url": "https://x.example/", "verify_tls": 0}, "verify_tls: Expected `bool`, got `int`"),
        ("/v1/feeds/check", {"url": 1}, "url: Expected `str`, got `int`"),
        ("/v1/feeds", {"url": "https://x.example/", "folder": "a"}, "body: Object contains unknown field `folder`"),
        ("/v1/rejected/discard", {"document_ids": [None]}, "document_ids[0]: Expected `int`, got `null`"),
    ):
        answer = web.post(path, json=body)
        assert (answer.status_code, answer.json()["detail"]) == (400, detail)
    assert web.post("/v1/feeds", data=b"{").json()["field"] == "body"


def test_an_address_that_is_none_is_refused_with_its_field(web: Site) -> None:
    answer = web.post("/v1/feeds", json={"url": "harbour", "check": False})
    assert (answer.status_code, answer.json()["reason"]) == (422, "bad_url")
    assert answer.json()["detail"] == "url: harbour: not an http or https address"


def test_a_cursor_ahead_of_the_archive_is_told_before_the_stream_begins(web: Site) -> None:
    for path in ("/v1/changes", "/v1/changes/stream"):
        answer = web.get(f"{path}?after={2**63 - 1}")
        assert (answer.status_code, answer.json()["title"]) == (409, "The cursor is ahead of the archive")
    assert web.lines("web.failed") == []


def test_the_openapi_document_says_what_is_taken(web: Site) -> None:
    document = web.get("/v1/openapi.json").json()
    (number,) = (one for one in document["paths"]["/v1/articles/{article_id}"]["get"]["parameters"])
    assert (number["schema"]["minimum"], number["schema"]["maximum"]) == (1, 2**63 - 1)
    schemas = document["components"]["schemas"]
    assert schemas["Chosen"]["properties"]["document_ids"]["items"] == {"type": "integer"}
    for name in ("Chosen", "CheckRequest", "NewFeedRequest"):
        assert schemas[name]["additionalProperties"] is False
    for path, methods in document["paths"].items():
        asked = web.url + re.sub(r"{\w+_\w+}", "1", path.replace("{action}", "retry"))
        allowed = web.session.options(asked, timeout=30).headers["Allow"]
        assert set(allowed.lower().split(", ")) == {*methods, "options"}, path
