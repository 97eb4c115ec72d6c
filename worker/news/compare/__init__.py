"""Comparing: which article an item is, what changed in it, which story it belongs to."""
