"""The hot folder: each file is handed in once and moved, whatever is killed in between."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from newsroom import FERRY, ROOT, file_waiting, prose, run, value, values
from wire_samples import NEWS_ITEM, NITF, PORT, WACZ, news_message, page, warc_pages, warc_record, zipped

from wiredesk.worker.db import Connection
from wiredesk.worker.inbox import intake
from wiredesk.worker.inbox.folder import STATE, Folder
from wiredesk.worker.settings import Settings


def copy(seed: int, words: int = 40) -> str:
    text = prose(seed, words)
    return f"{text.split('.')[0]} {seed}\n\nLISBON, March 9 (Harbour Wire) - {text}\n"


@pytest.fixture
def hot(tmp_path: Path) -> Path:
    for name in ("hot", f"hot/{STATE}", "hot/done", "hot/refused"):
        (tmp_path / name).mkdir()
    return tmp_path / "hot"


@pytest.fixture
def folder(hot: Path, settings: Settings) -> Folder:
    return Folder(hot, settings)


def take(folder: Folder, connection: Connection, after_seconds: float = 5.0) -> None:
    """Two scans, the second one `after_seconds` later, and what follows them."""
    folder.whole(100.0)
    folder.hand_in(connection, folder.whole(100.0 + after_seconds))


def tree(hot: Path) -> list[str]:
    return sorted(str(path.relative_to(hot)) for path in hot.rglob("*") if path.is_file() and STATE not in path.parts)


def test_a_file_is_taken_once_its_state_has_settled(hot: Path, folder: Folder, connection: Connection) -> None:
    (hot / "ferry.txt").write_text(FERRY[:200])
    take(folder, connection, after_seconds=1.9)
    assert tree(hot) == ["ferry.txt"]
    (hot / "ferry.txt").write_text(FERRY)
    assert folder.whole(102.5) == []  # it was written to in between
    assert folder.whole(104.4) == []
    folder.hand_in(connection, folder.whole(104.5))
    assert tree(hot) == ["done/ferry.txt"]
    assert values(connection, "SELECT channel, submitter FROM wiredesk.submission") == [("folder", "watch")]
    assert (hot / "done/ferry.txt").read_text() == FERRY


LEFT_ALONE = [".hidden.txt", "a.tmp", "b.TXT.part", "c.txt.filepart", "d.txt~", ".sub/e.txt", "link.txt", "pipe.txt"]


def test_unfinished_hidden_and_special_files_stay(hot: Path, folder: Folder, connection: Connection) -> None:
    (hot / ".sub").mkdir()
    (hot / "pipe.txt").parent.mkdir(exist_ok=True)
    os.mkfifo(hot / "pipe.txt")
    (hot / "link.txt").symlink_to("/etc/hostname")
    for name in LEFT_ALONE[:-2]:
        (hot / name).write_text(FERRY)
    take(folder, connection)
    assert all(os.path.lexists(hot / name) for name in LEFT_ALONE)
    assert value(connection, "SELECT count(*) FROM wiredesk.submission") == 0


def test_a_subfolder_is_the_source(hot: Path, settings: Settings, connection: Connection) -> None:
    (hot / "Harbour Wire" / "news").mkdir(parents=True)
    (hot / "Harbour Wire" / "news" / "1.txt").write_text(copy(1))
    take(Folder(hot, settings), connection)
    (hot / "Harbour Wire" / "2.txt").write_text(copy(2))
    take(Folder(hot, settings, source="Port Times"), connection)
    assert tree(hot) == ["done/Harbour Wire/2.txt", "done/Harbour Wire/news/1.txt"]
    found = values(connection, "SELECT source FROM wiredesk.submission ORDER BY submission_id")
    assert found == ["harbour-wire", "port-times"]


def test_what_breaks_the_contract_is_refused_with_its_reason(
    hot: Path, settings: Settings, connection: Connection
) -> None:
    (hot / "empty.txt").write_text(" \n")
    (hot / "large.txt").write_bytes(b"x" * (settings.max_submission_bytes + 1))
    take(Folder(hot, settings), connection)
    assert tree(hot) == [
        "refused/empty.txt", "refused/empty.txt.reason.txt", "refused/large.txt", "refused/large.txt.reason.txt",
    ]  # fmt: skip
    assert (hot / "refused/empty.txt.reason.txt").read_text().startswith("empty: ")
    assert (hot / "refused/large.txt.reason.txt").read_text().startswith("too_large")
    file_waiting(settings)
    kept = values(connection, "SELECT split_part(reason, ':', 1) FROM wire_v1.outcomes ORDER BY 1")
    assert kept == ["empty", "too_large"]


def test_a_file_that_is_rejected_later_moves_from_done_to_refused(
    hot: Path, folder: Folder, settings: Settings, connection: Connection
) -> None:
    folder.refuse_rejected(connection)
    (hot / "good.txt").write_text(FERRY)
    (hot / "broken.xml").write_text("<rss><channel></rss")
    take(folder, connection)
    assert tree(hot) == ["done/broken.xml", "done/good.txt"]
    file_waiting(settings)
    folder.refuse_rejected(connection)
    assert tree(hot) == ["done/good.txt", "refused/broken.xml", "refused/broken.xml.reason.txt"]
    (reason,) = values(connection, "SELECT reason FROM wire_v1.outcomes WHERE outcome = 'rejected'")
    assert (hot / "refused/broken.xml.reason.txt").read_text() == f"{reason}\n"
    folder.refuse_rejected(connection)  # the same outcomes again
    assert tree(hot) == ["done/good.txt", "refused/broken.xml", "refused/broken.xml.reason.txt"]


def test_a_name_that_comes_again_is_kept_beside_the_first(hot: Path, folder: Folder, connection: Connection) -> None:
    for seed in (1, 2):
        (hot / "latest.txt").write_text(copy(seed))
        take(folder, connection)
    assert tree(hot) == ["done/latest.txt", "done/latest.txt~2"]
    assert value(connection, "SELECT count(*) FROM wiredesk.submission") == 2


@pytest.mark.parametrize(("name_is_key", "articles"), [(False, 2), (True, 1)])
def test_another_content_under_one_name(
    hot: Path, settings: Settings, connection: Connection, name_is_key: bool, articles: int
) -> None:
    for seed in (1, 2):
        (hot / "latest.txt").write_text(copy(seed))
        take(Folder(hot, settings, "Harbour Wire", name_is_key), connection)
        file_waiting(settings)
    assert value(connection, "SELECT count(*) FROM wiredesk.article") == articles


def test_names_that_are_no_text_and_long_paths(hot: Path, folder: Folder, connection: Connection) -> None:
    deep = hot / "/".join(["é" * 120] * 5)
    deep.mkdir(parents=True)
    (deep / "1.txt").write_text(copy(1))
    Path(os.fsdecode(os.fsencode(hot) + b"/caf\xe9.txt")).write_text(copy(2))
    take(folder, connection)
    assert len(list((hot / "done").rglob("*.txt"))) == 2
    assert value(connection, "SELECT count(*) FROM wiredesk.submission WHERE refusal IS NULL") == 2


def test_a_file_that_is_written_to_while_it_is_handed_in_stays(
    hot: Path, folder: Folder, connection: Connection
) -> None:
    (hot / "grows.txt").write_text(copy(1))
    batches = folder._batches([Path("grows.txt")])
    (file,) = next(batches)
    with (hot / "grows.txt").open("a") as more:
        more.write("One more paragraph.\n")
    assert not folder._move(file.path, hot / "done" / "grows.txt", file.stamp)
    take(folder, connection)
    assert tree(hot) == ["done/grows.txt"]


CUT = NITF[:900].encode()
OTHER_ITEM = NEWS_ITEM.replace("riga-port", "dock").replace(PORT, prose(3)).replace("Harbour reopens", "Dock closes")
PACKAGES = {
    "pages.warc.gz": (warc_pages(3), 3, 0),
    "crawl.wacz": (WACZ, 2, 0),
    "day.zip": (zipped([("a.xml", NITF.encode()), ("b.xml", CUT), ("c.html", page(9))]), 2, 1),
    "message.xml": (news_message(NEWS_ITEM, OTHER_ITEM).encode(), 2, 0),
    "nested.zip": (zipped([("inner.zip", zipped([("ferry.txt", copy(7).encode())]))]), 1, 0),
    "broken.zip": (zipped([("a.xml", CUT), ("b.xml", CUT + b" ")]), 0, 2),
    "cut.warc": (warc_record("https://harbour.example/2", page(2))[:-100], 0, 1),
    "empty.zip": (zipped([]), 0, 1),
    "damaged.zip": (zipped([("a.txt", copy(8).encode())])[:-30], 0, 1),
}


@pytest.mark.parametrize("name", list(PACKAGES))
def test_a_package_is_one_file_with_many_items(
    hot: Path, folder: Folder, settings: Settings, connection: Connection, name: str
) -> None:
    content, filed, rejected = PACKAGES[name]
    folder.refuse_rejected(connection)
    (hot / name).write_bytes(content)
    take(folder, connection)
    assert tree(hot) == [f"done/{name}"]
    file_waiting(settings)
    folder.refuse_rejected(connection)
    outcomes = Counter(values(connection, "SELECT outcome FROM wire_v1.outcomes"))
    assert outcomes == +Counter(created=filed, rejected=rejected)
    place = "done" if filed else "refused"
    assert tree(hot) == [f"{place}/{name}", *([f"{place}/{name}.reason.txt"] if rejected else [])]
    assert (hot / place / name).read_bytes() == content
    if rejected:
        query = "SELECT reason FROM wire_v1.outcomes WHERE outcome = 'rejected' ORDER BY item_no"
        told = (hot / place / f"{name}.reason.txt").read_text().splitlines()
        assert [line.partition(": ")[2] if line.startswith("item ") else line for line in told] == values(
            connection, query
        )


def large_package() -> bytes:
    """A WARC of twelve pages, one that is larger than a submission may be, and one without a text."""
    pages = [page(number) for number in range(12)] + [page(12) + b"<p>x</p>" * 1_000, b"<html><body></body></html>"]
    return b"".join(warc_record(f"https://harbour.example/{n}", one) for n, one in enumerate(pages))


def test_the_documents_of_a_package_over_the_limit_are_handed_in_one_by_one(
    hot: Path, settings: Settings, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "BATCH", 5)
    (hot / "Harbour Wire").mkdir()
    (hot / "Harbour Wire/pages.warc").write_bytes(large_package())
    folder = Folder(hot, dataclasses.replace(settings, max_submission_bytes=4_096), name_is_key=True)
    folder.refuse_rejected(connection)
    calls = iter([False, False, True])
    folder.whole(100.0)
    folder.hand_in(connection, folder.whole(105.0), lambda: next(calls))  # told to stop behind the first transaction
    assert tree(hot) == ["Harbour Wire/pages.warc"]
    assert value(connection, "SELECT count(*) FROM wiredesk.submission") == 5
    take(folder, connection)
    assert value(connection, "SELECT count(*) FROM wiredesk.submission") == 14
    file_waiting(settings)
    for _ in range(2):  # the second look has the same outcomes
        folder.refuse_rejected(connection)
    assert tree(hot) == ["done/Harbour Wire/pages.warc", "done/Harbour Wire/pages.warc.reason.txt"]
    found = Counter(values(connection, "SELECT outcome FROM wire_v1.outcomes"))
    assert found == {"created": 12, "rejected": 2}
    assert values(connection, "SELECT DISTINCT source FROM wiredesk.submission WHERE refusal IS NULL") == [
        "harbour-wire"
    ]
    told = (hot / "done/Harbour Wire/pages.warc.reason.txt").read_text().splitlines()
    assert [line.partition(": ")[0] for line in told] == ["document 13", "document 14"]
    assert "too_large: https://harbour.example/12" in told[0]


def test_a_package_over_the_limit_without_a_document_is_refused(
    hot: Path, settings: Settings, connection: Connection
) -> None:
    image = warc_record("https://harbour.example/1.png", b"x" * 5_000, headers="Content-Type: image/png")
    (hot / "images.warc").write_bytes(image)
    take(Folder(hot, dataclasses.replace(settings, max_submission_bytes=4_096)), connection)
    assert tree(hot) == ["refused/images.warc", "refused/images.warc.reason.txt"]
    assert (hot / "refused/images.warc.reason.txt").read_text() == "document 1: no_items: the WARC holds no page\n"
    file_waiting(settings)
    assert values(connection, "SELECT reason FROM wire_v1.outcomes") == ["no_items: the WARC holds no page"]


# ---- real processes

# It starts `wiredesk watch` in forks of itself, which takes less time than an interpreter for each. A step is a
# function, and the moment and number of the call at which the process is killed.
KILLING = """
import json, os, signal, sys, time
from pathlib import Path
from killing import kill_at
from wiredesk.worker.cli import main, watch
from wiredesk.worker.inbox import intake

STEPS = {"store": (intake, "store"), "rename": (os, "rename"), "reason": (os, "replace")}

def started(hot, step=None):
    pid = os.fork()
    if pid == 0:
        if step:
            name, moment, number = step
            kill_at(*STEPS[name], moment, number)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            main(["watch", hot])
        finally:
            os._exit(0)
    return pid

def waiting(hot):
    return [path for path in Path(hot).iterdir() if path.is_file()]

def done(hot):
    return len(list(Path(hot, "done").iterdir()))

def until(condition):
    deadline = time.monotonic() + 100
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)

hot, plan, count = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3])
for number, step in enumerate(plan):
    folder = hot if isinstance(step, int) else f"{hot}/{number}"
    if isinstance(step, int):  # killed when it has moved that many files
        pid, before = started(folder), done(folder) if Path(folder, "done").exists() else 0
        until(lambda: Path(folder, "done").exists() and done(folder) >= min(before + step, count))
        os.kill(pid, signal.SIGKILL)
    else:
        pid = started(folder, step)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
    if not isinstance(step, int) or number == len(plan) - 1:
        pid = started(folder)
        until(lambda: not waiting(folder) and (not count or done(folder) == count))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
"""


@pytest.fixture
def killing(settings: Settings, hot: Path) -> Callable[..., list[int]]:
    """Run `wiredesk watch` and kill it as planned, then once more until all is done; the exit codes of the killed."""

    def run_it(plan: Sequence[object], count: int = 0) -> list[int]:
        ran = subprocess.run(
            [sys.executable, "-c", KILLING, str(hot), json.dumps(plan), str(count)],
            cwd=ROOT,
            env={
                **os.environ,
                "PYTHONPATH": f"{ROOT}:{ROOT}/tests/support",
                "WIREDESK_DATABASE_URL": settings.database_url,
                "WIREDESK_WATCH_SETTLE_SECONDS": "0.2",
            },
            capture_output=True,
            text=True,
            check=True,
            timeout=110,
        )
        return [int(line) for line in ran.stdout.split()]

    return run_it


STEPS = [
    ("store", "before", 1), ("store", "after", 1),
    ("rename", "before", 1), ("rename", "after", 1), ("rename", "before", 2), ("rename", "after", 3),
    ("reason", "before", 1), ("reason", "after", 1),
]  # fmt: skip


def test_a_kill_between_two_steps_loses_and_repeats_nothing(
    killing: Callable[..., list[int]], hot: Path, settings: Settings, connection: Connection
) -> None:
    for number in range(len(STEPS)):
        (hot / str(number)).mkdir()
        (hot / f"{number}/first.txt").write_text(copy(2 * number))
        (hot / f"{number}/second.txt").write_text(copy(2 * number + 1))
        (hot / f"{number}/empty.txt").write_text("")
    assert killing(STEPS) == [-signal.SIGKILL] * len(STEPS)
    wanted = ["done/first.txt", "done/second.txt", "refused/empty.txt", "refused/empty.txt.reason.txt"]
    assert [tree(hot / str(number)) for number in range(len(STEPS))] == [wanted] * len(STEPS)
    file_waiting(settings)
    found = Counter(values(connection, "SELECT outcome FROM wire_v1.outcomes"))
    assert found == {"created": 2 * len(STEPS), "rejected": len(STEPS)}
    assert value(connection, "SELECT count(*) FROM wiredesk.submission") == 3 * len(STEPS)


PACKAGE_STEPS = [("store", "before", 1), ("store", "after", 1), ("reason", "after", 1), ("rename", "before", 1)]


def test_a_kill_between_two_steps_of_a_package_over_the_limit_loses_and_repeats_nothing(
    killing: Callable[..., list[int]], hot: Path, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WIREDESK_MAX_SUBMISSION_BYTES", "4096")
    for number in range(len(PACKAGE_STEPS)):
        (hot / str(number)).mkdir()
        (hot / f"{number}/pages.warc").write_bytes(large_package())
    assert killing(PACKAGE_STEPS) == [-signal.SIGKILL] * len(PACKAGE_STEPS)
    wanted = ["done/pages.warc", "done/pages.warc.reason.txt"]
    assert [tree(hot / str(number)) for number in range(len(PACKAGE_STEPS))] == [wanted] * len(PACKAGE_STEPS)
    found = values(connection, "SELECT count(*) FROM wiredesk.submission GROUP BY split_part(delivery, '#', 1)")
    assert found == [14] * len(PACKAGE_STEPS)


def test_files_are_handed_in_once_while_the_process_is_killed_again_and_again(
    killing: Callable[..., list[int]], hot: Path, connection: Connection
) -> None:
    count = 200

    def write() -> None:
        for number in range(count):
            unfinished = hot / f"{number}.txt.tmp"
            unfinished.write_text(copy(number, words=12))
            if number % 2:
                unfinished.rename(hot / f"{number}.txt")
            else:  # closed under its own name
                unfinished.unlink()
                (hot / f"{number}.txt").write_text(copy(number, words=12))
            time.sleep(0.005)

    writer = threading.Thread(target=write)
    writer.start()
    assert killing([10] * 5, count) == [-signal.SIGKILL] * 5
    writer.join()
    assert tree(hot) == sorted(f"done/{number}.txt" for number in range(count))
    assert value(connection, "SELECT count(*) FROM wiredesk.submission") == count
    assert value(connection, "SELECT count(DISTINCT body_sha256) FROM wiredesk.document") == count


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_closed_file_is_taken_at_once_and_a_second_process_is_turned_away(hot: Path, settings: Settings) -> None:
    environment = {"WIREDESK_DATABASE_URL": settings.database_url, "WIREDESK_WATCH_SETTLE_SECONDS": "3600"}
    process = subprocess.Popen(
        [sys.executable, "-m", "wiredesk.worker.cli", "watch", str(hot)],
        env={**os.environ, **environment},
        cwd=ROOT,
        stderr=subprocess.PIPE,
    )
    try:
        assert process.stderr is not None
        assert json.loads(process.stderr.readline())["event"] == "worker.ready"
        time.sleep(0.5)  # the first scan has followed the folder
        (hot / "ferry.txt").write_text(FERRY)
        (hot / "dock.txt.part").write_text(FERRY.replace("ferry", "dock"))
        (hot / "dock.txt.part").rename(hot / "dock.txt")
        until(lambda: tree(hot) == ["done/dock.txt", "done/ferry.txt"])
        second = run("watch", str(hot), environment=environment, cwd=hot)
        assert second.code == 1
        assert f"is in use by process {process.pid}" in second.err
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [((), 1, "no folder: name a DIR, or set WIREDESK_WATCH_DIR"), (("nowhere",), 1, "nowhere: no such folder")],
)
def test_no_folder(tmp_path: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    ran = run("watch", *arguments, environment={}, cwd=tmp_path)
    assert (ran.code, ran.err.strip()) == (code, f"wiredesk: {said}")
