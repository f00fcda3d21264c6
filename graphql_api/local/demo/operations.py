"""What the devices of the demo ask of the API, as an app would."""

from __future__ import annotations

START = """
mutation Start($title: String!) {
  startConversation(input: { title: $title }) { id }
}
"""
SEND = """
mutation Send($conversationId: UUID!, $content: String!) {
  sendMessage(input: { conversationId: $conversationId, content: $content }) {
    message { id }
    reply { id }
  }
}
"""
LOOK = """
query Look($other: UUID!) {
  conversation(id: $other) { id }
  conversations(first: 100) { nodes { id } }
}
"""

VIEWER_EVENTS = """
subscription Viewer($after: String) {
  viewerEvents(after: $after) {
    __typename
    ... on ConversationChanged { cursor seq conversation { ...Card } }
    ... on ConversationDeleted { cursor seq deletedId }
    ... on CaughtUp { cursor }
    ... on ResyncRequired { cursor reason }
  }
}
fragment Card on Conversation { id title messageCount }
"""
CONVERSATION_EVENTS = """
subscription Conversation($conversationId: UUID!, $after: String) {
  conversationEvents(conversationId: $conversationId, after: $after) {
    __typename
    ... on MessageChanged { cursor seq message { ...Row } }
    ... on MessageDeleted { cursor seq deletedId }
    ... on SummaryChanged { cursor seq summary { id } }
    ... on ConversationChanged { cursor seq conversation { ...Card } }
    ... on ConversationDeleted { cursor seq deletedId }
    ... on CaughtUp { cursor }
    ... on ResyncRequired { cursor reason }
  }
}
fragment Card on Conversation { id title messageCount }
fragment Row on Message { id turn role state content }
"""
MESSAGE_STREAM = """
subscription Stream($messageId: UUID!, $after: String) {
  messageStream(messageId: $messageId, after: $after) {
    __typename
    ... on MessageText { cursor offset text }
    ... on MessageReplaced { cursor text }
    ... on MessageFinished { cursor message { ...Row } }
    ... on CaughtUp { cursor }
  }
}
fragment Row on Message { id turn role state content }
"""
