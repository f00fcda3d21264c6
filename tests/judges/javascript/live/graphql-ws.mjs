// What docs/live.md tells apps that use graphql-ws, by itself or under Apollo or urql.
import { createClient } from 'graphql-ws';

/** A client whose subscriptions outlive the token, the network and the server. */
export function liveClient({ url, token, ...options }) {
  const cursors = new Map(); // by subscription: how far it has come
  return createClient({
    url,
    // Asked at each connection, so that a new one has a fresh token.
    connectionParams: async () => ({ authorization: `Bearer ${await token()}` }),
    // By default a server that cannot be reached is final, and so is the fifth failure.
    shouldRetry: (why) => !/signed out/i.test(why.reason ?? why.message),
    retryAttempts: Infinity,
    retryWait: (tries) =>
      new Promise((go) => setTimeout(go, Math.random() * Math.min(30_000, 500 * 2 ** tries))),
    on: {
      message({ type, id, payload }) {
        const [event] = Object.values((type === 'next' && payload.data) || {});
        if (event?.cursor) cursors.set(id, event.cursor);
        else if (type === 'complete') cursors.delete(id);
      },
    },
    // What is asked again at a reconnect goes on behind the newest event.
    jsonMessageReplacer(key, value) {
      if (key || value.type !== 'subscribe' || !cursors.has(value.id)) return value;
      const variables = { ...value.payload.variables, after: cursors.get(value.id) };
      return { ...value, payload: { ...value.payload, variables } };
    },
    ...options,
  });
}

/** Hand in a new token on the open socket when the server says that the old one ends soon. */
export function renewInBand(client, token) {
  let socket;
  client.on('connected', (opened) => (socket = opened));
  client.on('ping', async (received, payload) => {
    if (!received || payload?.reason !== 'token_expiring') return;
    // Without one the socket ends with its token, and the next one asks again.
    const fresh = await token().catch(() => undefined);
    if (fresh) socket.send(JSON.stringify({ type: 'ping', payload: { authorization: `Bearer ${fresh}` } }));
  });
}

/** Leave a network that has gone without a word; needs `keepAlive: 10_000` in the options. */
export function noticeSilence(client, patience = 5_000) {
  let silence;
  client.on('ping', (received) => {
    if (!received) silence = setTimeout(() => client.terminate(), patience);
  });
  client.on('pong', () => clearTimeout(silence));
  client.on('closed', () => clearTimeout(silence));
}
