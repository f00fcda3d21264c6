"""The root fields of chat."""

import strawberry

from graphql_api.domains.chat.inputs import (
    ConversationInput,
    DeleteConversationInput,
    EditMessageInput,
    FindOrStartConversationInput,
    RenameConversationInput,
    ReplyInput,
    RestoreConversationInput,
    SendMessageInput,
    StartConversationInput,
)
from graphql_api.domains.chat.sending import prepare_edit, prepare_message, prepare_retry
from graphql_api.domains.chat.types import (
    Conversation,
    DeleteConversationPayload,
    Message,
    ReplyPayload,
    SendMessagePayload,
)
from graphql_api.fields import call, create, delete, row, rows, update, verb
from graphql_api.lists import Connection


@strawberry.type
class Query:
    """What can be read of chat."""

    conversation: Conversation | None = row("One conversation; null if hidden or missing.")
    conversations: Connection[Conversation] = rows("Her conversations, latest message first.")
    message: Message | None = row("One message; null if hidden or missing.")
    messages: Connection[Message] = rows(
        "Her messages over all conversations, newest first.", order_by="-created_at"
    )


@strawberry.type
class Mutation:
    """What can be done in chat."""

    start_conversation: Conversation | None = create(
        StartConversationInput,
        "Start a conversation.",
    )
    rename_conversation: Conversation | None = update(
        RenameConversationInput, "Change what a conversation is called."
    )
    pause_conversation: Conversation | None = update(
        ConversationInput,
        "Set it aside; her next message takes it up.",
        set_to={"status": "paused"},
    )
    resume_conversation: Conversation | None = update(
        ConversationInput, "Take up a paused conversation.", set_to={"status": "active"}
    )
    complete_conversation: Conversation | None = update(
        ConversationInput,
        "End it: it takes no more messages.",
        set_to={"status": "completed"},
        wakes=True,
    )
    archive_conversation: Conversation | None = update(
        ConversationInput, "Put it away, for as long as she likes.", set_to={"status": "archived"}
    )
    restore_conversation: Conversation | None = call(
        "restore_conversation",
        RestoreConversationInput,
        "Take it out of the archive, back to where it was.",
        renamed={"id": "conversation_id"},
    )
    delete_conversation: DeleteConversationPayload | None = delete(
        DeleteConversationInput, "Delete it with all its messages, for good."
    )
    find_or_start_conversation: Conversation | None = call(
        "find_or_start_conversation",
        FindOrStartConversationInput,
        "The conversation that an external thread leads to; started at first contact.",
    )
    send_message: SendMessagePayload | None = verb(
        prepare_message, SendMessageInput, "Say something to the companion."
    )
    edit_message: SendMessagePayload | None = verb(
        prepare_edit,
        EditMessageInput,
        "Say her latest message in other words; its reply goes, and a new one comes.",
    )
    retry_reply: ReplyPayload | None = verb(
        prepare_retry, ReplyInput, "Ask again for a reply that has failed."
    )
    cancel_reply: ReplyPayload | None = call(
        "private.cancel_reply",
        ReplyInput,
        "Stop a reply; what has been said of it stays.",
        role="cairn_server",
        renamed={"id": "message_id"},
    )
