"""The submission stream: for any language that speaks Redis and has no database login.

    XADD wiredesk:submissions * message '{"content": …}'

A consumer group reads it. An entry is acknowledged, and then deleted, only after its message is committed to the inbox.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import redis

from wiredesk.worker.errors import Rejected
from wiredesk.worker.inbox.celery_message import TaskCall
from wiredesk.worker.inbox.intake import BATCH, BATCH_BYTES, KEPT_OF_REFUSED_BYTES, Unread
from wiredesk.worker.inbox.reader import DEAD_AFTER_SECONDS, Delivery, deliveries_of
from wiredesk.worker.settings import Settings
from wiredesk.worker.store.records import Channel

GROUP = "wiredesk"

# KEYS: stream, state. ARGV: group, consumer, ">" or "0", most entries, most bytes, the longest that is given whole, how
# much is given of a longer one. Answers id, length and start of each entry's message, and its fields where it has none.
# One entry at a time, because the size of an answer can't be limited otherwise.
_TAKE = """
local given, bytes = {}, 0
while #given < tonumber(ARGV[4]) and bytes < tonumber(ARGV[5]) do
  local answer = redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', 1, 'STREAMS', KEYS[1], ARGV[3])
  local entry = answer and answer[1][2][1]
  if not entry then break end
  local message, names = false, {}
  for n = 1, entry[2] and #entry[2] or 0, 2 do
    local name = entry[2][n]
    if name == 'message' then message = entry[2][n + 1] else names[#names + 1] = string.sub(name, 1, 40) end
  end
  local length = message and #message or 0
  if length > tonumber(ARGV[6]) then message = string.sub(message, 1, tonumber(ARGV[7])) end
  bytes = bytes + math.min(length, tonumber(ARGV[6]))
  given[#given + 1] = {entry[1], length, message, table.concat(names, ', ', 1, math.min(#names, 5))}
  if ARGV[3] == '0' then break end
end
if ARGV[3] == '>' and #given > 0 then redis.call('HSET', KEYS[2], 'batch', 1) end
return given
"""
# KEYS: stream. ARGV: group, own name, silent milliseconds. Removes consumers that are silent and have no entries.
_FORGET = """
local removed = 0
for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local about = {}
  for n = 1, #consumer, 2 do about[consumer[n]] = consumer[n + 1] end
  if about.name ~= ARGV[2] and about.pending == 0 and about.idle > tonumber(ARGV[3]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], about.name)
    removed = removed + 1
  end
end
return removed
"""


class StreamSource:
    """The stream as one consumer of its group reads it. Raises `redis.RedisError`."""

    channel: Channel = "stream"

    def __init__(self, client: redis.Redis, settings: Settings, name: str) -> None:
        self._client, self._name = client, name
        self._stream = settings.stream_name
        self._longest = 2 * settings.max_submission_bytes + 65_536  # JSON may write a byte as two
        self._take_script = client.register_script(_TAKE)
        self._forget_script = client.register_script(_FORGET)
        self.state_key = f"wiredesk:stream:state:{name}"

    def take(self) -> list[Delivery]:
        return self._read(">", BATCH)

    def oldest_taken(self) -> Delivery | None:
        while found := self._read("0", 1):
            if found[0].length or found[0].note:
                return found[0]
            self.remove(found)  # the entry was deleted from the stream: only its id is left
        return None

    def remove(self, deliveries: Sequence[Delivery]) -> None:
        ids = [delivery.token for delivery in deliveries]
        with self._client.pipeline(transaction=True) as pipeline:
            pipeline.xack(self._stream, GROUP, *ids)
            pipeline.xdel(self._stream, *ids)
            pipeline.execute()

    def take_over(self) -> None:
        """Claim the entries of consumers that are silent, and remove those consumers."""
        silent_ms = int(DEAD_AFTER_SECONDS * 1000)
        try:
            consumers: Any = self._client.xinfo_consumers(self._stream, GROUP)
        except redis.ResponseError:  # no stream yet
            return
        for consumer in consumers:
            name = consumer["name"].decode()
            if name != self._name and consumer["idle"] > silent_ms and consumer["pending"]:
                self._claim(name, silent_ms)
        self._forget_script(keys=[self._stream], args=[GROUP, self._name, silent_ms])

    def read(self, delivery: Delivery, *, now: datetime) -> TaskCall:
        if delivery.length > self._longest:
            words = f"message: {delivery.length:,} bytes, more than a content of max_submission_bytes can take"
            return self.unread(delivery, Rejected("too_large", words))
        if not delivery.raw and delivery.note:
            words = f"the entry has no field message; it has {delivery.note}"
            return self.unread(delivery, Rejected("bad_message", words))
        return TaskCall((delivery.raw,), (self._delivery(delivery),))

    def unread(self, delivery: Delivery, reason: Rejected) -> TaskCall:
        raw = delivery.raw[:KEPT_OF_REFUSED_BYTES] or delivery.note.encode()
        return TaskCall((Unread(raw, reason),), (self._delivery(delivery),))

    def _delivery(self, delivery: Delivery) -> str:
        return f"{self._stream}/{delivery.token.decode()}"

    def _claim(self, dead: str, silent_ms: int) -> None:
        while pending := self._client.xpending_range(
            self._stream, GROUP, min="-", max="+", count=BATCH, consumername=dead, idle=silent_ms
        ):
            ids: list[Any] = [entry["message_id"] for entry in pending]
            self._client.xclaim(self._stream, GROUP, self._name, silent_ms, ids, justid=True)
        if self._client.delete(f"wiredesk:stream:state:{dead}"):
            self._client.hset(self.state_key, "batch", 1)

    def _read(self, start: str, most: int) -> list[Delivery]:
        keys = [self._stream, self.state_key]
        arguments: list[str | int] = [GROUP, self._name, start, most, BATCH_BYTES, self._longest, KEPT_OF_REFUSED_BYTES]
        try:
            return deliveries_of(self._take_script(keys=keys, args=arguments))
        except redis.ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
        self._client.xgroup_create(self._stream, GROUP, id="0", mkstream=True)
        return deliveries_of(self._take_script(keys=keys, args=arguments))
