// What this page asks of the API, all of it.

const MESSAGE = `
fragment Message on Message {
  id turn role state content draft failure isReplaced modelUsed createdAt
}`;

const CONVERSATION = `
fragment Conversation on Conversation { id title status createdAt lastMessageAt }`;

const SUMMARY = `
fragment Summary on ConversationSummary {
  id summary keyTopics emotionalThemes actionItems throughTurn
}`;

export const CONVERSATIONS = `
query Conversations($after: String) {
  conversations(first: 50, after: $after) {
    nodes { ...Conversation }
    pageInfo { hasNextPage endCursor }
  }
}${CONVERSATION}`;

export const OPEN = `
query Open($id: UUID!, $before: String) {
  conversation(id: $id) {
    ...Conversation
    messages(last: 50, before: $before) {
      nodes { ...Message }
      pageInfo { hasPreviousPage startCursor }
    }
    summaries(first: 1) { nodes { ...Summary } }
  }
}${CONVERSATION}${MESSAGE}${SUMMARY}`;

export const START = `
mutation Start($id: UUID!, $title: String) {
  startConversation(input: { id: $id, title: $title }) { ...Conversation }
}${CONVERSATION}`;

export const COMPLETE = `
mutation Complete($id: UUID!) {
  completeConversation(input: { id: $id }) { ...Conversation }
}${CONVERSATION}`;

export const SEND = `
mutation Send($id: UUID!, $conversationId: UUID!, $content: String!) {
  sendMessage(input: { id: $id, conversationId: $conversationId, content: $content }) {
    message { ...Message }
    reply { ...Message }
  }
}${MESSAGE}`;

export const EDIT = `
mutation Edit($id: UUID!, $content: String!) {
  editMessage(input: { id: $id, content: $content }) { message { ...Message } reply { ...Message } }
}${MESSAGE}`;

export const CANCEL = `
mutation Cancel($id: UUID!) {
  cancelReply(input: { id: $id }) { reply { ...Message } }
}${MESSAGE}`;

export const RETRY = `
mutation Retry($id: UUID!) {
  retryReply(input: { id: $id }) { reply { ...Message } }
}${MESSAGE}`;

export const VIEWER_EVENTS = `
subscription Viewer($after: String) {
  viewerEvents(after: $after) {
    __typename
    ... on ConversationChanged { cursor conversation { ...Conversation } }
    ... on ConversationDeleted { cursor deletedId }
    ... on CaughtUp { cursor }
    ... on ResyncRequired { cursor }
  }
}${CONVERSATION}`;

export const CONVERSATION_EVENTS = `
subscription Conversation($id: UUID!, $after: String) {
  conversationEvents(conversationId: $id, after: $after) {
    __typename
    ... on MessageChanged { cursor message { ...Message } }
    ... on MessageDeleted { cursor deletedId }
    ... on SummaryChanged { cursor summary { ...Summary } }
    ... on ConversationChanged { cursor conversation { ...Conversation } }
    ... on ConversationDeleted { cursor deletedId }
    ... on CaughtUp { cursor }
    ... on ResyncRequired { cursor }
  }
}${MESSAGE}${SUMMARY}${CONVERSATION}`;

export const MESSAGE_STREAM = `
subscription Stream($id: UUID!, $after: String) {
  messageStream(messageId: $id, after: $after) {
    __typename
    ... on MessageText { cursor offset text }
    ... on MessageReplaced { cursor text }
    ... on MessageFinished { cursor message { ...Message } }
    ... on CaughtUp { cursor }
  }
}${MESSAGE}`;
