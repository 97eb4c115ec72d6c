"""Documents and bodies are kept for `document_months`; what they were read into stays."""

from __future__ import annotations

from newsroom import FERRY, file_waiting, hand_in, settings_of, submit_and_file, value, values

from wiredesk.worker.db import Connection
from wiredesk.worker.inbox import dispatch


def age(connection: Connection, document_id: int, months: int) -> None:
    """Let a document and its body have arrived and been filed that many months ago."""
    connection.execute(
        "UPDATE wiredesk.document SET done_at = done_at - make_interval(months => %s) WHERE document_id = %s",
        [months, document_id],
    )
    connection.execute(
        "UPDATE wiredesk.body b SET stored_at = stored_at - make_interval(months => %s) FROM wiredesk.document d"
        " WHERE d.document_id = %s AND b.sha256 = d.body_sha256",
        [months, document_id],
    )


def test_an_old_document_goes_and_a_body_that_another_has_stays(connection: Connection, database_url: str) -> None:
    settings = settings_of(database_url, document_months="12")
    submit_and_file(connection, settings, {"content": FERRY, "source": "Harbour Wire", "key": "a"})
    submit_and_file(connection, settings, {"content": FERRY, "source": "Island Post", "key": "b"})
    hand_in(connection, {"content": "Copy that waits to be read.", "key": "waiting"})
    bodies = "SELECT count(*) FROM wiredesk.body"
    documents = "SELECT document_id FROM wiredesk.document ORDER BY document_id"
    assert (values(connection, documents), value(connection, bodies)) == ([1, 2, 3], 2)

    age(connection, 1, 14)
    dispatch.housekeep(settings)
    assert (values(connection, documents), value(connection, bodies)) == ([2, 3], 2)

    age(connection, 2, 14)
    dispatch.housekeep(settings)
    assert (values(connection, documents), value(connection, bodies)) == ([3], 1)
    assert values(connection, "SELECT source FROM wire_v1.articles ORDER BY article_id") == [
        "Harbour Wire",
        "Island Post",
    ]
    assert value(connection, "SELECT count(*) FROM wire_v1.outcomes WHERE outcome = 'created'") == 2

    # What waits is read, and a body that was deleted is stored again when it arrives again.
    assert [one.outcome for one in file_waiting(settings)] == ["created"]
    (again,) = submit_and_file(connection, settings, {"content": FERRY, "source": "Harbour Wire", "key": "c"})
    assert (again.outcome, value(connection, bodies)) == ("repeated", 2)
