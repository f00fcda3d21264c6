// graphql-ws by itself; operations go over the socket, too.
import { liveClient, noticeSilence, renewInBand } from './graphql-ws.mjs';
import { SOCKET, ask, watched } from './stage.mjs';
import { suite } from './suite.mjs';

suite(open, { inBand: true });

export function open({ token, renews, url = SOCKET, ...options }) {
  const network = watched();
  const live = liveClient({ url, token, webSocketImpl: network.WebSocket, ...options });
  if (renews) renewInBand(live, token);
  if (options.keepAlive) noticeSilence(live, 500);
  return {
    ask,
    subscribe: (query, variables, heard) =>
      live.subscribe({ query, variables }, {
        next: ({ data, errors }) => (errors ? heard.fail(errors) : heard.next(Object.values(data)[0])),
        error: (why) => heard.fail(Array.isArray(why) ? why : [why]),
        complete: () => heard.complete(),
      }),
    connections: () => network.opened.length,
    codes: () => network.opened.map(({ code }) => code).filter(Boolean),
    close: () => live.dispose(),
  };
}
