"""Marking up a text: its language, its quotations with their speakers, the names it mentions."""
