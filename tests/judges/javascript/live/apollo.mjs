// What docs/live.md tells apps that use Apollo Client; `live` is a client of graphql-ws.mjs.
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client';
import { SetContextLink } from '@apollo/client/link/context';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';

export function apolloClient({ url, token, live }) {
  const signed = new SetContextLink(async ({ headers }) => ({
    headers: { ...headers, authorization: `Bearer ${await token()}` },
  }));
  const link = ApolloLink.split(
    ({ operationType }) => operationType === 'subscription',
    new GraphQLWsLink(live),
    signed.concat(new HttpLink({ uri: url })),
  );
  // Events bring whole rows, which are put in the place of the cached ones with their nodeId.
  return new ApolloClient({ link, cache: new InMemoryCache({ dataIdFromObject: (row) => row.nodeId }) });
}
