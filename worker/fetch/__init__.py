"""Fetching: feeds that are due, pages that documents wait for. What arrives becomes a document in the inbox."""
