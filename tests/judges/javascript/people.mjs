// Who calls, and the operations that both clients send.
import assert from 'node:assert/strict';

export const ENDPOINT = process.env.ENDPOINT;
export const TOKENS = { ana: process.env.ANA, ben: process.env.BEN, expired: process.env.EXPIRED };

/** A fetch that signs as `name` (nobody when absent) and counts what goes over the network. */
export function wire(name) {
  const seen = { requests: 0, last: undefined };
  seen.fetch = async (target, init = {}) => {
    seen.requests += 1;
    const headers = new Headers(init.headers);
    if (name) headers.set('authorization', `Bearer ${TOKENS[name]}`);
    const response = await fetch(target, { ...init, headers });
    seen.last = {
      method: init.method ?? 'GET',
      accept: headers.get('accept'),
      status: response.status,
      type: response.headers.get('content-type'),
    };
    return response;
  };
  return seen;
}

export const LIST = /* GraphQL */ `
  query List($first: Int!, $after: String, $where: ConversationFilter) {
    conversations(first: $first, after: $after, where: $where, orderBy: [CREATED_AT_DESC]) {
      edges { cursor node { nodeId id title version } }
      pageInfo { hasNextPage endCursor }
    }
  }
`;

export const ONE = /* GraphQL */ `
  query One($id: UUID!) {
    conversation(id: $id) { nodeId id title messages(first: 5) { nodes { nodeId turn content role } } }
  }
`;

export const START = /* GraphQL */ `
  mutation Start($input: StartConversationInput!) {
    startConversation(input: $input) { nodeId id title version metadata }
  }
`;

export const RENAME = /* GraphQL */ `
  mutation Rename($input: RenameConversationInput!) {
    renameConversation(input: $input) { nodeId id title version }
  }
`;

export const SEND = /* GraphQL */ `
  mutation Send($input: SendMessageInput!) {
    sendMessage(input: $input) {
      message { nodeId turn content role }
      conversation { nodeId messageCount }
    }
  }
`;

export const VIEWER = /* GraphQL */ `
  query Viewer { viewer { nodeId id displayName } }
`;

export const NODE = /* GraphQL */ `
  query Any($nodeId: ID!) { node(nodeId: $nodeId) { __typename nodeId ... on Conversation { title } } }
`;

/** Words that no JSON or SQL may bend. */
export const TITLE = 'Quiet "evening" \\ é 🌙 </script> {"a":1} -- $1';

/** Fail unless an error of this code, and only that, came. */
export function assertCode(errors, code) {
  assert.deepEqual(errors?.map((error) => error.extensions?.code), [code]);
}
