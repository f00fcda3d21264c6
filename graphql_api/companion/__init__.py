"""The companion: whoever answers, behind one Protocol."""
