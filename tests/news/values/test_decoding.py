"""Content codings: what servers send, and what they should not."""

from __future__ import annotations

import gzip
import time
import tracemalloc
import zlib

import brotli  # type: ignore[import-untyped]
import pytest
from http_server import BODIES

from wiredesk.worker.errors import Rejected, Transient
from wiredesk.worker.news.values.decoding import BodyDecoder
from wiredesk.worker.zstd import zstd

TEXT = b"".join(b"Ship %d left the harbour at noon.\n" % number for number in range(2000))


def raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


CODED = {
    "": TEXT,
    "identity": TEXT,
    "gzip": gzip.compress(TEXT, mtime=0),
    "x-gzip": gzip.compress(TEXT, mtime=0),
    " GZip ": gzip.compress(TEXT, mtime=0),
    "identity, gzip": gzip.compress(TEXT, mtime=0),
    "deflate": zlib.compress(TEXT),
    "br": brotli.compress(TEXT),
    "zstd": zstd.compress(TEXT),
}


def decode(coding: str, data: bytes, *, limit: int = 1 << 20, step: int = 1 << 16) -> bytes:
    decoder = BodyDecoder(coding, limit)
    for at in range(0, len(data), step):
        decoder.feed(data[at : at + step])
    return decoder.finish()


@pytest.mark.parametrize("step", [1, 7, 1 << 16])
@pytest.mark.parametrize("coding", CODED)
def test_each_coding_in_pieces_of_any_size(coding: str, step: int) -> None:
    assert decode(coding, CODED[coding], step=step) == TEXT


@pytest.mark.parametrize("step", [1, 1 << 16])
def test_raw_deflate_is_understood(step: int) -> None:
    assert decode("deflate", raw_deflate(TEXT), step=step) == TEXT


@pytest.mark.parametrize("step", [1, 1 << 16])
def test_gzip_and_deflate_under_the_name_of_the_other(step: int) -> None:
    assert decode("deflate", gzip.compress(TEXT), step=step) == TEXT
    assert decode("gzip", zlib.compress(TEXT), step=step) == TEXT


@pytest.mark.parametrize(
    "coding", ["UTF-8", "utf8", '"utf-8"', "iso-8859-1", "windows-1251", "none", "binary", "8bit", "text/html"]
)
def test_a_label_that_is_no_coding_is_ignored(coding: str) -> None:
    assert decode(coding, TEXT) == TEXT
    assert decode(f"{coding}, gzip", gzip.compress(TEXT)) == TEXT


@pytest.mark.parametrize("step", [1, 1 << 16])
def test_members_and_frames_follow_each_other(step: int) -> None:
    assert decode("gzip", gzip.compress(b"one ") + gzip.compress(b"two"), step=step) == b"one two"
    assert decode("zstd", zstd.compress(b"one ") + zstd.compress(b"two"), step=step) == b"one two"


@pytest.mark.parametrize("step", [1, 1 << 16])
@pytest.mark.parametrize("padding", [b"\0", b"\0" * 1000, b"\x1f", b"trailing"])
def test_padding_after_gzip_is_ignored(padding: bytes, step: int) -> None:
    assert decode("gzip", gzip.compress(TEXT) + padding, step=step) == TEXT


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_an_empty_body_has_no_coding(coding: str) -> None:
    assert decode(coding, b"") == b""


@pytest.mark.parametrize("coding", CODED)
def test_the_limit_is_exact(coding: str) -> None:
    assert decode(coding, CODED[coding], limit=len(TEXT)) == TEXT
    with pytest.raises(Rejected) as caught:
        decode(coding, CODED[coding], limit=len(TEXT) - 1)
    assert (caught.value.reason, caught.value.detail) == (
        "too_large",
        f"the body is larger than {len(TEXT) - 1} bytes when decoded",
    )


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_in_one_piece_costs_little_more_than_the_limit(coding: str) -> None:
    bomb = BODIES[coding]
    tracemalloc.start()
    with pytest.raises(Rejected, match="too_large"):
        decode(coding, bomb, limit=1 << 20, step=1 << 20)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 << 20


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_coding_that_is_cut_short_may_come_again(coding: str) -> None:
    with pytest.raises(Transient, match="ended in the middle"):
        decode(coding, CODED[coding][:-10])


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate"])
def test_a_body_in_another_coding_is_refused(coding: str) -> None:
    with pytest.raises(Rejected) as caught:
        decode(coding, b"<rss version='2.0'></rss>" * 10)
    assert caught.value.reason == "bad_encoding"


@pytest.mark.parametrize("coding", ["gzip, gzip", "gzip,br", "deflate, gzip, br", "compress", "zip", "gzip;q=1"])
def test_nested_and_unknown_codings_are_refused(coding: str) -> None:
    with pytest.raises(Rejected) as caught:
        BodyDecoder(coding, 100)
    assert caught.value.reason == "bad_encoding"


@pytest.mark.parametrize(("coding", "empty"), [("gzip", gzip.compress(b"", mtime=0)), ("zstd", zstd.compress(b""))])
def test_a_body_of_empty_members_is_refused_soon(coding: str, empty: bytes) -> None:
    began = time.process_time()
    with pytest.raises(Rejected) as caught:
        decode(coding, empty * 100_000)
    assert caught.value.reason == "bad_encoding"
    assert time.process_time() - began < 0.5


def test_a_zstd_window_beyond_the_standard_is_refused() -> None:
    """RFC 9659: 8 MiB; a frame may ask for gigabytes."""
    stream = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 27})
    greedy = stream.compress(TEXT * 300) + stream.flush()
    with pytest.raises(Rejected) as caught:
        decode("zstd", greedy, limit=1 << 26)
    assert caught.value.reason == "bad_encoding"
