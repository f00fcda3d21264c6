"""The proof of isolation: whatever Ben tries, by SQL and with his own claims, nothing of Ana's.

What is tried is generated from the database's catalogue, so that a new table, key or function is
tried without being named here. `python -m tests.isolation` prints the report.
"""
