"""Images: the row of a file in Storage, in her own folder, and never the bytes. NU-153 to NU-155, N-13, D23."""

from __future__ import annotations

import base64
import json
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.live import events
from tests.fixtures.people import AsUser, NewUser

BYTES = base64.b64encode(bytes(range(256))).decode()


async def store(connection: asyncpg.Connection, viewer: Viewer, **columns: object) -> Any:
    """Store a picture of hers, with these columns besides."""
    given = {
        "prompt": "A quiet sea.",
        "storage_path": f"{viewer.user_id}/{uuid4()}.png",
    } | columns
    return await connection.fetchrow(
        f"insert into public.generated_images ({', '.join(given)}) select {', '.join(given)} "
        "from jsonb_populate_record(null::public.generated_images, $1) returning *",
        json.dumps(given),
    )


async def leftovers(owner: asyncpg.Connection, viewer: Viewer) -> list[str]:
    rows = await owner.fetch(
        "select storage_path from private.image_leftovers where user_id = $1", viewer.user_id
    )
    return [row["storage_path"] for row in rows]


async def test_the_server_stores_a_picture_and_she_names_it(ana: Viewer, as_user: AsUser) -> None:
    """NU-153."""
    async with as_user(ana, "cairn_server") as connection:
        made = await store(connection, ana, size_bytes=1024, width=512, height=512)
    async with as_user(ana) as connection:
        named = await connection.fetchrow(
            "update public.generated_images set name = 'The sea' returning *"
        )
        listed = await connection.fetch("select id from public.generated_images")

    assert (made["user_id"], made["image_format"], made["name"]) == (ana.user_id, "png", None)
    assert (named["name"], named["version"]) == ("The sea", 2)
    assert [row["id"] for row in listed] == [made["id"]]


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"name": " "}, "generated_images_name_has_1_to_200_characters"),
        ({"prompt": ""}, "generated_images_prompt_has_1_to_4000_characters"),
        ({"prompt": "sea " * 1001}, "generated_images_prompt_has_1_to_4000_characters"),
        ({"size_bytes": 0}, "generated_images_size_is_1_byte_to_50_mb"),
        ({"size_bytes": 52_428_801}, "generated_images_size_is_1_byte_to_50_mb"),
        ({"width": 0, "height": 5}, "generated_images_sides_are_1_to_16384_pixels"),
        ({"width": 5, "height": 16_385}, "generated_images_sides_are_1_to_16384_pixels"),
        ({"metadata": []}, "generated_images_metadata_is_an_object_of_at_most_8_kb"),
        ({"prompt": f"A sea {BYTES}"}, "generated_images_hold_no_base64"),
        ({"name": BYTES[:200]}, "generated_images_hold_no_base64"),
        ({"metadata": {"deep": [{"image": BYTES}]}}, "generated_images_hold_no_base64"),
        (
            {"metadata": {"image": "data:image/png;base64,iVBORw0"}},
            "generated_images_hold_no_base64",
        ),
    ],
)
async def test_an_image_that_breaks_a_rule_is_refused_by_its_name(
    columns: dict[str, object], constraint: str, ana: Viewer, as_user: AsUser
) -> None:
    """NU-154, N-13: the bytes are elsewhere."""
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with as_user(ana, "cairn_server") as connection:
            await store(connection, ana, **columns)

    assert refused.value.constraint_name == constraint


@pytest.mark.parametrize(
    ("path", "constraint"),
    [
        ("{ben}/1.png", "generated_images_storage_path_is_in_her_own_folder"),
        ("1.png", "generated_images_storage_path_is_in_her_own_folder"),
        ("/{ana}/1.png", "generated_images_storage_path_is_in_her_own_folder"),
        ("{ana}", "generated_images_storage_path_is_in_her_own_folder"),
        ("{ana}1/1.png", "generated_images_storage_path_is_in_her_own_folder"),
        ("{ana}/../{ben}/1.png", "generated_images_storage_path_is_a_plain_path"),
        ("{ana}/1.exe", "generated_images_storage_path_is_a_plain_path"),
        ("{ana}//1.png", "generated_images_storage_path_is_a_plain_path"),
        ("{ana}/1.png?token=x", "generated_images_storage_path_is_a_plain_path"),
        ("{ana}/1%2e.png", "generated_images_storage_path_is_a_plain_path"),
        ("https://example.com/{ana}/1.png", "generated_images_storage_path_is_in_her_own_folder"),
        ("data:image/png;base64,iVBORw0", "generated_images_storage_path_is_in_her_own_folder"),
    ],
)
async def test_a_row_leads_to_a_file_in_her_own_folder(
    path: str, constraint: str, ana: Viewer, as_user: AsUser, new_user: NewUser
) -> None:
    ben = await new_user("Ben")
    filled = path.format(ana=ana.user_id, ben=ben.user_id)

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with as_user(ana, "cairn_server") as connection:
            await store(connection, ana, storage_path=filled)

    both = {constraint, "generated_images_storage_path_is_a_plain_path"}
    assert refused.value.constraint_name in both


async def test_a_file_has_one_row(ana: Viewer, as_user: AsUser) -> None:
    path = f"{ana.user_id}/one.png"
    async with as_user(ana, "cairn_server") as connection:
        await store(connection, ana, storage_path=path)

    with pytest.raises(asyncpg.UniqueViolationError):
        async with as_user(ana, "cairn_server") as connection:
            await store(connection, ana, storage_path=path)


@pytest.mark.parametrize(
    "statement",
    [
        "insert into public.generated_images (prompt, storage_path) values ('x', 'x')",
        "update public.generated_images set prompt = 'x'",
        "update public.generated_images set storage_path = 'x'",
        "update public.generated_images set metadata = '{}'",
        "update public.generated_images set size_bytes = 1",
        "select private.next_image_leftovers(1)",
        "select private.forget_image_leftovers('{}')",
    ],
)
async def test_she_makes_no_row_and_changes_nothing_but_the_name(
    statement: str, ana: Viewer, as_user: AsUser
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana) as connection:
            await connection.execute(statement)


async def test_a_row_comes_to_stand_for_no_other_file_even_for_the_dashboard(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    async with as_user(ana, "cairn_server") as connection:
        made = await store(connection, ana)

    with pytest.raises(asyncpg.PostgresError) as refused:
        await owner.execute(
            "update public.generated_images set storage_path = user_id || '/2.png' where id = $1",
            made["id"],
        )

    assert refused.value.sqlstate == "CA409"


async def test_when_she_deletes_an_image_the_file_is_to_be_removed(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """NU-155."""
    async with as_user(ana, "cairn_server") as connection:
        made, kept = await store(connection, ana), await store(connection, ana)
    async with as_user(ana) as connection:
        await connection.execute("delete from public.generated_images where id = $1", made["id"])
    left = await leftovers(owner, ana)

    async with as_user(role="cairn_server") as connection:
        given = await connection.fetch("select * from private.next_image_leftovers(1000)")
        hers = [row for row in given if row["storage_path"] == made["storage_path"]]
        await connection.execute(
            "select private.forget_image_leftovers($1)", [row["id"] for row in hers]
        )

    assert left == [made["storage_path"]]
    assert len(hers) == 1
    assert await leftovers(owner, ana) == []
    told = await events(owner, ana.user_id)
    assert ("generated_images", made["id"], "delete") in told
    assert ("generated_images", kept["id"], "delete") not in told


async def test_when_she_goes_no_path_of_hers_is_left(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    async with as_user(ana, "cairn_server") as connection:
        gone: UUID = (await store(connection, ana))["id"]
        await store(connection, ana)
    async with as_user(ana) as connection:
        await connection.execute("delete from public.generated_images where id = $1", gone)
    assert len(await leftovers(owner, ana)) == 1

    await owner.execute("delete from auth.users where id = $1", ana.user_id)

    count = "select count(*) from public.generated_images where user_id = $1"
    assert await owner.fetchval(count, ana.user_id) == 0
    assert await leftovers(owner, ana) == []


async def test_ben_neither_sees_nor_deletes_anas_image(
    ana: Viewer, as_user: AsUser, new_user: NewUser, owner: asyncpg.Connection
) -> None:
    ben = await new_user("Ben")
    async with as_user(ana, "cairn_server") as connection:
        made = await store(connection, ana)
    is_there = "select true from public.generated_images where id = $1"
    assert await owner.fetchval(is_there, made["id"])

    async with as_user(ben) as connection:
        seen = await connection.fetch("select * from public.generated_images")
        deleted = await connection.execute(
            "delete from public.generated_images where id = $1", made["id"]
        )

    assert (seen, deleted) == ([], "DELETE 0")
    assert await owner.fetchval(is_there, made["id"])
