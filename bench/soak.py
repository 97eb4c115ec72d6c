"""Everything at once under faults: `python -m bench.soak [--seconds N] [--seed N] [--rounds N]`.

Feeds are polled, and copy is handed in by client, CLI, Redis stream and Celery task, while every one to three seconds
something is killed with -9, frozen beyond its lease, cut off or emptied: services, their children, both beats, Redis,
PostgreSQL, connections, a consumer of the change feed. Services are replaced by an earlier commit's code and back,
their clock is set, and the servers' disk fills up (which needs root). Then the faults end, the work drains, and sets
are compared: what was promised with what has an outcome, articles and revisions with what was written, consumers with
the changes.
Exit code 1 says that something is wrong. `--rounds` goes on with the next seed on the same archive.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from bench.consumers import NAME, CommandConsumer, SqlConsumer
from bench.doors import Given, Producers
from bench.faults import PIPELINE, ProcessesUnderFaults
from bench.feed_server import FeedServer
from wiredesk.worker import db
from wiredesk.worker.errors import Transient
from wiredesk.worker.store import feeds
from wiredesk.worker.store.records import NewFeed

# Random kills hit the same document more often than years of bad luck do: poison is not the subject here.
ENVIRONMENT = {"WIREDESK_MAX_ATTEMPTS": "20"}
# A task's limit and 10 s are its lease; a process that stands still for longer finds it gone.
BEYOND_THE_LEASE_SECONDS = 24.0
PATIENCE_SECONDS = 300.0
# As after a correction by NTP, and after a machine that was paused.
CLOCK_STEPS_SECONDS = (-15.0, -1.0, 2.0, 90.0, 3600.0)


@dataclass(slots=True)
class Account:
    """The comparison of submissions with rows; `wrong` is empty when every guarantee held."""

    wrong: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)

    def none(self, what: str, rows: list[Any]) -> None:
        if rows:
            self.wrong.append(f"{what}: {len(rows)}, for example {rows[:3]}")


class Soak:
    """Servers, services, producers and consumers for some rounds, each from `start` to its account.

    `feed_count` feeds are added in each round, of `entries` entries.
    """

    def __init__(
        self, folder: Path, *, rounds: int = 1, feed_count: int, entries: int, pause_seconds: float = 0.2
    ) -> None:
        self.processes = ProcessesUnderFaults(folder, ENVIRONMENT, beats=2)
        self.server = FeedServer(feed_count * rounds, entries)
        self._feeds_a_round, self._entries = feed_count, entries
        self._pause_seconds = pause_seconds
        self._round = 0

    def __enter__(self) -> Soak:
        self.server.__enter__()
        try:
            self.processes.__enter__()
        except BaseException:
            self.server.__exit__(None, None, None)
            raise
        environment = self.processes.all_environment()
        self.producers = Producers(environment, self._pause_seconds)
        self.sql_consumer = SqlConsumer(self.processes.postgres.url)
        self.consumer = CommandConsumer(self.processes.folder, environment)
        return self

    def __exit__(self, *_: object) -> None:
        self.producers.stop(0)
        self.sql_consumer.stop()
        self.consumer.stop()
        self.processes.__exit__()
        self.server.__exit__(None, None, None)

    def start(self, seed: int, seconds: float) -> None:
        """Begin a round: hand in, and add its feeds over that time. The first waits until the services are up."""
        self.processes.await_dispatcher(PATIENCE_SECONDS)
        self._rng = random.Random(seed)
        self._round += 1
        self.processes.faults.clear()
        self.producers.start(seed)
        self._adding_feeds = threading.Thread(target=self._add_feeds, args=(seconds,), daemon=True)
        self._adding_feeds.start()

    def _add_feeds(self, seconds: float) -> None:
        urls = self.server.urls()[-self._feeds_a_round * self._round :][: self._feeds_a_round]
        for n, url in enumerate(urls):
            added = False
            while not added:
                try:
                    with db.alone(self.processes.postgres.url) as connection:
                        feeds.add(connection, [NewFeed(url=url)])
                    added = True
                except Transient:
                    time.sleep(0.2)
            if n % 4 == 3:
                time.sleep(seconds * 4 / len(urls))

    def faults(self) -> list[Callable[[], None]]:
        """The faults; a kind is listed as often as it is likely."""
        processes, rng = self.processes, self._rng
        parents = [name for name in PIPELINE if name != "beat"]
        return [
            *([processes.fill_disk] if processes.disk.is_possible else []),
            lambda: processes.step_clock(rng.choice(CLOCK_STEPS_SECONDS)),
            lambda: processes.replace_worker(rng.choice(PIPELINE)),
            lambda: processes.replace_worker(rng.choice(PIPELINE)),
            lambda: processes.kill_worker(rng.choice(PIPELINE)),
            lambda: processes.kill_worker("second beat"),
            lambda: processes.kill_child(rng.choice(parents)),
            lambda: processes.kill_child("ingest"),
            lambda: processes.freeze_child("ingest", rng.choice((3.0, BEYOND_THE_LEASE_SECONDS))),
            lambda: processes.freeze_child(rng.choice(parents), rng.choice((3.0, BEYOND_THE_LEASE_SECONDS))),
            processes.kill_redis,
            processes.empty_redis,
            processes.kill_postgres,
            processes.cut_connection,
            self.consumer.kill,
        ]

    def cause_faults(self, seconds: float) -> None:
        """One fault every one to three seconds, from this thread: servers end with the thread that started them."""
        kinds = self.faults()
        stop_at = time.monotonic() + seconds
        while time.monotonic() < stop_at:
            time.sleep(self._rng.uniform(1, 3))
            self._rng.choice(kinds)()
            self.processes.mend()
            self.consumer.mend()

    def finish(self) -> Account:
        """End the producers, wait until nothing is left to do, and compare."""
        self.processes.wake(everything=True)
        given = self.producers.stop()
        self._adding_feeds.join(PATIENCE_SECONDS)
        account = Account()
        started = time.monotonic()
        if not self.processes.drain(PATIENCE_SECONDS):
            account.wrong.append(f"not drained: nothing was closed for {PATIENCE_SECONDS:g} s")
        account.facts.append(f"drained after {time.monotonic() - started:.1f} s")
        self._wait_for_consumers()
        with psycopg.connect(self.processes.postgres.url, autocommit=True) as connection:

            def rows(query: LiteralString, *parameters: Any) -> list[Any]:
                return connection.execute(query, parameters or None).fetchall()

            self._compare_submissions(account, given, rows)
            self._compare_articles(account, given, rows)
            self._compare_changes(account, rows)
        return account

    def _wait_for_consumers(self) -> None:
        """Until both have come to the end of the change feed."""
        give_up_at = time.monotonic() + 60
        while time.monotonic() < give_up_at:
            self.consumer.mend()
            top = self.processes.number("SELECT coalesce(max(cursor), 0) FROM wiredesk.change")
            confirmed = self.processes.number("SELECT coalesce(max(cursor), 0) FROM wiredesk.consumer")
            if confirmed == top and self.sql_consumer.cursors[-1:] == [top]:
                return
            time.sleep(0.3)

    def _compare_submissions(self, account: Account, given: Given, rows: Callable[..., list[Any]]) -> None:
        account.wrong += given.complaints
        stored = dict(rows("SELECT submission_id, key FROM wiredesk.submission"))
        keys = set(stored.values())
        account.none("receipts without a submission", sorted(given.receipts - set(stored)))
        # Emptying Redis deletes the messages that only Redis had: those of the stream and of the public queue.
        promised = {
            key
            for key, channel in given.channel.items()
            if channel in ("client", "cli") or given.at[key] > self.processes.emptied_at
        }
        for channel in ("client", "cli", "stream", "task"):
            lost = sorted(key for key in promised - keys if given.channel[key] == channel)
            account.none(f"handed in by {channel} and lost", lost)
        account.none(
            "submissions without exactly one outcome",
            rows(
                "SELECT s.key, count(o.document_id) FROM wiredesk.submission s LEFT JOIN wire_v1.outcomes o"
                " USING (submission_id) GROUP BY s.submission_id, s.key HAVING count(o.document_id) <> 1"
            ),
        )
        account.none(
            "items with two outcomes",
            rows("SELECT document_id, item_no FROM wire_v1.outcomes GROUP BY 1, 2 HAVING count(*) > 1"),
        )
        account.none(
            "documents whose outcomes don't add up",
            rows(
                "SELECT document_id FROM wiredesk.document d WHERE created + revised + repeated + rejected <>"
                " (SELECT count(*) FROM wiredesk.outcome o WHERE o.document_id = d.document_id)"
            ),
        )
        account.none(
            "rejected", rows("SELECT reason, count(*) FROM wire_v1.outcomes WHERE outcome = 'rejected' GROUP BY 1")
        )
        by_channel = Counter(given.channel[key] for key in keys if key in given.channel)
        not_filed = Counter(given.channel[key] for key in given.channel if key not in keys)
        account.facts.append(f"submissions filed {dict(by_channel)}, gone with an emptied Redis {dict(not_filed)}")

    def _compare_articles(self, account: Account, given: Given, rows: Callable[..., list[Any]]) -> None:
        keys = {key for (key,) in rows("SELECT DISTINCT key FROM wiredesk.submission")}
        (articles,) = rows("SELECT count(*) FROM wire_v1.articles")[0]
        expected = len(keys) + self._round * self._feeds_a_round * self._entries
        if articles != expected:
            account.wrong.append(f"articles: {articles}, not {expected}")
        account.none(
            "headlines filed twice", rows("SELECT headline FROM wire_v1.articles GROUP BY 1 HAVING count(*) > 1")
        )
        account.none(
            "keys with two articles",
            rows(
                "SELECT key FROM wire_v1.outcomes WHERE key IS NOT NULL"
                " GROUP BY 1 HAVING count(DISTINCT article_id) > 1"
            ),
        )
        account.none(
            "articles with a gap in their revisions",
            rows(
                "SELECT article_id FROM wiredesk.article a WHERE revision_no <>"
                " (SELECT count(*) FROM wiredesk.revision r WHERE r.article_id = a.article_id)"
            ),
        )
        texts = rows(
            "SELECT o.key, r.revision_no, coalesce(substring(r.body_text FROM 'Version (\\d+) adds')::int, 1)"
            " FROM (SELECT DISTINCT key, article_id FROM wire_v1.outcomes WHERE key IS NOT NULL) o"
            " JOIN wire_v1.revisions r USING (article_id) ORDER BY 1, 2"
        )
        written: dict[str, list[int]] = {}
        for key, _, version in texts:
            written.setdefault(key, []).append(version)
        ordered = {key: list(range(1, given.versions.get(key, 1) + 1)) for key in written}
        account.none("revisions that are not the versions in order", [
            (key, versions) for key, versions in written.items() if versions[: len(ordered[key])] != ordered[key]
        ])  # fmt: skip
        account.facts.append(f"{articles:,} articles, {len(texts):,} revisions of submissions")

    def _compare_changes(self, account: Account, rows: Callable[..., list[Any]]) -> None:
        changes = [cursor for (cursor,) in rows("SELECT cursor FROM wiredesk.change ORDER BY cursor")]
        account.none(
            "revisions without exactly one change",
            rows(
                "SELECT r.article_id, r.revision_no FROM wiredesk.revision r LEFT JOIN wiredesk.change c"
                " ON (c.article_id, c.revision_no) = (r.article_id, r.revision_no) AND c.kind IN ('created', 'revised')"
                " GROUP BY 1, 2 HAVING count(c.cursor) <> 1"
            ),
        )
        if self.sql_consumer.cursors != changes:
            missed = sorted(set(changes) - set(self.sql_consumer.cursors))
            account.wrong.append(f"the SQL consumer saw {len(self.sql_consumer.cursors)} changes, missed {missed[:3]}")
        lives = self.consumer.cursors()
        account.none("lives of the consumer out of order", [life[:3] for life in lives if life != sorted(set(life))])
        seen = {cursor for life in lives for cursor in life}
        account.none(f"changes that consumer {NAME} missed", sorted(set(changes) - seen))
        account.none(f"changes that consumer {NAME} saw and nobody made", sorted(seen - set(changes)))
        again = sum(len(life) for life in lives) - len(seen)
        account.facts.append(f"{len(changes):,} changes; the consumer lived {len(lives)} times and saw {again} again")


def run(seeds: Sequence[int], seconds: float, *, feed_count: int, entries: int, pause_seconds: float) -> int:
    """A round for each seed, told in a few lines; in how many everything was right."""
    right = 0
    with (
        tempfile.TemporaryDirectory() as folder,
        Soak(
            Path(folder), rounds=len(seeds), feed_count=feed_count, entries=entries, pause_seconds=pause_seconds
        ) as soak,
    ):
        for seed in seeds:
            lives = soak.consumer.lives
            soak.start(seed, seconds)
            soak.cause_faults(seconds)
            account = soak.finish()
            faults = ", ".join(f"{n} {name}" for name, n in sorted(soak.processes.faults.items()))
            killed = soak.consumer.lives - lives
            print(f"seed {seed}: {faults}, {killed} consumer", *account.facts, sep="; ", flush=True)
            for problem in account.wrong:
                print(f"  WRONG: {problem}", file=sys.stderr, flush=True)
            right += not account.wrong
    return right


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=120, help="how long faults happen (default: 120)")
    parser.add_argument("--feeds", type=int, default=10, help="that are added in each round")
    parser.add_argument("--entries", type=int, default=25)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000, help="of the first round")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--pause", type=float, default=0.2, help="mean seconds between two submissions of a producer")
    options = parser.parse_args()
    seeds = range(options.seed, options.seed + options.rounds)
    right = run(seeds, options.seconds, feed_count=options.feeds, entries=options.entries, pause_seconds=options.pause)
    print(f"{right} of {len(seeds)} seeds: everything that was promised is there, once")
    return 0 if right == len(seeds) else 1


if __name__ == "__main__":
    sys.exit(main())
