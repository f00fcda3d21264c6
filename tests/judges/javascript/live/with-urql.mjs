// urql over graphql-ws.
import { gql } from '@urql/core';
import { liveClient, renewInBand } from './graphql-ws.mjs';
import { HTTP, SOCKET, watched } from './stage.mjs';
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
