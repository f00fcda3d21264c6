// urql over graphql-ws.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Client, fetchExchange, gql } from '@urql/core';
import { liveClient, renewInBand } from './graphql-ws.mjs';
import {
  HTTP, Heard, REPLY, SEND, SOCKET, mint, startConversation, textOf, watched,
} from './stage.mjs';
import { suite } from './suite.mjs';
import { urqlClient } from './urql.mjs';

suite(open, { inBand: true });

function open({ token, renews }) {
  const network = watched();
  const live = liveClient({ url: SOCKET, token, webSocketImpl: network.WebSocket });
  if (renews) renewInBand(live, token);
  const client = urqlClient({ url: HTTP, token, live });
  return {
    ask: async (mutation, variables) =>
      (await client.mutation(gql(mutation), variables).toPromise()).data,
    subscribe: (query, variables, heard) => {
      const { unsubscribe } = client.subscription(gql(query), variables).subscribe(
        ({ data, error }) => {
          if (error) heard.fail(error.networkError ? [error.networkError] : error.graphQLErrors);
          else if (data) heard.next(Object.values(data)[0]);
        },
      );
      return unsubscribe;
    },
    connections: () => network.opened.length,
    codes: () => network.opened.map(({ code }) => code).filter(Boolean),
    close: () => live.dispose(),
  };
}

test('its own fetch reads a reply from an event stream, and queries as JSON', async () => {
  const types = [];
  const client = new Client({
    url: HTTP,
    exchanges: [fetchExchange],
    fetchSubscriptions: true,
    fetchOptions: { headers: { authorization: `Bearer ${mint(600)}` } },
    fetch: async (...given) => {
      const response = await fetch(...given);
      types.push(response.headers.get('content-type').split(';')[0]);
      return response;
    },
  });
  const conversationId = await startConversation('by fetch');
  const input = { conversationId, content: 'Tell me more.' };

  const { data } = await client.mutation(gql(SEND), { input }).toPromise();
  const heard = new Heard();
  const { id } = data.sendMessage.reply;
  client.subscription(gql(REPLY), { id }).subscribe(({ data: told, error }) => {
    if (error) heard.fail([error]);
    else if (told) heard.next(told.messageStream);
  });
  const { message } = await heard.event((event) => event.__typename === 'MessageFinished');

  assert.equal(textOf(heard.events), message.content);
  assert.deepEqual(types, ['application/graphql-response+json', 'text/event-stream']);
});
