// What an app does with the generated types; `tsc --strict` refuses it when they promise less,
// or (where an error is expected) more, than the schema does.
import type {
  AnyQuery,
  ConversationFilter,
  HomeQuery,
  HomeQueryVariables,
  LineFragment,
  SendMutationVariables,
  StartMutationVariables,
} from './operations';

export function titles(home: HomeQuery): string[] {
  return home.conversations.edges.map(({ node }) => node.title ?? 'Untitled');
}

export function lastWords(home: HomeQuery): string | undefined {
  const line: LineFragment | undefined = home.conversations.edges[0]?.node.messages.nodes[0];
  return line && `${line.role === 'USER' ? 'I' : 'You'}: ${line.content} (${line.turn.toFixed()})`;
}

export function who(home: HomeQuery): string {
  return home.viewer?.displayName ?? 'nobody';
}

export function what(answer: AnyQuery): string | null | undefined {
  switch (answer.node?.__typename) {
    case 'Conversation':
      return answer.node.title;
    case 'Message':
      return answer.node.content;
    default:
      return answer.node?.nodeId;
  }
}

const open: ConversationFilter = {
  status: { in: ['ACTIVE', 'PAUSED'] },
  or: [{ title: { is: 'NOT_NULL' } }, { lastMessageAt: { gte: new Date(0).toISOString() } }],
};
export const variables: HomeQueryVariables = { where: open, orderBy: ['LAST_MESSAGE_AT_DESC'] };
export const bare: StartMutationVariables = { input: {} };
export const said: SendMutationVariables = { input: { conversationId: 'c', content: 'Good evening.' } };

// @ts-expect-error a message has words
export const silent: SendMutationVariables = { input: { conversationId: 'c' } };
// @ts-expect-error there is no such status
export const wrong: ConversationFilter = { status: { eq: 'OPEN' } };
// @ts-expect-error the viewer may be nobody
export const certain = (home: HomeQuery) => home.viewer.displayName;
