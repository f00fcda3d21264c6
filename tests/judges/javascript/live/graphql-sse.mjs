// What docs/live.md tells apps that use graphql-sse, where WebSockets do not pass.
import { createClient } from 'graphql-sse';

/** A client whose subscriptions outlive the token, the network and the server. */
export function liveEvents({ url, token, ...options }) {
  const client = createClient({
    url,
    // Asked at each connection; an error thrown here is final, so throw when she is signed out.
    headers: async () => ({ authorization: `Bearer ${await token()}` }),
    retryAttempts: Infinity,
    retry: (tries) =>
      new Promise((go) => setTimeout(go, Math.random() * Math.min(30_000, 500 * 2 ** tries))),
    ...options,
  });
  const subscribe = (request, sink, on) => {
    // The client sends `variables` anew at each connection: let them hold the newest cursor.
    const variables = { ...request.variables };
    const next = (result) => {
      const [event] = Object.values(result.data ?? {});
      if (event?.cursor) variables.after = event.cursor;
      sink.next(result);
    };
    const error = (why) => sink.error(why);
    const complete = () => sink.complete();
    return client.subscribe({ ...request, variables }, { next, error, complete }, on);
  };
  return { subscribe, dispose: client.dispose };
}
