"""The polling rhythm of feeds, their troubles and moves."""
