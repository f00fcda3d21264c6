"""What is tried, by family. Each module makes the probes of some of them from the catalogue."""

from __future__ import annotations

FAMILIES = {
    "read": "Her rows by key, owner, column and place on disk, with and without a condition, locked, sampled, "
    "counted, or given away by an error that a filter raises; and what Postgres noted about them for its planner.",
    "write as her": "Rows in her name: a copy of hers, of his, or her id alone; his own given to her, also by way of a conflict.",
    "change": "Her rows updated, column by column, replaced or merged; and updates without a condition, which must stop at his own.",
    "remove": "Her rows deleted, and deletions without a condition.",
    "columns": "Every column that is not granted, in an insert and an update: whose row it is, when it was written, "
    "its version, and what only the server may say.",
    "refer": "Every foreign key, and every other column that may hold an id, led from his row to hers: it must fail as "
    "if hers did not exist.",
    "unique keys": "Every unique key: her values must be as free for him as values that nobody has, also by `on conflict`.",
    "primary keys": "Her primary keys, taken again. An id cannot be guessed, so that such a clash tells only whoever knows it already.",
    "commands": "What is not about rows: truncate, triggers, rules, policies, comments, alter and drop; and a lock on the "
    "table, which Postgres itself leaves to whoever may delete from it.",
    "hidden": "Tables of `private` and `admin`, and Supabase Auth's accounts: read and written.",
    "functions": "Every function that he or the server may call, with each of her ids and keys: it must answer as if that "
    "did not exist, and change nothing of hers.",
    "without her": "Every function that he or the server may call, and every view that they may read: they must answer "
    "the same when Ana has never been there.",
    "closed functions": "Every function that he, the server or nobody must not call.",
    "views": "Every view: refused, or without anything of hers in it.",
    "nobody": "Every table without a token, also with his claims in the hands of the role that has none.",
    "bad claims": "His rows and hers with claims that are missing or no claims at all, and with her id where only "
    "metadata stands, which people write themselves.",
    "one wall": "The same with every other wall torn down: policies alone, forced ones for the owner of the tables, "
    "foreign keys alone, unique keys alone.",
    "lies": "Things said in one's own favour, by name: a forged reply, a badge of one's own, points, an undo that was never done.",
    "around": "Roles one might become, sequences, schemas, and the table and function that somebody makes tomorrow.",
}
