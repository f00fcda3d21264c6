"""What the verbs of chat take."""

from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from graphql_api.domains.chat.types import ConversationKind
from graphql_api.table import taking


@taking
class StartConversationInput:
    """How to start a conversation."""

    id: UUID | None = strawberry.field(
        default=strawberry.UNSET, description="An id of the client's own making (UUID version 7)."
    )
    title: str | None = strawberry.field(
        default=strawberry.UNSET, description="At most 200 characters."
    )
    description: str | None = strawberry.field(
        default=strawberry.UNSET, description="At most 2,000 characters."
    )
    kind: ConversationKind = strawberry.field(
        default=ConversationKind.CHAT, description="How one will talk."
    )
    metadata: JSON | None = strawberry.field(
        default=strawberry.UNSET, description="An object of at most 8 kB."
    )
    idempotency_key: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Repeat with the same key and input, and the first conversation is the answer.",
    )


@taking
class RenameConversationInput:
    """What to call a conversation; what is absent stays, null clears."""

    id: UUID
    title: str | None = strawberry.field(
        default=strawberry.UNSET, description="At most 200 characters."
    )
    description: str | None = strawberry.field(
        default=strawberry.UNSET, description="At most 2,000 characters."
    )
    expected_version: int | None = strawberry.field(
        default=strawberry.UNSET,
        description="Refuse with CONFLICT when it was changed since this version was read.",
    )


@taking
class ConversationInput:
    """Which conversation, and what it must not have become since."""

    id: UUID
    expected_version: int | None = strawberry.field(
        default=strawberry.UNSET,
        description="Refuse with CONFLICT when it was changed since this version was read.",
    )


@taking
class RestoreConversationInput:
    """Which conversation to take out of the archive."""

    id: UUID


@taking
class DeleteConversationInput:
    """Which conversation to delete."""

    id: UUID


@taking
class FindOrStartConversationInput:
    """The thread on another platform that is here."""

    source: str = strawberry.field(
        description="The platform: 1 to 40 small letters, digits, _ or -."
    )
    external_thread_id: str = strawberry.field(description="At most 200 characters.")
    title: str | None = strawberry.field(
        default=strawberry.UNSET, description="For a conversation that is started by this."
    )


@taking
class SendMessageInput:
    """What she says, and where."""

    conversation_id: UUID
    content: str = strawberry.field(description="1 to 32,000 characters, not all of them blank.")
    id: UUID | None = strawberry.field(
        default=strawberry.UNSET, description="An id of the client's own making (UUID version 7)."
    )
    idempotency_key: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Repeat with the same key and content, and the first message is the answer.",
    )
    answer: bool = strawberry.field(
        default=True, description="False to say it without being answered by the companion."
    )


@taking
class EditMessageInput:
    """Other words for her latest message."""

    id: UUID
    content: str = strawberry.field(description="1 to 32,000 characters, not all of them blank.")


@taking
class ReplyInput:
    """Which reply of the companion."""

    id: UUID
