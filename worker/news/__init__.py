"""The newsroom: pure code that reads copy. No clock, no I/O, no environment, no logging; `now` and limits are arguments."""
