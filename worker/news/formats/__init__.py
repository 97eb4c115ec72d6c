"""Readers of agencies' formats and of packages, one file a format; `table` lists them."""
