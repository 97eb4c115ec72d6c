"""Damaged feeds through `wiredesk parse`: every file is answered, none with a traceback."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

from newsroom import ROOT, run

FEEDS = sorted((ROOT / "tests" / "corpus" / "feeds").iterdir())
SPLINTERS = (
    b"<![CDATA[", b"]]>", b"&#x110000;", b"&#0;", b"&amp", b"<!--", b"-->",
    b'<!DOCTYPE x [<!ENTITY a "b">]>', b"\xff\xfe",
    b"\x00", b'<?xml version="1.0" encoding="utf-16"?>', b"</item>", b"<item>", b'"', b'<a xmlns="', b"\xed\xa0\x80",
    b'<content type="application/octet-stream" mode="base64">', b"9" * 40, b"http://[", b"\x1b[2J",
)  # fmt: skip
CHARSETS = ("utf-16", "utf-32", "cp1252", "koi8-r", "utf-7", "shift_jis")


def damaged(body: bytes, random: Random) -> bytes:
    """`body` cut, doubled, splintered, mixed with another feed or in another encoding, up to six times."""
    for _ in range(random.randint(1, 6)):
        start = random.randrange(len(body) + 1)
        end = min(len(body), start + random.randint(1, 200))
        piece = body[start:end]
        match random.randrange(6):
            case 0:
                piece = b""
            case 1:
                piece *= random.randint(2, 20)
            case 2:
                piece = random.choice(SPLINTERS)
            case 3:
                return body[:start]
            case 4:
                piece = random.choice(FEEDS).read_bytes()[start:end]
            case _:
                body = body.decode("utf-8", "replace").encode(random.choice(CHARSETS), "replace")
                continue
        body = body[:start] + piece + body[end:]
    return body


def test_damaged_feeds_are_answered_one_by_one(tmp_path: Path) -> None:
    random = Random(11)
    paths = []
    for number in range(150):
        feed = FEEDS[number % len(FEEDS)]
        path = tmp_path / f"{number:03}{feed.suffix}"
        path.write_bytes(damaged(feed.read_bytes(), random))
        paths.append(str(path))
    ran = run("parse", "--format", "json", *paths, environment={})
    assert ran.code in (0, 1)
    assert "Traceback" not in ran.err, ran.err
    records = [json.loads(line) for line in ran.lines()]
    assert {record["outcome"] for record in records} == {"article", "rejected"}
    assert all(record["reason"] for record in records if record["outcome"] == "rejected")
