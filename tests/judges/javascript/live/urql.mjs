// What docs/live.md tells apps that use urql; `live` is a client of graphql-ws.mjs.
import { Client, cacheExchange, fetchExchange, subscriptionExchange } from '@urql/core';

export function urqlClient({ url, token, live }) {
  const forwardSubscription = (request) => ({
    subscribe: (sink) => ({ unsubscribe: live.subscribe(request, sink) }),
  });
  return new Client({
    url,
    exchanges: [cacheExchange, subscriptionExchange({ forwardSubscription }), fetchExchange],
    fetch: async (target, { headers, ...init }) =>
      fetch(target, { ...init, headers: { ...headers, authorization: `Bearer ${await token()}` } }),
  });
}
