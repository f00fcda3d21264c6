"""Tools that read `schema.graphql`: two that generate code from it, one that compares it."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.judges import node
from tests.judges.clients import SCRIPTS, variables
from tests.judges.ground import SCHEMA, Ground
from tests.judges.judge import Judge, Objection, run


def project(ground: Ground, name: str) -> Path:
    """Copy a small client project of this folder to a room of its own, the schema beside it."""
    room = ground.room(name)
    shutil.copytree(node.FOLDER / name, room, dirs_exist_ok=True)
    (room / "schema.graphql").write_text(published())
    (room / "node_modules").symlink_to(node.MODULES)
    return room


def published() -> str:
    """Give the schema as this repository publishes it.

    Raises:
        Objection: there is none.
    """
    if not SCHEMA.exists():
        raise Objection("There is no schema.graphql: `make schema` writes it.")
    return SCHEMA.read_text()


async def typescript(ground: Ground) -> str:
    """The generated types compile strictly, and promise an app neither less nor more."""
    room = project(ground, "typescript")
    generated = await run(node.PROGRAMS / "graphql-codegen", "--config", "codegen.json", cwd=room)
    generated.must_succeed("graphql-codegen refuses the schema or the documents")
    compiled = await run(node.PROGRAMS / "tsc", "--project", ".", cwd=room)
    compiled.must_succeed("tsc --strict refuses the generated types, or what an app does with them")
    lines = sum((room / name).read_text().count("\n") for name in ("schema.ts", "operations.ts"))
    return f"{lines} lines of types, 0 errors"


async def relay(ground: Ground) -> str:
    """Relay's compiler takes the schema: nodes, connections, edges, page info."""
    room = project(ground, "relay")
    artifacts = room / "artifacts"
    artifacts.mkdir()
    ran = await run(node.PROGRAMS / "relay-compiler", "relay.config.json", cwd=room)
    ran.must_succeed("relay-compiler refuses the schema or the documents")
    written = len(list(artifacts.glob("*.graphql.ts")))
    if written == 0:
        raise Objection(f"relay-compiler wrote nothing:\n{ran.said}")
    return f"{written} artifacts, 0 errors"


async def drift(ground: Ground) -> str:
    """What the server tells of itself is `schema.graphql`, descriptions included."""
    room = ground.room("drift")
    told = await run("node", "introspect.mjs", cwd=SCRIPTS, variables=variables(ground))
    told.must_succeed("The server does not answer the standard introspection query")
    (room / "server.graphql").write_text(told.out)
    (room / "schema.graphql").write_text(published())
    difference = await _difference(room, "schema.graphql", "server.graphql")
    if difference:
        raise Objection(f"schema.graphql and the running server differ:\n{difference}")

    # A judge that sees no difference in anything would have agreed, too.
    other = published().replace("type Query {", '"""Told otherwise."""\ntype Query {')
    (room / "other.graphql").write_text(other)
    if not await _difference(room, "other.graphql", "server.graphql"):
        raise Objection("graphql-inspector does not see a planted difference.")
    return "no difference"


async def _difference(room: Path, old: str, new: str) -> str:
    """Give what graphql-inspector says of the changes from `old` to `new`; empty without any."""
    ran = await run(node.PROGRAMS / "graphql-inspector", "diff", old, new, cwd=room)
    same = ran.code == 0 and "No changes detected" in ran.said
    return "" if same else ran.said.strip()


JUDGES = (
    Judge("typescript", "@graphql-codegen/cli 7 and tsc --strict: usable types", typescript),
    Judge("relay", "relay-compiler 21: Relay's own rules", relay),
    Judge("drift", "@graphql-inspector/cli: server against schema.graphql", drift),
)
