"""Agents are let in by codes and tokens that work once, and are found by their hashes: CL-066 to CL-087."""

from __future__ import annotations

import asyncio
import json
from uuid import uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.agents.acting import as_agent
from tests.database.integration.conftest import ADDRESS, SCOPES, Oauth, challenge, sha256
from tests.database.live import until_waiting
from tests.fixtures.people import AsUser, NewUser


async def test_her_consent_becomes_tokens_that_say_whose_and_what(
    oauth: Oauth, ana: Viewer
) -> None:
    """CL-071, CL-077, CL-080, CL-082."""
    granted = await oauth.redeem(await oauth.issue(ana), "access", "refresh-1")

    admitted = await oauth.admit("access")
    assert granted is not None
    assert (granted["user_id"], granted["scopes"]) == (ana.user_id, SCOPES)
    assert admitted is not None
    assert (admitted["user_id"], admitted["client_id"], admitted["family_id"]) == (
        ana.user_id,
        oauth.client_id,
        granted["family_id"],
    )
    kept = await oauth.owner.fetchrow(
        "select * from private.oauth_tokens where family_id = $1", granted["family_id"]
    )
    assert (kept["generation"], str(kept["ip_address"]), kept["user_agent"]) == (
        1,
        "192.0.2.9",
        "Chat/1.0",
    )


async def test_no_code_token_or_secret_is_kept(
    oauth: Oauth, ana: Viewer, owner: asyncpg.Connection
) -> None:
    """CL-070, CL-075, CL-076, X-09: only hashes, which nobody can turn back."""
    other = f"{oauth.client_id}-2"
    await oauth.register(
        client_id=other,
        client_secret_hash=sha256("a secret"),
        token_endpoint_auth_method="client_secret_basic",
    )
    code = await oauth.issue(ana)
    await oauth.redeem(code, "an access token", "a refresh token")

    everything = ""
    for table in ("oauth_clients", "oauth_families", "authorization_codes", "oauth_tokens"):
        rows = await owner.fetch(f"select t::text from private.{table} t")
        everything += " ".join(row[0] for row in rows)
    for secret in (code, "an access token", "a refresh token", "a secret"):
        assert secret not in everything
    assert oauth.hash("a refresh token") in everything


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "another"},
        {"redirect_uri": "https://evil.example.com/"},
        {"redirect_uri": ADDRESS + "/"},
        {"code_challenge": challenge("w" * 43)},
        {"code_challenge": None},
        {"resource": "https://other.example.com"},
    ],
)
async def test_a_code_in_the_wrong_hands_gives_nothing(
    changed: dict[str, str | None], oauth: Oauth, ana: Viewer
) -> None:
    """CL-073."""
    code = await oauth.issue(ana)

    assert await oauth.redeem(code, "access", **changed) is None

    assert await oauth.admit("access") is None
    # The client that it is for still can.
    assert await oauth.redeem(code) is not None


async def test_a_code_is_for_the_resource_that_was_named(oauth: Oauth, ana: Viewer) -> None:
    code = await oauth.issue(ana, resource="https://mcp.example.com")

    assert await oauth.redeem(code, resource="https://other.example.com") is None
    assert await oauth.redeem(code, "access", resource="https://mcp.example.com") is not None

    admitted = await oauth.admit("access")
    assert admitted is not None
    assert admitted["resource"] == "https://mcp.example.com"


async def test_an_unknown_or_expired_code_gives_nothing(
    oauth: Oauth, ana: Viewer, owner: asyncpg.Connection
) -> None:
    code = await oauth.issue(ana, lifetime_seconds=0.05)
    await asyncio.sleep(0.1)

    assert await oauth.redeem("made up") is None
    assert await oauth.redeem(code) is None


async def test_a_code_that_comes_again_ends_what_was_issued_for_it(
    oauth: Oauth, ana: Viewer, owner: asyncpg.Connection
) -> None:
    """CL-072, CL-074."""
    code = await oauth.issue(ana)
    granted = await oauth.redeem(code, "access", "refresh-2")
    assert granted is not None

    assert await oauth.redeem(code) is None

    assert (await oauth.family(granted["family_id"]))["revoked_reason"] == "code_replayed"
    assert await oauth.admit("access") is None
    assert await oauth.rotate("refresh-2") is None
    warned = await owner.fetchrow(
        "select event_type, severity, event_data from public.audit_log "
        "where user_id = $1 order by seq desc limit 1",
        ana.user_id,
    )
    assert (warned["event_type"], warned["severity"]) == ("agent.disconnected", "warning")
    assert json.loads(warned["event_data"])["reason"] == "code_replayed"


async def test_fifty_at_once_redeem_a_code_once(oauth: Oauth, ana: Viewer) -> None:
    code = await oauth.issue(ana)

    answers = await asyncio.gather(*(oauth.redeem(code) for _ in range(50)))

    granted = [answer for answer in answers if answer is not None]
    assert len(granted) == 1
    assert (await oauth.family(granted[0]["family_id"]))["revoked_reason"] == "code_replayed"


async def test_a_refresh_token_gives_the_next_generation(oauth: Oauth, ana: Viewer) -> None:
    """CL-077, CL-078."""
    granted = await oauth.redeem(await oauth.issue(ana), "old access", "refresh-3")
    assert granted is not None

    rotated = await oauth.rotate("refresh-3", "new access", "refresh-4")

    assert rotated is not None
    assert rotated["family_id"] == granted["family_id"]
    assert await oauth.admit("new access") is not None
    assert await oauth.rotate("refresh-4") is not None
    generations = await oauth.owner.fetch(
        "select generation, rotated_at is not null from private.oauth_tokens "
        "where family_id = $1 order by 1",
        granted["family_id"],
    )
    assert [tuple(row) for row in generations] == [(1, True), (2, True), (3, False)]


async def test_a_refresh_token_that_comes_again_ends_its_family(
    oauth: Oauth, ana: Viewer, owner: asyncpg.Connection
) -> None:
    """CL-079."""
    granted = await oauth.redeem(await oauth.issue(ana), "access-5", "refresh-5")
    await oauth.rotate("refresh-5", "access-6", "refresh-6")
    assert granted is not None

    assert await oauth.rotate("refresh-5") is None

    assert (await oauth.family(granted["family_id"]))["revoked_reason"] == "token_replayed"
    for access in ("access-5", "access-6"):
        assert await oauth.admit(access) is None
    assert await oauth.rotate("refresh-6") is None
    assert await owner.fetchval(
        "select bool_and(revoked_at is not null) from private.oauth_tokens where family_id = $1",
        granted["family_id"],
    )


async def test_fifty_at_once_rotate_a_token_once(oauth: Oauth, ana: Viewer) -> None:
    granted = await oauth.redeem(await oauth.issue(ana), "access-7", "refresh-7")
    assert granted is not None

    answers = await asyncio.gather(*(oauth.rotate("refresh-7") for _ in range(50)))

    assert len([answer for answer in answers if answer is not None]) == 1
    family = await oauth.family(granted["family_id"])
    assert family["revoked_reason"] == "token_replayed"
    # No generation slipped in behind the revocation.
    left = await oauth.owner.fetchval(
        "select count(*) from private.oauth_tokens where family_id = $1 and revoked_at is null",
        granted["family_id"],
    )
    assert left == 0


async def test_a_replay_beside_a_rotation_leaves_no_token_that_works(
    oauth: Oauth, ana: Viewer
) -> None:
    for round_ in range(10):
        await oauth.redeem(await oauth.issue(ana), f"a{round_}", f"r{round_}")
        await oauth.rotate(f"r{round_}", f"b{round_}", f"s{round_}")

        await asyncio.gather(
            oauth.rotate(f"s{round_}", f"c{round_}", f"t{round_}"), oauth.rotate(f"r{round_}")
        )

        for access in "abc":
            assert await oauth.admit(f"{access}{round_}") is None
        assert await oauth.rotate(f"t{round_}") is None


async def test_another_clients_refresh_token_is_unknown_to_it(oauth: Oauth, ana: Viewer) -> None:
    await oauth.redeem(await oauth.issue(ana), "access-8", "refresh-8")

    assert await oauth.rotate("refresh-8", client_id="another") is None

    assert await oauth.admit("access-8") is not None
    assert await oauth.rotate("refresh-8") is not None


@pytest.mark.parametrize("wanted", [["memory:read", "admin"], []])
async def test_a_token_never_gets_more_than_was_agreed_to(
    wanted: list[str], oauth: Oauth, ana: Viewer
) -> None:
    refresh = f"refresh-{uuid4()}"
    await oauth.redeem(await oauth.issue(ana), None, refresh)

    with pytest.raises(asyncpg.PostgresError) as refused:
        await oauth.rotate(refresh, wanted_scopes=wanted)

    assert refused.value.sqlstate == "CA400"
    less = await oauth.rotate(refresh, wanted_scopes=["memory:read"])
    assert less is not None
    assert less["scopes"] == ["memory:read"]


async def test_a_client_without_refresh_gets_none(oauth: Oauth, ana: Viewer) -> None:
    plain = f"{oauth.client_id}-plain"
    await oauth.register(client_id=plain, grant_types=["authorization_code"])
    code = await oauth.issue(ana, client_id=plain)

    await oauth.redeem(code, "access-9", "refresh-9", client_id=plain)

    assert await oauth.admit("access-9") is not None
    assert await oauth.rotate("refresh-9", client_id=plain) is None


@pytest.mark.parametrize(
    "lockout",
    [
        "update public.users set is_active = false where id = $1",
        "update auth.users set banned_until = now() + interval '1 day' where id = $1",
        "select private.deny_user($1, 'signed out everywhere')",
        "delete from auth.users where id = $1",
    ],
)
async def test_who_is_locked_out_or_signed_out_everywhere_has_no_agents(
    lockout: str, oauth: Oauth, new_user: NewUser, owner: asyncpg.Connection
) -> None:
    """D17."""
    viewer, name = await new_user("Eve"), str(uuid4())
    await oauth.redeem(await oauth.issue(viewer), f"a-{name}", f"r-{name}")
    code = await oauth.issue(viewer)
    assert await oauth.admit(f"a-{name}") is not None

    await owner.execute(lockout, viewer.user_id)

    assert await oauth.admit(f"a-{name}") is None
    assert await oauth.rotate(f"r-{name}") is None
    assert await oauth.redeem(code) is None


async def test_a_client_that_is_turned_off_comes_no_more(
    oauth: Oauth, ana: Viewer, owner: asyncpg.Connection
) -> None:
    await oauth.redeem(await oauth.issue(ana), "access-10", "refresh-10")
    code = await oauth.issue(ana)

    await owner.execute(
        "update private.oauth_clients set disabled_at = now() where client_id = $1", oauth.client_id
    )

    assert await oauth.admit("access-10") is None
    assert await oauth.rotate("refresh-10") is None
    assert await oauth.redeem(code) is None
    assert await oauth.call("select * from private.find_client($1)", oauth.client_id) == []
    with pytest.raises(asyncpg.PostgresError) as refused:
        await oauth.issue(ana)
    assert refused.value.sqlstate == "CA400"


async def test_a_token_that_has_run_out_admits_nobody(
    oauth: Oauth, ana: Viewer, owner: asyncpg.Connection
) -> None:
    """CL-080."""
    await oauth.redeem(await oauth.issue(ana), "access-11", "refresh-11")

    await owner.execute("alter table private.oauth_tokens disable trigger user")
    await owner.execute(
        "update private.oauth_tokens set created_at = now() - interval '2 hours', "
        "expires_at = now() - interval '1 hour', refresh_expires_at = now() - interval '1 minute' "
        "where access_token_hash = $1",
        oauth.hash("access-11"),
    )
    await owner.execute("alter table private.oauth_tokens enable trigger user")

    assert await oauth.admit("access-11") is None
    assert await oauth.rotate("refresh-11") is None


async def test_she_sees_whom_she_let_in_and_takes_it_back(
    oauth: Oauth, ana: Viewer, as_user: AsUser
) -> None:
    """CL-081, CL-083."""
    granted = await oauth.redeem(await oauth.issue(ana), "access-12", "refresh-12")
    assert granted is not None
    async with as_user(ana, "cairn_server") as connection:
        (agent,) = await connection.fetch("select * from private.connected_agents()")
        for _ in range(2):
            await connection.execute("select private.revoke_token_family($1)", agent["family_id"])
        left = await connection.fetch("select * from private.connected_agents()")

    assert (agent["client_id"], agent["name"], agent["scopes"]) == (oauth.client_id, "Chat", SCOPES)
    assert left == []
    assert await oauth.admit("access-12") is None
    assert (await oauth.family(granted["family_id"]))["revoked_reason"] == "user"


async def test_ben_takes_no_consent_of_anas_back_and_sees_none(
    oauth: Oauth, ana: Viewer, new_user: NewUser, as_user: AsUser
) -> None:
    ben = await new_user("Ben")
    granted = await oauth.redeem(await oauth.issue(ana), "access-13")
    assert granted is not None
    assert (await oauth.family(granted["family_id"]))["user_id"] == ana.user_id

    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(ben, "cairn_server") as connection:
            await connection.execute("select private.revoke_token_family($1)", granted["family_id"])
    async with as_user(ben, "cairn_server") as connection:
        seen = await connection.fetch("select * from private.connected_agents()")

    assert (refused.value.sqlstate, seen) == ("CA404", [])
    assert await oauth.admit("access-13") is not None


@pytest.mark.parametrize("which", ["access-14", "refresh-14"])
async def test_a_client_gives_a_token_of_its_own_back_and_no_other(
    which: str, oauth: Oauth, ana: Viewer
) -> None:
    """RFC 7009."""
    await oauth.redeem(await oauth.issue(ana), "access-14", "refresh-14")

    await oauth.call("select private.revoke_token($1, 'another')", oauth.hash(which))
    assert await oauth.admit("access-14") is not None

    await oauth.call("select private.revoke_token($1, $2)", oauth.hash(which), oauth.client_id)
    assert await oauth.admit("access-14") is None


async def test_an_agent_lets_no_other_agent_in(oauth: Oauth, ana: Viewer, as_user: AsUser) -> None:
    for acting in (as_agent(as_user, ana), as_user(role="cairn_server")):
        with pytest.raises(asyncpg.PostgresError) as refused:
            async with acting as connection:
                await connection.execute(
                    "select private.issue_authorization_code($1, $2, $3, $4, $5)",
                    *(sha256("x"), oauth.client_id, ADDRESS, SCOPES, challenge("v" * 43)),
                )
        assert refused.value.sqlstate == "CA401"


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"redirect_uri": "https://evil.example.com/"}, "CA400"),
        ({"scopes": ["memory:read", "admin"]}, "CA400"),
        ({"scopes": []}, "CA400"),
        ({"client_id": "nobody"}, "CA400"),
        ({"code_challenge": "plain"}, "authorization_codes_code_challenge_is_one_of_s256"),
        ({"lifetime_seconds": 601.0}, "authorization_codes_live_for_10_minutes_at_most"),
        ({"lifetime_seconds": 0.0}, "authorization_codes_live_for_10_minutes_at_most"),
        (
            {"resource": "https://" + "x" * 2000},
            "authorization_codes_resource_is_at_most_2000_characters",
        ),
    ],
)
async def test_a_code_is_given_only_for_what_the_client_registered(
    changed: dict[str, object], refusal: str, oauth: Oauth, ana: Viewer
) -> None:
    """CL-069."""
    with pytest.raises(asyncpg.PostgresError) as refused:
        await oauth.issue(ana, **changed)

    assert (getattr(refused.value, "constraint_name", None) or refused.value.sqlstate) == refusal


@pytest.mark.parametrize(
    "uri",
    [
        "https://chat.example.com/a?b=c",
        "https://chat.example.com",
        "http://localhost:3000/cb",
        "http://127.0.0.1/cb",
        "http://[::1]:8080/cb",
        "com.example.app:/cb",
    ],
)
async def test_codes_may_go_to_safe_addresses(uri: str, oauth: Oauth) -> None:
    """CL-068."""
    await oauth.register(client_id=f"uri-{uuid4()}", redirect_uris=[uri])


@pytest.mark.parametrize(
    "uri",
    [
        "http://chat.example.com/",
        "http://localhost.evil.com/",
        "http://127.0.0.1.evil.com/",
        "https://user@evil.com/",
        "https://chat.example.com/#x",
        "https:///x",
        "javascript:alert(1)",
        "data:text/html,x",
        "myapp:/cb",
        "https://a b.com/",
        "",
    ],
)
async def test_codes_go_to_no_other_address(uri: str, oauth: Oauth) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await oauth.register(client_id=f"uri-{uuid4()}", redirect_uris=[ADDRESS, uri])

    assert refused.value.constraint_name == "oauth_clients_redirect_uris_are_safe_and_at_most_20"


@pytest.mark.parametrize(
    ("asked", "is_registered"),
    [
        ("http://127.0.0.1:51004/cb", True),
        ("http://127.0.0.1/cb", True),
        ("http://127.0.0.1:51004/other", False),
        ("http://127.0.0.1:51004@evil.com/cb", False),
        ("http://127.0.0.1.evil.com/cb", False),
        ("http://localhost:51004/cb", False),
        ("https://127.0.0.1/cb", False),
        ("https://chat.example.com/cb", True),
        ("https://chat.example.com:8443/cb", False),
    ],
)
async def test_of_a_loopback_address_the_port_is_free_and_nothing_else(
    asked: str, *, is_registered: bool, owner: asyncpg.Connection
) -> None:
    registered = ["http://127.0.0.1:3000/cb", "https://chat.example.com/cb"]

    found = await owner.fetchval("select private.is_redirect_of($1, $2)", asked, registered)

    assert found is is_registered


@pytest.mark.parametrize(
    ("changed", "constraint"),
    [
        ({"client_id": "a b"}, "oauth_clients_client_id_has_1_to_100_plain_characters"),
        ({"name": " "}, "oauth_clients_name_has_1_to_200_characters"),
        ({"redirect_uris": []}, "oauth_clients_redirect_uris_are_safe_and_at_most_20"),
        ({"redirect_uris": [ADDRESS] * 21}, "oauth_clients_redirect_uris_are_safe_and_at_most_20"),
        ({"grant_types": ["password"]}, "oauth_clients_grant_types_are_known"),
        ({"grant_types": ["refresh_token"]}, "oauth_clients_grant_types_are_known"),
        ({"scopes": []}, "oauth_clients_scopes_are_1_to_50"),
        (
            {"token_endpoint_auth_method": "private_key_jwt", "client_secret_hash": "0" * 64},
            "oauth_clients_auth_method_is_known",
        ),
        ({"client_secret_hash": "0" * 64}, "oauth_clients_only_confidential_ones_have_a_secret"),
        (
            {"token_endpoint_auth_method": "client_secret_post"},
            "oauth_clients_only_confidential_ones_have_a_secret",
        ),
        (
            {"token_endpoint_auth_method": "client_secret_post", "client_secret_hash": "secret"},
            "oauth_clients_client_secret_hash_is_sha256_in_hex",
        ),
    ],
)
async def test_a_client_that_breaks_a_rule_is_refused_by_its_name(
    changed: dict[str, object], constraint: str, oauth: Oauth
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await oauth.register(**({"client_id": f"client-{uuid4()}"} | changed))

    assert refused.value.constraint_name == constraint


async def test_a_client_proves_itself_by_its_secret_and_a_public_one_by_none(oauth: Oauth) -> None:
    """CL-067, CL-070."""
    secretive = f"{oauth.client_id}-s"
    await oauth.register(
        client_id=secretive,
        client_secret_hash=sha256("s"),
        token_endpoint_auth_method="client_secret_post",
    )

    answers = [
        (await oauth.call("select private.authenticate_client($1, $2)", client, hashed))[0][0]
        for client, hashed in (
            (secretive, sha256("s")),
            (secretive, sha256("t")),
            (secretive, None),
            (oauth.client_id, None),
            (oauth.client_id, sha256("s")),
            ("nobody", None),
        )
    ]

    assert answers == [True, False, False, True, False, False]


@pytest.mark.parametrize(
    "statement",
    [
        "update private.authorization_codes set used_at = null where code_hash = $1",
        "update private.authorization_codes set user_id = gen_random_uuid() where code_hash = $1",
        "update private.authorization_codes set expires_at = now() where code_hash = $1",
        "update private.oauth_tokens set rotated_at = null "
        "where rotated_at is not null and $1::text is not null",
        "update private.oauth_tokens set expires_at = now() where $1::text is not null",
        "update private.oauth_tokens set revoked_at = null "
        "where revoked_at is not null and $1::text is not null",
        "update private.oauth_families set revoked_at = null, revoked_reason = null "
        "where revoked_at is not null and $1::text is not null",
        "update private.oauth_families set scopes = '{admin}' where $1::text is not null",
    ],
)
async def test_what_was_used_or_revoked_stays_so_even_for_the_dashboard(
    statement: str, oauth: Oauth, ana: Viewer, owner: asyncpg.Connection
) -> None:
    code, refresh = await oauth.issue(ana), f"refresh-{uuid4()}"
    await oauth.redeem(code, None, refresh)
    await oauth.rotate(refresh)
    await oauth.rotate(refresh)

    with pytest.raises(asyncpg.PostgresError) as refused:
        await owner.execute(statement, sha256(code))

    assert refused.value.sqlstate == "CA409"


async def test_what_has_run_out_is_swept_and_what_may_come_again_is_kept(
    oauth: Oauth, ana: Viewer, owner: asyncpg.Connection
) -> None:
    """CL-085."""
    await owner.execute("delete from private.oauth_families")
    await owner.execute("delete from private.authorization_codes")
    for number in range(3):
        await oauth.redeem(await oauth.issue(ana), f"sw-a{number}", f"sw-r{number}")
    await oauth.rotate("sw-r2", "sw-b2", "sw-s2")
    await owner.execute("alter table private.oauth_tokens disable trigger user")
    await owner.execute("alter table private.oauth_families disable trigger user")
    await owner.execute("alter table private.authorization_codes disable trigger user")
    age = (
        "update private.{table} set created_at = created_at - interval '3 days', "
        "{columns} where {which}"
    )
    for table, columns, which in (
        ("oauth_tokens",
         "expires_at = expires_at - interval '3 days', "
         "refresh_expires_at = refresh_expires_at - interval '3 days'",
         f"access_token_hash in ('{oauth.hash('sw-a0')}', '{oauth.hash('sw-a2')}')"),
        ("oauth_families", "last_used_at = now()", "true"),
        ("authorization_codes", "expires_at = expires_at - interval '3 days'", "true"),
    ):  # fmt: skip
        await owner.execute(age.format(table=table, columns=columns, which=which))
    for table in ("oauth_tokens", "oauth_families", "authorization_codes"):
        await owner.execute(f"alter table private.{table} enable trigger user")

    swept = [(await oauth.call("select private.sweep_oauth()"))[0][0] for _ in range(3)]

    left = await owner.fetch("select access_token_hash from private.oauth_tokens")
    assert swept == [5, 1, 0]
    assert {row[0] for row in left} == {oauth.hash("sw-a1"), oauth.hash("sw-b2")}
    assert await owner.fetchval("select count(*) from private.oauth_families") == 2
    assert await oauth.admit("sw-a1") is not None


async def test_an_erased_person_leaves_no_code_consent_or_token(
    oauth: Oauth, ana: Viewer, owner: asyncpg.Connection
) -> None:
    await oauth.redeem(await oauth.issue(ana))
    await oauth.issue(ana)

    await owner.execute("delete from auth.users where id = $1", ana.user_id)

    for table in ("authorization_codes", "oauth_families", "oauth_tokens"):
        left = await owner.fetchval(
            f"select count(*) from private.{table} where user_id = $1", ana.user_id
        )
        assert left == 0


@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
@pytest.mark.parametrize(
    "table", ["oauth_clients", "oauth_families", "authorization_codes", "oauth_tokens"]
)
async def test_the_tables_are_open_to_nobody(
    table: str, role: str, ana: Viewer, as_user: AsUser
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana, role) as connection:
            await connection.execute(f"select * from private.{table}")


async def test_a_replay_waits_for_a_rotation_under_way_and_ends_what_that_gave(
    oauth: Oauth, ana: Viewer, owner: asyncpg.Connection
) -> None:
    granted = await oauth.redeem(await oauth.issue(ana), None, "one")
    await oauth.rotate("one", None, "two")
    assert granted is not None

    async with oauth.endpoint.acquire() as slow, oauth.endpoint.acquire() as quick:
        rotating, replaying = slow.transaction(), quick.transaction()
        await rotating.start()
        await slow.execute("set local role cairn_server")
        await slow.execute(
            "select private.rotate_refresh_token($1, $2, $3, $4, 60, 60)",
            *(oauth.hash("two"), oauth.client_id, oauth.hash("three a"), oauth.hash("three")),
        )
        await replaying.start()
        await quick.execute("set local role cairn_server")
        replay = asyncio.create_task(
            quick.execute(
                "select private.rotate_refresh_token($1, $2, $3, $4, 60, 60)",
                *(oauth.hash("one"), oauth.client_id, oauth.hash("x"), oauth.hash("y")),
            )
        )
        await until_waiting(owner, quick)
        await rotating.commit()
        await replay
        await replaying.commit()

    generations = await owner.fetch(
        "select generation, revoked_at is not null from private.oauth_tokens "
        "where family_id = $1 order by 1",
        granted["family_id"],
    )
    assert [tuple(row) for row in generations] == [(1, True), (2, True), (3, True)]
