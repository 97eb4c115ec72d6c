"""What it costs to know a URL, a text and a story again, and how well copies are told from templates.

    python -m bench.stories urls
    python -m bench.stories fingerprint
    python -m bench.stories lookup [--small 20000] [--large 2000000] [--database-url URL]
    python -m bench.stories matching FILE [--shuffle SEED]

`lookup` fills a database with fingerprints and asks for the same texts again and again, a quarter of them copies of
stored ones. Without a URL it starts a server of its own; with one, the database must be empty. Indexes that
are asked for everywhere must fit into `shared_buffers`: the keys of 2 million texts take 1 GB.

`matching` reads JSON Lines of `text`, `cluster` and `kind` (gzipped) and counts a text as right when the story it joins
already holds one of its cluster.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from bench import machine
from worker import embedded
from worker.db import Connection
from worker.migrate import migrate
from worker.news.fingerprint import Fingerprint, fingerprint
from worker.news.stories import same_story
from worker.news.urls import canonical_url, url_key
from worker.store import stories

WORDS_A_TEXT = 300
BATCH = 100
QUESTIONS = 4_000
ROUNDS = 7
KEYS_A_TEXT = 13
# One key in fifty stands for a phrase that many texts hold, out of so many, the first ones far oftener than the last.
COMMON_SHARE = 50
COMMON_KEYS = 20_000

_FILL_KEYS = """
INSERT INTO wiredesk.story_key (key, article_id)
SELECT CASE
    WHEN (hashint8extended(i, j) & 2147483647) %% %(share)s > 0 THEN hashint8extended(i, j + 100)
    ELSE hashint8extended(floor(power((hashint8extended(i, j + 200) & 1048575) / 1048576.0, 4) * %(common)s)::bigint, 7)
END, i
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS i, generate_series(1, %(keys)s) AS j
ON CONFLICT DO NOTHING
"""
_FILL_PRINTS = """
INSERT INTO wiredesk.story_print (article_id, revision_no, seen_at, fingerprint)
SELECT i, 1, now(), %(stored)s FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS i
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["urls", "fingerprint", "lookup", "matching"])
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--small", type=int, default=20_000)
    parser.add_argument("--large", type=int, default=2_000_000)
    parser.add_argument("--database-url")
    parser.add_argument("--shuffle", type=int)
    arguments = parser.parse_args()
    print(machine.description())
    if arguments.what == "urls":
        _urls()
    elif arguments.what == "fingerprint":
        _fingerprint()
    elif arguments.what == "lookup":
        with _database(arguments.database_url) as connection:
            _lookup(connection, arguments.small, arguments.large)
    elif arguments.file is None:
        parser.error("matching needs a FILE")
    else:
        _matching(arguments.file, arguments.shuffle)


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
def _database(url: str | None) -> Iterator[Connection]:
    with tempfile.TemporaryDirectory(prefix="wiredesk-bench-") as folder:
        server = None
        if url is None:
            server = embedded.start_postgres(Path(folder) / "postgres")
            url = server.url
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                for step in migrate(connection):
                    print(step)
                yield connection
        finally:
            if server is not None:
                server.stop()


def _lookup(connection: Connection, small: int, large: int) -> None:
    fingerprint_cost = _fingerprint()
    questions = [fingerprint(text) for text in _texts(QUESTIONS, seed=2)]
    now = datetime.now(UTC)
    known = [stories.StoredPrint(-i, 1, now, text) for i, text in enumerate(questions, start=1) if i % 4 == 0]
    stories.add_prints(connection, known)
    _fill(connection, 1, small, questions[0])
    before = _ask(connection, questions, small)
    _fill(connection, small + 1, large, questions[0])
    after = _ask(connection, questions, large)
    alone, together = after / before, (fingerprint_cost + after) / (fingerprint_cost + before)
    print(f"{large} against {small}: lookup {alone:.2f} times, fingerprint and lookup {together:.2f} times")


def _fill(connection: Connection, first: int, last: int, like: Fingerprint) -> None:
    started = time.monotonic()
    span = {"first": first, "last": last}
    mixture = {"share": COMMON_SHARE, "common": COMMON_KEYS, "keys": KEYS_A_TEXT}
    connection.execute("SET statement_timeout = 0")
    connection.execute(_FILL_KEYS, {**span, **mixture})
    connection.execute(_FILL_PRINTS, {**span, "stored": like.to_bytes()})
    connection.execute("VACUUM ANALYZE wiredesk.story_key")
    connection.execute("VACUUM ANALYZE wiredesk.story_print")
    print(f"filled to {last} texts in {time.monotonic() - started:.0f} s")


def _ask(connection: Connection, questions: Sequence[Fingerprint], stored: int) -> float:
    """µs a text, the median of the rounds after the first two, which warm the caches."""
    rounds = []
    for _ in range(ROUNDS + 2):
        found = 0
        started = time.perf_counter()
        for i in range(0, len(questions), BATCH):
            with connection.transaction():
                stories.enter(connection, ())
                found += len(stories.find_candidates(connection, questions[i : i + BATCH]))
        rounds.append((time.perf_counter() - started) / len(questions) * 1e6)
    cost = statistics.median(rounds[2:])
    print(
        f"lookup among {stored}: {cost:.0f} µs a text (best {min(rounds):.0f}, first {rounds[0]:.0f}), "
        f"{found / len(questions):.2f} candidates"
    )
    return cost


def _matching(file: Path, seed: int | None) -> None:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
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


if __name__ == "__main__":
    main()
