"""Celery's default queue on Redis, the public door for `wiredesk.submit_article.v1`, read without Celery.

kombu pops a message from its list before it notes it elsewhere, and a worker killed in between loses it. Here a message
moves to a list of its reader in one step and is removed from there after it is committed to the inbox.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import redis

from wiredesk.worker.errors import Rejected
from wiredesk.worker.inbox.celery_message import TaskCall, deliveries, read_call
from wiredesk.worker.inbox.intake import BATCH, BATCH_BYTES, KEPT_OF_REFUSED_BYTES, Unread
from wiredesk.worker.inbox.reader import DEAD_AFTER_SECONDS, Delivery, deliveries_of
from wiredesk.worker.settings import Settings
from wiredesk.worker.store.records import Channel

QUEUE = "celery"
# kombu keeps a priority above 0 in a list of its own; 3, 6 and 9 unless a producer sets other `priority_steps`.
LISTS = (QUEUE, *(f"{QUEUE}\x06\x16{priority}" for priority in range(1, 10)))
READERS = "wiredesk:celery:readers"
_TAKEN, _STATE = "wiredesk:celery:taken:", "wiredesk:celery:state:"
# One message may be a list of many submissions.
_MOST_CONTENTS = 16

# KEYS: taken, state, readers, lists. ARGV: own name, most messages, most bytes, the longest that is given whole, how
# much is given of a longer one. Producers push on the left. Answers length and start of each message.
_TAKE = """
local given, bytes, now = {}, 0, redis.call('TIME')[1]
redis.call('ZADD', KEYS[3], now, ARGV[1])
for n = 4, #KEYS do
  while #given < tonumber(ARGV[2]) and bytes < tonumber(ARGV[3]) do
    local message = redis.call('LMOVE', KEYS[n], KEYS[1], 'RIGHT', 'LEFT')
    if not message then break end
    local length = #message
    if length > tonumber(ARGV[4]) then message = string.sub(message, 1, tonumber(ARGV[5])) end
    bytes = bytes + #message
    given[#given + 1] = {'', length, message, ''}
  end
end
if #given > 0 then redis.call('HSET', KEYS[2], 'batch', 1) end
return given
"""
# KEYS: taken. ARGV: the longest that is given whole, how much is given of a longer one.
_OLDEST = """
local message = redis.call('LINDEX', KEYS[1], -1)
if not message then return {} end
local length = #message
if length > tonumber(ARGV[1]) then message = string.sub(message, 1, tonumber(ARGV[2])) end
return {{'', length, message, ''}}
"""
# KEYS: taken, state, readers. ARGV: own name, prefixes of taken and state, silent seconds. Takes over the list of one
# silent reader while the own is empty.
_TAKE_OVER = """
if redis.call('EXISTS', KEYS[1]) == 1 then return end
local last = redis.call('TIME')[1] - tonumber(ARGV[4])
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', last)) do
  if name ~= ARGV[1] then
    redis.call('ZREM', KEYS[3], name)
    local state = redis.call('DEL', ARGV[3] .. name)
    if redis.call('EXISTS', ARGV[2] .. name) == 1 then
      redis.call('RENAME', ARGV[2] .. name, KEYS[1])
      if state == 1 then redis.call('HSET', KEYS[2], 'batch', 1) end
      return
    end
  end
end
"""


class CelerySource:
    """The public lists as one reader reads them. Raises `redis.RedisError`."""

    channel: Channel = "task"

    def __init__(self, client: redis.Redis, settings: Settings, name: str) -> None:
        self._client, self._name = client, name
        self._max_body_bytes = _MOST_CONTENTS * settings.max_submission_bytes
        self._longest = 2 * self._max_body_bytes
        self._taken = _TAKEN + name
        self.state_key = _STATE + name
        self._take_script, self._oldest_script = client.register_script(_TAKE), client.register_script(_OLDEST)
        self._take_over_script = client.register_script(_TAKE_OVER)

    def take(self) -> list[Delivery]:
        keys = [self._taken, self.state_key, READERS, *LISTS]
        limits = [BATCH, BATCH_BYTES, self._longest, KEPT_OF_REFUSED_BYTES]
        return deliveries_of(self._take_script(keys=keys, args=[self._name, *limits]))

    def oldest_taken(self) -> Delivery | None:
        found = self._oldest_script(keys=[self._taken], args=[self._longest, KEPT_OF_REFUSED_BYTES])
        return next(iter(deliveries_of(found)), None)

    def remove(self, deliveries: Sequence[Delivery]) -> None:
        """The oldest taken messages are at the right, in the order in which they were sent."""
        self._client.rpop(self._taken, len(deliveries))

    def take_over(self) -> None:
        """Take the messages of a reader without a sign of life, and remove its list."""
        keys = [self._taken, self.state_key, READERS]
        self._take_over_script(keys=keys, args=[self._name, _TAKEN, _STATE, DEAD_AFTER_SECONDS])

    def read(self, delivery: Delivery, *, now: datetime) -> TaskCall:
        if delivery.length > self._longest:
            words = f"the message has {delivery.length:,} bytes, the limit is {self._longest:,}"
            return self.unread(delivery, Rejected("too_large", words))
        return read_call(delivery.raw, max_body_bytes=self._max_body_bytes, now=now)

    def unread(self, delivery: Delivery, reason: Rejected) -> TaskCall:
        messages = (Unread(delivery.raw[:KEPT_OF_REFUSED_BYTES], reason),)
        return TaskCall(messages, deliveries("unread", messages))
