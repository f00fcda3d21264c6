"""Conversations: started once, renamed, set aside, ended, put away, brought back, deleted."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from graphql_api.ids import uuid_v7
from tests.fixtures.graphql import Answer, Caller

FIELDS = "id title description kind status archivedFrom version metadata messageCount completedAt"
START = f"mutation($input: StartConversationInput!) {{ startConversation(input: $input) {{ {FIELDS} }} }}"
RENAME = f"mutation($input: RenameConversationInput!) {{ renameConversation(input: $input) {{ {FIELDS} }} }}"
FIND = f"mutation($input: FindOrStartConversationInput!) {{ findOrStartConversation(input: $input) {{ {FIELDS} threads {{ nodes {{ source externalThreadId }} }} }} }}"
READ = f"query($id: UUID!) {{ conversation(id: $id) {{ {FIELDS} }} }}"
DELETE = "mutation($id: UUID!) { deleteConversation(input: {id: $id}) { deletedId } }"


async def start(caller: Caller, **given: object) -> dict[str, Any]:
    answer = await caller(START, input=given)
    assert answer.errors == []
    started: dict[str, Any] = answer.data["startConversation"]
    return started


async def turn(caller: Caller, verb: str, conversation: str, **given: object) -> Answer:
    """Say one of the verbs that change where a conversation stands."""
    kind = "RestoreConversationInput" if verb == "restore" else "ConversationInput"
    return await caller(
        f"mutation($input: {kind}!) {{ {verb}Conversation(input: $input) {{ {FIELDS} }} }}",
        input={"id": conversation, **given},
    )


async def read(caller: Caller, conversation: str) -> dict[str, Any] | None:
    answer = await caller(READ, id=conversation)
    assert answer.errors == []
    found: dict[str, Any] | None = answer.data["conversation"]
    return found


async def test_a_new_one_is_active_and_empty(ana: Caller) -> None:
    """SC-002, NU-050, NU-052."""
    started = await start(ana)

    assert started | {"id": None} == {
        "id": None,
        "title": None,
        "description": None,
        "kind": "CHAT",
        "status": "ACTIVE",
        "archivedFrom": None,
        "version": 1,
        "metadata": {},
        "messageCount": 0,
        "completedAt": None,
    }
    assert await read(ana, started["id"]) == started


async def test_what_is_given_at_the_start_is_kept(ana: Caller) -> None:
    metadata = {"a": [1, 2.5, None, True, {"b": 'é"\\\n\u2028'}], "": "", "n": -0.125}

    started = await start(
        ana, title='"T" \\ ü', description="d\ne", kind="CHECK_IN", metadata=metadata
    )

    assert started["title"] == '"T" \\ ü'
    assert started["description"] == "d\ne"
    assert started["kind"] == "CHECK_IN"
    assert started["metadata"] == metadata


async def test_a_literal_input_has_the_same_defaults_as_a_variable(ana: Caller) -> None:
    answer = await ana("mutation { startConversation(input: {}) { kind status title } }")

    assert answer.data == {"startConversation": {"kind": "CHAT", "status": "ACTIVE", "title": None}}


async def test_a_variable_inside_of_literal_metadata_is_kept(ana: Caller) -> None:
    answer = await ana(
        "mutation($x: Int!) { startConversation(input: {metadata: {a: [$x], b: 2}}) { metadata } }",
        x=7,
    )

    assert answer.data == {"startConversation": {"metadata": {"a": [7], "b": 2}}}


@pytest.mark.parametrize("metadata", [[1], "text", 5, {"big": "x" * 9000}, None])
async def test_metadata_that_is_no_small_object_is_bad_input(ana: Caller, metadata: object) -> None:
    answer = await ana(START, input={"metadata": metadata})

    assert answer.codes == ["BAD_INPUT"]
    assert answer.data == {"startConversation": None}


async def test_a_title_of_200_characters_fits_and_one_more_does_not(ana: Caller) -> None:
    fits = await start(ana, title="ü" * 200)
    over = await ana(START, input={"title": "ü" * 201})

    assert fits["title"] == "ü" * 200
    assert over.codes == ["BAD_INPUT"]
    assert "title_is_at_most_200_characters" in over.errors[0]["message"]


async def test_an_own_id_is_kept_and_its_replay_is_the_same_conversation(ana: Caller) -> None:
    own = str(uuid_v7())

    first = await start(ana, id=own)
    again = await start(ana, id=own)
    other = await ana(START, input={"id": own, "title": "Another"})

    assert first["id"] == own
    assert again == first
    assert other.codes == ["CONFLICT"]


async def test_a_replay_by_own_id_after_a_rename_is_the_same_conversation(ana: Caller) -> None:
    own = str(uuid_v7())
    await start(ana, id=own, title="One")
    renamed = 'mutation($id: UUID!) { renameConversation(input: {id: $id, title: "Two"}) { id } }'
    assert (await ana(renamed, id=own)).errors == []

    again = await start(ana, id=own, title="One")

    assert again["id"] == own


async def test_an_own_id_with_a_key_and_another_body_is_a_conflict(ana: Caller) -> None:
    own = str(uuid_v7())
    await start(ana, id=own, title="One", idempotencyKey="k")

    for other in ({"metadata": {"x": 1}}, {"title": "Two"}):
        given = {"id": own, "title": "One", "idempotencyKey": "k", **other}
        answer = await ana(START, input=given)

        assert answer.codes == ["CONFLICT"]


async def test_an_own_id_under_another_key_is_a_conflict(ana: Caller) -> None:
    own = str(uuid_v7())
    await start(ana, id=own, title="One", idempotencyKey="k")

    answer = await ana(START, input={"id": own, "title": "One", "idempotencyKey": "other"})

    assert answer.codes == ["CONFLICT"]


@pytest.mark.parametrize("number", ["123456789012345678901234567890", "1e999"])
async def test_a_number_that_json_cannot_hold_is_refused_and_hides_nothing(
    ana: Caller, number: str
) -> None:
    answer = await ana(
        "mutation { a: startConversation(input: {}) { id }"
        f" b: startConversation(input: {{metadata: {{x: {number}}}}}) {{ id }} }}"
    )

    assert answer.codes == ["BAD_INPUT"]
    assert answer.data["a"]["id"]
    assert answer.data["b"] is None


async def test_a_bad_cursor_in_an_answer_is_refused_before_anything_is_written(
    ana: Caller,
) -> None:
    answer = await ana(
        "mutation { a: startConversation(input: {}) { id }"
        ' b: startConversation(input: {}) { messages(after: "zz") { nodes { id } } } }'
    )

    assert (answer.status, answer.codes) == (400, ["BAD_INPUT"])
    assert (await ana("{ conversations { totalCount } }")).data == {
        "conversations": {"totalCount": 0}
    }


async def test_the_same_key_gives_the_same_conversation(ana: Caller) -> None:
    first = await start(ana, title="One", idempotencyKey="k")

    again = await start(ana, title="One", idempotencyKey="k")

    assert again == first


async def test_the_same_key_with_another_body_is_a_conflict(ana: Caller) -> None:
    await start(ana, title="One", idempotencyKey="k")

    answer = await ana(START, input={"title": "Two", "idempotencyKey": "k"})

    assert answer.codes == ["CONFLICT"]
    listed = await ana("{ conversations { totalCount } }")
    assert listed.data == {"conversations": {"totalCount": 1}}


async def test_twenty_repetitions_at_once_start_one(ana: Caller) -> None:
    started = await asyncio.gather(
        *(start(ana, title="One", idempotencyKey="k") for _ in range(20))
    )

    assert len({one["id"] for one in started}) == 1
    listed = await ana("{ conversations { totalCount } }")
    assert listed.data == {"conversations": {"totalCount": 1}}


async def test_a_key_of_ana_is_nothing_to_ben(ana: Caller, ben: Caller) -> None:
    hers = await start(ana, title="One", idempotencyKey="k")

    his = await start(ben, title="Two", idempotencyKey="k")

    assert his["id"] != hers["id"]


async def test_first_contact_of_a_thread_starts_and_the_second_finds(ana: Caller) -> None:
    """D5, CL-088, CL-090, IN-001."""
    given = {"source": "chatgpt", "externalThreadId": "thread_1", "title": "From there"}

    first = await ana(FIND, input=given)
    again = await ana(FIND, input={**given, "title": "Ignored"})
    other = await ana(FIND, input={**given, "source": "claude"})

    found = first.data["findOrStartConversation"]
    assert found["title"] == "From there"
    assert found["threads"] == {"nodes": [{"source": "chatgpt", "externalThreadId": "thread_1"}]}
    assert again.data == first.data
    assert other.data["findOrStartConversation"]["id"] != found["id"]


async def test_twenty_first_contacts_at_once_start_one(ana: Caller) -> None:
    given = {"source": "claude", "externalThreadId": "t"}

    answers = await asyncio.gather(*(ana(FIND, input=given) for _ in range(20)))

    assert [answer.errors for answer in answers] == [[]] * 20
    assert len({answer.data["findOrStartConversation"]["id"] for answer in answers}) == 1
    listed = await ana("{ conversations { totalCount } }")
    assert listed.data == {"conversations": {"totalCount": 1}}


async def test_the_same_thread_id_leads_ben_elsewhere(ana: Caller, ben: Caller) -> None:
    given = {"source": "claude", "externalThreadId": "t"}

    hers = await ana(FIND, input=given)
    his = await ben(FIND, input=given)

    ids = {answer.data["findOrStartConversation"]["id"] for answer in (hers, his)}
    assert len(ids) == 2


@pytest.mark.parametrize(
    "given",
    [
        {"source": "Chat GPT", "externalThreadId": "t"},
        {"source": "", "externalThreadId": "t"},
        {"source": "claude", "externalThreadId": ""},
        {"source": "claude", "externalThreadId": "t" * 201},
    ],
)
async def test_a_thread_that_cannot_be_is_bad_input(ana: Caller, given: dict[str, str]) -> None:
    answer = await ana(FIND, input=given)

    assert answer.codes == ["BAD_INPUT"]
    listed = await ana("{ conversations { totalCount } }")
    assert listed.data == {"conversations": {"totalCount": 0}}


async def test_renaming_changes_what_is_given_and_counts_the_version(ana: Caller) -> None:
    started = await start(ana, title="Old", description="Kept")

    answer = await ana(RENAME, input={"id": started["id"], "title": "New"})

    assert answer.data["renameConversation"] == started | {"title": "New", "version": 2}


async def test_null_clears_and_absence_keeps(ana: Caller) -> None:
    started = await start(ana, title="Old", description="Gone")

    answer = await ana(RENAME, input={"id": started["id"], "description": None})

    changed = answer.data["renameConversation"]
    assert (changed["title"], changed["description"]) == ("Old", None)


async def test_a_variable_that_was_not_sent_keeps_and_one_that_is_null_clears(
    ana: Caller,
) -> None:
    started = await start(ana, title="Old")
    rename = """
        mutation($id: UUID!, $title: String, $description: String) {
          renameConversation(input: {id: $id, title: $title, description: $description}) { title }
        }
    """

    kept = await ana(rename, id=started["id"], description="x")
    cleared = await ana(rename, id=started["id"], title=None)

    assert kept.data == {"renameConversation": {"title": "Old"}}
    assert cleared.data == {"renameConversation": {"title": None}}


async def test_a_rename_that_says_nothing_is_bad_input(ana: Caller) -> None:
    started = await start(ana)

    answer = await ana(RENAME, input={"id": started["id"]})

    assert answer.codes == ["BAD_INPUT"]


@pytest.mark.parametrize("verb", ["rename", "pause", "complete", "archive"])
async def test_a_version_that_has_passed_is_a_conflict(ana: Caller, verb: str) -> None:
    started = await start(ana, title="Old")
    await ana(RENAME, input={"id": started["id"], "title": "New"})
    stale: dict[str, object] = {"expectedVersion": 1}

    if verb == "rename":
        answer = await ana(RENAME, input={"id": started["id"], "title": "Lost", **stale})
    else:
        answer = await turn(ana, verb, started["id"], **stale)

    assert answer.codes == ["CONFLICT"]
    assert answer.errors[0]["extensions"]["field"] == "input.expectedVersion"
    assert await read(ana, started["id"]) == started | {"title": "New", "version": 2}


async def test_the_present_version_is_no_conflict(ana: Caller) -> None:
    started = await start(ana)

    answer = await ana(
        RENAME, input={"id": started["id"], "title": "New", "expectedVersion": started["version"]}
    )

    assert answer.data["renameConversation"]["version"] == 2


async def test_of_ten_writers_with_one_version_one_wins(ana: Caller) -> None:
    started = await start(ana)

    answers = await asyncio.gather(
        *(
            ana(RENAME, input={"id": started["id"], "title": f"{number}", "expectedVersion": 1})
            for number in range(10)
        )
    )

    assert sorted(map(tuple, (answer.codes for answer in answers))) == [(), *[("CONFLICT",)] * 9]


WAYS = [
    (["pause"], "PAUSED"),
    (["pause", "resume"], "ACTIVE"),
    (["pause", "pause"], "PAUSED"),
    (["complete"], "COMPLETED"),
    (["pause", "complete"], "COMPLETED"),
    (["archive"], "ARCHIVED"),
    (["archive", "restore"], "ACTIVE"),
    (["pause", "archive", "restore"], "PAUSED"),
    (["complete", "archive", "restore"], "COMPLETED"),
]


@pytest.mark.parametrize(("verbs", "status"), WAYS, ids=["-".join(verbs) for verbs, _ in WAYS])
async def test_a_conversation_goes_where_it_may(ana: Caller, verbs: list[str], status: str) -> None:
    """D4, NU-051, NU-208."""
    started = await start(ana)

    answers = [await turn(ana, verb, started["id"]) for verb in verbs]

    assert [answer.errors for answer in answers] == [[]] * len(verbs)
    last = answers[-1].data[f"{verbs[-1]}Conversation"]
    assert last["status"] == status
    assert await read(ana, started["id"]) == last


CLOSED = [
    (["complete"], "resume"),
    (["complete"], "pause"),
    (["archive"], "pause"),
    (["archive"], "complete"),
    (["complete", "archive"], "resume"),
    ([], "restore"),
    (["archive", "restore"], "restore"),
]


@pytest.mark.parametrize(("before", "verb"), CLOSED)
async def test_a_conversation_does_not_go_where_it_may_not(
    ana: Caller, before: list[str], verb: str
) -> None:
    """D4: the database refuses other transitions."""
    started = await start(ana)
    for one in before:
        await turn(ana, one, started["id"])
    stood = await read(ana, started["id"])

    answer = await turn(ana, verb, started["id"])

    assert answer.codes == ["CONFLICT"]
    assert await read(ana, started["id"]) == stood


async def test_completion_says_when_and_outlives_the_archive(ana: Caller) -> None:
    """TR-004."""
    started = await start(ana)

    completed = (await turn(ana, "complete", started["id"])).data["completeConversation"]
    archived = (await turn(ana, "archive", started["id"])).data["archiveConversation"]

    assert completed["completedAt"] is not None
    assert archived["completedAt"] == completed["completedAt"]
    assert archived["archivedFrom"] == "COMPLETED"


async def test_a_deleted_one_is_gone_with_all_that_belongs_to_it(
    ana: Caller, owner: asyncpg.Connection
) -> None:
    """NU-068."""
    found = await ana(FIND, input={"source": "claude", "externalThreadId": "t"})
    conversation = found.data["findOrStartConversation"]["id"]
    send = 'mutation($id: UUID!) { sendMessage(input: {conversationId: $id, content: "x"}) { message { id } } }'
    assert (await ana(send, id=conversation)).errors == []

    answer = await ana(DELETE, id=conversation)

    assert answer.data == {"deleteConversation": {"deletedId": conversation}}
    assert await read(ana, conversation) is None
    for table in ("messages", "thread_mappings"):
        rows = f"select count(*) from public.{table} where conversation_id = $1"
        assert await owner.fetchval(rows, UUID(conversation)) == 0


async def test_what_was_deleted_cannot_be_deleted_again(ana: Caller) -> None:
    started = await start(ana)
    await ana(DELETE, id=started["id"])

    answer = await ana(DELETE, id=started["id"])

    assert answer.codes == ["NOT_FOUND"]
    assert answer.data == {"deleteConversation": None}


@pytest.mark.parametrize("verb", ["pause", "resume", "complete", "archive", "restore"])
async def test_what_does_not_exist_is_not_found(ana: Caller, verb: str) -> None:
    answer = await turn(ana, verb, str(uuid4()))

    assert answer.codes == ["NOT_FOUND"]


async def test_each_field_of_a_mutation_stands_for_itself(ana: Caller) -> None:
    answer = await ana(
        """
        mutation($id: UUID!) {
          a: startConversation(input: {title: "kept"}) { title }
          __typename
          b: pauseConversation(input: {id: $id}) { title }
          c: startConversation(input: {title: "kept too"}) { title }
        }
        """,
        id=uuid4(),
    )

    assert list(answer.data.items()) == [
        ("a", {"title": "kept"}),
        ("__typename", "Mutation"),
        ("b", None),
        ("c", {"title": "kept too"}),
    ]
    assert answer.codes == ["NOT_FOUND"]


async def test_a_fault_of_ours_in_one_field_hides_nothing_of_the_others(
    ana: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_accepted: object) -> None:
        raise RuntimeError("private words")

    monkeypatch.setattr("graphql_api.domains.chat.sending.check", fail)
    started = await start(ana)

    answer = await ana(
        """
        mutation($id: UUID!) {
          a: renameConversation(input: {id: $id, title: "kept"}) { title }
          b: sendMessage(input: {conversationId: $id, content: "x"}) { message { id } }
          c: pauseConversation(input: {id: $id}) { status }
        }
        """,
        id=started["id"],
    )

    assert answer.data == {"a": {"title": "kept"}, "b": None, "c": {"status": "PAUSED"}}
    assert answer.codes == ["INTERNAL"]
    assert answer.errors[0]["path"] == ["b"]
    assert "private words" not in str(answer.body)
