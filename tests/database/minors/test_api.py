"""What a client is told who does not take part: CONSENT_REQUIRED, and what she can do. D18."""

from __future__ import annotations

from collections.abc import Callable

from graphql_api.auth import Viewer
from graphql_api.errors import ConsentRequired, from_sqlstate
from tests.database.minors.conftest import Person
from tests.database.minors.consenting import consent, take_back
from tests.fixtures.graphql import Caller
from tests.fixtures.people import AsUser

START = "mutation { startConversation(input: {}) { id } }"
SEND = "mutation($input: SendMessageInput!) { sendMessage(input: $input) { message { id turn } } }"
READ = "query { messages(first: 10) { nodes { content role } } }"


def test_the_sqlstate_has_its_error_and_keeps_the_sentence() -> None:
    error = from_sqlstate("CA451", message="Say your year of birth first.")

    assert isinstance(error, ConsentRequired)
    assert (error.code, error.message) == ("CONSENT_REQUIRED", "Say your year of birth first.")


async def test_who_does_not_take_part_starts_and_says_nothing_and_still_reads(
    person: Person, caller: Callable[[Viewer], Caller], as_user: AsUser
) -> None:
    viewer = await person()
    noa = caller(viewer)
    token = await consent(as_user, viewer)
    conversation = (await noa(START)).data["startConversation"]["id"]
    said = await noa(SEND, input={"conversationId": conversation, "content": "I slept badly."})
    await take_back(as_user, token)

    started = await noa(START)
    again = await noa(SEND, input={"conversationId": conversation, "content": "Are you there?"})
    read = await noa(READ)

    assert said.data["sendMessage"]["message"]["turn"] == 1
    assert (started.codes, again.codes) == (["CONSENT_REQUIRED"], ["CONSENT_REQUIRED"])
    assert again.errors[0]["message"] == "A guardian's consent is needed first."
    assert [node["role"] for node in read.data["messages"]["nodes"]] == ["ASSISTANT", "USER"]


async def test_who_states_her_birth_year_may_begin(
    person: Person, caller: Callable[[Viewer], Caller], as_user: AsUser
) -> None:
    viewer = await person(None)
    noa = caller(viewer)
    before = await noa(START)

    async with as_user(viewer) as connection:
        await connection.execute("update public.profiles set birth_year = 1990")

    assert before.errors[0]["message"] == "Say your year of birth first."
    assert (await noa(START)).errors == []
