// @urql/core 6 against a running server, with its plain cache and with the normalised one.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Client, cacheExchange, fetchExchange, gql } from '@urql/core';
import { cacheExchange as graphcache } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import { ENDPOINT, LIST, ONE, RENAME, START, TITLE, VIEWER, assertCode, wire } from './people.mjs';

// Payloads, pages and edges are no objects of their own; everything else has its nodeId.
const EMBEDDED = [
  'Server', 'PageInfo', 'SendMessagePayload', 'DeleteConversationPayload',
  ...['Conversation', 'ConversationSummary', 'Message', 'ThreadMapping', 'UserSession']
    .flatMap((name) => [`${name}Connection`, `${name}Edge`]),
];

const normalised = () =>
  graphcache({
    keys: {
      ...Object.fromEntries(EMBEDDED.map((name) => [name, () => null])),
      ...Object.fromEntries(
        ['Conversation', 'ConversationSummary', 'Message', 'ThreadMapping', 'User', 'UserSession']
          .map((name) => [name, (data) => data.nodeId]),
      ),
    },
    resolvers: { Query: { conversations: relayPagination() } },
  });

function clientOf(name, { cache = cacheExchange, ...options } = {}) {
  const network = wire(name);
  const client = new Client({
    url: ENDPOINT, exchanges: [cache, fetchExchange], fetch: network.fetch, ...options,
  });
  return { client, network };
}

async function start(client, title) {
  const { data, error } = await client.mutation(gql(START), { input: { title } });
  assert.equal(error, undefined);
  return data.startConversation;
}

/** Follow a query: every answer it gives, and a promise of the first that satisfies. */
function follow(client, query, variables) {
  const answers = [];
  let wake = () => {};
  const { unsubscribe } = client.query(query, variables).subscribe((answer) => {
    answers.push(answer);
    wake();
  });
  const until = async (holds) => {
    while (!answers.some(holds)) await new Promise((resolve) => { wake = resolve; });
  };
  return { answers, until, unsubscribe };
}

test('a query with variables is answered as JSON, whatever else urql would take', async () => {
  const { client, network } = clientOf('ana');

  const { data, error } = await client.query(gql(LIST), { first: 1 });

  assert.equal(error, undefined);
  assert.equal(data.conversations.edges.length, 1);
  assert.match(network.last.accept, /text\/event-stream/);
  assert.match(network.last.type, /^application\/graphql-response\+json/);
});

test('a query goes by GET when urql is told so', async () => {
  const { client, network } = clientOf('ana', { preferGetMethod: 'force' });

  const { data } = await client.query(gql(VIEWER), {});

  assert.equal(data.viewer.displayName, 'Ana');
  assert.equal(network.last.method, 'GET');
});

test('a mutation keeps every character', async () => {
  const { client } = clientOf('ana');

  const started = await start(client, TITLE);

  assert.equal(started.title, TITLE);
  assert.equal(started.__typename, 'Conversation');
});

test('somebody without a token is nobody, and learns that by a code', async () => {
  const { client } = clientOf(undefined);

  const { data } = await client.query(gql(VIEWER), {});
  const { error } = await client.mutation(gql(START), { input: {} });

  assert.equal(data.viewer, null);
  assertCode(error.graphQLErrors, 'UNAUTHENTICATED');
});

test('an expired token and a wrong variable are coded errors, with their status', async () => {
  const expired = await clientOf('expired').client.query(gql(VIEWER), {});
  const wrong = await clientOf('ana').client.query(gql(ONE), { id: 'not a uuid' });

  assertCode(expired.error.graphQLErrors, 'UNAUTHENTICATED');
  assert.equal(expired.error.response.status, 401);
  assertCode(wrong.error.graphQLErrors, 'BAD_INPUT');
  assert.equal(wrong.error.response.status, 400);
});

test('another one\'s conversation can neither be seen nor changed', async () => {
  const [ana, ben] = [clientOf('ana').client, clientOf('ben').client];
  const hers = await start(ana, 'hers alone');
  const there = await ana.query(gql(ONE), { id: hers.id });
  assert.equal(there.data.conversation.title, 'hers alone');

  const seen = await ben.query(gql(ONE), { id: hers.id });
  const { error } = await ben.mutation(gql(RENAME), { input: { id: hers.id, title: 'his' } });

  assert.equal(seen.data.conversation, null);
  assertCode(error.graphQLErrors, 'NOT_FOUND');
});

test('the plain cache asks again for a list that a mutation touched', async () => {
  const { client, network } = clientOf('ana');
  const started = await start(client, 'before');
  const list = follow(client, gql(LIST), { first: 5 });
  await list.until(({ data }) => titleOf(data, started.id) === 'before');

  await client.mutation(gql(RENAME), { input: { id: started.id, title: 'after' } });
  await list.until(({ data }) => titleOf(data, started.id) === 'after');
  list.unsubscribe();

  assert.equal(network.requests, 4);
});

test('the normalised cache changes a list by a mutation\'s answer, without another request', async () => {
  const { client, network } = clientOf('ana', { cache: normalised() });
  const started = await start(client, 'before');
  const list = follow(client, gql(LIST), { first: 5 });
  await list.until(({ data }) => titleOf(data, started.id) === 'before');
  const before = network.requests;

  await client.mutation(gql(RENAME), { input: { id: started.id, title: 'after' } });
  await list.until(({ data }) => titleOf(data, started.id) === 'after');
  list.unsubscribe();

  assert.equal(network.requests, before + 1);
});

test('the normalised cache joins the pages of a connection, each row once', async () => {
  const { client } = clientOf('ana', { cache: normalised() });
  const where = { title: { eq: 'one of urql\'s five' } };
  for (let number = 0; number < 5; number += 1) await start(client, where.title.eq);
  let after = null;
  let conversations;

  do {
    ({ data: { conversations } } = await client.query(gql(LIST), { first: 2, after, where }));
    after = conversations.pageInfo.endCursor;
  } while (conversations.pageInfo.hasNextPage);

  assert.equal(new Set(conversations.edges.map(({ node }) => node.id)).size, 5);
  assert.equal(conversations.edges.length, 5);
});

function titleOf(data, id) {
  return data?.conversations?.edges.find(({ node }) => node.id === id)?.node.title;
}
