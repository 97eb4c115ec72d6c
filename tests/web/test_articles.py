"""Articles over HTTP, on a real server with the rows of a real filing."""

from __future__ import annotations

from newsroom import FERRY, submit_and_file
from web_site import Site

from wiredesk.worker.db import Connection
from wiredesk.worker.settings import Settings


def test_an_article_is_the_whole_record(web: Site, connection: Connection, settings: Settings) -> None:
    submit_and_file(connection, settings, {"content": FERRY, "source": "Harbour Wire", "key": "f1"})
    answer = web.get("/v1/articles/1")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["headline"] == "Island ferry returns after nine weeks"
    assert found["quotes"][0]["speaker"] == "Ines Duarte"
    assert web.get("/v1/articles/2").json() == {"status": 404, "title": "Not found", "detail": "there is no article 2"}
