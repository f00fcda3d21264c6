// A chat in a terminal: TOKEN=… node chat.mjs "What she says"; without words it asks for them.
import { createInterface } from 'node:readline/promises';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const { TOKEN, CAIRN = 'ws://127.0.0.1:8000/graphql' } = process.env;
const client = createClient({
  url: CAIRN,
  webSocketImpl: WebSocket,
  connectionParams: { authorization: `Bearer ${TOKEN}` },
  lazyCloseTimeout: 1000, // one socket for all that is asked
  shouldRetry: () => false, // docs/live.md tells how to come back
});

process.on('uncaughtException', (why) => {
  console.error(why.reason || why.message);
  process.exit(1);
});

async function* results(query, variables) {
  for await (const { data, errors } of client.iterate({ query, variables })) {
    if (errors) throw new Error(errors[0].message);
    yield Object.values(data)[0];
  }
}
const ask = async (query, variables) => (await results(query, variables).next()).value;
const conversation = await ask('mutation { startConversation(input: { title: "A first chat" }) { id } }');
const SEND = 'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { reply { id } } }';
const REPLY = `subscription ($id: UUID!) {
  messageStream(messageId: $id) { ... on MessageText { text } ... on MessageFinished { message { failure } } }
}`;

async function say(content) {
  const { reply } = await ask(SEND, { input: { conversationId: conversation.id, content } });
  for await (const { text, message } of results(REPLY, reply)) process.stdout.write(text ?? message?.failure ?? '');
  process.stdout.write('\n');
}

if (process.argv[2]) await say(process.argv[2]);
else for await (const line of createInterface({ input: process.stdin })) await say(line);
