"""The newsroom: pure code that reads copy. No clock, I/O, environment or logging; `now` and limits are arguments."""
