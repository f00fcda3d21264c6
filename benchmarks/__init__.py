"""Cairn beside PostGraphile: the same database, the same questions, the same machine."""
