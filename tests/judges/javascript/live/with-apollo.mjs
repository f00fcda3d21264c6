// Apollo Client over graphql-ws.
import { gql } from '@apollo/client';
import { apolloClient } from './apollo.mjs';
import { liveClient, renewInBand } from './graphql-ws.mjs';
import { HTTP, SOCKET, watched } from './stage.mjs';
import { suite } from './suite.mjs';

suite(open, { inBand: true });

function open({ token, renews }) {
  const network = watched();
  const live = liveClient({ url: SOCKET, token, webSocketImpl: network.WebSocket });
  if (renews) renewInBand(live, token);
  const client = apolloClient({ url: HTTP, token, live });
  return {
    ask: async (mutation, variables) =>
      (await client.mutate({ mutation: gql(mutation), variables })).data,
    subscribe: (query, variables, heard) => {
      const fail = (error) => heard.fail(error.errors ?? [error]);
      const subscription = client.subscribe({ query: gql(query), variables }).subscribe({
        next: ({ data, error }) => (error ? fail(error) : heard.next(Object.values(data)[0])),
        error: fail,
        complete: () => heard.complete(),
      });
      return () => subscription.unsubscribe();
    },
    connections: () => network.opened.length,
    codes: () => network.opened.map(({ code }) => code).filter(Boolean),
    close: () => live.dispose(),
  };
}
