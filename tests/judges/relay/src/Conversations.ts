// A list that pages and refetches, as Relay's own documentation writes it.
import { graphql } from 'relay-runtime';

export const list = graphql`
  fragment Conversations_list on Query
  @refetchable(queryName: "ConversationsPageQuery")
  @argumentDefinitions(
    count: { type: "Int", defaultValue: 10 }
    cursor: { type: "String" }
    order: { type: "[ConversationOrder!]", defaultValue: [LAST_MESSAGE_AT_DESC] }
  ) {
    conversations(first: $count, after: $cursor, orderBy: $order)
      @connection(key: "Conversations_conversations", filters: ["orderBy"]) {
      edges {
        node {
          nodeId
          ...Conversations_row
        }
      }
    }
  }
`;

export const row = graphql`
  fragment Conversations_row on Conversation {
    id
    title
    status
    messages(last: 1) {
      nodes {
        content
      }
    }
  }
`;

export const query = graphql`
  query ConversationsQuery($count: Int!) {
    viewer {
      displayName
    }
    ...Conversations_list @arguments(count: $count)
  }
`;
