-- reserve_ids --
-- The next ids of a sequence.
SELECT nextval(%(sequence)s::regclass) FROM generate_series(1, %(count)s)
