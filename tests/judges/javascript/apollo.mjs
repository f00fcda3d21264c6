// Apollo Client 4 against a running server: what an app built with it relies on.
import assert from 'node:assert/strict';
import test from 'node:test';
import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { relayStylePagination } from '@apollo/client/utilities';
import { ENDPOINT, LIST, NODE, ONE, RENAME, SEND, START, TITLE, VIEWER, assertCode, wire } from './people.mjs';

function clientOf(name, options = {}) {
  const network = wire(name);
  const cache = new InMemoryCache({
    // Every row has its `nodeId`, unique over all types; nothing has to be said per type.
    dataIdFromObject: (object) => object.nodeId,
    possibleTypes: {
      Node: ['Conversation', 'ConversationSummary', 'Message', 'ThreadMapping', 'User', 'UserSession'],
    },
    typePolicies: { Query: { fields: { conversations: relayStylePagination(['where', 'orderBy']) } } },
  });
  const link = new HttpLink({ uri: ENDPOINT, fetch: network.fetch, ...options });
  return { client: new ApolloClient({ cache, link }), network };
}

async function start(client, title) {
  const { data } = await client.mutate({ mutation: gql(START), variables: { input: { title } } });
  return data.startConversation;
}

/** Follow a query: a promise of the first answer, from now on or before, that satisfies. */
function follow(query) {
  const answers = [];
  let wake = () => {};
  query.subscribe((answer) => {
    answers.push(answer);
    wake();
  });
  const until = async (holds) => {
    while (!answers.some(holds)) await new Promise((resolve) => { wake = resolve; });
  };
  return { until };
}

/** The errors of an operation that must fail. */
async function errorsOf(promise) {
  const error = await promise.then(
    () => assert.fail('there was no error'),
    (reason) => reason,
  );
  assert.ok(CombinedGraphQLErrors.is(error), `${error.name}: ${error.message}`);
  return error.errors;
}

test('a query with variables is answered in the media type that Apollo prefers', async () => {
  const { client, network } = clientOf('ana');

  const { data } = await client.query({ query: gql(LIST), variables: { first: 1 } });

  assert.equal(data.conversations.edges.length, 1);
  assert.equal(data.conversations.edges[0].node.__typename, 'Conversation');
  assert.match(network.last.type, /^application\/graphql-response\+json/);
});

test('a query goes by GET when Apollo is told so', async () => {
  const { client, network } = clientOf('ana', { useGETForQueries: true });

  const { data } = await client.query({ query: gql(VIEWER) });

  assert.equal(data.viewer.displayName, 'Ana');
  assert.equal(network.last.method, 'GET');
});

test('a mutation keeps every character and every JSON value', async () => {
  const { client } = clientOf('ana');
  const metadata = { list: [1, 2.5, null, true, 'é🌙"\\'], deep: { empty: {} } };

  const { data } = await client.mutate({
    mutation: gql(START),
    variables: { input: { title: TITLE, metadata } },
  });

  assert.equal(data.startConversation.title, TITLE);
  assert.deepEqual(data.startConversation.metadata, metadata);
});

test('somebody without a token is nobody, and learns that by a code', async () => {
  const { client, network } = clientOf(undefined);

  const { data } = await client.query({ query: gql(VIEWER) });
  const errors = await errorsOf(client.mutate({ mutation: gql(START), variables: { input: {} } }));

  assert.equal(data.viewer, null);
  assertCode(errors, 'UNAUTHENTICATED');
  assert.equal(network.requests, 2);
});

test('an expired token is refused with 401 and a code that Apollo shows', async () => {
  const { client, network } = clientOf('expired');

  const errors = await errorsOf(client.query({ query: gql(VIEWER) }));

  assertCode(errors, 'UNAUTHENTICATED');
  assert.equal(network.last.status, 401);
});

test('a wrong variable is refused with 400 and a code that Apollo shows', async () => {
  const { client, network } = clientOf('ana');

  const errors = await errorsOf(client.query({ query: gql(ONE), variables: { id: 'not a uuid' } }));

  assertCode(errors, 'BAD_INPUT');
  assert.equal(network.last.status, 400);
});

test('another one\'s conversation can neither be seen nor changed', async () => {
  const [ana, ben] = [clientOf('ana').client, clientOf('ben').client];
  const hers = await start(ana, 'hers alone');
  const there = await ana.query({ query: gql(ONE), variables: { id: hers.id } });
  assert.equal(there.data.conversation.title, 'hers alone');

  const seen = await ben.query({ query: gql(ONE), variables: { id: hers.id } });
  const found = await ben.query({ query: gql(NODE), variables: { nodeId: hers.nodeId } });
  const input = { id: hers.id, title: 'his' };
  const errors = await errorsOf(ben.mutate({ mutation: gql(RENAME), variables: { input } }));

  assert.equal(seen.data.conversation, null);
  assert.equal(found.data.node, null);
  assertCode(errors, 'NOT_FOUND');
});

test('a mutation changes the rows of a list in the cache, without another request', async () => {
  const { client, network } = clientOf('ana');
  const started = await start(client, 'before');
  const list = follow(client.watchQuery({ query: gql(LIST), variables: { first: 5 } }));
  const titleOf = ({ data }) =>
    data?.conversations?.edges.find(({ node }) => node.id === started.id)?.node.title;
  await list.until((answer) => titleOf(answer) === 'before');
  const before = network.requests;

  const input = { id: started.id, title: 'after', expectedVersion: started.version };
  await client.mutate({ mutation: gql(RENAME), variables: { input } });
  await list.until((answer) => titleOf(answer) === 'after');

  assert.equal(network.requests, before + 1);
});

test('an object read by its id is the same in the cache when read by its nodeId', async () => {
  const { client } = clientOf('ana');
  const { nodeId, id } = await start(client, 'one and the same');
  await client.query({ query: gql(ONE), variables: { id } });

  const { data } = await client.query({ query: gql(NODE), variables: { nodeId } });

  assert.equal(data.node.__typename, 'Conversation');
  assert.equal(client.cache.extract()[nodeId].title, 'one and the same');
});

test('fetchMore joins the pages of a connection, each row once', async () => {
  const { client } = clientOf('ana');
  const where = { title: { eq: 'one of five' } };
  for (let number = 0; number < 5; number += 1) await start(client, where.title.eq);
  const query = client.watchQuery({ query: gql(LIST), variables: { first: 2, where } });
  const list = follow(query);
  const rows = ({ data }) => data?.conversations?.edges ?? [];

  for (const number of [2, 4, 5]) {
    await list.until((answer) => rows(answer).length === number);
    const { hasNextPage, endCursor } = query.getCurrentResult().data.conversations.pageInfo;
    assert.equal(hasNextPage, number < 5);
    if (hasNextPage) await query.fetchMore({ variables: { after: endCursor } });
  }

  const ids = rows(query.getCurrentResult()).map(({ node }) => node.id);
  assert.equal(new Set(ids).size, 5);
});

test('what is sent is in the conversation, and a stale version is a conflict', async () => {
  const { client } = clientOf('ana');
  const { id, version } = await start(client, 'with a message');

  const sent = await client.mutate({
    mutation: gql(SEND),
    variables: { input: { conversationId: id, content: TITLE } },
  });
  const { data } = await client.query({ query: gql(ONE), variables: { id } });
  const stale = { id, title: 'late', expectedVersion: version + 7 };
  const errors = await errorsOf(client.mutate({ mutation: gql(RENAME), variables: { input: stale } }));

  assert.equal(sent.data.sendMessage.message.content, TITLE);
  assert.equal(data.conversation.messages.nodes[0].content, TITLE);
  assertCode(errors, 'CONFLICT');
});
