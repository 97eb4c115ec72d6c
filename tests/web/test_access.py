"""Who may do what over HTTP: tokens, scopes, loopback, rates."""

from __future__ import annotations

import pytest
from newsroom import FERRY, StartCelery, run, submit_and_file
from web_site import Site, bearer, made, site_of

from wiredesk.worker.db import Connection
from wiredesk.worker.settings import Settings


def test_who_may_read(
    start_service: StartCelery, database_url: str, connection: Connection, settings: Settings
) -> None:
    submit_and_file(connection, settings, {"content": FERRY, "source": "Harbour Wire"})
    with site_of(start_service) as web:
        path = "/v1/articles/1"
        assert web.get(path).status_code == 200  # on this machine, and no token has the scope

        # Not a program of this machine: a proxy's client, a page of another site, a name that leads here.
        for headers in (
            {"X-Forwarded-For": "192.0.2.7"},
            {"Origin": "https://evil.example"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Host": "evil.example"},
        ):
            assert web.get(path, headers=headers).status_code == 401, headers
    submits = made(database_url, "hands-in", "--scope", "submit")
    reads = made(database_url, "--scope", "read")
    with site_of(start_service) as web:
        refused = web.get(path)
        assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert refused.json()["detail"] == "a token with the scope read is needed"
        assert web.get(path, headers=bearer(reads)).status_code == 200
        wrong = web.get(path, headers=bearer(submits))
        assert (wrong.status_code, wrong.json()["detail"]) == (403, "the token has no scope read")
        assert web.get("/healthz", headers=bearer("wd_unknown")).status_code == 401
        lines = web.lines("web.refused")
        assert [(line.get("token"), line["reason"]) for line in lines] == [
            (None, "a token with the scope read is needed"),
            ("hands-in", "the token has no scope read"),
            (None, "the token is unknown, revoked or expired"),
        ]
        assert submits not in web.log() and reads not in web.log() and "wd_unknown" not in web.log()
    stored = connection.execute("SELECT string_agg(t::text, ' ') FROM wiredesk.token t").fetchone()
    assert stored is not None and submits not in stored[0] and reads not in stored[0]


def test_a_token_ends_by_time_and_by_hand(
    start_service: StartCelery, database_url: str, connection: Connection
) -> None:
    soon = made(database_url, "soon", "--scope", "read", "--expires", "1d")
    gone = made(database_url, "gone", "--scope", "admin")
    connection.execute("UPDATE wiredesk.token SET expires_at = now() - interval '1 second' WHERE name = 'soon'")
    environment = {"WIREDESK_DATABASE_URL": database_url}
    assert run("token", "revoke", "gone", environment=environment).out == "token gone revoked\n"
    again = run("token", "revoke", "gone", environment=environment)
    assert again.code == 1
    assert again.err.startswith("wiredesk: there is no token 'gone' that could be revoked")
    twice = run("token", "create", "soon", "--scope", "read", environment=environment)
    assert (twice.code, twice.err.partition(":")[2][:32]) == (1, " there is a token 'soon' already")
    with site_of(start_service) as web:
        for token in (soon, gone):
            assert web.get("/v1/articles/1", headers=bearer(token)).status_code == 401
        # The expired token still stands for its scope: nothing opens by itself.
        assert web.get("/v1/articles/1").json()["detail"] == "a token with the scope read is needed"


def test_a_token_has_a_rate(start_service: StartCelery, database_url: str) -> None:
    token = made(database_url, "busy", "--scope", "read")
    with site_of(start_service, WIREDESK_WEB_REQUESTS_A_MINUTE="18") as web:  # three in ten seconds
        codes = [web.get("/v1/articles/1", headers=bearer(token)).status_code for _ in range(8)]
        assert 429 in codes and codes.count(404) in (3, 4, 5, 6)  # a window may have ended in between
        limited = next(
            answer for _ in range(9) if (answer := web.get("/healthz", headers=bearer(token))).status_code == 429
        )
        assert limited.json()["detail"] == "token busy: the limit is 18 a minute (web_requests_a_minute)"
        assert 1 <= int(limited.headers["Retry-After"]) <= 10


def test_every_answer_has_the_security_headers(web: Site) -> None:
    for path in ("/healthz", "/v1/articles/1", "/nothing"):
        headers = web.get(path).headers
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert "unsafe-inline" not in headers["Content-Security-Policy"]
        assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("nosniff", "no-referrer")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--scope", "all"], "a list of submit, read, embargoed, admin"),
        (["--scope", "read", "--expires", "soon"], "a time such as 90d or 12h"),
        (["--scope", "read", "--expires", "2020-01-01"], "2020-01-01 is over"),
    ],
)
def test_a_token_that_makes_no_sense_is_refused(arguments: list[str], said: str) -> None:
    ran = run("token", "create", *arguments, environment={})
    assert ran.code == 2
    assert said in ran.err
