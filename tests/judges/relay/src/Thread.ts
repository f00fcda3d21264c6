// One conversation: refetched through `node`, paged backwards, and written to.
import { graphql } from 'relay-runtime';

export const thread = graphql`
  fragment Thread_conversation on Conversation
  @refetchable(queryName: "ThreadPageQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 20 }, before: { type: "String" }) {
    id
    title
    version
    messages(last: $count, before: $before) @connection(key: "Thread_messages") {
      edges {
        node {
          nodeId
          turn
          role
          content
        }
      }
    }
  }
`;

export const query = graphql`
  query ThreadQuery($id: UUID!) {
    conversation(id: $id) {
      ...Thread_conversation
    }
  }
`;

export const any = graphql`
  query ThreadNodeQuery($nodeId: ID!) {
    node(nodeId: $nodeId) {
      __typename
      ...Thread_conversation @alias
    }
  }
`;

export const send = graphql`
  mutation ThreadSendMutation($input: SendMessageInput!, $connections: [ID!]!) {
    sendMessage(input: $input) {
      message @appendNode(connections: $connections, edgeTypeName: "MessageEdge") {
        nodeId
        turn
        role
        content
      }
      conversation {
        messageCount
        lastMessageAt
      }
    }
  }
`;

export const rename = graphql`
  mutation ThreadRenameMutation($input: RenameConversationInput!) @raw_response_type {
    renameConversation(input: $input) {
      title
      version
    }
  }
`;

export const remove = graphql`
  mutation ThreadRemoveMutation($input: DeleteConversationInput!) {
    deleteConversation(input: $input) {
      deletedId
    }
  }
`;
