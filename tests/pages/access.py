"""`supabase/ACCESS.md`: who may do what with which columns, and who may call what."""

from __future__ import annotations

from collections.abc import Sequence

from tests.pages.facts import ROLES, Chapter, Function, Table

NONE = "–"  # noqa: RUF001 - a dash is what a table has for nothing
COMMANDS = ("select", "insert", "update", "delete")
HEAD = """\
# Who may do what

Written from the catalogue of a migrated database by `make pages`; `make check` fails when it is stale, so that a change of
permission is a line to be reviewed here.

- A **grant** says which command and which columns; a **policy** says which rows. Both must agree. Unless a row says otherwise, the
  policy of every command is: rows whose owner is the caller, `user_id = (select auth.uid())`.
- `cairn_server` acts with the same person's claims, under the same policies. It may do all that `authenticated` may; what is in its
  column comes on top. `anon` and `service_role` are named where they may anything at all.
- Tables of schema `private` are nobody's: only the functions below reach them.
- Functions marked **definer** run with their owner's rights and ask by themselves who is calling; all others run under the caller's
  policies.
"""


def page(chapters: Sequence[Chapter]) -> str:
    """Write the page."""
    return "\n".join([HEAD, *(_chapter(one) for one in chapters if one.tables or one.functions)])


def _chapter(chapter: Chapter) -> str:
    lines = [f"## {chapter.title}", ""]
    public = [one for one in chapter.tables if one.name.startswith("public.")]
    if public:
        lines += [
            "| Table | Command | `authenticated` | `cairn_server` besides |",
            "|---|---|---|---|",
        ]
        lines += [line for table in public for line in _table(table)]
        lines.append("")
    closed = [f"`{one.name}`" for one in chapter.tables if one.name.startswith("private.")]
    if closed:
        lines += [f"Closed to everybody: {', '.join(closed)}.", ""]
    called = [one for one in chapter.functions if one.roles]
    if called:
        lines += ["| Function | Who may call it | What it does |", "|---|---|---|"]
        lines += [_function(one) for one in called]
        lines.append("")
    return "\n".join(lines)


def _table(table: Table) -> list[str]:
    lines = []
    name = f"`{table.name.removeprefix('public.')}`"
    for command in COMMANDS:
        hers = _columns(table, "authenticated", command)
        servers = _columns(table, "cairn_server", command)
        others = [
            f"`{role}`: {columns}"
            for role in ROLES
            if role not in ("authenticated", "cairn_server")
            and (columns := _columns(table, role, command)) != NONE
        ]
        rows = [f'"{policy}"' for policy, of in table.policies if of in (command, "all")]
        note = "; ".join([*others, *(f"rows: {row}" for row in rows)])
        if (hers, servers) == (NONE, NONE) and not note:
            continue
        told = f"{hers} ({note})" if note else hers
        lines.append(f"| {name} | {command} | {told} | {servers} |")
        name = ""
    if not lines:
        lines.append(f"| {name} | {NONE} | {NONE} | {NONE} |")
    return lines


def _columns(table: Table, role: str, command: str) -> str:
    columns = table.grants.get((role, command))
    if columns is None:
        return NONE
    if not columns:
        return "whole rows" if command == "delete" else "all columns"
    return ", ".join(columns)


def _function(function: Function) -> str:
    roles = [
        role
        for role in function.roles
        if role != "cairn_server" or "authenticated" not in function.roles
    ]
    who = ", ".join(f"`{role}`" for role in roles)
    right = " **definer**" if function.is_definer else ""
    arguments = function.arguments.replace("|", "\\|")
    comment = function.comment.replace("|", "\\|")
    return f"| `{function.name}({arguments})`{right} | {who} | {comment} |"
