from __future__ import annotations

from typing import Any


async def test_a_first_conversation(ana: Any, ben: Any) -> None:
    started = await ana(
        'mutation { startConversation(input: {title: "Hi \\"there\\"", metadata: {a: 1}}) { id nodeId title status metadata createdAt version messages { totalCount } } }'
    )
    print(started.body)
    cid = started.data["startConversation"]["id"]
    for n in range(3):
        sent = await ana(
            "mutation($i: SendMessageInput!) { sendMessage(input: $i) { message { id turn content role state conversation { title } } conversation { messageCount status } } }",
            i={"conversationId": cid, "content": f"line {n} \n é \" \\ </script>"},
        )
        print(sent.body)
    page = await ana(
        "query($first: Int) { viewer { displayName email sessions { nodes { id isActive } } } server { version } __typename conversations(first: $first) { edges { cursor node { id title messages(last: 2) { totalCount(mode: ESTIMATED) edges { cursor node { turn content createdAt } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } } pageInfo { hasNextPage endCursor } } }",
        first=5,
    )
    print(page.body)
    theirs = await ben("query($id: UUID!) { conversation(id: $id) { id } conversations { totalCount } __schema { queryType { name } } }", id=cid)
    print(theirs.body)
    theirs = await ben("query($id: ID!) { node(nodeId: $id) { __typename nodeId ... on Conversation { title } } nodes(nodeIds: [$id]) { nodeId } }", id=started.data["startConversation"]["nodeId"])
    print(theirs.body)
    theirs = await ana("query($id: ID!) { node(nodeId: $id) { __typename nodeId ... on Conversation { title } } nodes(nodeIds: [$id, \"x\"]) { nodeId } }", id=started.data["startConversation"]["nodeId"])
    print(theirs.body)
    for m in ["pause", "complete", "archive", "restore"]:
        r = await ana("mutation($id: UUID!) { %sConversation(input: {id: $id}) { status version } }" % m, id=cid)
        print(r.body)
    r = await ana("mutation($id: UUID!) { sendMessage(input: {conversationId: $id, content: \"x\"}) { message { id } } deleteConversation(input: {id: $id}) { deletedId } }", id=cid)
    print(r.body)
