"""What a subscriber hears of chat: events, and the three feeds that tell them."""

import enum
from typing import Annotated
from uuid import UUID

import strawberry

from graphql_api.domains.chat.types import Conversation, ConversationSummary, Message
from graphql_api.events import (
    CAUGHT_UP,
    REPLACED,
    RESYNC,
    TEXT,
    changed,
    event,
    finished,
    gone,
)
from graphql_api.fields import changes_of, events_in, stream_of
from graphql_api.table import about, itself

CURSOR = "Give it as `after` to go on behind this event."
SEQ = "Its number among all events of hers; larger is later."


@strawberry.enum(description="Why nobody can say what happened since a cursor.")
class ResyncReason(enum.Enum):
    """Why a cursor cannot be resumed."""

    TOO_OLD = strawberry.enum_value(
        "too_old", description="Events are kept for seven days, and some were missed."
    )
    UNKNOWN = strawberry.enum_value(
        "unknown", description="It is ahead of everything that happened; a backup was restored."
    )


@event(changed(Message))
class MessageChanged:
    """A message is new or has changed: put it in the place of what is known of it."""

    cursor: str = about(CURSOR)
    seq: int = about(SEQ)
    message: Message = itself("As it is now.")


@event(gone(Message))
class MessageDeleted:
    """A message is gone for good."""

    cursor: str = about(CURSOR)
    seq: int = about(SEQ)
    deleted_id: UUID = about("The id that it had.")


@event(changed(ConversationSummary))
class SummaryChanged:
    """A summary was written or has changed."""

    cursor: str = about(CURSOR)
    seq: int = about(SEQ)
    summary: ConversationSummary = itself("As it is now.")


@event(changed(Conversation))
class ConversationChanged:
    """A conversation is new or has changed."""

    cursor: str = about(CURSOR)
    seq: int = about(SEQ)
    conversation: Conversation = itself("As it is now.")


@event(gone(Conversation))
class ConversationDeleted:
    """A conversation is gone for good, with all that was in it."""

    cursor: str = about(CURSOR)
    seq: int = about(SEQ)
    deleted_id: UUID = about("The id that it had.")


@event(CAUGHT_UP)
class CaughtUp:
    """All that had happened before is told; what follows happens now. It comes once."""

    cursor: str = about(CURSOR)


@event(RESYNC)
class ResyncRequired:
    """Something was missed that cannot be told any more: read anew; it goes on from here."""

    cursor: str = about(CURSOR)
    reason: ResyncReason


@event(TEXT)
class MessageText:
    """More of a reply: its text up to `offset` stays, and `text` follows."""

    cursor: str = about(CURSOR)
    offset: int = about("In characters (Unicode code points); 0 begins the reply anew.")
    text: str


@event(REPLACED)
class MessageReplaced:
    """The safety check stopped the reply: `text` stands in the place of all of it."""

    cursor: str = about(CURSOR)
    text: str


@event(finished(Message))
class MessageFinished:
    """The reply is not under way any more: it is complete, has failed or was cancelled."""

    cursor: str = about(CURSOR)
    message: Message = itself("As it is now.")


ConversationEvent = Annotated[
    MessageChanged
    | MessageDeleted
    | SummaryChanged
    | ConversationChanged
    | ConversationDeleted
    | CaughtUp
    | ResyncRequired,
    strawberry.union("ConversationEvent", description="What happens in a conversation."),
]
ViewerEvent = Annotated[
    ConversationChanged | ConversationDeleted | CaughtUp | ResyncRequired,
    strawberry.union("ViewerEvent", description="What happens to her conversations."),
]
MessageStreamEvent = Annotated[
    MessageText | MessageReplaced | MessageFinished | CaughtUp,
    strawberry.union("MessageStreamEvent", description="How a reply comes to be."),
]


@strawberry.type
class Subscription:
    """What can be followed in chat."""

    conversation_events: ConversationEvent = events_in(
        Conversation, "conversation_id", "What happens in a conversation, on whatever device."
    )
    viewer_events: ViewerEvent = changes_of(
        Conversation,
        "conversation_id",
        "Her conversations as they come, change and go; a message is a change of its own.",
    )
    message_stream: MessageStreamEvent = stream_of(
        Message, "message_id", "A reply while it is written, from its start or from a cursor."
    )
