"""`docs/data-model.md`: a diagram and a list of tables for each chapter of the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tests.pages.facts import Chapter, Link, Table

HEAD = """\
# The data model

Written from the catalogue of a migrated database by `make pages`; `make check` fails when it is stale. One chapter for each
migration, in their order. Each table's and column's own comment, as the Supabase dashboard shows it, says the rest;
[supabase/ACCESS.md](../supabase/ACCESS.md) says who may do what, and [supabase/README.md](../supabase/README.md) why it is so.

Everything that is a person's has her id in `user_id` and goes when she goes; a line from table to table carries it, too, so that no
row of hers can hang on somebody else's. Diagrams show keys and what has a closed list of values.
"""


def page(chapters: Sequence[Chapter]) -> str:
    """Write the page."""
    shown = [chapter for chapter in chapters if chapter.tables]
    owned = sum(any(c.name == "user_id" for c in t.columns) for one in shown for t in one.tables)
    total = sum(len(one.tables) for one in shown)
    contents = "\n".join(
        f"- [{one.title}](#{_anchor(one.title)}): {', '.join(_spoken(t.name) for t in one.tables)}"
        for one in shown
    )
    count = f"{total} tables, {owned} of them a person's own.\n"
    return "\n".join([HEAD, count, contents, "", *map(_chapter, shown)])


def _chapter(chapter: Chapter) -> str:
    lines = [f"## {chapter.title}", "", chapter.introduction, ""]
    lines += ["```mermaid", "erDiagram", *_diagram(chapter.tables), "```", ""]
    lines += ["| Table | What it is |", "|---|---|"]
    lines += [f"| `{_spoken(one.name)}` | {_cell(one.comment)} |" for one in chapter.tables]
    if chapter.enums:
        lines += ["", "| Values | |", "|---|---|"]
        lines += [
            f"| `{_spoken(name)}`: {', '.join(labels)} | {_cell(comment)} |"
            for name, comment, labels in chapter.enums
        ]
    return "\n".join([*lines, ""])


def _diagram(tables: Iterable[Table]) -> list[str]:
    lines = []
    for table in tables:
        lines += [_edge(table.name, link) for link in table.links if link.columns != ("user_id",)]
    for table in tables:
        linked = {name for link in table.links for name in link.columns}
        lines.append(f"  {_short(table.name)} {{")
        for column in table.columns:
            keys = ["PK"] * column.is_key + ["FK"] * (column.name in linked)
            if keys or column.is_enum:
                kind = _short(column.type).replace(" ", "_").replace("[]", "_list")
                lines.append(f"    {kind} {column.name} {','.join(keys)}".rstrip())
        lines.append("  }")
    return lines


def _edge(name: str, link: Link) -> str:
    parent = "||" if link.is_required else "|o"
    child = "o|" if link.is_unique else "o{"
    return f'  {_short(link.target)} {parent}--{child} {_short(name)} : "{", ".join(link.columns)}"'


def _spoken(name: str) -> str:
    return name.removeprefix("public.")


def _short(name: str) -> str:
    """A name as Mermaid takes it."""
    return _spoken(name).replace("private.", "private_")


def _anchor(title: str) -> str:
    kept = "".join(one for one in title.lower() if one.isalnum() or one in " -")
    return kept.replace(" ", "-")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
