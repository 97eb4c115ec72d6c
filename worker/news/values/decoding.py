"""Content codings, undone with bounded output: a bomb costs no more memory than the limit it breaks."""

from __future__ import annotations

import zlib
from typing import Protocol

import brotli  # type: ignore[import-untyped]
import webencodings

from wiredesk.worker.errors import Rejected, Transient
from wiredesk.worker.zstd import zstd

ACCEPT_ENCODING = "gzip, deflate, br, zstd"

# Block-compressing tools write one member for 64 KiB; a thousand hold more than any body limit. The limit bounds the
# work for a body of empty members.
_MAX_MEMBERS = 1000
# RFC 9659: a zstd window for HTTP is at most 8 MiB.
_ZSTD_WINDOW_LOG = 23
_GZIP_MAGIC = b"\x1f\x8b"
_BROTLI_STEP_BYTES = 1 << 18


# Values of other headers that servers send in Content-Encoding; labels of charsets are ignored as well.
_NO_CODINGS = frozenset(("", "identity", "none", "null", "binary", "7bit", "8bit", "plain", "text"))


class _Inflater(Protocol):
    """One stream of one coding."""

    def decode(self, data: bytes, limit: int) -> bytes:
        """Up to about `limit` bytes of output for `data`; more than `limit` means that it overflows."""

    @property
    def complete(self) -> bool: ...


class BodyDecoder:
    """Undoes one content coding piece by piece and keeps the result.

    `coding` is the Content-Encoding as received; the label of a charset in it (`UTF-8`) says nothing. Raises
    Rejected("bad_encoding") for an unknown, nested or broken coding, Rejected("too_large") above `max_body_bytes`,
    Transient where the coded stream stops in the middle.
    """

    def __init__(self, coding: str, max_body_bytes: int) -> None:
        names = [name for part in coding.lower().split(",") if not _is_no_coding(name := part.strip(" \t\"'"))]
        if len(names) > 1:
            raise Rejected("bad_encoding", f"nested content codings: {coding[:80]}")
        self._inflater = _inflater(names[0]) if names else None
        self._max_body_bytes = max_body_bytes
        self._body = bytearray()

    def feed(self, data: bytes) -> None:
        limit = self._max_body_bytes - len(self._body)
        try:
            self._body += self._inflater.decode(data, limit) if self._inflater else data
        except (zlib.error, brotli.error, zstd.ZstdError) as error:
            raise Rejected("bad_encoding", f"broken content coding: {error}") from None
        if len(self._body) > self._max_body_bytes:
            raise Rejected("too_large", f"the body is larger than {self._max_body_bytes} bytes when decoded")

    @property
    def size(self) -> int:
        """Bytes that are decoded so far."""
        return len(self._body)

    def finish(self) -> bytes:
        if self._inflater is not None and not self._inflater.complete:
            raise Transient("the compressed body ended in the middle")
        return bytes(self._body)


def _is_no_coding(name: str) -> bool:
    return name in _NO_CODINGS or name.startswith(("text/", "charset=")) or webencodings.lookup(name) is not None


def _inflater(name: str) -> _Inflater:
    match name:
        case "gzip" | "x-gzip":
            return _GzipOrDeflate(raw=False)
        case "deflate":
            return _GzipOrDeflate(raw=True)
        case "br":
            return _Brotli()
        case "zstd":
            return _Zstd()
        case _:
            raise Rejected("bad_encoding", f"unknown content coding {name[:40]!r}")


class _Gzip:
    """gzip with any number of members; bytes that follow the last one and begin no other are padding, and ignored."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(31)
        self._members = 1
        self._started = False
        self._held = b""
        self._padding = False

    def decode(self, data: bytes, limit: int) -> bytes:
        output = bytearray()
        data, self._held = self._held + data, b""
        while data and not self._padding and len(output) <= limit:
            if self._member.eof:
                if not _GZIP_MAGIC.startswith(data[:2]):
                    self._padding = True
                    break
                if len(data) < 2:
                    self._held = data
                    break
                self._next_member()
            self._started = True
            output += self._member.decompress(data, limit - len(output) + 1)
            data = self._member.unused_data
        return bytes(output)

    def _next_member(self) -> None:
        self._members += 1
        if self._members > _MAX_MEMBERS:
            raise Rejected("bad_encoding", f"more than {_MAX_MEMBERS} gzip members")
        self._member = zlib.decompressobj(31)

    @property
    def complete(self) -> bool:
        return self._member.eof or not self._started


class _Deflate:
    """The format of zlib or raw deflate."""

    def __init__(self, window_bits: int) -> None:
        self._stream = zlib.decompressobj(window_bits)

    def decode(self, data: bytes, limit: int) -> bytes:
        return self._stream.decompress(data, limit + 1)

    @property
    def complete(self) -> bool:
        return self._stream.eof


class _GzipOrDeflate:
    """`gzip` or `deflate`, told apart by the first two bytes: servers send each under the name of the other.

    RFC 9110 means the zlib format by deflate; some servers send raw deflate.
    """

    def __init__(self, *, raw: bool) -> None:
        self._raw = raw
        self._held = b""
        self._stream: _Gzip | _Deflate | None = None

    def decode(self, data: bytes, limit: int) -> bytes:
        if self._stream is None:
            data = self._held + data
            if len(data) < 2:
                self._held = data
                return b""
            self._stream = self._chosen(data)
        return self._stream.decode(data, limit)

    def _chosen(self, head: bytes) -> _Gzip | _Deflate:
        if head.startswith(_GZIP_MAGIC):
            return _Gzip()
        if head[0] & 0x0F == 8 and int.from_bytes(head[:2], "big") % 31 == 0:
            return _Deflate(15)
        return _Deflate(-15) if self._raw else _Gzip()

    @property
    def complete(self) -> bool:
        return self._stream.complete if self._stream is not None else not self._held


class _Brotli:
    def __init__(self) -> None:
        self._stream = brotli.Decompressor()
        self._started = False

    def decode(self, data: bytes, limit: int) -> bytes:
        self._started = self._started or bool(data)
        output = bytearray(self._stream.process(data, output_buffer_limit=_BROTLI_STEP_BYTES))
        while len(output) <= limit and not self._stream.can_accept_more_data():
            output += self._stream.process(b"", output_buffer_limit=_BROTLI_STEP_BYTES)
        return bytes(output)

    @property
    def complete(self) -> bool:
        return not self._started or self._stream.is_finished()


class _Zstd:
    """zstd with any number of frames."""

    def __init__(self) -> None:
        self._frame = self._new_frame()
        self._frames = 1
        self._started = False

    @staticmethod
    def _new_frame() -> zstd.ZstdDecompressor:
        return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG})

    def decode(self, data: bytes, limit: int) -> bytes:
        output = bytearray()
        while data and len(output) <= limit:
            if self._frame.eof:
                self._frames += 1
                if self._frames > _MAX_MEMBERS:
                    raise Rejected("bad_encoding", f"more than {_MAX_MEMBERS} zstd frames")
                self._frame = self._new_frame()
            self._started = True
            output += self._frame.decompress(data, limit - len(output) + 1)
            data = self._frame.unused_data if self._frame.eof else b""
        return bytes(output)

    @property
    def complete(self) -> bool:
        return self._frame.eof or not self._started
