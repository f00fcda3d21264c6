"""A script is cut where Postgres would, and stored as the Supabase CLI stores it."""

from __future__ import annotations

import pytest

from graphql_api.migrations import MIGRATIONS, read_folder
from graphql_api.statements import ScriptError, split


@pytest.mark.parametrize(
    ("script", "statements"),
    [
        ("", []),
        (" ;; \n;", []),
        ("select 1", ["select 1"]),
        ("select 1;\n\nselect 2;\n", ["select 1", "select 2"]),
        ("-- why\nselect 1;", ["-- why\nselect 1"]),
        ("select 1; -- the end", ["select 1", "-- the end"]),
        ("select 1 -- a; b\n, 2;", ["select 1 -- a; b\n, 2"]),
        ("select ';';", ["select ';'"]),
        ("select 'it''s; so';", ["select 'it''s; so'"]),
        (r"select E'it\'s; so';", [r"select E'it\'s; so'"]),
        (r"select e'\\'; select 2;", [r"select e'\\'", "select 2"]),
        (r"select '\'; select 2;", [r"select '\'", "select 2"]),
        ('select ";" from "a""b;c";', ['select ";" from "a""b;c"']),
        ("select $$;$$; select 2;", ["select $$;$$", "select 2"]),
        ("do $x$ begin a; $$ ; $$ end $x$; b;", ["do $x$ begin a; $$ ; $$ end $x$", "b"]),
        ("select $1; select a$b$c; d;", ["select $1", "select a$b$c", "d"]),
        ("/* a; /* b; */ c; */ select 1;", ["/* a; /* b; */ c; */ select 1"]),
        ("select 1 /* ' */; select 2;", ["select 1 /* ' */", "select 2"]),
        ("select 1 -- it's\n; select 2;", ["select 1 -- it's", "select 2"]),
        (
            "create rule r as on insert to t do (select 1; select 2); select 3;",
            ["create rule r as on insert to t do (select 1; select 2)", "select 3"],
        ),
        ("select 'ü;', \"ß;\", $ö$;$ö$;", ["select 'ü;', \"ß;\", $ö$;$ö$"]),
        ("select 4 - 2; select 4 / 2;", ["select 4 - 2", "select 4 / 2"]),
        ("select atomic from t;", ["select atomic from t"]),
    ],
)
def test_a_script_is_cut_into_its_statements(script: str, statements: list[str]) -> None:
    assert split(script) == statements


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("select 1;\nselect 'open;", "A quote is opened and not closed, line 2."),
        ('select "open;', "A quote is opened and not closed, line 1."),
        ("do $x$ begin $$;", "The quote $x$ is opened and not closed, line 1."),
        ("select 1; /* /* */", "A comment is opened and not closed, line 1."),
        (
            "create function f() returns int\nbegin atomic select 1; end;",
            "A function body begins with `begin atomic`, line 2. "
            "Write it between dollar quotes: as $$ … $$.",
        ),
        (
            "select 1; COMMIT; select 2;",
            "The script says `commit`, line 1. Each file is one transaction already; leave it out.",
        ),
    ],
)
def test_what_cannot_be_cut_is_refused_with_a_sentence(script: str, sentence: str) -> None:
    with pytest.raises(ScriptError) as refused:
        split(script)

    assert str(refused.value) == sentence


def test_nothing_of_our_own_migrations_is_lost_in_cutting() -> None:
    for migration in read_folder(MIGRATIONS):
        whole = (MIGRATIONS / f"{migration}.sql").read_text()

        position = 0
        for statement in migration.statements:
            found = whole.find(statement, position)
            assert whole[position:found].strip(" \n;") == ""
            position = found + len(statement)
        assert whole[position:].strip(" \n;") == ""
