"""The owner migrates, the writer works, and no worker can change a table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from local_site import add, poll, serving
from newsroom import FERRY, entry, file_waiting, hand_in, outcomes_of, rss, run, settings_of, values
from psycopg import errors, sql

from wiredesk.worker import db
from wiredesk.worker.errors import UsageError
from wiredesk.worker.inbox import dispatch
from wiredesk.worker.migrate import make_writer, migrate
from wiredesk.worker.settings import load
from wiredesk.worker.upkeep import diagnosis


@dataclass(frozen=True, slots=True)
class Addresses:
    """One database, as its owner, who is no superuser, and as a login that works there."""

    owner: str
    writer: str

    def environment(self, redis_url: str = "") -> dict[str, str]:
        return {
            "WIREDESK_DATABASE_URL": self.writer, "WIREDESK_MIGRATE_DATABASE_URL": self.owner,
            "WIREDESK_REDIS_URL": redis_url, "WIREDESK_DATA_DIR": "/nonexistent",
        }  # fmt: skip


@pytest.fixture
def addresses(postgres_url: str, empty_database_url: str) -> Iterator[Addresses]:
    place, _, name = empty_database_url.rpartition("@")[2].rpartition("/")
    owner, writer = f"o_{name}", f"w_{name}"
    with psycopg.connect(postgres_url, autocommit=True) as administrator:
        administrator.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEROLE PASSWORD 'o'").format(sql.Identifier(owner)))
        for role in ("wiredesk_reader", "wiredesk_embargoed", "wiredesk_writer"):
            known = administrator.execute("SELECT to_regrole(%s) IS NOT NULL", [role]).fetchone()
            if known == (False,):
                administrator.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
            # As if the owner had made it: roles belong to the server, and other tests made these as administrators.
            grant = sql.SQL("GRANT {} TO {} WITH ADMIN OPTION")
            administrator.execute(grant.format(sql.Identifier(role), sql.Identifier(owner)))
        owns = sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(name), sql.Identifier(owner))
        administrator.execute(owns)
        yield Addresses(f"postgresql://{owner}:o@{place}/{name}", f"postgresql://{writer}:w@{place}/{name}")
        with psycopg.connect(empty_database_url, autocommit=True) as inside:
            for role in (writer, owner):
                if inside.execute("SELECT to_regrole(%s)", [role]).fetchone() != (None,):
                    inside.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(sql.Identifier(role)))
                    inside.execute(sql.SQL("ALTER DATABASE {} OWNER TO CURRENT_USER").format(sql.Identifier(name)))
                    inside.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def test_the_writer_does_all_work_and_changes_no_table(addresses: Addresses, redis_url: str) -> None:
    environment = addresses.environment(redis_url)
    ran = run("migrate", environment=environment)
    assert (ran.code, ran.err) == (0, "")
    writer = addresses.writer.partition("://")[2].partition(":")[0]
    assert ran.lines()[-1] == f"the login {writer} works as wiredesk_writer"
    settings = settings_of(
        addresses.writer, redis_url, allowed_networks="127.0.0.1/32", host_spacing_seconds="0", full_text="never"
    )
    with db.alone(addresses.writer) as connection, serving() as site:
        hand_in(connection, {"content": FERRY, "key": "k"})
        assert outcomes_of(file_waiting(settings)) == ["created"]
        site.answers["/feed.xml"] = (200, {}, rss(entry(1)))
        add(connection, site.url("/feed.xml"))
        assert poll(connection, settings) == ["created"]
        dispatch.housekeep(settings)
        assert all(one.state != "fail" for one in diagnosis.examine(settings))
        for forbidden in FORBIDDEN:
            with pytest.raises((errors.InsufficientPrivilege, errors.RaiseException)):
                connection.execute(forbidden)
        connection.execute("SELECT wiredesk.drop_months_before('outcome', '9999-01-01')")
        assert values(connection, "SELECT count(*) FROM wire_v1.outcomes") == [2]
    db.close()
    asked = run("sql", "SELECT count(*) FROM articles", "--format", "csv", environment=environment)
    assert asked.lines() == ["count", "2"]
    assert run("status", "k", environment=environment).code == 0


FORBIDDEN = (
    "DROP TABLE wiredesk.article", "DROP TABLE wiredesk.outcome_other", "TRUNCATE wiredesk.article CASCADE",
    "ALTER TABLE wiredesk.article ADD COLUMN a int", "CREATE TABLE wiredesk.mine (a int)",
    "DROP SCHEMA wire_v1 CASCADE",
    "CREATE OR REPLACE VIEW wire_v1.articles AS SELECT 1", "DELETE FROM wiredesk.migration",
    "UPDATE wiredesk.change_epoch SET base = 0", "CREATE INDEX ON wiredesk.article (story_id)", "CREATE ROLE other",
    "SELECT wiredesk.drop_months_before('article', '9999-01-01')",
)  # fmt: skip


def test_readers_are_made_by_the_owner_and_the_writer_is_none(addresses: Addresses) -> None:
    environment = addresses.environment()
    assert run("migrate", environment=environment).code == 0
    name = f"r_{addresses.writer.rpartition('/')[2]}"
    made = run("reader", "create", name, "--format", "json", environment=environment)
    assert made.err == ""
    url = json.loads(made.out)["url"]
    with psycopg.connect(url) as connection:
        assert values(connection, "SELECT count(*) FROM articles") == [0]
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("SELECT 1 FROM wiredesk.article")
    listed = run("reader", "list", environment=environment).lines()
    assert name in listed
    assert not any(other.startswith(("w_", "o_", "wiredesk")) for other in listed)
    refused = run("reader", "create", f"{name}_x", environment={**environment, "WIREDESK_MIGRATE_DATABASE_URL": ""})
    assert refused.code == 1
    assert refused.err.startswith("wiredesk: the user of WIREDESK_DATABASE_URL may not do that: permission denied")
    assert run("reader", "drop", name, environment=environment).out == f"{name} dropped\n"


def test_a_new_password_reaches_the_login_and_another_role_keeps_its_own(addresses: Addresses) -> None:
    with db.alone(addresses.owner) as owner:
        list(migrate(owner))
        assert make_writer(owner, addresses.writer)
        assert make_writer(owner, addresses.writer) is None
        changed = addresses.writer.replace(":w@", ":new@")
        assert make_writer(owner, changed)
        with psycopg.connect(changed):
            pass
        stranger = f"s_{owner.info.dbname}"
        owner.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 's'").format(sql.Identifier(stranger)))
        try:
            place = addresses.owner.rpartition("@")[2]
            with pytest.raises(UsageError, match=f"GRANT wiredesk_writer TO {stranger}"):
                make_writer(owner, f"postgresql://{stranger}:other@{place}")
            with psycopg.connect(f"postgresql://{stranger}:s@{place}"):
                pass
        finally:
            owner.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(stranger)))


def test_the_owners_address_in_the_folder_belongs_to_the_database_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / ".wiredesk"
    folder.mkdir()
    urls = {
        "database_url": "postgresql://w@h/a",
        "migrate_database_url": "postgresql://o@h/a",
        "redis_url": "redis://h",
    }
    (folder / "urls.json").write_text(json.dumps(urls))
    assert load({"WIREDESK_DATA_DIR": str(folder)}).require_owner() == "postgresql://o@h/a"
    other = {"WIREDESK_DATA_DIR": str(folder), "WIREDESK_DATABASE_URL": "postgresql://w@h/b"}
    assert load(other).require_owner() == "postgresql://w@h/b"
