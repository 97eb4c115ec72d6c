"""The cost of finding a URL, a text and a story again, and how well copies are separated from templates.

    python -m bench.stories urls
    python -m bench.stories fingerprint
    python -m bench.stories lookup [--small 20000] [--large 2000000]
    python -m bench.stories matching FILE [--shuffle SEED]
    python -m bench.stories pipeline FILE [--workers 4] [--shuffle SEED]

`lookup` fills two databases of one server with fingerprints and asks both in turn for the same texts, so that a busy
machine is busy for both. A quarter of the texts are copies of stored ones, some share a phrase with many, and all of
them together are kept all over the index: what is found in a cache was not put there by the question before.

`matching` reads JSON Lines of `id`, `text`, `cluster` and `kind` (gzipped) and counts a text as right when the story it
joins already holds one of its cluster. `pipeline` has wiredesk's own workers file them, each for another publisher,
first in the order of the file by one process, then shuffled by several; the stories must be the same sets. All of them
are received within minutes, so that the story window never parts them.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql

from bench import machine, servers
from wiredesk.worker import db
from wiredesk.worker.db import Connection
from wiredesk.worker.inbox.client import Desk
from wiredesk.worker.machine import embedded, services
from wiredesk.worker.migrate import migrate
from wiredesk.worker.news.compare.fingerprint import Fingerprint, fingerprint
from wiredesk.worker.news.compare.same_story import same_story
from wiredesk.worker.news.values.urls import canonical_url, url_key
from wiredesk.worker.settings import load
from wiredesk.worker.store import stories

WORDS_A_TEXT = 300
QUESTIONS = 4_000
ROUNDS = 7
GIVE_UP_SECONDS = 900
KEYS_A_TEXT = 8
# One key in a hundred stands for a phrase that many texts hold, out of 1,000, the first ones far oftener than the last:
# a text then has about .6 candidates that are no copies, as among the 12,073 documents.
COMMON_SHARE = 100

_COMMON_KEYS = "SELECT hashint8extended(i, 7) FROM generate_series(0, 999) AS i ORDER BY i"
_FILL_KEYS = """
INSERT INTO wiredesk.story_key (key, article_id)
SELECT CASE
    WHEN (hashint8extended(i, j) & 2147483647) %% %(share)s > 0 THEN hashint8extended(i, j + 100)
    ELSE hashint8extended(floor(power((hashint8extended(i, j + 200) & 1048575) / 1048576.0, 4) * 1000)::bigint, 7)
END, i
FROM generate_series(1, %(texts)s::bigint) AS i, generate_series(1, %(keys)s) AS j
ON CONFLICT DO NOTHING
"""
_FILL_PRINTS = """
INSERT INTO wiredesk.story_print (article_id, revision_no, seen_at, fingerprint)
SELECT i, 1, now(), %(stored)s FROM generate_series(1, %(texts)s::bigint) AS i
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["urls", "fingerprint", "lookup", "matching", "pipeline"])
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--small", type=int, default=20_000)
    parser.add_argument("--large", type=int, default=2_000_000)
    parser.add_argument("--shuffle", type=int)
    parser.add_argument("--workers", type=int, default=4)
    arguments = parser.parse_args()
    print(machine.description())
    if arguments.what == "urls":
        _urls()
    elif arguments.what == "fingerprint":
        _fingerprint()
    elif arguments.what == "lookup":
        _lookup(arguments.small, arguments.large)
    elif arguments.file is None:
        parser.error(f"{arguments.what} needs a FILE")
    elif arguments.what == "matching":
        _matching(_rows(arguments.file), arguments.shuffle)
    elif not _pipeline(_rows(arguments.file), arguments.workers, 1 if arguments.shuffle is None else arguments.shuffle):
        sys.exit(1)


def _texts(count: int, seed: int) -> list[str]:
    """Random texts of 300 words: words as frequent as in a language, sentences, names and figures."""
    rng = random.Random(seed)
    syllables = "ba ce di fo gu ha ki lo mu ne pa ri so tu va we".split()
    vocabulary = ["".join(rng.choices(syllables, k=rng.randint(1, 4))) for _ in range(20_000)]
    texts = []
    for _ in range(count):
        words = [vocabulary[int(20_000 * rng.random() ** 3)] for _ in range(WORDS_A_TEXT)]
        for i in range(0, WORDS_A_TEXT, 12):
            words[i] = words[i].capitalize()
            words[i + 5] = words[i + 5].capitalize()
            words[i + 8] = str(rng.randint(1, 2_000))
            words[i + 11] += "." if i % 60 else ".\n\n"
        texts.append(" ".join(words))
    return texts


def _urls() -> None:
    urls = [
        f"https://www.news{i % 50}.example/world/2026/11/item-{i}-on-things.html?utm_source=rss&utm_medium=feed&id={i}"
        for i in range(20_000)
    ]
    for function in (canonical_url, url_key):
        started = time.process_time()
        for url in urls:
            function(url)
        print(f"{function.__name__}: {(time.process_time() - started) / len(urls) * 1e6:.1f} µs a URL")


def _fingerprint() -> float:
    texts = _texts(2_000, seed=1)
    rounds = []
    for _ in range(ROUNDS):
        started = time.process_time()
        for text in texts:
            fingerprint(text)
        rounds.append((time.process_time() - started) / len(texts) * 1e6)
    stored = len(fingerprint(texts[0]).to_bytes())
    print(f"fingerprint: {statistics.median(rounds):.0f} µs of CPU for {WORDS_A_TEXT} words, {stored} bytes stored")
    return statistics.median(rounds)


@contextmanager
def _filled(server_url: str, texts: int, known: Sequence[Fingerprint]) -> Iterator[Connection]:
    """A connection to a database that holds `texts` fingerprints, and those of `known` texts."""
    name = f"texts_{texts}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    url = psycopg.conninfo.make_conninfo(server_url, dbname=name)
    with db.alone(url) as connection:
        list(migrate(connection))
    with db.alone(url) as connection:
        started = time.monotonic()
        now = datetime.now(UTC)
        stories.add_fingerprints(
            connection, [stories.StoredFingerprint(-i, 1, now, text) for i, text in enumerate(known, 1)]
        )
        connection.execute(_FILL_KEYS, {"texts": texts, "keys": KEYS_A_TEXT, "share": COMMON_SHARE})
        connection.execute(_FILL_PRINTS, {"texts": texts, "stored": known[0].to_bytes()})
        connection.execute("VACUUM ANALYZE wiredesk.story_key, wiredesk.story_print")
        [size] = connection.execute("SELECT pg_relation_size('wiredesk.story_key_pkey') >> 20").fetchone() or (0,)
        print(
            f"{texts} texts in {time.monotonic() - started:.0f} s, the index of their keys takes {size} MB", flush=True
        )
        yield connection


def _lookup(small: int, large: int) -> None:
    fingerprint_cost = _fingerprint()
    asked = [fingerprint(text) for text in _texts(QUESTIONS, seed=2)]
    with (
        servers.server(embedded.start_postgres) as server,
        _filled(server.url, small, asked[::4]) as few,
        _filled(server.url, large, asked[::4]) as many,
    ):
        phrases = [key for (key,) in few.execute(_COMMON_KEYS)]
        rng = random.Random(3)
        asked = [replace(text, keys=tuple(_mixed_in(text.keys, phrases, rng))) for text in asked]
        for batch in (1, 100):
            before, after = _ask_in_turn((few, many), asked, batch)
            alone, together = after / before, (fingerprint_cost + after) / (fingerprint_cost + before)
            print(f"{large} against {small}: lookup {alone:.2f} times, fingerprint and lookup {together:.2f} times")


def _mixed_in(keys: Sequence[int], phrases: Sequence[int], rng: random.Random) -> Iterator[int]:
    """The keys, one in `COMMON_SHARE` of them replaced with that of a phrase."""
    for key in keys:
        yield key if rng.randrange(COMMON_SHARE) else phrases[int(len(phrases) * rng.random() ** 4)]


def _ask_in_turn(connections: Sequence[Connection], asked: Sequence[Fingerprint], batch: int) -> list[float]:
    """µs a text for each database: the medians of the rounds after the first two, which warm the caches."""
    rounds: list[list[float]] = [[] for _ in connections]
    found = 0
    for _ in range(ROUNDS + 2):
        for connection, times in zip(connections, rounds, strict=True):
            started = time.perf_counter()
            found = 0
            with connection.transaction():
                stories.lock_keys(connection, ())
                for i in range(0, len(asked), batch):
                    found += len(stories.find_candidates(connection, asked[i : i + batch]))
            times.append((time.perf_counter() - started) / len(asked) * 1e6)
    costs = [statistics.median(times[2:]) for times in rounds]
    print(
        f"{batch} at once: {' and '.join(f'{cost:.0f}' for cost in costs)} µs a text "
        f"(best {' and '.join(f'{min(times):.0f}' for times in rounds)}), {found / len(asked):.2f} candidates"
    )
    return costs


def _rows(file: Path) -> list[dict[str, str]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _matching(rows: list[dict[str, str]], seed: int | None) -> None:
    if seed is not None:
        random.Random(seed).shuffle(rows)
    prints = [fingerprint(row["text"]) for row in rows]
    holders: dict[int, list[int]] = defaultdict(list)
    story = list(range(len(rows)))
    members: dict[int, set[int]] = {i: {i} for i in story}
    right = wrong = missed = 0
    missed_kinds: Counter[str] = Counter()
    seen: set[str] = set()
    for i, row in enumerate(rows):
        candidates = Counter(j for key in prints[i].keys for j in holders[key][-stories.PER_KEY :])
        for key in prints[i].keys:
            holders[key].append(i)
        for j, _ in candidates.most_common(stories.PER_TEXT):
            if story[i] != story[j] and same_story(prints[i], prints[j]):
                _join(story, members, i, j)
        clusters = {rows[j]["cluster"] for j in members[story[i]] if j != i}
        right += row["cluster"] in clusters
        wrong += bool(clusters) and row["cluster"] not in clusters
        if row["cluster"] in seen and row["cluster"] not in clusters:
            missed += 1
            missed_kinds[row["kind"]] += 1
        seen.add(row["cluster"])
    print(f"precision {right / (right + wrong):.4f}, recall {right / (right + missed):.4f} of {len(rows)} texts")
    print("missed:", dict(missed_kinds.most_common()))


def _join(story: list[int], members: dict[int, set[int]], one: int, other: int) -> None:
    survivor, loser = sorted((story[one], story[other]))
    for member in members.pop(loser):
        story[member] = survivor
        members[survivor].add(member)


# ---- through the services


def _pipeline(rows: Sequence[dict[str, str]], workers: int, seed: int) -> bool:
    """Whether several workers make the same stories of the texts in any order as one does in theirs."""
    shuffled = random.Random(seed).sample(rows, len(rows))
    alone, together = _filed(rows, 1), _filed(shuffled, workers)
    for who, story_of in (("one process", alone), (f"{workers} processes, shuffled", together)):
        _score(who, rows, story_of)
    sets = [_sets(story_of) for story_of in (alone, together)]
    if sets[0] == sets[1]:
        print(f"the same {len(sets[0])} stories")
        return True
    for who, only in (("one process", sets[0] - sets[1]), (f"{workers} processes", sets[1] - sets[0])):
        for story in sorted(map(sorted, only)):
            print(f"only with {who}: {' '.join(story)}")
    return False


def _filed(rows: Sequence[dict[str, str]], processes: int) -> dict[str, int]:
    """The story of each text by its id, as wiredesk's workers file them."""
    with ExitStack() as stack:
        postgres = stack.enter_context(servers.server(embedded.start_postgres))
        redis = stack.enter_context(servers.server(embedded.start_redis))
        with db.alone(postgres.url) as connection:
            list(migrate(connection))
        urls = {"WIREDESK_DATABASE_URL": postgres.url, "WIREDESK_REDIS_URL": redis.url}
        for service in (services.DISPATCH, services.INGEST, services.BEAT):
            command = services.command(service, processes=processes if service is services.INGEST else 0)
            stack.enter_context(servers.running(command, services.environment(os.environ | urls)))
        inbox = stack.enter_context(Desk(load(urls)))
        started = time.monotonic()
        messages = [{"key": r["id"], "content": r["text"], "source": f"Publisher of {r['id']}"} for r in rows]
        outcomes = list(inbox.outcomes(inbox.submit(messages), timeout_seconds=GIVE_UP_SECONDS))
        kinds = Counter(outcome.outcome for outcome in outcomes)
        print(f"{processes} processes: {dict(kinds)} in {time.monotonic() - started:.0f} s", flush=True)
        stories_of = dict(inbox.connection.execute("SELECT article_id, story_id FROM wire_v1.articles").fetchall())
        return {o.key: stories_of[o.article_id] for o in outcomes if o.key is not None and o.article_id is not None}


def _score(who: str, rows: Sequence[dict[str, str]], story_of: dict[str, int]) -> None:
    """Right is a text whose story holds, of the texts before it in the file, one of its cluster."""
    clusters: dict[int | str, set[str]] = defaultdict(set)
    seen: set[str] = set()
    right = wrong = missed = 0
    for row in rows:
        earlier = clusters[story_of.get(row["id"], row["id"])]
        is_right = row["cluster"] in earlier
        right += is_right
        wrong += bool(earlier) and not is_right
        missed += row["cluster"] in seen and not is_right
        earlier.add(row["cluster"])
        seen.add(row["cluster"])
    print(f"{who}: precision {right / (right + wrong):.4f}, recall {right / (right + missed):.4f}")


def _sets(story_of: dict[str, int]) -> set[frozenset[str]]:
    stories_by_id = defaultdict(set)
    for key, story_id in story_of.items():
        stories_by_id[story_id].add(key)
    return set(map(frozenset, stories_by_id.values()))


if __name__ == "__main__":
    main()
