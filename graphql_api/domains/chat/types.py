"""The types of chat: conversations, messages, summaries, and threads on other platforms."""

import enum
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from graphql_api.lists import Connection
from graphql_api.table import (
    Node,
    about,
    belongs_to,
    column,
    computed,
    has_many,
    has_one,
    itself,
    payload,
    table,
)

LazyConversation = Annotated["Conversation", strawberry.lazy("graphql_api.domains.chat.types")]
LazyMessage = Annotated["Message", strawberry.lazy("graphql_api.domains.chat.types")]


@strawberry.enum(description="How one talks.")
class ConversationKind(enum.Enum):
    """How one talks."""

    CHAT = "chat"
    VOICE = "voice"
    GUIDED = "guided"
    CHECK_IN = "check_in"


@strawberry.enum(description="Active and paused ones take messages; the others do not.")
class ConversationStatus(enum.Enum):
    """Where a conversation stands."""

    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    ARCHIVED = "archived"


@strawberry.enum(description="How grave; each is graver than the one before.")
class CrisisLevel(enum.Enum):
    """How grave."""

    NONE = "none"
    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"
    CRITICAL = "critical"


@strawberry.enum(description="Who speaks.")
class MessageRole(enum.Enum):
    """Who speaks."""

    USER = "user"
    ASSISTANT = "assistant"
    SYSTEM = "system"


@strawberry.enum(description="How it was said.")
class MessageType(enum.Enum):
    """How it was said."""

    TEXT = "text"
    VOICE = "voice"
    IMAGE = "image"


@strawberry.enum(description="How far a reply has come; what she says is complete at once.")
class MessageState(enum.Enum):
    """How far a reply has come."""

    QUEUED = strawberry.enum_value("queued", description="Nothing of it is released yet.")
    STREAMING = strawberry.enum_value(
        "streaming", description="Some of it is released: see `draft`, or follow `messageStream`."
    )
    COMPLETE = strawberry.enum_value("complete", description="All of it is there.")
    FAILED = strawberry.enum_value(
        "failed", description="It broke off: see `failure`. `retryReply` asks for it again."
    )
    CANCELLED = strawberry.enum_value(
        "cancelled", description="She stopped it; what was released stays."
    )


@strawberry.enum(description="Why there is no complete reply; it can be asked for again.")
class ReplyFailure(enum.Enum):
    """Why there is no complete reply."""

    UNAVAILABLE = strawberry.enum_value("unavailable", description="The model did not answer.")
    REFUSED = strawberry.enum_value("refused", description="The model will not answer this.")
    INTERRUPTED = strawberry.enum_value(
        "interrupted", description="The model broke off; what was released stays."
    )
    OVER_BUDGET = strawberry.enum_value(
        "over_budget", description="She has used what one person may in a day."
    )


@table(
    "messages",
    orders=("turn", "created_at"),
    filters=("turn", "role", "created_at"),
    order_by="turn",
    unique={"turn": "conversation_id"},
)
class Message(Node):
    """One thing said in a conversation, by her, her companion or the system."""

    id: UUID
    turn: int = about("Its place in the conversation, from 1; never given twice.")
    role: MessageRole
    message_type: MessageType
    state: MessageState
    failure: ReplyFailure | None = about("Why a reply has failed; null otherwise.")
    content: str
    draft: str | None = about("What there is so far of a reply under way; null otherwise.")
    is_replaced: bool = about("The safety check stopped this reply: its text is a written one.")
    content_hash: str = about("SHA-256 of the content, hexadecimal.")
    crisis_level: CrisisLevel = about("What the safety checks found in it.")
    model_used: str | None = about("The language model that wrote a reply.")
    tokens_used: int | None
    response_time_ms: int | None = about("How long a reply took.")
    metadata: JSON
    created_at: datetime
    updated_at: datetime
    conversation: LazyConversation | None = belongs_to("conversation_id", "Where it was said.")
    in_reply_to: LazyMessage | None = belongs_to("in_reply_to", "What a reply answers.")
    reply: LazyMessage | None = has_one("in_reply_to", "What the companion answers to it.")


@table("thread_mappings", orders=("created_at",), order_by="created_at")
class ThreadMapping(Node):
    """A thread on another platform that leads to a conversation here; several may lead to one."""

    id: UUID
    source: str = about("The platform, such as `chatgpt` or `claude`.")
    external_thread_id: str = about("The thread's id there.")
    created_at: datetime
    conversation: LazyConversation | None = belongs_to("conversation_id", "Where it leads.")


@table(
    "conversation_summaries",
    orders=("through_turn", "created_at"),
    order_by="-through_turn",
    unique={"through_turn": "conversation_id"},
)
class ConversationSummary(Node):
    """What a conversation was about, so far; read at the start of later ones."""

    id: UUID
    summary: str
    key_topics: list[str]
    emotional_themes: list[str]
    action_items: list[str]
    sentiment_overall: float | None = about("From -1 (bad) to 1 (good); null when not measured.")
    therapeutic_progress: str | None
    through_turn: int = about("The last turn that it knows of.")
    created_at: datetime
    conversation: LazyConversation | None = belongs_to("conversation_id", "What it sums up.")


@table(
    "conversations",
    orders=("last_message_at", "created_at"),
    filters=("status", "kind", "title", "created_at", "last_message_at"),
    order_by="-last_message_at",
)
class Conversation(Node):
    """One conversation between a person and her companion."""

    id: UUID
    title: str | None
    description: str | None
    kind: ConversationKind
    status: ConversationStatus
    archived_from: ConversationStatus | None = about("Where it goes back to from the archive.")
    crisis_level: CrisisLevel = about("The gravest that was found in it.")
    message_count: int = about("Messages it holds; exact at any moment.")
    last_turn: int = about("The highest turn given out; deleted ones keep theirs.")
    version: int = about("Counts changes of title, description, status and metadata.")
    metadata: JSON = about("Whatever the app keeps with it: an object of at most 8 kB.")
    created_at: datetime
    updated_at: datetime
    last_message_at: datetime = about("When the newest message came; at first, its own creation.")
    completed_at: datetime | None
    total_duration_minutes: float = computed(
        "conversation_minutes",
        "created_at",
        "last_message_at",
        description="From its start to its newest message.",
    )
    messages: Connection[Message] = has_many("conversation_id", "Its turns, in their order.")
    summaries: Connection[ConversationSummary] = has_many(
        "conversation_id", "Its summaries, the newest first."
    )
    threads: Connection[ThreadMapping] = has_many(
        "conversation_id", "The threads elsewhere that lead to it."
    )


@payload(Message)
class SendMessagePayload:
    """What became of what she said."""

    message: Message = itself("The stored message.")
    reply: Message | None = has_one(
        "in_reply_to", "The companion's answer, which may be under way."
    )
    conversation: Conversation | None = belongs_to("conversation_id", "As it stands now.")


@payload(Message)
class ReplyPayload:
    """What became of a reply."""

    reply: Message = itself("The reply.")
    message: Message | None = belongs_to("in_reply_to", "What it answers.")
    conversation: Conversation | None = belongs_to("conversation_id", "As it stands now.")


@payload(Conversation)
class DeleteConversationPayload:
    """What was deleted."""

    deleted_id: UUID = column("id", "The id that the conversation had.")
