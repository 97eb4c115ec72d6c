"""How wiredesk runs: the stages `fetch`, `inbox` and `filing`, what they share beside them, pure code in `news`."""
