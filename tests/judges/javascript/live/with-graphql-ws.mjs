// graphql-ws by itself.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import test from 'node:test';
import { liveClient, noticeSilence, renewInBand } from './graphql-ws.mjs';
import {
  CONVERSATIONS, EVENTS, HTTP, Heard, SOCKET, ask, mint, startConversation, watched, writer,
} from './stage.mjs';
import { suite } from './suite.mjs';

suite(open, { inBand: true });

function open({ token, renews, url = SOCKET, ...options }) {
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

test('a network that goes without a word is left, and nothing is lost', async (t) => {
  const road = await proxy(t);
  const client = open({ token: async () => mint(600), url: road.url, keepAlive: 300 });
  t.after(() => client.close());
  const id = await startConversation('silence');
  const heard = new Heard();
  client.subscribe(EVENTS, { id, after: '0' }, heard);
  await heard.caughtUp();
  const phone = writer(t, id, 'phone');
  await heard.until(() => heard.told.length > 3);

  road.swallow(); // no packet passes any more, and nobody says so
  const before = heard.told.length;
  await heard.until(() => heard.told.length > before + 20);
  const said = await phone.stop();
  await heard.until(() => heard.told.length >= said.length);

  assert.equal(client.connections(), 2);
  heard.assertAll(said);
});

test('a mistake in the syntax closes nothing', async (t) => {
  const client = open({ token: async () => mint(600) });
  t.after(() => client.close());
  const [good, bad] = [new Heard(), new Heard()];
  client.subscribe(CONVERSATIONS, {}, good);
  await good.caughtUp();

  client.subscribe('subscription { viewerEvents {', {}, bad);
  await bad.until(() => bad.errors);
  const id = await startConversation('syntax');
  await good.event((event) => event.conversation?.id === id);

  assert.equal(bad.errors[0].extensions.code, 'BAD_INPUT');
  assert.equal(client.connections(), 1);
});

/** A way to the server on which everything can be swallowed; what is opened later passes. */
async function proxy(t) {
  const { hostname, port } = new URL(HTTP);
  const pairs = [];
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    pairs.push([near, far]);
    for (const end of [near, far]) end.on('error', () => {});
    near.pipe(far).pipe(near);
  });
  t.after(() => {
    server.close();
    for (const end of pairs.flat()) end.destroy();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const swallow = () => {
    for (const [near, far] of pairs) {
      near.unpipe(far);
      far.unpipe(near);
      for (const end of [near, far]) end.resume();
    }
  };
  return { url: `ws://127.0.0.1:${server.address().port}/graphql`, swallow };
}
